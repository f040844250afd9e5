/* A layer gives packed sequences the results that each of them has alone: the same bits where kernels project, which do
 * not depend on the number of rows from 17 on; a BLAS may round products of other heights differently.
 * SPDX-License-Identifier: MIT */
#include "layer/sample.h"
#include "support/paths.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SEQUENCES = 4 };
static const int64_t queries[SEQUENCES + 1] = {0, 70, 70, 87, 200}, keys[SEQUENCES + 1] = {0, 33, 53, 150, 170};

static sa_tensor rows_of(const sa_tensor *whole, int64_t first, int64_t last) {
    sa_tensor part = *whole;
    if (!part.data) return part;
    part.data = (char *)part.data + first * part.stride[2] * (part.dtype == SA_F32 ? 4 : 2);
    part.size[2] = last - first;
    return part;
}

static void forward_alone(sa_ctx *ctx, const sa_layer *layer, const struct layer_sample *s) {
    for (int b = 0; b < SEQUENCES; b++) {
        sa_masking masking = s->masking;
        sa_forward_args a = s->args;
        masking.align = s->shape.cross ? SA_ALIGN_BOTTOM_RIGHT : SA_ALIGN_DEFAULT;
        a.packing = NULL, a.masking = &masking;
        a.x = rows_of(&s->args.x, queries[b], queries[b + 1]);
        a.y = rows_of(&s->args.y, queries[b], queries[b + 1]);
        a.context = rows_of(&s->args.context, keys[b], keys[b + 1]);
        if (a.positions) a.positions += queries[b];
        cr_assert_eq(sa_forward(ctx, layer, &a), SA_OK, "%s: %s", s->text, sa_ctx_last_error(ctx));
    }
}

/* Whether kernels of the library project many rows. */
static int projects_itself(const struct way *way) {
    return way->path == SA_PATH_PLAIN || (way->path == SA_PATH_FUSED && way->isa != SA_ISA_PORTABLE);
}

/* Where both are numbers; the gaps between rows are NaN. */
static double largest_difference(const float *a, const float *b, int64_t n) {
    double largest = 0;
    for (int64_t i = 0; i < n; i++)
        if (!isnan(a[i]) || !isnan(b[i]))
            largest = fmax(largest, isnan(a[i] - b[i]) ? INFINITY : (double)fabsf(a[i] - b[i]));
    return largest;
}

static void check_layer(sa_ctx *ctx, const struct way *way, const struct layer_shape *shape, int rotated,
                        const int64_t *positions) {
    static const sa_rope rope = {.struct_size = sizeof rope};
    struct layer_sample s;
    layer_sample_make(&s, shape, 5);
    if (rotated) s.config.rope = &rope;
    s.args.lse = s.args.weights = (sa_tensor){.data = NULL};
    s.masking = (sa_masking){.struct_size = sizeof s.masking, .causal = 1};
    s.args.masking = &s.masking;
    s.args.positions = positions;
    const sa_packing packing = {sizeof packing, SEQUENCES, queries, shape->cross ? keys : NULL};
    s.args.packing = &packing;
    sa_layer *layer = layer_sample_open(&s, ctx);
    layer_sample_clear(&s);
    cr_assert_eq(sa_forward(ctx, layer, &s.args), SA_OK, "%s, %s: %s", way->name, s.text, sa_ctx_last_error(ctx));
    const size_t bytes = (size_t)s.y_floats * sizeof *s.y;
    float *packed = memcpy(malloc(bytes), s.y, bytes);
    layer_sample_clear(&s);
    forward_alone(ctx, layer, &s);
    const double difference = largest_difference(packed, s.y, s.y_floats);
    cr_expect_leq(difference, projects_itself(way) ? 0 : 2e-6, "%s, %s%s%s: %g", way->name, s.text,
                  rotated ? ", rope" : "", positions ? ", positions" : "", difference);
    free(packed);
    sa_layer_destroy(&layer);
    layer_sample_free(&s);
}

Test(packing, sequences_have_the_bits_that_they_have_alone) {
    static int64_t positions[200];
    for (int i = 0; i < 200; i++) positions[i] = (i * 37) % 101;
    struct layer_shape self = {
        .B = 1, .T = 200, .S = 200, .H = 4, .K = 2, .D = 16, .Dv = 24, .E = 40, .W = 40, .F = 33, .projected = 1};
    struct layer_shape cross = self, bare = self;
    cross.S = 170, cross.cross = 1;
    bare.projected = 0, bare.F = bare.H * bare.Dv, bare.gap = 3;
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 2);
        if (!ctx) continue;
        check_layer(ctx, &ways[w], &self, 0, NULL);
        check_layer(ctx, &ways[w], &self, 1, NULL);
        check_layer(ctx, &ways[w], &self, 1, positions);
        check_layer(ctx, &ways[w], &cross, 1, NULL);
        check_layer(ctx, &ways[w], &bare, 1, NULL);
        sa_ctx_destroy(&ctx);
    }
}
