/* y = (x - mean) / sqrt(variance + epsilon) * weight + bias; without the mean for RMS norms. With n the normalised row
 * and g = dy * weight:  dx = (g - mean(g) - n mean(g n)) / sqrt(variance + epsilon), RMS norms without mean(g).
 * SPDX-License-Identifier: MIT */
#include "train/ops.h"

#include <math.h>

static void moments(const float *x, int64_t n, const struct norm_form *form, double *mean, double *factor) {
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < n; i++) sum += (double)x[i];
    *mean = form->is_rms ? 0 : sum / (double)n;
    for (int64_t i = 0; i < n; i++) squares += ((double)x[i] - *mean) * ((double)x[i] - *mean);
    *factor = 1 / sqrt(squares / (double)n + form->epsilon);
}

static double weight_at(const struct tape_step *s, int64_t i) {
    return s->weight ? (double)s->weight->value[i] + (double)s->number[1] : 1;
}

static void backward_row(const struct tape_step *s, const struct norm_form *form, int64_t r) {
    const int64_t n = s->out.width;
    const float *x = s->in[0].x + r * n, *dy = s->out.gradient + r * n;
    float *dx = s->in[0].gradient + r * n;
    double mean, factor, of_gradient = 0, of_product = 0;
    moments(x, n, form, &mean, &factor);
    for (int64_t i = 0; i < n; i++) {
        const double g = (double)dy[i] * weight_at(s, i), normed = ((double)x[i] - mean) * factor;
        of_gradient += g;
        of_product += g * normed;
        if (s->weight) s->weight->gradient[i] += (float)((double)dy[i] * normed);
        if (s->bias) s->bias->gradient[i] += dy[i];
    }
    of_gradient = form->is_rms ? 0 : of_gradient / (double)n;
    of_product /= (double)n;
    for (int64_t i = 0; i < n; i++) {
        const double g = (double)dy[i] * weight_at(s, i), normed = ((double)x[i] - mean) * factor;
        dx[i] += (float)((g - of_gradient - normed * of_product) * factor);
    }
}

static void backward(struct sa_ctx *ctx, const struct tape_step *s) {
    const struct norm_form form = {(int)s->number[0], (int)s->number[1], s->factor};
    (void)ctx;
    for (int64_t r = 0; r < s->out.rows; r++) backward_row(s, &form, r);
}

struct value op_norm(struct tape *t, struct value x, struct norm_form form, struct parameter *weight,
                     struct parameter *bias) {
    struct value y = tape_value(t, x.rows, x.width);
    struct tape_step *s = tape_add(t, backward, y);
    if (!s) return y;
    s->in[0] = x;
    s->weight = weight;
    s->bias = bias;
    s->number[0] = form.is_rms;
    s->number[1] = form.plus_one;
    s->factor = form.epsilon;
    for (int64_t r = 0; r < y.rows; r++) {
        const float *from = x.x + r * x.width;
        double mean, factor;
        moments(from, x.width, &form, &mean, &factor);
        for (int64_t i = 0; i < x.width; i++) {
            const double normed = ((double)from[i] - mean) * factor * weight_at(s, i);
            y.x[r * x.width + i] = (float)(normed + (bias ? (double)bias->value[i] : 0));
        }
    }
    return y;
}
