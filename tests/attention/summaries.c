/* Summaries against the weights themselves, over random problems and on every path.
 * SPDX-License-Identifier: MIT */
#include "support/paths.h"
#include "support/sample.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STRONGEST = 5, MOST_WAYS = 16 };

/* What one call fills. */
struct summed {
    float *sums, *maxima, *entropy, *weights;
    int32_t *keys;
    sa_summaries s;
};

static void summed_make(struct summed *m, const sa_attention_args *a) {
    const int64_t B = a->query.size[0], H = a->query.size[1], T = a->query.size[2], S = a->key.size[2];
    *m = (struct summed){.sums = calloc((size_t)(B * H * S), sizeof(float)),
                         .maxima = calloc((size_t)(B * H * S), sizeof(float)),
                         .entropy = calloc((size_t)(B * H * T), sizeof(float)),
                         .weights = calloc((size_t)(B * H * T * STRONGEST), sizeof(float)),
                         .keys = calloc((size_t)(B * H * T * STRONGEST), sizeof(int32_t)),
                         .s = {.struct_size = sizeof m->s, .strongest = STRONGEST}};
    sa_tensor_set(&m->s.key_sums, m->sums, SA_F32, SA_BHSD, B, H, S, 1);
    sa_tensor_set(&m->s.key_maxima, m->maxima, SA_F32, SA_BHSD, B, H, S, 1);
    sa_tensor_set(&m->s.entropy, m->entropy, SA_F32, SA_BHSD, B, H, T, 1);
    sa_tensor_set(&m->s.strongest_weights, m->weights, SA_F32, SA_BHSD, B, H, T, STRONGEST);
    m->s.strongest_keys = m->keys;
}

static void summed_free(struct summed *m) {
    free(m->sums), free(m->maxima), free(m->entropy), free(m->weights), free(m->keys);
}

static int close_to(double got, double want, double size) {
    return isnan(want) ? isnan(got) : fabs(got - want) <= 1e-6 * (size > 1 ? size : 1);
}

/* Sums over the rows of the weights w [B,H,T,S]. A weight of a row that sees a NaN is NaN only where it is visible. */
static void check_keys(const struct summed *m, const float *w, const sa_attention_args *a, const char *what) {
    const int64_t heads = a->query.size[0] * a->query.size[1], T = a->query.size[2], S = a->key.size[2];
    for (int64_t i = 0; i < heads * S; i++) {
        double sum = 0, most = 0;
        for (int64_t t = 0; t < T; t++) {
            const double weight = (double)w[(i / S * T + t) * S + i % S];
            sum += weight;
            most = isnan(weight) || weight > most ? weight : most;
        }
        if (isnan(sum)) most = NAN;
        cr_expect(close_to((double)m->sums[i], sum, sum), "%s: key %lld has %g, not %g", what, (long long)i,
                  (double)m->sums[i], sum);
        cr_expect(close_to((double)m->maxima[i], most, 1), "%s: key %lld has at most %g, not %g", what, (long long)i,
                  (double)m->maxima[i], most);
    }
}

/* Whether the row lists its largest weights, descending, with weights that its keys really have. */
static void check_row(const struct summed *m, int64_t row, const float *w, int64_t S, const char *what) {
    double entropy = 0;
    const float *weights = m->weights + row * STRONGEST;
    const int32_t *keys = m->keys + row * STRONGEST;
    for (int64_t j = 0; j < S; j++)
        if (w[j] != 0) entropy -= (double)w[j] * log((double)w[j]);
    cr_expect(close_to((double)m->entropy[row], entropy, 1 + fabs(entropy)), "%s: row %lld has the entropy %g, not %g",
              what, (long long)row, (double)m->entropy[row], entropy);
    if (isnan(entropy)) return;
    float least = INFINITY;
    for (int i = 0; i < STRONGEST; i++) {
        cr_assert(keys[i] >= -1 && keys[i] < S);
        const float own = keys[i] < 0 ? 0 : w[keys[i]];
        cr_expect(fabsf(weights[i] - own) <= 1e-6f && weights[i] <= least, "%s: row %lld, place %d: %g of key %d", what,
                  (long long)row, i, (double)weights[i], (int)keys[i]);
        for (int other = 0; other < i; other++) cr_expect(keys[i] < 0 || keys[other] != keys[i]);
        least = weights[i];
    }
    int above = 0;
    for (int64_t j = 0; j < S; j++) above += w[j] > least + 2e-6f;
    cr_expect(above < STRONGEST || least > 0, "%s", what);
    cr_expect(above <= STRONGEST, "%s: row %lld leaves out a stronger key", what, (long long)row);
}

/* Summaries are the same, whatever the weights that are written beside them show. */
static void check_beside_scores(sa_ctx *ctx, const struct summed *m, sa_attention_args a, const char *what) {
    const size_t rows = (size_t)(a.query.size[0] * a.query.size[1] * a.query.size[2]),
                 keys = (size_t)(a.query.size[0] * a.query.size[1] * a.key.size[2]);
    struct summed other;
    summed_make(&other, &a);
    a.summaries = &other.s;
    for (a.weights_kind = SA_WEIGHTS_SCALED; a.weights_kind <= SA_WEIGHTS_BIASED; a.weights_kind++) {
        cr_assert_eq(sa_attention(ctx, &a), SA_OK, "%s: %s", what, sa_ctx_last_error(ctx));
        cr_expect(!memcmp(m->sums, other.sums, keys * sizeof(float)) &&
                      !memcmp(m->maxima, other.maxima, keys * sizeof(float)) &&
                      !memcmp(m->entropy, other.entropy, rows * sizeof(float)) &&
                      !memcmp(m->weights, other.weights, rows * STRONGEST * sizeof(float)) &&
                      !memcmp(m->keys, other.keys, rows * STRONGEST * sizeof(int32_t)),
                  "%s: summaries beside weights of kind %d", what, (int)a.weights_kind);
    }
    summed_free(&other);
}

static void check(sa_ctx *ctx, const struct way *way, struct sample *s) {
    struct summed m;
    sa_attention_args a = s->args;
    char what[400];
    const int64_t rows = a.query.size[0] * a.query.size[1] * a.query.size[2], S = a.key.size[2];
    float *w = malloc((size_t)(rows * S) * sizeof *w);
    snprintf(what, sizeof what, "%s, %s", way->name, s->text);
    summed_make(&m, &a);
    a.summaries = &m.s;
    a.weights_kind = SA_WEIGHTS_PROBABILITIES;
    sa_tensor_set(&a.weights, w, SA_F32, SA_BHSD, a.query.size[0], a.query.size[1], a.query.size[2], S);
    cr_assert_eq(sa_attention(ctx, &a), SA_OK, "%s: %s", what, sa_ctx_last_error(ctx));
    check_keys(&m, w, &a, what);
    for (int64_t row = 0; row < rows; row++) check_row(&m, row, w + row * S, S, what);
    check_beside_scores(ctx, &m, a, what);
    summed_free(&m);
    free(w);
}

Test(summaries, are_those_of_the_weights) {
    const char *text = getenv("SELFATTN_TEST_SAMPLES");
    const uint64_t samples = text ? strtoull(text, NULL, 10) : 200;
    sa_ctx *ctx[MOST_WAYS];
    for (int w = 0; w < all_ways_count; w++) ctx[w] = way_open(&ways[w], 2);
    for (uint64_t seed = 5000; seed < 5000 + samples; seed++) {
        struct sample s;
        sample_make(&s, seed);
        for (int w = 0; w < all_ways_count; w++)
            if (ctx[w]) check(ctx[w], &ways[w], &s);
        sample_free(&s);
    }
    for (int w = 0; w < all_ways_count; w++) sa_ctx_destroy(&ctx[w]);
}

Test(summaries, have_the_same_bits_for_any_number_of_threads) {
    for (int w = 0; w < all_ways_count; w++)
        for (uint64_t seed = 5000; seed < 5020; seed++) {
            struct sample s;
            struct summed first, other;
            sample_make(&s, seed);
            summed_make(&first, &s.args), summed_make(&other, &s.args);
            for (int32_t threads = 1; threads <= 4; threads++) {
                sa_ctx *ctx = way_open(&ways[w], threads);
                if (!ctx) continue;
                s.args.summaries = threads == 1 ? &first.s : &other.s;
                cr_assert_eq(sa_attention(ctx, &s.args), SA_OK, "%s", sa_ctx_last_error(ctx));
                sa_ctx_destroy(&ctx);
                if (threads == 1) continue;
                const size_t keys = (size_t)(s.args.query.size[0] * s.args.query.size[1] * s.args.key.size[2]);
                cr_expect(!memcmp(first.sums, other.sums, keys * sizeof(float)) &&
                              !memcmp(first.maxima, other.maxima, keys * sizeof(float)),
                          "%s: other bits with %d threads, %s", ways[w].name, threads, s.text);
            }
            summed_free(&first), summed_free(&other);
            sample_free(&s);
        }
}

/* All scores of a query block are kept for the second pass if one thread does the work; of 64 threads, each keeps those
 * of some 700 keys. Which they are changes nothing. */
Test(summaries, have_the_same_bits_whether_scores_are_kept) {
    enum { H = 64, T = 200, S = 2000, D = 8 };
    struct rng rng = {41};
    float *x = malloc((size_t)(H * (2 * T + 2 * S) * D) * sizeof *x), *tensors[4] = {x};
    const int64_t rows[] = {T, S, S, T};
    for (int64_t i = 0; i < H * (2 * T + 2 * S) * D; i++) x[i] = (float)rng_normal(&rng);
    sa_attention_args a = {.struct_size = sizeof a};
    sa_tensor *const places[] = {&a.query, &a.key, &a.value, &a.output};
    for (int i = 0; i < 4; i++) {
        if (i) tensors[i] = tensors[i - 1] + H * rows[i - 1] * D;
        sa_tensor_set(places[i], tensors[i], SA_F32, SA_BHSD, 1, H, rows[i], D);
    }
    struct summed one, many;
    summed_make(&one, &a), summed_make(&many, &a);
    for (int w = 0; w < all_ways_count; w++)
        for (int32_t threads = 1; threads <= 64; threads += 63) {
            sa_ctx *ctx = way_open(&ways[w], threads);
            if (!ctx) continue;
            a.summaries = threads == 1 ? &one.s : &many.s;
            cr_assert_eq(sa_attention(ctx, &a), SA_OK, "%s", sa_ctx_last_error(ctx));
            sa_ctx_destroy(&ctx);
            if (threads == 1) continue;
            cr_expect_arr_eq(one.sums, many.sums, H * S * sizeof(float), "%s", ways[w].name);
            cr_expect_arr_eq(one.maxima, many.maxima, H * S * sizeof(float), "%s", ways[w].name);
            cr_expect_arr_eq(one.entropy, many.entropy, H * T * sizeof(float), "%s", ways[w].name);
            cr_expect_arr_eq(one.weights, many.weights, H * T * STRONGEST * sizeof(float), "%s", ways[w].name);
            cr_expect_arr_eq(one.keys, many.keys, H * T * STRONGEST * sizeof(int32_t), "%s", ways[w].name);
        }
    summed_free(&one), summed_free(&many);
    free(x);
}

/* 65,536 tokens: nothing of size T x S. */
Test(summaries, need_little_memory) {
    enum { N = 65536, SIZE = 64 };
    float one;
    int32_t key;
    uint64_t bytes;
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 2);
        if (!ctx) continue;
        sa_summaries s = {.struct_size = sizeof s, .strongest = 8, .strongest_keys = &key};
        sa_attention_args a = {.struct_size = sizeof a, .summaries = &s};
        sa_tensor *const inputs[] = {&a.query, &a.key, &a.value, &a.output};
        for (int i = 0; i < 4; i++) sa_tensor_set(inputs[i], NULL, SA_F32, SA_BHSD, 1, 4, N, SIZE);
        sa_tensor *const outputs[] = {&s.key_sums, &s.key_maxima, &s.entropy, &s.strongest_weights};
        for (int i = 0; i < 4; i++) sa_tensor_set(outputs[i], &one, SA_F32, SA_BHSD, 1, 4, N, i < 3 ? 1 : 8);
        cr_assert_eq(sa_attention_workspace_size(ctx, &a, &bytes), SA_OK, "%s", sa_ctx_last_error(ctx));
        cr_expect(bytes < 64 << 20, "%s: %llu bytes", ways[w].name, (unsigned long long)bytes);
        sa_ctx_destroy(&ctx);
    }
}
