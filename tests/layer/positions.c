/* Layers with rotary positions, norms of queries and keys, and score rules against the double-precision oracle.
 * SPDX-License-Identifier: MIT */
#include "layer/oracle.h"
#include "layer/order.h"
#include "support/allocator.h"
#include "support/compare.h"
#include "support/paths.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

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
    static struct layer_order o;
    for (uint64_t seed = 0; seed < samples(); seed++) {
        struct layer_sample s;
        layer_order_make(&s, &o, seed, 1000000);
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
    static struct layer_order o;
    for (int w = 0; w < all_ways_count; w++)
        for (uint64_t seed = 200; seed < 212; seed++) {
            float *first = NULL;
            for (int32_t threads = 1; threads <= 7; threads += threads < 3 ? 1 : 4) {
                struct layer_sample s;
                sa_ctx *ctx = way_open(&ways[w], threads);
                if (!ctx) break;
                layer_order_make(&s, &o, seed, 1000000);
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
    static struct layer_order o;
    for (uint64_t seed = 300; seed < 330; seed++) {
        struct layer_sample s;
        struct test_allocator memory = test_allocator_make();
        sa_ctx_options options = {.struct_size = sizeof options, .threads = 2};
        uint64_t bytes;
        layer_order_make(&s, &o, seed, 1000000);
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
