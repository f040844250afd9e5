/* One vector of each sequence's states: y = sum of w(t) x(t) over its real tokens.
 * SPDX-License-Identifier: MIT */
#include "train/ops.h"

#include "stack/rows.h"

#include <math.h>

/* The weight of token t of n; of means, as stack/pooling.h has them. */
static double weight_of(enum pooling_mode mode, int64_t t, int64_t n) {
    switch (mode) {
    case POOLING_FIRST:
        return t == 0;
    case POOLING_LAST:
        return t + 1 == n;
    case POOLING_MEAN_SQRT:
        return 1 / sqrt((double)n);
    case POOLING_WEIGHTED_MEAN:
        return (double)(t + 1) / ((double)n * ((double)n + 1) / 2);
    default:
        return 1 / (double)n;
    }
}

/* A sequence: its row, first state, and number of tokens. */
static int64_t length_of(const struct tape_step *s, int64_t b) {
    const int64_t *lengths = s->data[0];
    return lengths ? lengths[b] : s->number[0];
}

static void backward_rows(void *arg, int64_t first, int64_t last) {
    const struct tape_step *s = arg;
    const int64_t T = s->number[0], E = s->out.width;
    for (int64_t b = first; b < last; b++)
        for (int64_t t = 0, n = length_of(s, b); t < n; t++) {
            const double w = weight_of((enum pooling_mode)s->number[1], t, n);
            float *to = s->in[0].gradient + (b * T + t) * E;
            for (int64_t i = 0; i < E; i++) to[i] += (float)(w * (double)s->out.gradient[b * E + i]);
        }
}

static void backward(struct sa_ctx *ctx, const struct tape_step *s) {
    value_gradient(ctx, &s->in[0]);
    rows_run(&ctx->machine.parallel, s->out.rows, backward_rows, (void *)s);
}

static void forward_rows(void *arg, int64_t first, int64_t last) {
    const struct tape_step *s = arg;
    const int64_t T = s->number[0], E = s->out.width;
    for (int64_t b = first; b < last; b++)
        for (int64_t i = 0, n = length_of(s, b); i < E; i++) {
            double sum = 0;
            for (int64_t t = 0; t < n; t++)
                sum += weight_of((enum pooling_mode)s->number[1], t, n) * (double)s->in[0].x[(b * T + t) * E + i];
            s->out.x[b * E + i] = (float)sum;
        }
}

struct value op_pool(struct tape *t, struct value x, enum pooling_mode mode, const int64_t *lengths, int64_t T) {
    struct value y = tape_value(t, x.rows / T, x.width);
    struct tape_step *s = tape_add(t, backward, y);
    if (!s) return y;
    s->in[0] = x;
    s->data[0] = lengths;
    s->number[0] = T;
    s->number[1] = mode;
    rows_run(&t->ctx->machine.parallel, y.rows, forward_rows, s);
    return y;
}
