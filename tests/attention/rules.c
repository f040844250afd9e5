/* Score rules and kept keys by small cases whose answer can be read off, and against mask tensors that say the same.
 * SPDX-License-Identifier: MIT */
#include "support/compare.h"
#include "support/oracle.h"
#include "support/paths.h"
#include "support/random.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TOKENS = 12 };

/* One head of size 1 with all scores 0 and values 1, 2, 3, ... */
struct tiny {
    float zeros[TOKENS], value[TOKENS], output[TOKENS], lse[TOKENS], weights[TOKENS * TOKENS];
    sa_masking masking;
    sa_score_rules rules;
    sa_attention_args args;
};

static void tiny_make(struct tiny *x, int64_t T, int64_t S) {
    *x = (struct tiny){.masking.struct_size = sizeof x->masking, .rules.struct_size = sizeof x->rules};
    for (int i = 0; i < TOKENS; i++) x->value[i] = (float)(i + 1);
    x->args = (sa_attention_args){.struct_size = sizeof x->args, .masking = &x->masking, .rules = &x->rules};
    sa_tensor_set(&x->args.query, x->zeros, SA_F32, SA_BHSD, 1, 1, T, 1);
    sa_tensor_set(&x->args.key, x->zeros, SA_F32, SA_BHSD, 1, 1, S, 1);
    sa_tensor_set(&x->args.value, x->value, SA_F32, SA_BHSD, 1, 1, S, 1);
    sa_tensor_set(&x->args.output, x->output, SA_F32, SA_BHSD, 1, 1, T, 1);
    sa_tensor_set(&x->args.lse, x->lse, SA_F32, SA_BHSD, 1, 1, T, 1);
    sa_tensor_set(&x->args.weights, x->weights, SA_F32, SA_BHSD, 1, 1, T, S);
}

static void run(sa_ctx *ctx, const sa_attention_args *args) {
    cr_assert_eq(sa_attention(ctx, args), SA_OK, "%s", sa_ctx_last_error(ctx));
}

static void expect_near(float got, double want, const char *way, const char *what) {
    cr_expect(fabs((double)got - want) <= 1e-6 * fmax(fabs(want), 1), "%s, %s: %.9g, want %.9g", way, what, (double)got,
              want);
}

/* Four keys of score 0 and a sink of score 1. */
Test(rules, a_sink_takes_its_share_and_gives_nothing) {
    const float sink = 1;
    for (int w = 0; w < ways_count; w++) {
        struct tiny x;
        sa_ctx *ctx = way_open(&ways[w], 1);
        if (!ctx) continue;
        tiny_make(&x, 2, 4);
        x.rules.sink_logits = &sink;
        run(ctx, &x.args);
        double total = 4 + exp(1);
        for (int t = 0; t < 2; t++) {
            expect_near(x.output[t], (1 + 2 + 3 + 4) / total, ways[w].name, "output");
            expect_near(x.lse[t], log(total), ways[w].name, "lse");
            for (int j = 0; j < 4; j++) expect_near(x.weights[t * 4 + j], 1 / total, ways[w].name, "weight");
        }
        sa_ctx_destroy(&ctx);
    }
}

/* Beside a sink of score 1000 every weight underflows, but stands for a positive number. */
Test(rules, infinite_values_show_beside_any_sink) {
    const float sink = 1000;
    struct tiny x;
    tiny_make(&x, 1, 4);
    x.rules.sink_logits = &sink;
    x.value[2] = -INFINITY;
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 1);
        if (!ctx) continue;
        run(ctx, &x.args);
        cr_expect_eq(x.output[0], -INFINITY, "%s: %g", ways[w].name, (double)x.output[0]);
        sa_ctx_destroy(&ctx);
    }
}

Test(rules, a_sink_does_not_help_a_query_that_sees_nothing) {
    const float sink = 1;
    const int64_t none = 0;
    for (int w = 0; w < all_ways_count; w++) {
        struct tiny x;
        sa_ctx *ctx = way_open(&ways[w], 1);
        if (!ctx) continue;
        tiny_make(&x, 2, 4);
        x.rules.sink_logits = &sink, x.masking.key_lengths = &none;
        run(ctx, &x.args);
        for (int t = 0; t < 2; t++) cr_expect(x.output[t] == 0 && x.lse[t] == -INFINITY, "%s", ways[w].name);
        for (int i = 0; i < 2 * 4; i++) cr_expect_eq(x.weights[i], 0, "%s", ways[w].name);
        sa_ctx_destroy(&ctx);
    }
}

/* Which keys query t sees, as bits, of a window over itself and `left` keys before, with the first ones kept. */
static void expect_seen(int64_t left, int64_t keep, int causal, const unsigned want[TOKENS]) {
    for (int w = 0; w < all_ways_count; w++) {
        struct tiny x;
        sa_ctx *ctx = way_open(&ways[w], 1);
        if (!ctx) continue;
        tiny_make(&x, TOKENS, TOKENS);
        x.masking.window = 1, x.masking.window_left = left, x.masking.keep_first = keep, x.masking.causal = causal;
        run(ctx, &x.args);
        for (int t = 0; t < TOKENS; t++) {
            unsigned seen = 0;
            for (int j = 0; j < TOKENS; j++) seen |= (unsigned)(x.weights[t * TOKENS + j] != 0) << j;
            cr_expect_eq(seen, want[t], "%s, left %lld, keep %lld, query %d: %#x, want %#x", ways[w].name,
                         (long long)left, (long long)keep, t, seen, want[t]);
        }
        sa_ctx_destroy(&ctx);
    }
}

Test(rules, the_first_keys_are_kept_beside_a_window) {
    expect_seen(1, 2, 1, (const unsigned[]){0x1, 0x3, 0x7, 0xf, 0x1b, 0x33, 0x63, 0xc3, 0x183, 0x303, 0x603, 0xc03});
    expect_seen(1, 2, 0, (const unsigned[]){0x1, 0x3, 0x7, 0xf, 0x1b, 0x33, 0x63, 0xc3, 0x183, 0x303, 0x603, 0xc03});
    expect_seen(0, 1, 1, (const unsigned[]){0x1, 0x3, 0x5, 0x9, 0x11, 0x21, 0x41, 0x81, 0x101, 0x201, 0x401, 0x801});
    expect_seen(0, TOKENS + 5, 1,
                (const unsigned[]){0x1, 0x3, 0x7, 0xf, 0x1f, 0x3f, 0x7f, 0xff, 0x1ff, 0x3ff, 0x7ff, 0xfff});
}

/* ---- rules as mask tensors */

enum { HEADS = 3, SIZE = 16, QUERIES = 200, KEYS = 333, OFFSET = 70, BUCKETS = 32, REACH = 128 };

struct problem {
    float query[HEADS * QUERIES * SIZE], key[HEADS * KEYS * SIZE], output[2][HEADS * QUERIES * SIZE];
    float mask[HEADS * QUERIES * KEYS];
    float slopes[HEADS], table[BUCKETS * HEADS], bias[HEADS * (2 * REACH + 1)];
    sa_masking masking;
    sa_score_rules rules;
    sa_attention_args args;
};

static void problem_make(struct problem *p) {
    struct rng rng = {4};
    *p = (struct problem){.masking = {.struct_size = sizeof p->masking, .align = SA_ALIGN_OFFSET, .offset = OFFSET},
                          .rules.struct_size = sizeof p->rules};
    for (int i = 0; i < HEADS * QUERIES * SIZE; i++) p->query[i] = rng_normal(&rng);
    for (int i = 0; i < HEADS * KEYS * SIZE; i++) p->key[i] = rng_normal(&rng);
    for (int i = 0; i < BUCKETS * HEADS; i++) p->table[i] = rng_normal(&rng);
    p->args = (sa_attention_args){.struct_size = sizeof p->args, .masking = &p->masking};
    sa_tensor_set(&p->args.query, p->query, SA_F32, SA_BHSD, 1, HEADS, QUERIES, SIZE);
    sa_tensor_set(&p->args.key, p->key, SA_F32, SA_BHSD, 1, HEADS, KEYS, SIZE);
    sa_tensor_set(&p->args.value, p->key, SA_F32, SA_BHSD, 1, HEADS, KEYS, SIZE);
}

/* Runs with the rules, and with the mask instead; the largest difference. */
static double difference(sa_ctx *ctx, struct problem *p) {
    double worst = 0;
    for (int masked = 0; masked < 2; masked++) {
        sa_tensor_set(&p->args.output, p->output[masked], SA_F32, SA_BHSD, 1, HEADS, QUERIES, SIZE);
        p->masking.mask = (sa_tensor){0};
        if (masked) sa_tensor_set(&p->masking.mask, p->mask, SA_F32, SA_BHSD, 1, HEADS, QUERIES, KEYS);
        p->args.rules = masked ? NULL : &p->rules;
        run(ctx, &p->args);
    }
    for (int i = 0; i < HEADS * QUERIES * SIZE; i++)
        worst = fmax(worst, fabs((double)p->output[0][i] - (double)p->output[1][i]));
    return worst;
}

/* BLOOM adds slope * j to the scores, whoever asks: with a causal mask that comes to the same. */
Test(rules, alibi_is_blooms) {
    static struct problem p;
    for (int w = 0; w < ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 1);
        if (!ctx) continue;
        problem_make(&p);
        cr_assert_eq(sa_alibi_slopes(HEADS, p.slopes), SA_OK);
        for (int64_t i = 0; i < HEADS * QUERIES * KEYS; i++)
            p.mask[i] = p.slopes[i / KEYS / QUERIES] * (float)(i % KEYS);
        p.rules.alibi_slopes = p.slopes, p.masking.causal = 1;
        double off = difference(ctx, &p);
        cr_expect(off <= 2e-5, "%s: %g", ways[w].name, off); /* slope * j is up to 83, and rounded there */
        sa_ctx_destroy(&ctx);
    }
}

/* Queries far from all keys that they see: distances of 10^5 and more, of which slopes must not lose the bits that
 * differ from key to key. All that decides which key is nearest: the keys' end, a mask tensor, kept keys beside a
 * window. */
enum { FAR_T = 37, FAR_S = 90, FAR_SIZE = 4, FAR_HEADS = 2 };

struct far {
    float q[FAR_HEADS * FAR_T * FAR_SIZE], k[FAR_S * FAR_SIZE], v[FAR_S * FAR_SIZE], o[FAR_HEADS * FAR_T * FAR_SIZE];
    float lse[FAR_HEADS * FAR_T], weights[FAR_HEADS * FAR_T * FAR_S];
    uint8_t seen[FAR_T][FAR_S];
    sa_masking masking;
    sa_score_rules rules;
    sa_attention_args args;
};

static const char *const far_cases[] = {"before", "behind", "masked", "window", "sinks"};

static void far_make(struct far *x, int kind) {
    static const float slopes[FAR_HEADS] = {0.5f, 0.3f}, sinks[FAR_HEADS] = {-50000, -30001};
    struct rng rng = {(uint64_t)kind};
    *x = (struct far){.masking.struct_size = sizeof x->masking, .rules.struct_size = sizeof x->rules};
    for (int i = 0; i < FAR_HEADS * FAR_T * FAR_SIZE; i++) x->q[i] = rng_normal(&rng);
    for (int i = 0; i < FAR_S * FAR_SIZE; i++) x->k[i] = rng_normal(&rng), x->v[i] = rng_normal(&rng);
    for (int t = 0; t < FAR_T; t++)
        for (int j = 0; j < FAR_S; j++) x->seen[t][j] = j < 30 && (t + j) % 3 != 0;
    x->rules.alibi_slopes = slopes;
    x->args = (sa_attention_args){.struct_size = sizeof x->args, .masking = &x->masking, .rules = &x->rules};
    sa_tensor_set(&x->args.query, x->q, SA_F32, SA_BHSD, 1, FAR_HEADS, FAR_T, FAR_SIZE);
    sa_tensor_set(&x->args.key, x->k, SA_F32, SA_BHSD, 1, 1, FAR_S, FAR_SIZE);
    sa_tensor_set(&x->args.value, x->v, SA_F32, SA_BHSD, 1, 1, FAR_S, FAR_SIZE);
    sa_tensor_set(&x->args.output, x->o, SA_F32, SA_BHSD, 1, FAR_HEADS, FAR_T, FAR_SIZE);
    sa_tensor_set(&x->args.lse, x->lse, SA_F32, SA_BHSD, 1, FAR_HEADS, FAR_T, 1);
    sa_tensor_set(&x->args.weights, x->weights, SA_F32, SA_BHSD, 1, FAR_HEADS, FAR_T, FAR_S);
    x->masking.align = SA_ALIGN_OFFSET, x->masking.causal = kind != 1;
    x->masking.offset = kind == 1 ? -123457 : 100003;
    if (kind == 1) x->masking.window = 1, x->masking.window_left = 0, x->masking.window_right = -1;
    if (kind == 2) sa_tensor_set(&x->masking.mask, x->seen, SA_BOOL, SA_BHSD, 1, 1, FAR_T, FAR_S);
    if (kind == 3) x->masking.window = 1, x->masking.window_left = 5, x->masking.keep_first = 3;
    if (kind == 4) x->rules.sink_logits = sinks;
}

static void far_check(const struct way *way, sa_ctx *ctx, struct far *x, int kind) {
    static double want[FAR_HEADS * FAR_T * FAR_SIZE], lse[FAR_HEADS * FAR_T], weights[FAR_HEADS * FAR_T * FAR_S];
    oracle_attention(&x->args, want, lse, weights);
    run(ctx, &x->args);
    struct difference o = compare(&x->args.output, want), w = compare(&x->args.weights, weights);
    cr_expect(o.norm <= way->error && o.wrong_class == 0, "%s, %s: %s", way->name, far_cases[kind],
              difference_text(&o));
    cr_expect(w.norm <= way->error && w.wrong_class == 0, "%s, %s: weights: %s", way->name, far_cases[kind],
              difference_text(&w));
    for (int i = 0; i < FAR_HEADS * FAR_T; i++)
        cr_expect(fabs((double)x->lse[i] - lse[i]) <= 2 * way->error * fabs(lse[i]) || (double)x->lse[i] == lse[i],
                  "%s, %s: log-sum-exp of row %d is %.9g, want %.9g", way->name, far_cases[kind], i, (double)x->lse[i],
                  lse[i]);
}

/* A query alone has the bits that it has among others; a BLAS makes no such promise. */
static void far_step(const struct way *way, sa_ctx *ctx, struct far *x, int kind) {
    float all[FAR_HEADS * FAR_T * FAR_SIZE];
    if (way->path == SA_PATH_BLAS) return;
    memcpy(all, x->o, sizeof all);
    for (int t = 0; t < FAR_T; t += 9) {
        sa_attention_args step = x->args;
        sa_masking masking = x->masking;
        masking.offset += t;
        step.masking = &masking;
        step.query.size[2] = step.output.size[2] = step.lse.size[2] = step.weights.size[2] = 1;
        step.query.data = x->q + t * FAR_SIZE;
        if (kind == 2) masking.mask.data = x->seen[t], masking.mask.size[2] = 1;
        run(ctx, &step);
        for (int h = 0; h < FAR_HEADS; h++)
            cr_expect(memcmp(x->o + h * FAR_T * FAR_SIZE, all + (h * FAR_T + t) * FAR_SIZE, FAR_SIZE * sizeof *all) ==
                          0,
                      "%s, %s: other bits of query %d alone", way->name, far_cases[kind], t);
    }
}

Test(rules, slopes_keep_their_bits_where_all_keys_are_far) {
    struct far *x = malloc(sizeof *x);
    for (int kind = 0; kind < 5; kind++)
        for (int w = 0; w < all_ways_count; w++) {
            sa_ctx *ctx = way_open(&ways[w], 1);
            if (!ctx) continue;
            far_make(x, kind);
            far_check(&ways[w], ctx, x, kind);
            far_step(&ways[w], ctx, x, kind);
            sa_ctx_destroy(&ctx);
        }
    free(x);
}

/* Scores that are asked for have what slopes really add. */
Test(rules, scores_have_the_whole_of_far_slopes) {
    struct far *x = malloc(sizeof *x);
    far_make(x, 0);
    x->args.weights_kind = SA_WEIGHTS_BIASED;
    memset(x->q, 0, sizeof x->q);
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 1);
        if (!ctx) continue;
        run(ctx, &x->args);
        expect_near(x->weights[FAR_S + 7] / (0.5f * (7 - 1 - 100003)), 1, ways[w].name, "score / slope * distance");
        sa_ctx_destroy(&ctx);
    }
    free(x);
}

/* T5 looks a bucket up for each pair of query and key. */
Test(rules, distances_are_t5s) {
    static struct problem p;
    for (int w = 0; w < ways_count; w++)
        for (int bidirectional = 0; bidirectional < 2; bidirectional++) {
            sa_ctx *ctx = way_open(&ways[w], 1);
            if (!ctx) continue;
            problem_make(&p);
            cr_assert_eq(sa_t5_distances(p.table, BUCKETS, HEADS, REACH, bidirectional, p.bias), SA_OK);
            int half = bidirectional ? BUCKETS / 2 : BUCKETS, exact = half / 2;
            for (int64_t i = 0; i < HEADS * QUERIES * KEYS; i++) {
                int64_t distance = i % KEYS - (i / KEYS % QUERIES + OFFSET), far = llabs(distance);
                if (!bidirectional) far = distance < 0 ? -distance : 0;
                double steps = log((double)far / exact) / log((double)REACH / exact) * (half - exact);
                int64_t bucket = far < exact ? far : exact + (int64_t)(steps + 1e-9);
                if (bucket > half - 1) bucket = half - 1;
                if (bidirectional && distance > 0) bucket += half;
                p.mask[i] = p.table[bucket * HEADS + i / KEYS / QUERIES];
            }
            p.rules.relative_bias = p.bias, p.rules.relative_reach = REACH;
            double off = difference(ctx, &p);
            cr_expect(off <= 2e-6, "%s, bidirectional %d: %g", ways[w].name, bidirectional, off);
            sa_ctx_destroy(&ctx);
        }
}

/* Nothing that grows with queries times keys. */
Test(rules, need_no_memory_for_pairs) {
    const int64_t tokens = 65536;
    static float numbers[2 * 65536 + 1];
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 16);
        if (!ctx) continue;
        sa_masking masking = {
            .struct_size = sizeof masking, .causal = 1, .window = 1, .window_left = 5000, .keep_first = 1000};
        sa_score_rules rules = {.struct_size = sizeof rules,
                                .alibi_slopes = numbers,
                                .relative_bias = numbers,
                                .relative_reach = tokens,
                                .sink_logits = numbers};
        sa_attention_args a = {.struct_size = sizeof a, .masking = &masking, .rules = &rules};
        uint64_t bytes = 0;
        sa_tensor_set(&a.query, NULL, SA_F32, SA_BHSD, 1, 1, tokens, 64);
        a.key = a.value = a.output = a.query;
        cr_assert_eq(sa_attention_workspace_size(ctx, &a, &bytes), SA_OK, "%s", sa_ctx_last_error(ctx));
        cr_expect_lt(bytes, (uint64_t)64 << 20, "%s: %llu bytes", ways[w].name, (unsigned long long)bytes);
        sa_ctx_destroy(&ctx);
    }
}
