/* sa_forward() computes the same bits for any number of threads, any back end and any repeat.
 * SPDX-License-Identifier: MIT */
#include "layer/sample.h"
#include "parallel/parallel.h"
#include "support/paths.h"
#include "threads/pool.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const sa_ctx_options settings[] = {
    {.parallel = SA_PARALLEL_SERIAL},
    {.threads = 1},
    {.threads = 2},
    {.threads = 3},
    {.threads = 7},
    {.threads = 7},
    {.threads = 2, .parallel = SA_PARALLEL_OPENMP},
    {.threads = 5, .parallel = SA_PARALLEL_OPENMP},
    {.threads = 2, .parallel_for = pool_for},
    {.threads = 5, .parallel_for = pool_for},
};
enum { SETTINGS = sizeof settings / sizeof settings[0] };

/* y, lse and weights, one after the other. */
static float *outputs(const struct layer_sample *s, size_t *bytes) {
    const struct layer_shape *p = &s->shape;
    int64_t rows = p->B * p->H * p->T;
    *bytes = (size_t)(s->y_floats + rows * (1 + p->S)) * sizeof(float);
    float *copy = malloc(*bytes);
    memcpy(copy, s->y, (size_t)s->y_floats * sizeof *copy);
    memcpy(copy + s->y_floats, s->args.lse.data, (size_t)rows * sizeof *copy);
    memcpy(copy + s->y_floats + rows, s->args.weights.data, (size_t)(rows * p->S) * sizeof *copy);
    return copy;
}

static void check(struct layer_sample *s, const struct way *way) {
    float *first = NULL;
    size_t bytes;
    if (!way_is_here(way)) return;
    for (int i = 0; i < SETTINGS; i++) {
        sa_ctx_options options = settings[i];
        options.struct_size = sizeof options;
        options.path = way->path, options.isa = way->isa, options.precision = way->precision;
        if (options.parallel == SA_PARALLEL_OPENMP && !parallel_has_openmp()) continue;
        sa_ctx *ctx = ctx_open(&options);
        sa_layer *layer = layer_sample_open(s, ctx);
        layer_sample_clear(s);
        cr_assert_eq(sa_forward(ctx, layer, &s->args), SA_OK, "%s: %s", s->text, sa_ctx_last_error(ctx));
        float *got = outputs(s, &bytes);
        if (!first) first = got;
        cr_expect(!memcmp(first, got, bytes), "%s, setting %d: other bits, %s", way->name, i, s->text);
        if (got != first) free(got);
        sa_layer_destroy(&layer);
        sa_ctx_destroy(&ctx);
    }
    free(first);
}

Test(bits, do_not_depend_on_threads_back_ends_or_repeats) {
    for (uint64_t seed = 0; seed < 30; seed++) {
        struct layer_shape shape = layer_shape_random(seed);
        struct layer_sample s;
        layer_sample_make(&s, &shape, seed);
        if (seed % 3) layer_sample_mask(&s, seed);
        for (int w = 0; w < ways_count; w++) check(&s, &ways[w]);
        layer_sample_free(&s);
    }
}

/* Projections of several blocks, and attention of several tasks per head. */
Test(bits, do_not_depend_on_how_blocks_are_shared_out) {
    const struct layer_shape shape = {.B = 2,
                                      .T = 300,
                                      .S = 300,
                                      .H = 8,
                                      .K = 4,
                                      .D = 40,
                                      .Dv = 40,
                                      .E = 48,
                                      .W = 48,
                                      .F = 601,
                                      .projected = 1,
                                      .biased = 15};
    struct layer_sample s;
    layer_sample_make(&s, &shape, 1);
    for (int w = 1; w < ways_count; w++) check(&s, &ways[w]);
    layer_sample_free(&s);
}
