/* y = (x - mean) / sqrt(variance + epsilon) * weight + bias; without the mean for RMS norms. With n the normalised row
 * and g = dy * weight:  dx = (g - mean(g) - n mean(g n)) / sqrt(variance + epsilon), RMS norms without mean(g).
 * SPDX-License-Identifier: MIT */
#include "train/ops.h"

#include "base/arith.h"
#include "stack/rows.h"

#include <math.h>

enum { STRIP = 16 };

static void moments(const float *x, int64_t n, const struct norm_form *form, double *mean, double *factor) {
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < n; i++) sum += (double)x[i];
    *mean = form->is_rms ? 0 : sum / (double)n;
    for (int64_t i = 0; i < n; i++) squares += ((double)x[i] - *mean) * ((double)x[i] - *mean);
    *factor = 1 / sqrt(squares / (double)n + form->epsilon);
}

static float weight_at(const struct tape_step *s, int64_t i) {
    return s->weight ? s->weight->value[i] + (float)s->number[1] : 1;
}

/* The mean and factor of each row, [rows][2]. */
static const double *moments_of(const struct tape_step *s) {
    return s->data[0];
}

static float normed(const struct tape_step *s, int64_t r, int64_t i) {
    const double *m = moments_of(s) + 2 * r;
    return (float)(((double)s->in[0].x[r * s->out.width + i] - m[0]) * m[1]);
}

static void backward_row(const struct tape_step *s, int64_t r) {
    const int64_t n = s->out.width;
    const float *dy = s->out.gradient + r * n, factor = (float)moments_of(s)[2 * r + 1];
    float *dx = s->in[0].gradient + r * n;
    double of_gradient = 0, of_product = 0;
    for (int64_t i = 0; i < n; i++) {
        const double g = (double)(dy[i] * weight_at(s, i));
        of_gradient += g;
        of_product += g * (double)normed(s, r, i);
    }
    const float mean = s->number[0] ? 0 : (float)(of_gradient / (double)n), product = (float)(of_product / (double)n);
    for (int64_t i = 0; i < n; i++) dx[i] += (dy[i] * weight_at(s, i) - mean - normed(s, r, i) * product) * factor;
}

static void backward_rows(void *arg, int64_t first, int64_t last) {
    for (int64_t r = first; r < last; r++) backward_row(arg, r);
}

/* The gradients of weights and biases, for strips of columns. */
static void backward_strips(void *arg, int64_t first, int64_t last) {
    const struct tape_step *s = arg;
    const int64_t n = s->out.width, end = min_i64(n, last * STRIP);
    float *of_weight = gradient_of(s->weight), *of_bias = gradient_of(s->bias);
    for (int64_t r = 0; r < s->out.rows; r++)
        for (int64_t i = first * STRIP; i < end; i++) {
            const float dy = s->out.gradient[r * n + i];
            if (of_weight) of_weight[i] += dy * normed(s, r, i);
            if (of_bias) of_bias[i] += dy;
        }
}

static void backward(struct sa_ctx *ctx, const struct tape_step *s) {
    rows_run(&ctx->machine.parallel, s->out.rows, backward_rows, (void *)s);
    if (gradient_of(s->weight) || gradient_of(s->bias))
        rows_run(&ctx->machine.parallel, ceil_div(s->out.width, STRIP), backward_strips, (void *)s);
}

static void forward_rows(void *arg, int64_t first, int64_t last) {
    const struct tape_step *s = arg;
    const struct norm_form form = {(int)s->number[0], (int)s->number[1], s->factor};
    const int64_t n = s->out.width;
    double *all = (double *)s->data[0];
    for (int64_t r = first; r < last; r++) {
        moments(s->in[0].x + r * n, n, &form, &all[2 * r], &all[2 * r + 1]);
        for (int64_t i = 0; i < n; i++)
            s->out.x[r * n + i] = normed(s, r, i) * weight_at(s, i) + (s->bias ? s->bias->value[i] : 0);
    }
}

struct value op_norm(struct tape *t, struct value x, struct norm_form form, struct parameter *weight,
                     struct parameter *bias) {
    struct value y = tape_value(t, x.rows, x.width);
    double *all = tape_memory(t, x.rows, 2 * sizeof *all);
    struct tape_step *s = tape_add(t, backward, y);
    if (!s) return y;
    s->in[0] = x;
    s->weight = weight;
    s->bias = bias;
    s->number[0] = form.is_rms;
    s->number[1] = form.plus_one;
    s->factor = form.epsilon;
    s->data[0] = all;
    rows_run(&t->ctx->machine.parallel, y.rows, forward_rows, s);
    return y;
}
