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

struct capping {
    const struct kernels *kernels;
    float *x;
    int64_t width;
    float cap;
};

static void cap_rows(void *arg, int64_t first, int64_t last) {
    const struct capping *c = arg;
    c->kernels->rows->softcap(c->x + first * c->width, (last - first) * c->width, c->cap);
}

void output_logits(const struct machine *machine, const struct sa_model *model, int64_t rows, float *states,
                   float *logits, void *scratch) {
    const int64_t E = model->output.in;
    const struct output_config *c = &model->config.output;
    if (c->scale_states) machine->kernels->rows->scale(states, rows * E, (float)(1 / sqrt((double)E)));
    apply_linear(machine, &model->output, rows, states, logits, scratch);
    struct capping capping = {machine->kernels, logits, model->output.out, (float)c->softcap};
    if (c->softcap > 0) rows_run(&machine->parallel, rows, cap_rows, &capping);
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
    apply_to_first(machine, &model->classifier, B, T, states, y, scratch);
}
