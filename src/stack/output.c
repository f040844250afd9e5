/* SPDX-License-Identifier: MIT */
#include "stack/output.h"

#include "base/arith.h"
#include "flow/project/project.h"
#include "stack/activation.h"
#include "stack/feed_forward.h"
#include "stack/rows.h"

#include <math.h>

int64_t output_bytes(const struct machine *machine, const struct sa_model *model, int64_t rows) {
    const int64_t logits = apply_linear_bytes(machine, &model->output, rows),
                  pooled = apply_linear_bytes(machine, &model->pooler, rows),
                  classes = apply_linear_bytes(machine, &model->classifier, rows);
    return logits < 0 || pooled < 0 || classes < 0 ? -1 : max_i64(max_i64(logits, pooled), classes);
}

/* What is done to logits behind the matrix. */
struct shaping {
    const struct kernels *kernels;
    float *x;
    int64_t width;
    float multiplier, cap; /* cap 0: none */
};

static void shape_rows(void *arg, int64_t first, int64_t last) {
    const struct shaping *s = arg;
    float *x = s->x + first * s->width;
    const int64_t n = (last - first) * s->width;
    if (s->multiplier != 1) s->kernels->rows->scale(x, n, s->multiplier);
    if (s->cap > 0) s->kernels->rows->softcap(x, n, s->cap);
}

void output_logits(const struct machine *machine, const struct sa_model *model, int64_t rows, float *states,
                   float *logits, void *scratch) {
    const int64_t E = model->output.in;
    const struct output_config *c = &model->config.output;
    if (c->scale_states) machine->kernels->rows->scale(states, rows * E, (float)(1 / sqrt((double)E)));
    apply_linear(machine, &model->output, rows, states, logits, scratch);
    struct shaping shaping = {machine->kernels, logits, model->output.out, (float)c->multiplier, (float)c->softcap};
    if (c->softcap > 0 || c->multiplier != 1) rows_run(&machine->parallel, rows, shape_rows, &shaping);
}

static void apply_to_first(const struct machine *machine, const struct linear *linear, int64_t B, int64_t T,
                           const float *states, float *y, void *scratch) {
    const struct view first = {.data = (float *)states, .stride_s = T * linear->in, .stride_d = 1},
                      results = {.data = y, .stride_s = linear->out, .stride_d = 1};
    const struct projection p = plan_projection(machine, linear, 1, B, first, results);
    project(machine, &p, scratch);
}

void output_pooled(const struct machine *machine, const struct sa_model *model, int64_t B, int64_t T,
                   const float *states, float *y, void *scratch) {
    apply_to_first(machine, &model->pooler, B, T, states, y, scratch);
    activate(machine->kernels, (enum activation)model->config.pooler_activation, y, B * model->pooler.out);
}

void output_classes(const struct machine *machine, const struct sa_model *model, int64_t B, int64_t T,
                    const float *states, float *y, void *scratch) {
    const int each = model->config.classifies_tokens;
    apply_to_first(machine, &model->classifier, each ? B * T : B, each ? 1 : T, states, y, scratch);
}
