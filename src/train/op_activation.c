/* Activations and their derivatives, in double: a token's row is short beside its products.
 * SPDX-License-Identifier: MIT */
#include "train/ops.h"

#include <math.h>

static double sigmoid(double x) {
    return 1 / (1 + exp(-x));
}

/* f(x), and f'(x) in *slope. */
static double apply(enum activation f, double x, double *slope) {
    static const double root = 0.7978845608028654, cube = 0.044715, steepness = 1.702; /* root: sqrt(2 / pi) */
    double inner, t;
    switch (f) {
    case ACTIVATION_GELU:
        *slope = 0.5 * erfc(-x / sqrt(2)) + x * exp(-x * x / 2) * 0.3989422804014327; /* 1 / sqrt(2 pi) */
        return 0.5 * x * erfc(-x / sqrt(2));
    case ACTIVATION_GELU_TANH:
        inner = root * (x + cube * x * x * x);
        t = tanh(inner);
        *slope = 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * root * (1 + 3 * cube * x * x);
        return 0.5 * x * (1 + t);
    case ACTIVATION_SILU:
        t = sigmoid(x);
        *slope = t * (1 + x * (1 - t));
        return x * t;
    case ACTIVATION_TANH:
        t = tanh(x);
        *slope = 1 - t * t;
        return t;
    case ACTIVATION_RELU2:
        *slope = x < 0 ? 0 : 2 * x;
        return x < 0 ? 0 : x * x;
    case ACTIVATION_QUICK_GELU:
        t = sigmoid(steepness * x);
        *slope = t * (1 + steepness * x * (1 - t));
        return x * t;
    default: /* ACTIVATION_RELU */
        *slope = x > 0;
        return x > 0 ? x : 0;
    }
}

static void backward(struct sa_ctx *ctx, const struct tape_step *s) {
    (void)ctx;
    for (int64_t i = 0; i < s->out.rows * s->out.width; i++) {
        double slope;
        apply((enum activation)s->number[0], (double)s->in[0].x[i], &slope);
        s->in[0].gradient[i] += (float)(slope * (double)s->out.gradient[i]);
    }
}

struct value op_activation(struct tape *t, struct value x, enum activation f) {
    struct value y = tape_value(t, x.rows, x.width);
    struct tape_step *s = tape_add(t, backward, y);
    double slope;
    if (!s) return y;
    s->in[0] = x;
    s->number[0] = (int64_t)f;
    for (int64_t i = 0; i < y.rows * y.width; i++) y.x[i] = (float)apply(f, (double)x.x[i], &slope);
    return y;
}
