/* Layers with rotary positions, norms of queries and keys, and score rules against the double-precision oracle.
 * SPDX-License-Identifier: MIT */
#include "layer/oracle.h"
#include "support/allocator.h"
#include "support/compare.h"
#include "support/paths.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define PICK(rng, ...)                                                                                                 \
    ((const int64_t[]){__VA_ARGS__}[rng_below(rng, (int64_t)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)))])

enum { MOST_HEADS = 12, MOST_SIZE = 64, MOST_TOKENS = 3 * 70, REACH = 12 };

/* What a layer has beside its matrices. */
struct order {
    sa_rope rope;
    sa_score_rules rules;
    double frequency[MOST_SIZE / 2];
    float query_norm[MOST_HEADS * MOST_SIZE], key_norm[MOST_HEADS * MOST_SIZE];
    float slopes[MOST_HEADS], bias[MOST_HEADS * (2 * REACH + 1)], sinks[MOST_HEADS];
    int64_t positions[MOST_TOKENS];
};

static void add_rope(struct order *o, struct layer_sample *s, struct rng *rng) {
    int64_t D = s->shape.D;
    sa_rope *r = &o->rope;
    if (D < 2) return;
    *r = (sa_rope){.struct_size = sizeof *r, .style = (int32_t)rng_below(rng, 2)};
    if (D % 2 || rng_chance(rng, .4)) r->rotary = 2 * (1 + rng_below(rng, D / 2));
    if (rng_chance(rng, .4)) r->theta = 500;
    if (rng_chance(rng, .3)) r->attention_factor = .8 + .4 * rng_unit(rng);
    for (int i = 0; i < MOST_SIZE / 2; i++) o->frequency[i] = rng_unit(rng);
    if (rng_chance(rng, .3)) r->inverse_frequency = o->frequency, r->theta = 0;
    s->config.rope = r;
    for (int i = 0; i < MOST_TOKENS; i++) o->positions[i] = rng_below(rng, 5000) - 1000;
    if (rng_chance(rng, .4)) s->args.positions = o->positions;
}

static void add_norms(struct order *o, struct layer_sample *s, struct rng *rng) {
    for (int i = 0; i < MOST_HEADS * MOST_SIZE; i++)
        o->query_norm[i] = 1 + .2f * rng_normal(rng), o->key_norm[i] = 1 + .2f * rng_normal(rng);
    s->config.query_norm = o->query_norm, s->config.key_norm = o->key_norm;
    s->config.norm_all_heads = rng_chance(rng, .5);
    s->config.norm_epsilon = rng_chance(rng, .5) ? 0 : .01f;
}

static void add_rules(struct order *o, struct layer_sample *s, struct rng *rng) {
    o->rules = (sa_score_rules){.struct_size = sizeof o->rules};
    for (int h = 0; h < MOST_HEADS; h++) o->slopes[h] = (float)rng_unit(rng) / 32, o->sinks[h] = rng_normal(rng);
    for (size_t i = 0; i < sizeof o->bias / sizeof o->bias[0]; i++) o->bias[i] = rng_normal(rng);
    if (rng_chance(rng, .5)) o->rules.alibi_slopes = o->slopes;
    if (rng_chance(rng, .5)) o->rules.relative_bias = o->bias, o->rules.relative_reach = REACH;
    if (rng_chance(rng, .5)) o->rules.sink_logits = o->sinks;
    s->config.rules = &o->rules;
}

/* Layer and call number `seed`, with some of it all. */
static void make(struct layer_sample *s, struct order *o, uint64_t seed) {
    struct rng rng = {seed * 0x9e3779b97f4a7c15u + 3};
    struct layer_shape shape = layer_shape_random(seed + 1000);
    while (shape.B * shape.H * shape.T * shape.S * shape.D > 1000000) shape = layer_shape_random(seed += 7919);
    layer_sample_make(s, &shape, seed);
    if (rng_chance(&rng, .7)) layer_sample_mask(s, seed);
    if (rng_chance(&rng, .8)) add_rope(o, s, &rng);
    if (rng_chance(&rng, .5) && shape.D >= 8)
        add_norms(o, s, &rng); /* over fewer elements they may magnify any rounding */
    if (rng_chance(&rng, .5)) add_rules(o, s, &rng);
}

/* As in random.c; what rotation and norms round comes on top, and an attention factor makes scores larger by its
 * square. */
static void expect_close(const sa_tensor *got, const double *want, const char *what, const struct way *way,
                         const struct layer_sample *s) {
    struct difference d = compare(got, want);
    double bound = 4 * way->error * (way->precision != SA_PRECISION_HIGHEST ? 2 : 1);
    cr_expect(d.wrong_class == 0 && (d.norm <= bound || d.largest <= bound), "%s, %s, %s rope %d norms %d rules %d: %s",
              way->name, what, s->text, s->config.rope != NULL, s->config.query_norm != NULL, s->config.rules != NULL,
              difference_text(&d));
}

static void check(const struct way *way, struct layer_sample *s, const double *y, const double *lse,
                  const double *weights) {
    sa_ctx *ctx = way_open(way, 1);
    if (!ctx) return;
    sa_layer *layer = layer_sample_open(s, ctx);
    layer_sample_clear(s);
    cr_assert_eq(sa_forward(ctx, layer, &s->args), SA_OK, "%s, %s: %s", way->name, s->text, sa_ctx_last_error(ctx));
    expect_close(&s->args.y, y, "y", way, s);
    expect_close(&s->args.lse, lse, "lse", way, s);
    expect_close(&s->args.weights, weights, "weights", way, s);
    sa_layer_destroy(&layer);
    sa_ctx_destroy(&ctx);
}

/* How many layers: SELFATTN_TEST_SAMPLES, or 80. */
static uint64_t samples(void) {
    const char *text = getenv("SELFATTN_TEST_SAMPLES");
    return text ? strtoull(text, NULL, 10) : 80;
}

Test(positions, every_path_agrees_with_the_oracle) {
    static struct order o;
    for (uint64_t seed = 0; seed < samples(); seed++) {
        struct layer_sample s;
        make(&s, &o, seed);
        const struct layer_shape *p = &s.shape;
        size_t rows = (size_t)(p->B * p->T);
        double *y = malloc(rows * (size_t)p->F * sizeof *y), *lse = malloc(rows * (size_t)p->H * sizeof *lse);
        double *weights = malloc(rows * (size_t)(p->H * p->S) * sizeof *weights);
        oracle_forward(&s, y, lse, weights);
        for (int w = 0; w < all_ways_count; w++) check(&ways[w], &s, y, lse, weights);
        layer_sample_free(&s);
        free(y);
        free(lse);
        free(weights);
    }
}

Test(positions, have_the_same_bits_for_any_number_of_threads) {
    static struct order o;
    for (int w = 0; w < all_ways_count; w++)
        for (uint64_t seed = 200; seed < 212; seed++) {
            float *first = NULL;
            for (int32_t threads = 1; threads <= 7; threads += threads < 3 ? 1 : 4) {
                struct layer_sample s;
                sa_ctx *ctx = way_open(&ways[w], threads);
                if (!ctx) break;
                make(&s, &o, seed);
                sa_layer *layer = layer_sample_open(&s, ctx);
                cr_assert_eq(sa_forward(ctx, layer, &s.args), SA_OK, "%s", sa_ctx_last_error(ctx));
                size_t bytes = (size_t)s.y_floats * sizeof(float);
                if (!first) first = memcpy(malloc(bytes), s.y, bytes);
                cr_expect(!memcmp(first, s.y, bytes), "%s, %d threads: %s", ways[w].name, threads, s.text);
                sa_layer_destroy(&layer);
                sa_ctx_destroy(&ctx);
                layer_sample_free(&s);
            }
            free(first);
        }
}

/* The layer has copies of everything that its configuration points at, and needs the memory that it says. */
Test(positions, are_copied_and_their_memory_is_told) {
    static struct order o;
    for (uint64_t seed = 300; seed < 330; seed++) {
        struct layer_sample s;
        struct test_allocator memory = test_allocator_make();
        sa_ctx_options options = {.struct_size = sizeof options, .threads = 2};
        uint64_t bytes;
        make(&s, &o, seed);
        test_allocator_use(&memory, &options);
        sa_ctx *ctx = ctx_open(&options);
        sa_layer *layer = layer_sample_open(&s, ctx);
        float *want = malloc((size_t)s.y_floats * sizeof *want);
        cr_assert_eq(sa_forward_workspace_size(ctx, layer, &s.args, &bytes), SA_OK);
        cr_assert_eq(sa_ctx_reserve(ctx, bytes), SA_OK);
        int64_t calls = memory.calls;
        cr_assert_eq(sa_forward(ctx, layer, &s.args), SA_OK, "%s", sa_ctx_last_error(ctx));
        cr_expect(memory.calls == calls && sa_ctx_scratch_bytes(ctx) == bytes, "%s", s.text);
        memcpy(want, s.y, (size_t)s.y_floats * sizeof *want);
        int64_t positions[MOST_TOKENS];
        memcpy(positions, o.positions, sizeof positions);
        memset(&o, 0xff, sizeof o);
        memcpy(o.positions, positions, sizeof positions);
        layer_sample_clear(&s);
        cr_assert_eq(sa_forward(ctx, layer, &s.args), SA_OK);
        cr_expect(!memcmp(want, s.y, (size_t)s.y_floats * sizeof *want), "%s: rules are copied", s.text);
        sa_layer_destroy(&layer);
        sa_ctx_destroy(&ctx);
        cr_expect(memory.live == 0 && memory.faults == 0);
        layer_sample_free(&s);
        free(want);
    }
}
