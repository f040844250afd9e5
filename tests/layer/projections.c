/* A row's projections on the fused path have the same bits whatever rows are beside it, as long as there are more than
 * a few. Where a processor has no kernels of its own, the BLAS does them unless the fused path was asked for.
 * SPDX-License-Identifier: MIT */
#include "api/context.h"
#include "flow/project/project.h"
#include "layer/sample.h"
#include "support/paths.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FEWEST = 17, MOST = 100, IN = 900, OUT = 70 };

/* Sequences of one token, so that no row sees another one in the attention between the projections. */
static const struct layer_shape shape = {.B = MOST,
                                         .T = 1,
                                         .S = 1,
                                         .H = 2,
                                         .K = 1,
                                         .D = 24,
                                         .Dv = 24,
                                         .E = IN,
                                         .W = IN,
                                         .F = OUT,
                                         .projected = 1,
                                         .biased = 15};

static void expect_same_rows(sa_ctx *ctx, sa_layer *layer, struct layer_sample *s, const float *want, int64_t first,
                             int64_t count, const char *way) {
    float *all = s->y, *x = s->args.x.data;
    s->args.x.size[0] = s->args.y.size[0] = count;
    s->args.x.data = x + first * IN;
    layer_sample_clear(s);
    cr_assert_eq(sa_forward(ctx, layer, &s->args), SA_OK, "%s: %s", way, sa_ctx_last_error(ctx));
    cr_expect(!memcmp(all, want + first * OUT, (size_t)(count * OUT) * sizeof *want),
              "%s: other bits for rows %d .. %d alone", way, (int)first, (int)(first + count));
    s->args.x.data = x;
}

Test(projections, of_a_row_do_not_depend_on_its_neighbours) {
    static float want[MOST * OUT];
    for (int w = 0; w < all_ways_count; w++) {
        struct layer_sample s;
        sa_ctx *ctx = ways[w].path == SA_PATH_FUSED ? way_open(&ways[w], 2) : NULL;
        if (!ctx) continue;
        layer_sample_make(&s, &shape, 4);
        s.args.lse.data = s.args.weights.data = NULL;
        sa_layer *layer = layer_sample_open(&s, ctx);
        cr_assert_eq(sa_forward(ctx, layer, &s.args), SA_OK, "%s: %s", ways[w].name, sa_ctx_last_error(ctx));
        memcpy(want, s.y, sizeof want);
        for (int64_t count = FEWEST; count < MOST; count += 3)
            expect_same_rows(ctx, layer, &s, want, MOST - count, count, ways[w].name);
        sa_layer_destroy(&layer);
        layer_sample_free(&s);
        sa_ctx_destroy(&ctx);
    }
}

static void run(sa_ctx *ctx, sa_layer *layer, struct layer_sample *s, float *y) {
    layer_sample_clear(s);
    cr_assert_eq(sa_forward(ctx, layer, &s->args), SA_OK, "%s", sa_ctx_last_error(ctx));
    memcpy(y, s->y, MOST * OUT * sizeof *y);
}

/* Weights that were packed for matrix kernels when the layer was made, and weights that are packed when it runs. */
Test(projections, have_the_bits_of_a_layer_that_another_context_made) {
    static float want[MOST * OUT], got[MOST * OUT];
    static const int32_t dtypes[] = {SA_F32, SA_BF16, SA_F16};
    const sa_ctx_options plain = {.struct_size = sizeof plain, .path = SA_PATH_PLAIN};
    for (int w = 0; w < all_ways_count; w++)
        for (int t = 0; t < 3; t++) {
            struct layer_sample s;
            struct layer_shape p = shape;
            sa_ctx *ctx = way_open(&ways[w], 3), *one = way_open(&ways[w], 1), *other = ctx_open(&plain);
            p.dtype = dtypes[t];
            layer_sample_make(&s, &p, 5);
            s.args.lse.data = s.args.weights.data = NULL;
            sa_layer *foreign = layer_sample_open(&s, other);
            for (int64_t rows = 1; ctx && rows <= MOST; rows = rows < 6 ? rows + 1 : 3 * rows) {
                s.args.x.size[0] = s.args.y.size[0] = rows;
                sa_layer *own = layer_sample_open(&s, ctx);
                run(ctx, own, &s, want);
                run(ctx, foreign, &s, got);
                size_t bytes = (size_t)(rows * OUT) * sizeof *want;
                cr_expect(!memcmp(want, got, bytes), "%s, %d rows: other bits", ways[w].name, (int)rows);
                run(one, own, &s, got);
                cr_expect(!memcmp(want, got, bytes), "%s, %d rows: other bits on one thread", ways[w].name, (int)rows);
                sa_layer_destroy(&own);
            }
            sa_layer_destroy(&foreign);
            layer_sample_free(&s);
            sa_ctx_destroy(&ctx);
            sa_ctx_destroy(&one);
            sa_ctx_destroy(&other);
        }
}

static sa_ctx *portable(int32_t path) {
    sa_ctx_options options = {.struct_size = sizeof options, .isa = SA_ISA_PORTABLE, .path = path};
    return ctx_open(&options);
}

static enum projection_way way_with(const struct machine *machine, int32_t dtype, int64_t batch, int64_t rows) {
    const struct linear linear = {.dtype = dtype, .in = IN, .out = OUT};
    const struct view none = {0};
    return plan_projection(machine, &linear, batch, rows, none, none).way;
}

static enum projection_way way_of(const sa_ctx *ctx, int64_t rows) {
    return way_with(&ctx->machine, SA_F32, 1, rows);
}

/* An instruction set whose lanes are faster from fewer rows on, as WebAssembly's are. */
Test(projections, go_by_dot_products_up_to_as_many_rows_as_the_instruction_set_says) {
    sa_ctx *ctx = portable(SA_PATH_FUSED);
    struct row_kernels rows = *ctx->machine.kernels->rows;
    struct kernels kernels = *ctx->machine.kernels;
    struct machine machine = ctx->machine;
    rows.most_dots = 2, rows.most_bf16_dots = 6;
    kernels.rows = &rows, machine.kernels = &kernels;
    cr_expect(way_with(&machine, SA_F32, 1, 2) == PROJECT_BY_DOTS);
    cr_expect(way_with(&machine, SA_F32, 3, 1) == PROJECT_BY_LANES);
    cr_expect(way_with(&machine, SA_F16, 2, 1) == PROJECT_BY_DOTS);
    cr_expect(way_with(&machine, SA_F16, 1, 3) == PROJECT_BY_LANES);
    cr_expect(way_with(&machine, SA_BF16, 2, 3) == PROJECT_BY_DOTS);
    cr_expect(way_with(&machine, SA_BF16, 1, 7) == PROJECT_BY_LANES);
    cr_expect(way_with(&machine, SA_Q8_0, 1, FEW_ROWS) == PROJECT_BY_DOTS);
    machine.same_bits = 1;
    cr_expect(way_with(&machine, SA_F32, 1, 3) == PROJECT_BY_DOTS);
    sa_ctx_destroy(&ctx);
}

Test(projections, without_kernels_for_the_processor_are_left_to_the_blas) {
    static float want[MOST * OUT];
    double off = 0, size = 0;
    struct layer_sample s;
    sa_ctx *chosen = portable(SA_PATH_AUTO), *fused = portable(SA_PATH_FUSED);
    cr_expect_eq(sa_ctx_path(chosen), SA_PATH_FUSED);
    cr_expect(way_of(chosen, FEW_ROWS) == PROJECT_BY_DOTS && way_of(fused, FEW_ROWS) == PROJECT_BY_DOTS);
    cr_expect(way_of(chosen, FEW_ROWS + 1) == (has_blas ? PROJECT_BY_BLAS : PROJECT_BY_LANES) &&
              way_of(fused, FEW_ROWS + 1) == PROJECT_BY_LANES);
    layer_sample_make(&s, &shape, 4);
    s.args.lse.data = s.args.weights.data = NULL;
    sa_layer *layer = layer_sample_open(&s, fused);
    cr_assert_eq(sa_forward(fused, layer, &s.args), SA_OK, "%s", sa_ctx_last_error(fused));
    memcpy(want, s.y, sizeof want);
    layer_sample_clear(&s);
    cr_assert_eq(sa_forward(chosen, layer, &s.args), SA_OK, "%s", sa_ctx_last_error(chosen));
    for (int i = 0; i < MOST * OUT; i++) {
        off += (double)(s.y[i] - want[i]) * (double)(s.y[i] - want[i]);
        size += (double)want[i] * (double)want[i];
    }
    cr_expect(sqrt(off) <= 2e-6 * sqrt(size), "%g of %g off", sqrt(off), sqrt(size)); /* 1e-6 each */
    sa_layer_destroy(&layer);
    layer_sample_free(&s);
    sa_ctx_destroy(&chosen);
    sa_ctx_destroy(&fused);
}

enum { FEW_IN = 96, FEW_OUT = 21 };

/* Rows of x times weights of SA_Q8_0. */
static void project_few(const struct machine *machine, const struct linear *linear, const float *x, int64_t rows,
                        float *y) {
    const struct view from = {.data = (void *)(uintptr_t)x, .stride_s = FEW_IN, .stride_d = 1, .dtype = SA_F32};
    const struct view to = {.data = y, .stride_s = FEW_OUT, .stride_d = 1, .dtype = SA_F32};
    const struct projection p = plan_projection(machine, linear, 1, rows, from, to);
    void *scratch = malloc((size_t)project_bytes(machine, &p) + 1);
    cr_assert(scratch);
    project(machine, &p, scratch);
    free(scratch);
}

/* The first row of `rows`, with inputs rounded and not, and with the same bits for any number. */
static void check_rounding(const struct machine *rounding, const struct linear *linear, const float *x, int64_t rows,
                           const char *way) {
    float y[(FEW_ROWS + 1) * FEW_OUT], alone[FEW_OUT], exact[(FEW_ROWS + 1) * FEW_OUT];
    struct machine floats = *rounding, same = *rounding;
    floats.rounds_inputs = 0, same.same_bits = 1;
    project_few(rounding, linear, x, 1, alone);
    project_few(rounding, linear, x, rows, y);
    project_few(&floats, linear, x, rows, exact);
    const int is_rounded = rows <= rounding->kernels->quants->most_rounded;
    cr_expect(!memcmp(y, is_rounded ? alone : exact, sizeof alone), "%s, %d rows", way, (int)rows);
    cr_expect(memcmp(alone, exact, sizeof alone), "%s: rounding changes nothing", way);
    project_few(&same, linear, x, rows, y);
    cr_expect(!memcmp(y, alone, sizeof alone), "%s, %d rows, same bits", way, (int)rows);
}

Test(projections, with_quantised_weights_round_inputs_while_that_is_faster) {
    static uint8_t blocks[FEW_OUT][FEW_IN / 32][34];
    static float x[(FEW_ROWS + 1) * FEW_IN];
    struct rng rng = {61};
    const struct linear linear = {.weights = blocks, .dtype = SA_Q8_0, .in = FEW_IN, .out = FEW_OUT, .ld = FEW_IN};
    for (size_t i = 0; i < sizeof blocks; i++)
        ((uint8_t *)blocks)[i] = i % 34 == 0 ? 0 : i % 34 == 1 ? 0x2c : (uint8_t)rng_below(&rng, 256); /* 1/16 */
    for (size_t i = 0; i < sizeof x / sizeof *x; i++) x[i] = rng_normal(&rng);
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = ways[w].path == SA_PATH_FUSED ? way_open(&ways[w], 1) : NULL;
        if (!ctx) continue;
        struct machine machine = ctx->machine;
        machine.rounds_inputs = 1;
        for (int64_t rows = 2; rows <= FEW_ROWS; rows++) check_rounding(&machine, &linear, x, rows, ways[w].name);
        sa_ctx_destroy(&ctx);
    }
}
