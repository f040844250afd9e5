/* Functions that move rows and columns.
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
    float *gradient = s->in[0].gradient ? value_gradient(ctx, &s->in[0]) : NULL;
    for (int64_t r = 0; gradient && r < s->out.rows; r++)
        for (int64_t i = 0; ids[r] >= 0 && i < width; i++)
            gradient[ids[r] * width + i] += (float)(s->factor * (double)s->out.gradient[r * width + i]);
}

struct value op_rows_of(struct tape *t, struct value table, const int32_t *ids, int64_t rows, double factor) {
    struct value y = tape_value(t, rows, table.width);
    struct tape_step *s = tape_add(t, rows_of_backward, y);
    if (!s) return y;
    s->in[0] = table;
    s->data[0] = ids;
    s->factor = factor;
    for (int64_t r = 0; r < rows; r++)
        for (int64_t i = 0; i < y.width; i++)
            y.x[r * y.width + i] = ids[r] < 0 ? 0 : (float)(factor * (double)table.x[ids[r] * y.width + i]);
    return y;
}

/* Row r of a part in the whole. */
static int64_t row_of_part(const struct tape_step *s, int64_t r) {
    const int64_t first = s->number[0], count = s->number[1], T = s->number[2];
    return r / count * T + first + r % count;
}

static void part_backward(struct sa_ctx *ctx, const struct tape_step *s) {
    const int64_t width = s->out.width;
    float *gradient = value_gradient(ctx, &s->in[0]);
    for (int64_t r = 0; r < s->out.rows; r++) {
        float *to = gradient + row_of_part(s, r) * width;
        for (int64_t i = 0; i < width; i++) to[i] += s->out.gradient[r * width + i];
    }
}

struct value op_part(struct tape *t, struct value x, int64_t first, int64_t count, int64_t T) {
    struct value y = tape_value(t, x.rows / T * count, x.width);
    struct tape_step *s = tape_add(t, part_backward, y);
    if (!s) return y;
    const int64_t numbers[] = {first, count, T};
    s->in[0] = x;
    memcpy(s->number, numbers, sizeof numbers);
    for (int64_t r = 0; r < y.rows; r++)
        memcpy(y.x + r * y.width, x.x + row_of_part(s, r) * y.width, (size_t)y.width * sizeof *y.x);
    return y;
}

/* Row r of sequences with special rows in front: the special row, or else `*row` of those behind. */
static int64_t special_of(const struct tape_step *s, int64_t r, int64_t *row) {
    const int64_t T = s->number[0], specials = s->number[1], all = T + specials, place = r % all;
    *row = r / all * T + place - specials;
    return place < specials ? place : -1;
}

static void in_front_backward(struct sa_ctx *ctx, const struct tape_step *s) {
    const int64_t width = s->out.width;
    float *gradient = value_gradient(ctx, &s->in[0]), *own = s->weight->gradient;
    for (int64_t r = 0; r < s->out.rows; r++) {
        int64_t row;
        const int64_t special = special_of(s, r, &row);
        float *to = special < 0 ? gradient + row * width : own ? own + special * width : NULL;
        for (int64_t i = 0; to && i < width; i++) to[i] += s->out.gradient[r * width + i];
    }
}

struct value op_in_front(struct tape *t, struct value x, struct parameter *specials, int64_t T) {
    const int64_t count = specials->count / x.width;
    struct value y = tape_value(t, x.rows / T * (T + count), x.width);
    struct tape_step *s = tape_add(t, in_front_backward, y);
    if (!s) return y;
    s->in[0] = x;
    s->weight = specials;
    s->number[0] = T;
    s->number[1] = count;
    for (int64_t r = 0; r < y.rows; r++) {
        int64_t row;
        const int64_t special = special_of(s, r, &row);
        memcpy(y.x + r * y.width, special < 0 ? x.x + row * y.width : specials->value + special * y.width,
               (size_t)y.width * sizeof *y.x);
    }
    return y;
}

static void beside_backward(struct sa_ctx *ctx, const struct tape_step *s) {
    const int64_t first = s->in[0].width, second = s->in[1].width;
    float *to_first = value_gradient(ctx, &s->in[0]), *to_second = value_gradient(ctx, &s->in[1]);
    for (int64_t r = 0; r < s->out.rows; r++) {
        const float *from = s->out.gradient + r * s->out.width;
        for (int64_t i = 0; i < first; i++) to_first[r * first + i] += from[i];
        for (int64_t i = 0; i < second; i++) to_second[r * second + i] += from[first + i];
    }
}

struct value op_beside(struct tape *t, struct value a, struct value b) {
    struct value y = tape_value(t, a.rows, a.width + b.width);
    struct tape_step *s = tape_add(t, beside_backward, y);
    if (!s) return y;
    s->in[0] = a;
    s->in[1] = b;
    for (int64_t r = 0; r < y.rows; r++) {
        memcpy(y.x + r * y.width, a.x + r * a.width, (size_t)a.width * sizeof *y.x);
        memcpy(y.x + r * y.width + a.width, b.x + r * b.width, (size_t)b.width * sizeof *y.x);
    }
    return y;
}
