/* SPDX-License-Identifier: MIT */
#include "stack/feed_forward.h"

#include "base/arith.h"
#include "flow/project/project.h"
#include "stack/rows.h"

static struct view rows_of(const float *data, int64_t width) {
    return (struct view){.data = (float *)data, .stride_s = width, .stride_d = 1};
}

static struct projection step(const struct machine *machine, const struct linear *linear, int64_t rows, const float *x,
                              const float *y) {
    return plan_projection(machine, linear, 1, rows, rows_of(x, linear->in), rows_of(y, linear->out));
}

void apply_linear(const struct machine *machine, const struct linear *linear, int64_t rows, const float *x, float *y,
                  void *scratch) {
    const struct projection p = step(machine, linear, rows, x, y);
    project(machine, &p, scratch);
}

int64_t apply_linear_bytes(const struct machine *machine, const struct linear *linear, int64_t rows) {
    const struct projection p = step(machine, linear, rows, NULL, NULL);
    return linear->weights ? project_bytes(machine, &p) : 0;
}

int64_t feed_forward_bytes(const struct machine *machine, const struct model_block *block, int64_t rows) {
    const int64_t up = apply_linear_bytes(machine, &block->up, rows),
                  gate = apply_linear_bytes(machine, &block->gate, rows),
                  down = apply_linear_bytes(machine, &block->down, rows);
    return up < 0 || gate < 0 || down < 0 ? -1 : max_i64(max_i64(up, gate), down);
}

struct activating {
    const struct kernels *kernels;
    enum activation f;
    float *inner;
    float *gate; /* NULL: none */
    int64_t width;
};

static void activate_rows(void *arg, int64_t first, int64_t last) {
    const struct activating *a = arg;
    const int64_t at = first * a->width, n = (last - first) * a->width;
    activate(a->kernels, a->f, (a->gate ? a->gate : a->inner) + at, n);
    if (a->gate) a->kernels->rows->multiply(a->inner + at, a->gate + at, n);
}

void feed_forward(const struct machine *machine, const struct model_block *block, enum activation f, int64_t rows,
                  const float *x, float *inner, float *gate, float *y, void *scratch) {
    struct activating a = {machine->kernels, f, inner, block->gate.weights ? gate : NULL, block->up.out};
    apply_linear(machine, &block->up, rows, x, inner, scratch);
    if (a.gate) apply_linear(machine, &block->gate, rows, x, gate, scratch);
    rows_run(&machine->parallel, rows, activate_rows, &a);
    apply_linear(machine, &block->down, rows, inner, y, scratch);
}
