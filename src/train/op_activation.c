/* Activations by the kernels of the forward pass, and their derivatives from exponentials of the same kernels.
 * SPDX-License-Identifier: MIT */
#include "train/ops.h"

#include "base/arith.h"
#include "stack/activation.h"
#include "stack/rows.h"

#include <math.h>
#include <string.h>

enum { CHUNK = 512 };

/* e[i] = exp(factor * x[i]), of at most CHUNK numbers. */
static void exponentials(const struct kernels *kernels, const float *x, float factor, float *e, int64_t n) {
    kernels->rows->scale_to(e, x, n, factor);
    kernels->rows->exp_sum(e, n, 0);
}

/* With s = 1 / (1 + exp(-a x)):  (x s)' = s (1 + a x (1 - s)) */
static void slope_of_silu(const struct kernels *kernels, const float *x, float steepness, float *slope, int64_t n) {
    exponentials(kernels, x, -steepness, slope, n);
    for (int64_t i = 0; i < n; i++) {
        const float s = 1 / (1 + slope[i]);
        slope[i] = s + (s < 1 ? steepness * x[i] * s * (1 - s) : 0);
    }
}

/* x Phi(x) has the slope Phi(x) + x phi(x); Phi(x) is the forward pass's result over x. */
static void slope_of_gelu(const struct kernels *kernels, const float *x, float *slope, int64_t n) {
    float y[CHUNK], density[CHUNK];
    const float root = 0.3989422804f; /* 1 / sqrt(2 pi) */
    memcpy(y, x, (size_t)n * sizeof *y);
    kernels->rows->gelu(y, n);
    for (int64_t i = 0; i < n; i++) density[i] = -0.5f * x[i] * x[i];
    kernels->rows->exp_sum(density, n, 0);
    for (int64_t i = 0; i < n; i++) {
        const float part = fabsf(x[i]) < 1e-3f ? 0.5f + root * x[i] : y[i] / x[i];
        slope[i] = part + root * x[i] * density[i];
    }
}

/* With t = tanh(u), u = sqrt(2/pi) (x + 0.044715 x^3):  1/2 (1 + t) + 1/2 x (1 - t^2) u' */
static void slope_of_gelu_tanh(const struct kernels *kernels, const float *x, float *slope, int64_t n) {
    const float root = 0.7978845608f, cube = 0.044715f;
    for (int64_t i = 0; i < n; i++) slope[i] = -2 * root * x[i] * (1 + cube * x[i] * x[i]);
    kernels->rows->exp_sum(slope, n, 0);
    for (int64_t i = 0; i < n; i++) {
        const float s = 1 / (1 + slope[i]), inner = root * (1 + 3 * cube * x[i] * x[i]); /* s = (1 + t) / 2 */
        slope[i] = s + (s < 1 ? 2 * x[i] * s * (1 - s) * inner : 0);
    }
}

static void slopes_by_hand(enum activation f, const float *x, float *slope, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        const float t = f == ACTIVATION_TANH ? tanhf(x[i]) : 0;
        slope[i] = f == ACTIVATION_TANH ? 1 - t * t : x[i] <= 0 ? 0 : f == ACTIVATION_RELU2 ? 2 * x[i] : 1;
    }
}

/* slope[i] = f'(x[i]), of at most CHUNK numbers. */
static void find_slopes(const struct kernels *kernels, enum activation f, const float *x, float *slope, int64_t n) {
    switch (f) {
    case ACTIVATION_GELU:
        slope_of_gelu(kernels, x, slope, n);
        break;
    case ACTIVATION_GELU_TANH:
        slope_of_gelu_tanh(kernels, x, slope, n);
        break;
    case ACTIVATION_SILU:
        slope_of_silu(kernels, x, 1, slope, n);
        break;
    case ACTIVATION_QUICK_GELU:
        slope_of_silu(kernels, x, 1.702f, slope, n);
        break;
    default:
        slopes_by_hand(f, x, slope, n);
    }
}

struct activating {
    const struct kernels *kernels;
    const struct tape_step *step;
    int is_first; /* to give to the gradient */
};

static void add_or_set(float *to, const float *from, int64_t n, int is_first) {
    if (is_first)
        memcpy(to, from, (size_t)n * sizeof *to);
    else
        for (int64_t i = 0; i < n; i++) to[i] += from[i];
}

static void backward_rows(void *arg, int64_t first, int64_t last) {
    const struct activating *a = arg;
    const struct tape_step *s = a->step;
    const int64_t width = s->out.width;
    for (int64_t at = first * width; at < last * width; at += CHUNK) {
        float slope[CHUNK];
        const int64_t n = min_i64(CHUNK, last * width - at);
        find_slopes(a->kernels, (enum activation)s->number[0], s->in[0].x + at, slope, n);
        for (int64_t i = 0; i < n; i++) slope[i] *= s->out.gradient[at + i];
        add_or_set(s->in[0].gradient + at, slope, n, a->is_first);
    }
}

static void backward(struct sa_ctx *ctx, const struct tape_step *s) {
    struct activating a = {ctx->machine.kernels, s, value_is_first(&s->in[0])};
    rows_run(&ctx->machine.parallel, s->out.rows, backward_rows, &a);
}

static void forward_rows(void *arg, int64_t first, int64_t last) {
    const struct activating *a = arg;
    const struct tape_step *s = a->step;
    const int64_t at = first * s->out.width, n = (last - first) * s->out.width;
    memcpy(s->out.x + at, s->in[0].x + at, (size_t)n * sizeof(float));
    activate(a->kernels, (enum activation)s->number[0], s->out.x + at, n);
}

struct value op_activation(struct tape *t, struct value x, enum activation f) {
    struct value y = tape_value(t, x.rows, x.width);
    struct tape_step *s = tape_add(t, backward, y);
    if (!s) return y;
    s->in[0] = x;
    s->number[0] = (int64_t)f;
    struct activating a = {.kernels = t->ctx->machine.kernels, .step = s};
    rows_run(&t->ctx->machine.parallel, y.rows, forward_rows, &a);
    return y;
}
