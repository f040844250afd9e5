/* What holds for attention whatever the numbers are, on every path: random sizes, and inputs that nobody chose well.
 * SPDX-License-Identifier: MIT */
#include "support/paths.h"
#include "support/random.h"

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { H = 4, MOST_T = 70, MOST_S = 700, MOST_D = 40 };

/* A problem of random sizes, with room for the largest. All arrays are contiguous. */
struct problem {
    int64_t K, T, S, D;
    float q[H * MOST_T * MOST_D], k[H * MOST_S * MOST_D], v[H * MOST_S * MOST_D];
    float mask[MOST_T * MOST_S];
};

struct result {
    float output[H * MOST_T * MOST_D], lse[H * MOST_T], weights[H * MOST_T * MOST_S];
};

static struct problem p, other;
static struct result r, changed;

static void fill(float *x, int64_t n, double size, struct rng *rng) {
    for (int64_t i = 0; i < n; i++) x[i] = (float)(size * (double)rng_normal(rng));
}

static void make(struct rng *rng, double size) {
    static const int64_t heads[] = {1, 2, 4};
    p.K = heads[rng_below(rng, 3)];
    p.T = 1 + rng_below(rng, rng_chance(rng, .5) ? 6 : MOST_T);
    p.S = p.T + rng_below(rng, MOST_S - p.T + 1);
    p.D = 1 + rng_below(rng, MOST_D);
    fill(p.q, H * p.T * p.D, size, rng);
    fill(p.k, H * p.S * p.D, 1, rng);
    fill(p.v, H * p.S * p.D, 1, rng);
    fill(p.mask, p.T * p.S, 1, rng);
}

/* `masked`: with the mask tensor; `causal`: the last query stands at the last key. */
static void attend(sa_ctx *ctx, const struct problem *x, int masked, int causal, int weights, struct result *to) {
    sa_masking m = {.struct_size = sizeof m, .causal = causal, .align = causal ? SA_ALIGN_BOTTOM_RIGHT : 0};
    sa_attention_args a = {.struct_size = sizeof a, .masking = &m};
    sa_tensor_set(&a.query, (float *)x->q, SA_F32, SA_BHSD, 1, H, x->T, x->D);
    sa_tensor_set(&a.key, (float *)x->k, SA_F32, SA_BHSD, 1, x->K, x->S, x->D);
    sa_tensor_set(&a.value, (float *)x->v, SA_F32, SA_BHSD, 1, x->K, x->S, x->D);
    sa_tensor_set(&a.output, to->output, SA_F32, SA_BHSD, 1, H, x->T, x->D);
    sa_tensor_set(&a.lse, to->lse, SA_F32, SA_BHSD, 1, H, x->T, 1);
    if (masked) sa_tensor_set(&m.mask, (float *)x->mask, SA_F32, SA_BHSD, 1, 1, x->T, x->S);
    if (weights) sa_tensor_set(&a.weights, to->weights, SA_F32, SA_BHSD, 1, H, x->T, x->S);
    memset(to->output, 0xff, sizeof to->output);
    cr_assert_eq(sa_attention(ctx, &a), SA_OK, "%s", sa_ctx_last_error(ctx));
}

/* Two ways to the same numbers differ by the errors of both. A single number may be three times as far off as the norm
 * of all; errors of lower precisions do not average out over few keys. */
static void expect_near(const struct way *way, const char *what, const float *got, const float *want, int64_t n) {
    double error = 0, norm = 0;
    for (int64_t i = 0; i < n; i++) {
        error += ((double)got[i] - (double)want[i]) * ((double)got[i] - (double)want[i]);
        norm += (double)want[i] * (double)want[i];
    }
    cr_expect(sqrt(error) <= 6 * way->error * sqrt(norm) + 1e-12, "%s: %s: %g of %g (K %lld, T %lld, S %lld, D %lld)",
              way->name, what, sqrt(error), sqrt(norm), (long long)p.K, (long long)p.T, (long long)p.S, (long long)p.D);
}

static int rounds(void) {
    const char *text = getenv("SELFATTN_TEST_SAMPLES");
    return text ? 1 + atoi(text) / 20 : 20;
}

/* Calls check() with random problems in every way. */
static void for_all(double size, void (*check)(sa_ctx *ctx, const struct way *way, struct rng *rng)) {
    for (int w = 0; w < all_ways_count; w++) {
        struct rng rng = {(uint64_t)w + 1};
        sa_ctx *ctx = way_open(&ways[w], 2);
        for (int i = 0; ctx && i < rounds(); i++) {
            make(&rng, size);
            check(ctx, &ways[w], &rng);
        }
        sa_ctx_destroy(&ctx);
    }
}

static void check_weights(sa_ctx *ctx, const struct way *way, struct rng *rng) {
    const int causal = rng_chance(rng, .5);
    for (int64_t i = 0; i < p.T * p.S; i++)
        if (i % p.S != 0 && rng_chance(rng, .3)) p.mask[i] = -INFINITY;
    attend(ctx, &p, 1, causal, 1, &r);
    for (int64_t row = 0; row < H * p.T; row++) {
        const float *weights = r.weights + row * p.S;
        double sum = 0;
        for (int64_t j = 0; j < p.S; j++) {
            cr_expect(weights[j] >= 0 && weights[j] <= 1 + 1e-6f, "%s: a weight of %g", way->name, (double)weights[j]);
            if (p.mask[row % p.T * p.S + j] == -INFINITY) cr_expect_eq(weights[j], 0);
            sum += (double)weights[j];
        }
        cr_expect(fabs(sum - 1) <= 2e-6 + 2 * (way->error > 1e-6 ? way->error : 0), "%s: a row sums to %.9g", way->name,
                  sum);
    }
}

Test(properties, weights_of_a_row_sum_to_1) {
    for_all(2, check_weights);
}

/* Keys in another order, with their values and their columns of the mask. */
static void check_order(sa_ctx *ctx, const struct way *way, struct rng *rng) {
    attend(ctx, &p, 1, 0, 0, &r);
    other = p;
    for (int64_t j = p.S - 1; j > 0; j--) {
        const int64_t i = rng_below(rng, j + 1);
        for (int64_t k = 0; k < p.K; k++)
            for (int64_t d = 0; d < p.D; d++) {
                float *a = other.k + (k * p.S + i) * p.D + d, *b = other.k + (k * p.S + j) * p.D + d, t = *a;
                *a = *b, *b = t;
                a = other.v + (k * p.S + i) * p.D + d, b = other.v + (k * p.S + j) * p.D + d, t = *a;
                *a = *b, *b = t;
            }
        for (int64_t t = 0; t < p.T; t++) {
            const float x = other.mask[t * p.S + i];
            other.mask[t * p.S + i] = other.mask[t * p.S + j], other.mask[t * p.S + j] = x;
        }
    }
    attend(ctx, &other, 1, 0, 0, &changed);
    expect_near(way, "output of other order", changed.output, r.output, H * p.T * p.D);
    expect_near(way, "lse of other order", changed.lse, r.lse, H * p.T);
}

Test(properties, the_order_of_keys_does_not_count) {
    for_all(1, check_order);
}

/* A number added to all scores of a row moves its log-sum-exp, and nothing else. */
static void check_shift(sa_ctx *ctx, const struct way *way, struct rng *rng) {
    const float shift = ldexpf(rng_chance(rng, .5) ? 1 : -1, (int)rng_below(rng, 8));
    memset(p.mask, 0, sizeof p.mask);
    attend(ctx, &p, 1, 0, 0, &r);
    other = p;
    for (int64_t i = 0; i < p.T * p.S; i++) other.mask[i] = shift;
    attend(ctx, &other, 1, 0, 0, &changed);
    for (int64_t i = 0; i < H * p.T; i++) {
        const double moved = (double)changed.lse[i] - (double)r.lse[i];
        cr_expect(fabs(moved - (double)shift) <=
                      1e-6 * fabs((double)shift) + 6 * way->error * (10 + fabs((double)shift)),
                  "%s: shifted by %g, the log-sum-exp moves by %.9g", way->name, (double)shift, moved);
    }
    /* Sums with the shift are rounded to its size: 2^7 at most, 2^-17 of 1. */
    double worst = 0;
    for (int64_t i = 0; i < H * p.T * p.D; i++)
        worst = fmax(worst, fabs((double)changed.output[i] - (double)r.output[i]));
    cr_expect(worst <= 4e-5 + 6 * way->error * 4, "%s: shifted by %g, results differ by %g", way->name, (double)shift,
              worst);
}

Test(properties, a_shift_of_all_scores_moves_the_log_sum_exp_alone) {
    for_all(1, check_shift);
}

/* With a causal mask, a query does not know what comes behind it: its bits are those without the later queries and
 * keys. Where only one query is left, and by a BLAS, scores may be summed up in another order. */
static void check_prefix(sa_ctx *ctx, const struct way *way, struct rng *rng) {
    p.S = p.T;
    attend(ctx, &p, 0, 1, 0, &r);
    other = p;
    other.T = other.S = 1 + rng_below(rng, p.T);
    for (int64_t h = 0; h < H; h++)
        memcpy(other.q + h * other.T * p.D, p.q + h * p.T * p.D, (size_t)(other.T * p.D) * sizeof(float));
    for (int64_t k = 0; k < p.K; k++) {
        memcpy(other.k + k * other.S * p.D, p.k + k * p.S * p.D, (size_t)(other.S * p.D) * sizeof(float));
        memcpy(other.v + k * other.S * p.D, p.v + k * p.S * p.D, (size_t)(other.S * p.D) * sizeof(float));
    }
    attend(ctx, &other, 0, 1, 0, &changed);
    for (int64_t h = 0; h < H; h++) {
        const float *got = changed.output + h * other.T * p.D, *want = r.output + h * p.T * p.D;
        if (other.T > 1 && way->path != SA_PATH_BLAS)
            cr_expect(!memcmp(got, want, (size_t)(other.T * p.D) * sizeof *got),
                      "%s: other bits, T %lld of %lld, D %lld", way->name, (long long)other.T, (long long)p.T,
                      (long long)p.D);
        else
            expect_near(way, "the first query", got, want, p.D);
    }
}

Test(properties, a_causal_prefix_is_that_of_the_whole) {
    for_all(1, check_prefix);
}

/* Grouped heads are heads whose keys and values are repeated. */
static void check_groups(sa_ctx *ctx, const struct way *way, struct rng *rng) {
    const int causal = rng_chance(rng, .5);
    attend(ctx, &p, 0, causal, 0, &r);
    other = p;
    other.K = H;
    for (int64_t h = 0; h < H; h++) {
        const int64_t from = h / (H / p.K) * p.S * p.D;
        memcpy(other.k + h * p.S * p.D, p.k + from, (size_t)(p.S * p.D) * sizeof(float));
        memcpy(other.v + h * p.S * p.D, p.v + from, (size_t)(p.S * p.D) * sizeof(float));
    }
    attend(ctx, &other, 0, causal, 0, &changed);
    if (p.T > 1 && way->path != SA_PATH_BLAS)
        cr_expect(!memcmp(changed.output, r.output, (size_t)(H * p.T * p.D) * sizeof(float)), "%s: other bits",
                  way->name);
    expect_near(way, "repeated heads", changed.output, r.output, H * p.T * p.D);
}

Test(properties, grouped_heads_are_repeated_ones) {
    for_all(1, check_groups);
}

/* Scores of up to 1e30 of both signs: the key with the largest has all the weight, and its value is the result. */
static void check_huge(sa_ctx *ctx, const struct way *way, struct rng *rng) {
    const int64_t winner = rng_below(rng, p.S);
    p.K = 1, p.D = 8;
    memset(p.q, 0, sizeof p.q), memset(p.k, 0, sizeof p.k);
    for (int64_t i = 0; i < H * p.T; i++) p.q[i * p.D] = 1e15f;
    for (int64_t j = 0; j < p.S; j++) p.k[j * p.D] = j == winner ? 1e15f : -1e15f * (float)(1 + j % 3);
    for (int64_t i = 0; i < p.S * p.D; i++) p.v[i] = ldexpf(1, (int)(i % 31) - 15);
    attend(ctx, &p, 0, 0, 0, &r);
    for (int64_t row = 0; row < H * p.T; row++) {
        cr_expect(!memcmp(r.output + row * p.D, p.v + winner * p.D, (size_t)p.D * sizeof(float)),
                  "%s: key %lld of %lld has the score 1e30 / sqrt(8), the others less: %g", way->name,
                  (long long)winner, (long long)p.S, (double)r.output[row * p.D]);
        cr_expect(fabsf(r.lse[row] / 3.5355339e29f - 1) <= 1e-5f + 4 * (float)way->error, "%s: log-sum-exp %g",
                  way->name, (double)r.lse[row]);
    }
}

Test(properties, scores_of_1e30_choose_one_key) {
    for_all(1, check_huge);
}

/* Scores of 1e4 and -1e4: those that are highest share all the weight, the others have none. */
static void check_ties(sa_ctx *ctx, const struct way *way, struct rng *rng) {
    enum { MOST_TIES = 4 };
    const int64_t ties = 1 + rng_below(rng, p.S < MOST_TIES ? p.S : MOST_TIES), first = rng_below(rng, p.S - ties + 1);
    p.K = 1, p.D = 4;
    memset(p.q, 0, sizeof p.q), memset(p.k, 0, sizeof p.k);
    for (int64_t i = 0; i < H * p.T; i++) p.q[i * p.D] = 256;
    for (int64_t j = 0; j < p.S; j++) p.k[j * p.D] = j >= first && j < first + ties ? 80 : -80;
    attend(ctx, &p, 0, 0, 1, &r);
    for (int64_t row = 0; row < H * p.T; row++) {
        const float share = 1 / (float)ties;
        for (int64_t j = 0; j < p.S; j++) {
            const float want = j >= first && j < first + ties ? share : 0, got = r.weights[row * p.S + j];
            cr_expect(want == 0 ? got == 0 : fabsf(got - want) <= 1e-6f + 2 * (float)way->error,
                      "%s: %lld keys have the score 10240, key %lld of %lld the weight %g", way->name, (long long)ties,
                      (long long)j, (long long)p.S, (double)got);
        }
        cr_expect(fabsf(r.lse[row] - 10240 - logf((float)ties)) <= 10240 * (2e-7f + 4 * (float)way->error),
                  "%s: log-sum-exp %g", way->name, (double)r.lse[row]);
    }
}

Test(properties, scores_of_10000_are_shared_by_ties) {
    for_all(1, check_ties);
}

/* Where values are one-hot, the result is the weights. */
static void check_one_hot(sa_ctx *ctx, const struct way *way, struct rng *rng) {
    const int causal = rng_chance(rng, .5);
    for (int64_t i = 0; i < p.K * p.S * p.D; i++) p.v[i] = (float)(i / p.D % p.S % p.D == i % p.D);
    attend(ctx, &p, 0, causal, 1, &r);
    memset(changed.output, 0, sizeof changed.output);
    for (int64_t row = 0; row < H * p.T; row++)
        for (int64_t j = 0; j < p.S; j++) changed.output[row * p.D + j % p.D] += r.weights[row * p.S + j];
    expect_near(way, "weights of one-hot values", r.output, changed.output, H * p.T * p.D);
}

Test(properties, of_one_hot_values_the_result_is_the_weights) {
    for_all(1, check_one_hot);
}

/* Denormal queries and keys have scores of nearly 0, so the result is the mean of values; denormal values have a
 * denormal mean, which is not flushed to 0. (A matrix unit may flush them.) Equal keys share the weight. */
static void check_tiny(sa_ctx *ctx, const struct way *way, struct rng *rng) {
    const int exact = way->precision == SA_PRECISION_HIGHEST;
    for (int64_t i = 0; i < H * p.T * p.D; i++) p.q[i] = ldexpf(rng_normal(rng), -140);
    for (int64_t i = 0; i < p.K * p.S * p.D; i++) p.k[i] = ldexpf(rng_normal(rng), -140);
    for (int64_t i = 0; i < p.K * p.S * p.D; i++) p.v[i] = i % p.D ? 1 : ldexpf(1, -130);
    attend(ctx, &p, 0, 0, 0, &r);
    for (int64_t row = 0; row < H * p.T; row++) {
        const float tiny = r.output[row * p.D], one = r.output[row * p.D + p.D - 1];
        cr_expect(fabsf(r.lse[row] - logf((float)p.S)) <= 1e-5f + 4 * (float)way->error,
                  "%s: log-sum-exp %g of %lld keys", way->name, (double)r.lse[row], (long long)p.S);
        if (exact)
            cr_expect(fabs((double)tiny / 0x1p-130 - 1) <= 1e-3, "%s: a mean of denormals is %g", way->name,
                      (double)tiny);
        if (p.D > 1)
            cr_expect(fabs((double)one - 1) <= 4 * way->error + 2e-6, "%s: a mean of ones is %.9g", way->name,
                      (double)one);
    }
}

Test(properties, denormals_are_numbers) {
    for_all(1, check_tiny);
}

/* Keys that a query may not see hold NaN and infinities, keys and values: its bits are those beside other numbers. */
static void check_unseen(sa_ctx *ctx, const struct way *way, struct rng *rng) {
    static const float odd[] = {NAN, INFINITY, -INFINITY, FLT_MAX, -0.0f, FLT_MIN / 4};
    const int64_t hidden = rng_below(rng, p.S);
    const int causal = rng_chance(rng, .5) && p.T == p.S;
    for (int64_t t = 0; t < p.T; t++)
        for (int64_t j = 0; j < p.S; j++)
            if (j == hidden || (j > 0 && rng_chance(rng, .2))) p.mask[t * p.S + j] = -INFINITY;
    attend(ctx, &p, 1, causal, 0, &r);
    other = p;
    for (int64_t k = 0; k < p.K; k++)
        for (int64_t d = 0; d < p.D; d++) {
            other.k[(k * p.S + hidden) * p.D + d] = odd[rng_below(rng, 6)];
            other.v[(k * p.S + hidden) * p.D + d] = odd[rng_below(rng, 6)];
        }
    attend(ctx, &other, 1, causal, 0, &changed);
    for (int64_t i = 0; i < H * p.T * p.D; i++)
        cr_expect(changed.output[i] == r.output[i], "%s: %g beside an odd hidden key, %g beside another one", way->name,
                  (double)changed.output[i], (double)r.output[i]);
    cr_expect(!memcmp(changed.lse, r.lse, (size_t)(H * p.T) * sizeof(float)), "%s: another log-sum-exp", way->name);
}

Test(properties, keys_that_nobody_sees_change_nothing) {
    for_all(1, check_unseen);
}

/* Stretches of the keys, each attended to alone, and merged by their log-sum-exps. */
static void check_split(sa_ctx *ctx, const struct way *way, struct rng *rng) {
    enum { PARTS = 3 };
    static struct result part[PARTS];
    sa_tensor outputs[PARTS], lses[PARTS];
    int64_t first[PARTS + 1] = {0, rng_below(rng, p.S + 1), 0, p.S};
    first[2] = first[1] + rng_below(rng, p.S - first[1] + 1);
    attend(ctx, &p, 0, 0, 0, &r);
    for (int i = 0; i < PARTS; i++) {
        other = p;
        other.S = first[i + 1] - first[i];
        for (int64_t k = 0; k < p.K; k++) {
            const size_t bytes = (size_t)(other.S * p.D) * sizeof(float);
            memcpy(other.k + k * other.S * p.D, p.k + (k * p.S + first[i]) * p.D, bytes);
            memcpy(other.v + k * other.S * p.D, p.v + (k * p.S + first[i]) * p.D, bytes);
        }
        attend(ctx, &other, 0, 0, 0, &part[i]);
        sa_tensor_set(&outputs[i], part[i].output, SA_F32, SA_BHSD, 1, H, p.T, p.D);
        sa_tensor_set(&lses[i], part[i].lse, SA_F32, SA_BHSD, 1, H, p.T, 1);
    }
    sa_attention_merge_args m = {.struct_size = sizeof m, .count = PARTS, .outputs = outputs, .lses = lses};
    sa_tensor_set(&m.output, changed.output, SA_F32, SA_BHSD, 1, H, p.T, p.D);
    sa_tensor_set(&m.lse, changed.lse, SA_F32, SA_BHSD, 1, H, p.T, 1);
    cr_assert_eq(sa_attention_merge(ctx, &m), SA_OK, "%s", sa_ctx_last_error(ctx));
    expect_near(way, "merged output", changed.output, r.output, H * p.T * p.D);
    expect_near(way, "merged lse", changed.lse, r.lse, H * p.T);
}

Test(properties, split_keys_are_merged) {
    for_all(1, check_split);
}
