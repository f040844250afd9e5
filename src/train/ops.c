/* Functions that add, multiply and drop.
 * SPDX-License-Identifier: MIT */
#include "train/ops.h"

#include "stack/rows.h"

#include <string.h>

static void add_backward(struct sa_ctx *ctx, const struct tape_step *s) {
    if (s->in[0].gradient) value_give(ctx, &s->in[0], s->out.gradient, 1);
    if (s->in[1].gradient) value_give(ctx, &s->in[1], s->out.gradient, (float)s->factor);
}

static void add_numbers(void *arg, int64_t first, int64_t last) {
    const struct tape_step *s = arg;
    const float factor = (float)s->factor, *a = s->in[0].x, *b = s->in[1].x;
    float *restrict y = s->out.x;
    for (int64_t i = first; i < last; i++) y[i] = a[i] + factor * b[i];
}

struct value op_add(struct tape *t, struct value a, struct value b, double factor) {
    struct value y = tape_value(t, a.rows, a.width);
    struct tape_step *s = tape_add(t, add_backward, y);
    if (!s) return y;
    s->in[0] = a;
    s->in[1] = b;
    s->factor = factor;
    numbers_run(&t->ctx->machine.parallel, y.rows * y.width, add_numbers, s);
    return y;
}

/* to += from * x, number by number. */
struct giving_product {
    float *to;
    const float *from, *x;
    int is_first;
};

static void give_product_numbers(void *arg, int64_t first, int64_t last) {
    const struct giving_product g = *(const struct giving_product *)arg;
    float *restrict to = g.to;
    if (g.is_first)
        for (int64_t i = first; i < last; i++) to[i] = g.from[i] * g.x[i];
    else
        for (int64_t i = first; i < last; i++) to[i] += g.from[i] * g.x[i];
}

static void give_product(const struct sa_ctx *ctx, const struct value *v, const float *from, const float *x) {
    if (!v->gradient) return;
    struct giving_product g = {v->gradient, from, x, value_is_first(v)};
    numbers_run(&ctx->machine.parallel, v->rows * v->width, give_product_numbers, &g);
}

static void multiply_backward(struct sa_ctx *ctx, const struct tape_step *s) {
    give_product(ctx, &s->in[0], s->out.gradient, s->in[1].x);
    give_product(ctx, &s->in[1], s->out.gradient, s->in[0].x);
}

static void multiply_numbers(void *arg, int64_t first, int64_t last) {
    const struct tape_step *s = arg;
    const float *a = s->in[0].x, *b = s->in[1].x;
    float *restrict y = s->out.x;
    for (int64_t i = first; i < last; i++) y[i] = a[i] * b[i];
}

struct value op_multiply(struct tape *t, struct value a, struct value b) {
    struct value y = tape_value(t, a.rows, a.width);
    struct tape_step *s = tape_add(t, multiply_backward, y);
    if (!s) return y;
    s->in[0] = a;
    s->in[1] = b;
    numbers_run(&t->ctx->machine.parallel, y.rows * y.width, multiply_numbers, s);
    return y;
}

static void scale_backward_rows(void *arg, int64_t first, int64_t last) {
    const struct tape_step *s = arg;
    const int64_t width = s->out.width;
    for (int64_t r = first; r < last; r++)
        for (int64_t i = 0; i < width; i++)
            s->in[0].gradient[r * width + i] += s->out.gradient[r * width + i] * s->weight->value[i];
}

/* A task takes some columns, so that each sum has one order. */
static void scale_backward_columns(void *arg, int64_t first, int64_t last) {
    const struct tape_step *s = arg;
    const int64_t width = s->out.width;
    for (int64_t r = 0; r < s->out.rows; r++)
        for (int64_t i = first; i < last; i++)
            s->weight->gradient[i] += s->out.gradient[r * width + i] * s->in[0].x[r * width + i];
}

static void scale_backward(struct sa_ctx *ctx, const struct tape_step *s) {
    const struct parallel *parallel = &ctx->machine.parallel;
    value_gradient(ctx, &s->in[0]);
    rows_run(parallel, s->out.rows, scale_backward_rows, (void *)s);
    if (s->weight->gradient) numbers_run(parallel, s->out.width, scale_backward_columns, (void *)s);
}

static void scale_rows(void *arg, int64_t first, int64_t last) {
    const struct tape_step *s = arg;
    const int64_t width = s->out.width;
    for (int64_t r = first; r < last; r++)
        for (int64_t i = 0; i < width; i++) s->out.x[r * width + i] = s->in[0].x[r * width + i] * s->weight->value[i];
}

struct value op_scale(struct tape *t, struct value x, struct parameter *scales) {
    struct value y = tape_value(t, x.rows, x.width);
    struct tape_step *s = tape_add(t, scale_backward, y);
    if (!s) return y;
    s->in[0] = x;
    s->weight = scales;
    rows_run(&t->ctx->machine.parallel, y.rows, scale_rows, s);
    return y;
}

/* to += from * factor, number by number, with the factors of dropout. */
static void add_dropped(const struct dropout *d, int64_t row, const float *from, int64_t n, float *to) {
    float factors[PHILOX_WORDS];
    for (int64_t i = 0; i < n; i++) {
        if (i % PHILOX_WORDS == 0) dropout_factors(d, 0, 0, row, i, factors);
        if (factors[i % PHILOX_WORDS] != 0) to[i] += from[i] * factors[i % PHILOX_WORDS];
    }
}

static void dropout_backward_rows(void *arg, int64_t first, int64_t last) {
    const struct tape_step *s = arg;
    const int64_t width = s->out.width;
    for (int64_t r = first; r < last; r++)
        add_dropped(s->data[0], r, s->out.gradient + r * width, width, s->in[0].gradient + r * width);
}

static void dropout_backward(struct sa_ctx *ctx, const struct tape_step *s) {
    if (!s->in[0].gradient) return;
    value_gradient(ctx, &s->in[0]);
    rows_run(&ctx->machine.parallel, s->out.rows, dropout_backward_rows, (void *)s);
}

static void dropout_rows(void *arg, int64_t first, int64_t last) {
    const struct tape_step *s = arg;
    const int64_t width = s->out.width;
    memcpy(s->out.x + first * width, s->in[0].x + first * width, (size_t)((last - first) * width) * sizeof(float));
    for (int64_t r = first; r < last; r++) drop_row(s->data[0], 0, 0, r, 0, s->out.x + r * width, width);
}

struct value op_dropout(struct tape *t, struct value x, struct dropout d) {
    struct value y = tape_value(t, x.rows, x.width);
    struct dropout *kept = tape_memory(t, 1, sizeof *kept);
    struct tape_step *s = tape_add(t, dropout_backward, y);
    if (!s) return y;
    *kept = d;
    s->in[0] = x;
    s->data[0] = kept;
    rows_run(&t->ctx->machine.parallel, y.rows, dropout_rows, s);
    return y;
}
