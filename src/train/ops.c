/* Functions that move, add and multiply.
 * SPDX-License-Identifier: MIT */
#include "train/ops.h"

#include "stack/rows.h"

#include <string.h>

static void columns_backward_rows(void *arg, int64_t from_row, int64_t last) {
    const struct tape_step *s = arg;
    const int64_t first = s->number[0], run = s->number[1], step = s->number[2];
    for (int64_t r = from_row; r < last; r++) {
        const float *from = s->out.gradient + r * s->out.width;
        float *to = s->in[0].gradient + r * s->in[0].width + first;
        for (int64_t i = 0; i < s->out.width; i += run, to += step)
            for (int64_t j = 0; j < run; j++) to[j] += from[i + j];
    }
}

static void columns_backward(struct sa_ctx *ctx, const struct tape_step *s) {
    value_gradient(ctx, &s->in[0]);
    rows_run(&ctx->machine.parallel, s->out.rows, columns_backward_rows, (void *)s);
}

static void columns_rows(void *arg, int64_t from_row, int64_t last) {
    const struct tape_step *s = arg;
    const int64_t first = s->number[0], run = s->number[1], step = s->number[2], count = s->out.width;
    for (int64_t r = from_row; r < last; r++)
        for (int64_t i = 0; i < count; i += run)
            memcpy(s->out.x + r * count + i, s->in[0].x + r * s->in[0].width + first + i / run * step,
                   (size_t)run * sizeof(float));
}

struct value op_columns(struct tape *t, struct value x, int64_t first, int64_t run, int64_t step, int64_t count) {
    struct value y = tape_value(t, x.rows, count);
    struct tape_step *s = tape_add(t, columns_backward, y);
    if (!s) return y;
    const int64_t numbers[] = {first, run, step};
    s->in[0] = x;
    memcpy(s->number, numbers, sizeof numbers);
    rows_run(&t->ctx->machine.parallel, y.rows, columns_rows, s);
    return y;
}

static void rows_of_backward(struct sa_ctx *ctx, const struct tape_step *s) {
    const int32_t *ids = s->data[0];
    const int64_t width = s->out.width;
    (void)ctx;
    for (int64_t r = 0; s->weight->gradient && r < s->out.rows; r++)
        for (int64_t i = 0; i < width; i++)
            s->weight->gradient[ids[r] * width + i] += (float)(s->factor * (double)s->out.gradient[r * width + i]);
}

struct value op_rows_of(struct tape *t, struct parameter *table, int64_t width, const int32_t *ids, int64_t rows,
                        double factor) {
    struct value y = tape_value(t, rows, width);
    struct tape_step *s = tape_add(t, rows_of_backward, y);
    if (!s) return y;
    s->weight = table;
    s->data[0] = ids;
    s->factor = factor;
    for (int64_t r = 0; r < rows; r++)
        for (int64_t i = 0; i < width; i++)
            y.x[r * width + i] = (float)(factor * (double)table->value[ids[r] * width + i]);
    return y;
}

static void every_backward(struct sa_ctx *ctx, const struct tape_step *s) {
    const int64_t width = s->out.width;
    float *gradient = value_gradient(ctx, &s->in[0]);
    for (int64_t r = 0; r < s->out.rows; r++)
        for (int64_t i = 0; i < width; i++)
            gradient[(s->number[0] + r * s->number[1]) * width + i] += s->out.gradient[r * width + i];
}

struct value op_every(struct tape *t, struct value x, int64_t first, int64_t step, int64_t rows) {
    struct value y = tape_value(t, rows, x.width);
    struct tape_step *s = tape_add(t, every_backward, y);
    if (!s) return y;
    s->in[0] = x;
    s->number[0] = first;
    s->number[1] = step;
    for (int64_t r = 0; r < rows; r++)
        memcpy(y.x + r * y.width, x.x + (first + r * step) * y.width, (size_t)y.width * sizeof *y.x);
    return y;
}

static void in_front_backward(struct sa_ctx *ctx, const struct tape_step *s) {
    const int64_t width = s->out.width, T = s->number[0];
    float *gradient = value_gradient(ctx, &s->in[0]);
    for (int64_t r = 0; r < s->out.rows; r++) {
        const int64_t b = r / (T + 1), place = r % (T + 1);
        float *to = place ? gradient + (b * T + place - 1) * width : s->weight->gradient;
        for (int64_t i = 0; to && i < width; i++) to[i] += s->out.gradient[r * width + i];
    }
}

struct value op_in_front(struct tape *t, struct value x, struct parameter *special, int64_t T) {
    struct value y = tape_value(t, x.rows / T * (T + 1), x.width);
    struct tape_step *s = tape_add(t, in_front_backward, y);
    if (!s) return y;
    s->in[0] = x;
    s->weight = special;
    s->number[0] = T;
    for (int64_t r = 0; r < y.rows; r++) {
        const int64_t b = r / (T + 1), place = r % (T + 1);
        memcpy(y.x + r * y.width, place ? x.x + (b * T + place - 1) * y.width : special->value,
               (size_t)y.width * sizeof *y.x);
    }
    return y;
}

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
