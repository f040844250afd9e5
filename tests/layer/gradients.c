/* Gradients of layers on every path against a double-precision oracle, which itself agrees with differences.
 * SPDX-License-Identifier: MIT */
#include "layer/backward.h"
#include "layer/oracle.h"
#include "layer/oracle_backward.h"
#include "layer/order.h"
#include "support/half.h"
#include "support/paths.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_WORK = 200000 };
static const double BOUND = 4e-6;

static double load(const sa_tensor *t, int64_t i) {
    const void *at = tensor_number(t, i);
    return t->dtype == SA_F32 ? *(const float *)at : half_value(*(const uint16_t *)at, t->dtype);
}

static void store(const sa_tensor *t, int64_t i, double x) {
    void *at = tensor_number(t, i);
    if (t->dtype == SA_F32)
        *(float *)at = (float)x;
    else
        *(uint16_t *)at = half_nearest(x, t->dtype);
}

/* The sum of dy * y in double. */
static double loss(const struct layer_sample *s, const struct layer_backward *c) {
    const int64_t rows = s->shape.B * s->shape.T, n = rows * s->shape.F;
    double *y = malloc((size_t)(n + 1) * sizeof *y), *lse = malloc((size_t)(rows * s->shape.H + 1) * sizeof *lse);
    double sum = 0;
    oracle_forward(s, y, lse, NULL);
    for (int64_t i = 0; i < n; i++) sum += c->upstream[i] * y[i];
    free(lse);
    free(y);
    return sum;
}

static void backward(sa_ctx *ctx, const struct layer_sample *s, struct layer_backward *c) {
    sa_layer *layer = layer_sample_open(s, ctx);
    layer_backward_clear(c);
    cr_assert_eq(sa_forward_backward(ctx, layer, &s->args, &c->args), SA_OK, "%s: %s", s->text, sa_ctx_last_error(ctx));
    sa_layer_destroy(&layer);
}

/* Errors are relative to the magnitudes of all terms. What a term is made of is rounded, too, so a number of few terms
 * may have the error of its neighbours: the root mean square over the gradient is added. */
static void check(sa_ctx *ctx, const char *way, const struct layer_sample *s, struct layer_backward *c) {
    backward(ctx, s, c);
    for (int i = 0; i < c->count; i++) {
        const struct gradient *g = &c->all[i];
        const int64_t n = tensor_numbers(&g->got);
        double squares = 0, worst = 0;
        int64_t at = 0;
        for (int64_t k = 0; k < n; k++) squares += g->want.size[k] * g->want.size[k];
        for (int64_t k = 0; k < n; k++) {
            const double error = fabs(load(&g->got, k) - g->want.value[k]);
            const double excess = error / (g->want.size[k] + sqrt(squares / (double)n) + 1e-30);
            if (!(excess <= worst)) worst = isnan(excess) ? INFINITY : excess, at = k;
        }
        cr_expect(worst <= BOUND, "%s, %s[%lld]: %g, not %g (%.3g of all terms), %s", way, g->name, (long long)at,
                  load(&g->got, at), g->want.value[at], worst, s->text);
    }
}

/* Layer and call number `seed` without weights. */
static void make(struct layer_sample *s, struct layer_order *o, uint64_t seed, int64_t work) {
    layer_order_make(s, o, seed, work);
    s->args.weights = (sa_tensor){0};
    s->args.weights_kind = 0;
}

/* How many layers: SELFATTN_TEST_SAMPLES, or 60. */
static uint64_t samples(void) {
    const char *text = getenv("SELFATTN_TEST_SAMPLES");
    return text ? strtoull(text, NULL, 10) : 60;
}

Test(gradients, every_path_agrees_with_the_oracle) {
    static struct layer_order o;
    for (uint64_t seed = 0; seed < samples(); seed++) {
        struct layer_sample s;
        struct layer_backward c;
        make(&s, &o, seed, MOST_WORK);
        layer_backward_make(&c, &s, (int32_t)(seed % 2), seed);
        oracle_layer_backward(&s, &c);
        for (int w = 0; w < ways_count; w++) {
            sa_ctx *ctx = way_open(&ways[w], 2);
            if (ctx) check(ctx, ways[w].name, &s, &c);
            sa_ctx_destroy(&ctx);
        }
        layer_backward_free(&c);
        layer_sample_free(&s);
    }
}

/* Inputs are floats or halves, so their steps are measured. */
static double difference(const struct layer_sample *s, const struct layer_backward *c, const sa_tensor *t, int64_t i) {
    const double before = load(t, i), step = t->dtype == SA_F32 ? 0x1p-12 : 0x1p-7 * (1 + fabs(before));
    store(t, i, before + step);
    const double high = load(t, i), above = loss(s, c);
    store(t, i, before - step);
    const double low = load(t, i), below = loss(s, c);
    store(t, i, before);
    return (above - below) / (high - low);
}

/* Three numbers of each gradient. A difference leaves the third derivative out, which halves' wide steps show. */
Test(gradients, the_oracle_agrees_with_differences) {
    static struct layer_order o;
    for (uint64_t seed = 0; seed < 60; seed++) {
        struct layer_sample s;
        struct layer_backward c;
        struct rng rng = {seed};
        make(&s, &o, seed, 6000);
        layer_backward_make(&c, &s, (int32_t)(seed % 2), seed);
        oracle_layer_backward(&s, &c);
        for (int i = 0; i < 3 * c.count; i++) {
            const struct gradient *g = &c.all[i / 3];
            const int64_t at = rng_below(&rng, tensor_numbers(&g->of));
            if (!isfinite(load(&g->of, at))) continue; /* a place that a mask hides */
            const double got = g->want.value[at], want = difference(&s, &c, &g->of, at);
            cr_expect(fabs(got - want) <= (g->of.dtype == SA_F32 ? 1e-6 : 2e-4) * (g->want.size[at] + 1e-3),
                      "%s[%lld]: %g, by differences %g, %s", g->name, (long long)at, got, want, s.text);
        }
        layer_backward_free(&c);
        layer_sample_free(&s);
    }
}

/* Whether all gradients have the same bits. */
static void expect_same(const struct layer_backward *a, const struct layer_backward *b, const char *what,
                        const char *text) {
    for (int i = 0; i < a->count; i++)
        cr_expect(
            !memcmp(a->all[i].got.data, b->all[i].got.data, (size_t)tensor_numbers(&a->all[i].got) * sizeof(float)),
            "%s: other bits of %s, %s", what, a->all[i].name, text);
}

/* Threads and the context's precision change no bit; y is what sa_forward() gives. */
Test(gradients, have_the_same_bits_for_threads_and_precisions) {
    static struct layer_order o;
    for (uint64_t seed = 0; seed < 12; seed++) {
        struct layer_sample s;
        struct layer_backward first, c;
        make(&s, &o, seed, 400000);
        layer_backward_make(&first, &s, SA_OUT_IN, seed);
        layer_backward_make(&c, &s, SA_OUT_IN, seed);
        sa_ctx_options options = {.struct_size = sizeof options, .threads = 1};
        sa_ctx *ctx = ctx_open(&options);
        sa_layer *layer = layer_sample_open(&s, ctx);
        cr_assert_eq(sa_forward(ctx, layer, &s.args), SA_OK, "%s", sa_ctx_last_error(ctx));
        const size_t bytes = (size_t)s.y_floats * sizeof *s.y;
        float *y = memcpy(malloc(bytes), s.y, bytes);
        layer_sample_clear(&s);
        backward(ctx, &s, &first);
        cr_expect(!memcmp(y, s.y, bytes), "another y, %s", s.text);
        free(y);
        sa_layer_destroy(&layer);
        sa_ctx_destroy(&ctx);
        const sa_ctx_options others[] = {{.struct_size = sizeof options, .threads = 2},
                                         {.struct_size = sizeof options, .threads = 3},
                                         {.struct_size = sizeof options, .threads = 7},
                                         {.struct_size = sizeof options, .precision = SA_PRECISION_HIGH},
                                         {.struct_size = sizeof options, .precision = SA_PRECISION_MEDIUM}};
        for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
            ctx = ctx_open(&others[i]);
            backward(ctx, &s, &c);
            expect_same(&first, &c, "threads or precision", s.text);
            sa_ctx_destroy(&ctx);
        }
        layer_backward_free(&c);
        layer_backward_free(&first);
        layer_sample_free(&s);
    }
}

/* Inputs of 16 bits have the gradients that floats of the same values have. */
Test(gradients, of_halves_are_those_of_floats) {
    const struct layer_shape shape = {.B = 2,
                                      .T = 9,
                                      .S = 11,
                                      .H = 4,
                                      .K = 2,
                                      .D = 8,
                                      .Dv = 8,
                                      .E = 20,
                                      .W = 12,
                                      .F = 14,
                                      .cross = 1,
                                      .projected = 1};
    const int32_t types[] = {SA_BF16, SA_F16};
    sa_ctx *ctx = ctx_open(&(sa_ctx_options){.struct_size = sizeof(sa_ctx_options)});
    for (int type = 0; type < 2; type++) {
        struct layer_sample s;
        struct layer_backward floats, halves;
        uint16_t numbers[3][2 * 11 * 20];
        layer_sample_make(&s, &shape, 7);
        s.args.weights = (sa_tensor){0};
        layer_backward_make(&floats, &s, SA_OUT_IN, 7);
        sa_tensor *tensors[] = {&s.args.x, &s.args.context, &floats.args.y};
        sa_tensor of_halves[3];
        for (int i = 0; i < 3; i++) {
            const sa_tensor *t = tensors[i];
            sa_tensor_set(&of_halves[i], numbers[i], types[type], SA_BHSD, t->size[0], 1, t->size[2], t->size[3]);
            for (int64_t n = 0; n < tensor_numbers(t); n++) {
                store(&of_halves[i], n, load(t, n));
                store(t, n, load(&of_halves[i], n));
            }
        }
        backward(ctx, &s, &floats);
        s.args.x = of_halves[0], s.args.context = of_halves[1];
        layer_backward_make(&halves, &s, SA_OUT_IN, 7);
        halves.args.y = of_halves[2];
        backward(ctx, &s, &halves);
        expect_same(&floats, &halves, "halves", s.text);
        layer_backward_free(&halves);
        layer_backward_free(&floats);
        layer_sample_free(&s);
    }
    sa_ctx_destroy(&ctx);
}

enum { SEQUENCES = 3 };
static const int64_t starts[SEQUENCES + 1] = {0, 5, 5, 22};

static sa_tensor rows_of(const sa_tensor *t, int64_t first, int64_t last) {
    sa_tensor rows = *t;
    rows.data = (float *)t->data + first * t->stride[2];
    rows.size[2] = last - first;
    return rows;
}

/* Packed sequences have the gradients of each alone; those of weights are summed up. */
Test(gradients, of_packed_sequences_are_those_of_each_alone) {
    const struct layer_shape shape = {.B = 1,
                                      .T = 22,
                                      .S = 22,
                                      .H = 4,
                                      .K = 2,
                                      .D = 8,
                                      .Dv = 8,
                                      .E = 20,
                                      .W = 20,
                                      .F = 14,
                                      .packed = 1,
                                      .projected = 1};
    const sa_packing packing = {sizeof packing, SEQUENCES, starts, NULL};
    const sa_rope rope = {.struct_size = sizeof rope};
    struct layer_sample s;
    struct layer_backward all, alone;
    sa_ctx *ctx = ctx_open(&(sa_ctx_options){.struct_size = sizeof(sa_ctx_options)});
    layer_sample_make(&s, &shape, 3);
    s.config.rope = &rope;
    s.args.lse = s.args.weights = (sa_tensor){0};
    s.masking = (sa_masking){.struct_size = sizeof s.masking, .causal = 1};
    s.args.masking = &s.masking;
    layer_backward_make(&all, &s, SA_OUT_IN, 3);
    layer_backward_make(&alone, &s, SA_OUT_IN, 3);
    const int64_t matrix = shape.E * (shape.H + 2 * shape.K) * shape.D;
    double *sums = calloc((size_t)matrix, sizeof *sums);
    float *of_x = alone.args.x.data;
    const sa_forward_args args = s.args;
    const sa_tensor upstream = alone.args.y, x = alone.args.x;
    for (int b = 0; b < SEQUENCES; b++) {
        s.args.x = rows_of(&args.x, starts[b], starts[b + 1]);
        s.args.y = rows_of(&args.y, starts[b], starts[b + 1]);
        alone.args.y = rows_of(&upstream, starts[b], starts[b + 1]);
        alone.args.x = rows_of(&x, starts[b], starts[b + 1]);
        sa_layer *layer = layer_sample_open(&s, ctx);
        cr_assert_eq(sa_forward_backward(ctx, layer, &s.args, &alone.args), SA_OK, "%s", sa_ctx_last_error(ctx));
        sa_layer_destroy(&layer);
        for (int64_t i = 0; i < matrix; i++) sums[i] += alone.args.weight_qkv[i];
    }
    s.args = args;
    s.args.packing = &packing;
    backward(ctx, &s, &all);
    for (int64_t i = 0; i < shape.T * shape.E; i++)
        cr_expect_float_eq(((float *)all.args.x.data)[i], of_x[i], 1e-5, "x %lld", (long long)i);
    for (int64_t i = 0; i < matrix; i++)
        cr_expect_float_eq(all.args.weight_qkv[i], sums[i], 1e-4, "weight_qkv %lld", (long long)i);
    free(sums);
    layer_backward_free(&alone);
    layer_backward_free(&all);
    layer_sample_free(&s);
    sa_ctx_destroy(&ctx);
}
