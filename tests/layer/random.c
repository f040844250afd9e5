/* Random layers on every path against the double-precision oracle.
 * SPDX-License-Identifier: MIT */
#include "layer/oracle.h"
#include "support/compare.h"
#include "support/paths.h"

#include <criterion/criterion.h>
#include <stdlib.h>

/* Twice the way's bound for attention alone on inputs of variance 1, which the weights keep: a layer rounds three times
 * more, into queries and keys, into values, and into y. Errors of bf16 operands average out; where there is little to
 * average over, a result can be twice as far off, and three times where inputs have one element: then y may take six
 * roundings of 2^-8, one after the other. */
static double bound_of(const struct way *way, const struct layer_shape *p, const sa_tensor *got) {
    int64_t numbers = got->size[0] * got->size[1] * got->size[2] * got->size[3];
    double few = way->precision == SA_PRECISION_HIGHEST ? 1 : p->E == 1 ? 3 : p->D <= 8 || numbers < 64 ? 2 : 1;
    return 2 * way->error * few;
}

static void expect_close(const sa_tensor *got, const double *want, const char *what, const struct way *way,
                         const struct layer_sample *s) {
    struct difference d = compare(got, want);
    double bound = bound_of(way, &s->shape, got);
    cr_expect(d.wrong_class == 0 && (d.norm <= bound || d.largest <= bound), "%s, %s, %s: %s (bound %.3g)", way->name,
              what, s->text, difference_text(&d), bound);
}

/* Nothing outside of y's rows is written. */
static void expect_gaps_untouched(const struct layer_sample *s, const char *way) {
    const struct layer_shape *p = &s->shape;
    int64_t numbers = 0;
    for (int64_t i = 0; i < s->y_floats; i++) numbers += !isnan(s->y[i]);
    cr_expect_eq(numbers, p->B * p->T * p->F, "%s, %s: %lld floats of y's memory are written", way, s->text,
                 (long long)numbers);
}

static void check(sa_ctx *ctx, const struct way *way, struct layer_sample *s, const double *y, const double *lse,
                  const double *weights) {
    sa_layer *layer = layer_sample_open(s, ctx);
    layer_sample_clear(s);
    cr_assert_eq(sa_forward(ctx, layer, &s->args), SA_OK, "%s, %s: %s", way->name, s->text, sa_ctx_last_error(ctx));
    expect_close(&s->args.y, y, "y", way, s);
    expect_close(&s->args.lse, lse, "lse", way, s);
    expect_close(&s->args.weights, weights, "weights", way, s);
    expect_gaps_untouched(s, way->name);
    sa_layer_destroy(&layer);
}

static void check_every_way(struct layer_sample *s) {
    const struct layer_shape *p = &s->shape;
    size_t rows = (size_t)(p->B * p->T);
    double *y = malloc(rows * (size_t)p->F * sizeof *y), *lse = malloc(rows * (size_t)p->H * sizeof *lse);
    double *weights = malloc(rows * (size_t)(p->H * p->S) * sizeof *weights);
    oracle_forward(s, y, lse, weights);
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 2);
        if (ctx) check(ctx, &ways[w], s, y, lse, weights);
        sa_ctx_destroy(&ctx);
    }
    free(y);
    free(lse);
    free(weights);
}

/* How many layers: SELFATTN_TEST_SAMPLES, or 200. */
static uint64_t samples(void) {
    const char *text = getenv("SELFATTN_TEST_SAMPLES");
    return text ? strtoull(text, NULL, 10) : 200;
}

Test(random, every_path_agrees_with_the_oracle) {
    for (uint64_t seed = 0; seed < samples(); seed++) {
        struct layer_sample s;
        struct layer_shape shape = layer_shape_random(seed);
        layer_sample_make(&s, &shape, seed);
        if (seed % 4) layer_sample_mask(&s, seed);
        check_every_way(&s);
        layer_sample_free(&s);
    }
}

/* More rows and columns than one block of a projection has, with whole batches stacked to one matrix and not. */
Test(random, projections_of_many_blocks) {
    struct layer_shape shape = {
        .B = 2, .T = 260, .S = 260, .H = 4, .K = 2, .D = 80, .Dv = 80, .E = 40, .W = 40, .F = 601, .projected = 1};
    for (shape.gap = 0; shape.gap < 2; shape.gap++)
        for (shape.cross = 0; shape.cross < 2; shape.cross++) {
            struct layer_sample s;
            shape.biased = shape.cross ? 15 : 0;
            layer_sample_make(&s, &shape, 3);
            check_every_way(&s);
            layer_sample_free(&s);
        }
}

/* Every number of rows that fills groups of them exactly, nearly, or hardly; inputs of a block, several, and several
 * chunks of blocks; outputs that end within a tile. In a row of its own, and with sequences that end within a group. */
Test(random, projections_at_the_edges_of_groups_and_blocks) {
    const int64_t rows[] = {15, 16, 17, 24, 25, 31, 32, 33, 47, 48, 49, 63, 65, 96, 97, 100};
    const int64_t inputs[] = {1, 127, 129, 769, 1600};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct layer_sample s;
        int64_t in = inputs[i % 5], batches = rows[i] % 3 ? 1 : 3;
        const int32_t types[] = {SA_F32, SA_BF16, SA_F16};
        struct layer_shape shape = {.B = batches, .H = 2, .K = 1, .D = 24, .Dv = 24, .projected = 1, .biased = 15};
        shape.T = shape.S = rows[i] / batches;
        shape.E = shape.W = in, shape.F = 60 + rows[i], shape.gap = (int64_t)(i % 2) * 3,
        shape.dtype = types[i / 5 % 3];
        layer_sample_make(&s, &shape, i);
        check_every_way(&s);
        layer_sample_free(&s);
    }
}
