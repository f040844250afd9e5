/* This library as the oracle for a kernel of one's own: a function is compared with SA_PATH_PLAIN over thousands of
 * random problems. Put yours in place of `mine`: docs/oracle.md.
 *
 *   ./15_oracle             compares two functions; `careless` has a fault that few sizes show
 *   ./15_oracle 1000000     so many problems, of `mine` alone
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <selfattn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* query [B,H,T,D], key and value [B,K,S,D], output [B,H,T,D], contiguous. Sequence b has lengths[b] keys. Query t
 * stands at key t + offset; causal queries see the keys up to their own. */
struct problem {
    int64_t B, H, K, T, S, D, offset;
    int causal;
    float scale;
    float *query, *key, *value, *output;
    int64_t lengths[4];
};

typedef void (*kernel_fn)(const struct problem *p);

/* The function under test: one pass over the keys with a running maximum, in float. */
static void attend(const struct problem *p, int64_t step) {
    for (int64_t row = 0; row < p->B * p->H * p->T; row++) {
        const int64_t b = row / (p->H * p->T), h = row / p->T % p->H, t = row % p->T;
        const int64_t first = (b * p->K + h / (p->H / p->K)) * p->S * p->D, place = t + p->offset;
        const int64_t keys = p->causal && place + 1 < p->lengths[b] ? place + 1 : p->lengths[b];
        const float *q = p->query + row * p->D;
        float *o = p->output + row * p->D, maximum = -INFINITY, total = 0;
        memset(o, 0, (size_t)p->D * sizeof *o);
        for (int64_t j = 0; j < keys / step * step; j++) {
            float score = 0;
            for (int64_t d = 0; d < p->D; d++) score += q[d] * p->key[first + j * p->D + d];
            score *= p->scale;
            const float larger = fmaxf(maximum, score), shrink = expf(maximum - larger), weight = expf(score - larger);
            for (int64_t d = 0; d < p->D; d++) o[d] = o[d] * shrink + weight * p->value[first + j * p->D + d];
            total = total * shrink + weight, maximum = larger;
        }
        for (int64_t d = 0; d < p->D && total > 0; d++) o[d] /= total;
    }
}

static void mine(const struct problem *p) {
    attend(p, 1);
}

/* Reads long sequences by fours and forgets the rest. */
static void careless(const struct problem *p) {
    attend(p, p->S > 64 ? 4 : 1);
}

static uint64_t state;

static int64_t below(int64_t n) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (int64_t)(state >> 33) % n;
}

/* Numbers of variance 1, now and then some that are alike or large. */
static float *numbers(int64_t count) {
    float *x = malloc((size_t)(count + 1) * sizeof *x);
    const int64_t kind = below(8);
    if (!x) abort();
    for (int64_t i = 0; i < count; i++) {
        float sum = -6;
        for (int n = 0; n < 12; n++) sum += (float)below(1 << 20) / (1 << 20);
        x[i] = kind == 0 ? (float)(below(3) - 1) : kind == 1 ? 8 * sum : sum;
    }
    return x;
}

static struct problem make(int64_t seed) {
    static const int64_t sizes[] = {1, 2, 3, 7, 8, 15, 16, 17, 31, 33, 64, 65, 100, 129}, heads[] = {1, 2, 4};
    state = (uint64_t)seed * 0x9e3779b97f4a7c15u;
    struct problem p = {.B = 1 + below(3), .K = 1 + below(2), .T = sizes[below(11)], .S = sizes[below(14)]};
    p.H = p.K * heads[below(3)], p.D = sizes[below(11)];
    p.causal = below(2) == 1;
    p.offset = p.S - p.T; /* the last query stands at the last key */
    p.scale = 1 / sqrtf((float)p.D);
    for (int64_t b = 0; b < p.B; b++) p.lengths[b] = below(3) ? p.S : below(p.S + 1);
    p.query = numbers(p.B * p.H * p.T * p.D);
    p.key = numbers(p.B * p.K * p.S * p.D);
    p.value = numbers(p.B * p.K * p.S * p.D);
    p.output = calloc((size_t)(p.B * p.H * p.T * p.D), sizeof *p.output);
    return p;
}

static void release(struct problem *p) {
    free(p->query), free(p->key), free(p->value), free(p->output);
}

/* How far a float kernel may be off, of any problem: docs/oracle.md derives it. */
static double bound(const struct problem *p) {
    const double unit = 0x1p-24;
    double product = 0, largest = 0;
    for (int64_t i = 0; i < p->B * p->K * p->S * p->D; i++) largest = fmax(largest, fabs((double)p->value[i]));
    for (int64_t row = 0; row < p->B * p->H * p->T; row++)
        for (int64_t j = 0; j < p->S; j++) {
            const int64_t kv = row / (p->H * p->T) * p->K + row / p->T % p->H / (p->H / p->K);
            double sum = 0;
            for (int64_t d = 0; d < p->D; d++)
                sum += fabs((double)p->query[row * p->D + d] * (double)p->key[(kv * p->S + j) * p->D + d]);
            product = fmax(product, sum * (double)p->scale);
        }
    const double score = product * (double)(p->D + 8) * unit, weight = 2 * score + (double)(4 * p->S + 96) * unit;
    return weight < .5 ? 2 * weight * largest : 2 * largest;
}

/* What SA_PATH_PLAIN makes of the problem: sums in double, each result rounded once. */
static int oracle(sa_ctx *ctx, const struct problem *p, float *output) {
    const sa_masking masking = {.struct_size = sizeof masking,
                                .key_lengths = p->lengths,
                                .causal = p->causal,
                                .align = SA_ALIGN_OFFSET,
                                .offset = p->offset};
    sa_attention_args a = {.struct_size = sizeof a, .masking = &masking, .scale = p->scale};
    sa_tensor_set(&a.query, p->query, SA_F32, SA_BHSD, p->B, p->H, p->T, p->D);
    sa_tensor_set(&a.key, p->key, SA_F32, SA_BHSD, p->B, p->K, p->S, p->D);
    sa_tensor_set(&a.value, p->value, SA_F32, SA_BHSD, p->B, p->K, p->S, p->D);
    sa_tensor_set(&a.output, output, SA_F32, SA_BHSD, p->B, p->H, p->T, p->D);
    if (sa_attention(ctx, &a) == SA_OK) return 1;
    puts(sa_ctx_last_error(ctx));
    return 0;
}

/* Whether the kernel is within the bound; otherwise says where it is not. */
static int agrees(sa_ctx *ctx, kernel_fn kernel, struct problem *p, int64_t seed) {
    const int64_t count = p->B * p->H * p->T * p->D;
    float *want = malloc((size_t)count * sizeof *want);
    const double allowed = bound(p);
    int64_t at = 0;
    kernel(p);
    if (!want || !oracle(ctx, p, want)) return free(want), 0;
    while (at < count && fabs((double)p->output[at] - (double)want[at]) <= allowed) at++;
    if (at < count)
        printf("problem %lld: B %lld, H %lld, K %lld, T %lld, S %lld, D %lld, causal %d: result %lld is %.4f, not "
               "%.4f\n",
               (long long)seed, (long long)p->B, (long long)p->H, (long long)p->K, (long long)p->T, (long long)p->S,
               (long long)p->D, p->causal, (long long)at, (double)p->output[at], (double)want[at]);
    free(want);
    return at == count;
}

/* The first problem that the kernel gets wrong; `problems` if there is none. */
static int64_t compare(sa_ctx *ctx, kernel_fn kernel, int64_t problems) {
    for (int64_t seed = 0; seed < problems; seed++) {
        struct problem p = make(seed);
        const int right = agrees(ctx, kernel, &p, seed);
        release(&p);
        if (!right) return seed;
    }
    return problems;
}

int main(int count, char **arguments) {
    const int64_t problems = count > 1 ? atoll(arguments[1]) : 2000;
    const sa_ctx_options plain = {.struct_size = sizeof plain, .path = SA_PATH_PLAIN};
    sa_ctx *ctx = NULL;
    if (sa_ctx_create(&plain, &ctx) != SA_OK) return puts(sa_ctx_last_error(NULL)), 1;
    const int64_t right = compare(ctx, mine, problems);
    printf("mine: %lld of %lld problems within the bound\n", (long long)right, (long long)problems);
    if (count == 1) printf("careless: wrong from problem %lld on\n", (long long)compare(ctx, careless, problems));
    sa_ctx_destroy(&ctx);
    return right < problems;
}
