/* Layer norms and RMS norms; the formulas are those of flow/backward/norm.h.
 * SPDX-License-Identifier: MIT */
#include "train/ops.h"

#include "base/arith.h"
#include "flow/backward/norm.h"
#include "stack/rows.h"

enum { STRIP = 64 };

/* Those of each row, [rows]. */
static struct moments *kept_moments(const struct tape_step *s) {
    return (struct moments *)s->data[0];
}

static struct norm_row row_of(const struct tape_step *s, int64_t r) {
    const int64_t n = s->out.width;
    return (struct norm_row){.x = s->in[0].x + r * n,
                             .dy = s->out.gradient + r * n,
                             .weight = s->weight ? s->weight->value : NULL,
                             .plus = (float)s->number[1],
                             .n = n,
                             .is_rms = (int)s->number[0],
                             .moments = kept_moments(s)[r]};
}

struct going_back {
    const struct tape_step *step;
    int is_first; /* to give to the gradient */
};

static void backward_rows(void *arg, int64_t first, int64_t last) {
    const struct going_back *b = arg;
    const struct tape_step *s = b->step;
    for (int64_t r = first; r < last; r++) {
        struct norm_row row = row_of(s, r);
        float *dx = s->in[0].gradient + r * row.n;
        norm_row_means(&row);
        const struct norm_row known = row;
        if (b->is_first)
            for (int64_t i = 0; i < known.n; i++) dx[i] = norm_row_gradient(&known, i);
        else
            for (int64_t i = 0; i < known.n; i++) dx[i] += norm_row_gradient(&known, i);
    }
}

/* The gradients of weights and biases, for strips of columns. */
static void backward_strips(void *arg, int64_t first, int64_t last) {
    const struct tape_step *s = arg;
    const int64_t end = min_i64(s->out.width, last * STRIP);
    float *of_weight = gradient_of(s->weight), *of_bias = gradient_of(s->bias);
    for (int64_t r = 0; r < s->out.rows; r++) {
        const struct norm_row row = row_of(s, r);
        for (int64_t i = first * STRIP; of_weight && i < end; i++) of_weight[i] += row.dy[i] * norm_row_normed(&row, i);
        for (int64_t i = first * STRIP; of_bias && i < end; i++) of_bias[i] += row.dy[i];
    }
}

static void backward(struct sa_ctx *ctx, const struct tape_step *s) {
    struct going_back back = {s, value_is_first(&s->in[0])};
    rows_run(&ctx->machine.parallel, s->out.rows, backward_rows, &back);
    if (gradient_of(s->weight) || gradient_of(s->bias))
        rows_run(&ctx->machine.parallel, ceil_div(s->out.width, STRIP), backward_strips, (void *)s);
}

static void forward_rows(void *arg, int64_t first, int64_t last) {
    const struct tape_step *s = arg;
    const float *bias = s->bias ? s->bias->value : NULL;
    for (int64_t r = first; r < last; r++) {
        struct norm_row row = row_of(s, r);
        float *y = s->out.x + r * row.n;
        kept_moments(s)[r] = row.moments = moments_of(row.x, row.n, row.is_rms, s->factor);
        const struct norm_row known = row;
        for (int64_t i = 0; i < known.n; i++) y[i] = norm_row_normed(&known, i) * norm_row_weight(&known, i);
        for (int64_t i = 0; bias && i < known.n; i++) y[i] += bias[i];
    }
}

struct value op_norm(struct tape *t, struct value x, struct norm_form form, struct parameter *weight,
                     struct parameter *bias) {
    struct value y = tape_value(t, x.rows, x.width);
    struct moments *all = tape_memory(t, x.rows, sizeof *all);
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
