/* Unusual views of x, context and y, and padding that holds NaN.
 * SPDX-License-Identifier: MIT */
#include "layer/sample.h"
#include "support/paths.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static const struct layer_shape small = {
    .B = 2, .T = 5, .S = 5, .H = 2, .K = 1, .D = 8, .Dv = 8, .E = 12, .W = 12, .F = 12, .projected = 1, .biased = 15};

/* The BLAS may round a row differently in another place of a matrix, or alone. */
static void expect_near(const float *got, const float *want, int count, const char *way, const char *what) {
    for (int i = 0; i < count; i++)
        cr_expect(fabsf(got[i] - want[i]) <= 2e-6f, "%s, %s: %g, want %g", way, what, (double)got[i], (double)want[i]);
}

static void run(sa_ctx *ctx, struct layer_sample *s, const char *way) {
    sa_layer *layer = layer_sample_open(s, ctx);
    cr_assert_eq(sa_forward(ctx, layer, &s->args), SA_OK, "%s: %s", way, sa_ctx_last_error(ctx));
    sa_layer_destroy(&layer);
}

/* A row of its own may be followed by anything, so the stride along one token means nothing. */
Test(views, the_stride_of_a_single_token_is_free) {
    const int64_t strides[] = {0, 1, -12, (int64_t)1 << 31, (int64_t)1 << 40, -((int64_t)1 << 40)};
    for (int w = 0; w < ways_count; w++)
        for (int i = 0; i < 6; i++)
            for (int cross = 0; cross < 2; cross++) {
                struct layer_shape shape = small;
                struct layer_sample s;
                float want[2 * 12];
                sa_ctx *ctx = way_open(&ways[w], 1);
                if (!ctx) continue;
                shape.T = shape.S = 1;
                shape.cross = cross;
                layer_sample_make(&s, &shape, 5);
                run(ctx, &s, ways[w].name);
                memcpy(want, s.y, sizeof want);
                layer_sample_clear(&s);
                s.args.x.stride[2] = s.args.y.stride[2] = s.args.context.stride[2] = strides[i];
                run(ctx, &s, ways[w].name);
                expect_near(s.y, want, 2 * 12, ways[w].name, "a token of its own");
                layer_sample_free(&s);
                sa_ctx_destroy(&ctx);
            }
}

/* One row for all tokens, and one sequence for the whole batch. */
Test(views, inputs_may_repeat) {
    for (int w = 0; w < ways_count; w++) {
        struct layer_sample s;
        sa_ctx *ctx = way_open(&ways[w], 2);
        if (!ctx) continue;
        layer_sample_make(&s, &small, 6);
        s.args.x.stride[0] = 0;
        run(ctx, &s, ways[w].name);
        expect_near(s.y + 5 * 12, s.y, 5 * 12, ways[w].name, "the same sequence twice");
        s.args.x.stride[2] = 0;
        run(ctx, &s, ways[w].name);
        for (int row = 1; row < 2 * 5; row++)
            expect_near(s.y + row * 12, s.y, 12, ways[w].name, "the same token everywhere");
        layer_sample_free(&s);
        sa_ctx_destroy(&ctx);
    }
}

/* Rows that lie further apart than the BLAS can count: address space is free as long as it is not touched. */
Test(views, rows_may_lie_far_apart) {
    const int64_t stride = ((int64_t)1 << 31) + 7;
    const size_t bytes = (size_t)(4 * stride + 12) * sizeof(float);
    float *x = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (x == MAP_FAILED) cr_skip("no %zu bytes of address space", bytes);
    for (int w = 0; w < ways_count; w++) {
        struct layer_shape shape = small;
        struct layer_sample s;
        sa_ctx *ctx = way_open(&ways[w], 1);
        if (!ctx) continue;
        float want[5 * 12];
        shape.B = 1;
        layer_sample_make(&s, &shape, 7);
        run(ctx, &s, ways[w].name);
        memcpy(want, s.y, sizeof want);
        for (int t = 0; t < 5; t++) memcpy(x + t * stride, (float *)s.args.x.data + t * 12, 12 * sizeof *x);
        s.args.x.data = x;
        s.args.x.stride[2] = stride;
        layer_sample_clear(&s);
        run(ctx, &s, ways[w].name);
        expect_near(s.y, want, 5 * 12, ways[w].name, "rows far apart");
        layer_sample_free(&s);
        sa_ctx_destroy(&ctx);
    }
    munmap(x, bytes);
}

/* What stands in padding must not reach the tokens that do not see it. */
Test(views, padding_does_not_leak) {
    const float bad[] = {NAN, INFINITY};
    int64_t lengths[2] = {3, 5};
    for (int w = 0; w < ways_count; w++)
        for (int i = 0; i < 2; i++) {
            struct layer_sample s;
            float want[2 * 5 * 12];
            sa_ctx *ctx = way_open(&ways[w], 2);
            if (!ctx) continue;
            layer_sample_make(&s, &small, 8);
            s.masking = (sa_masking){.struct_size = sizeof s.masking, .key_lengths = lengths};
            s.args.masking = &s.masking;
            run(ctx, &s, ways[w].name);
            memcpy(want, s.y, sizeof want);
            for (int t = 3; t < 5; t++) ((float *)s.args.x.data)[t * 12 + 4] = bad[i];
            run(ctx, &s, ways[w].name);
            cr_expect(!memcmp(want, s.y, 3 * 12 * sizeof *want), "%s: %g in padding leaks", ways[w].name,
                      (double)bad[i]);
            cr_expect(!memcmp(want + 5 * 12, s.y + 5 * 12, 5 * 12 * sizeof *want),
                      "%s: %g leaks into the other sequence", ways[w].name, (double)bad[i]);
            layer_sample_free(&s);
            sa_ctx_destroy(&ctx);
        }
}
