/* SPDX-License-Identifier: MIT */
#include "model/feed_forward.h"

#include "base/arith.h"
#include "flow/project.h"
#include "model/rows.h"

#include <math.h>

void gelu(float *x, int64_t n) {
    const float root_half = 0.70710678118654752f;
    for (int64_t i = 0; i < n; i++) x[i] = 0.5f * x[i] * (1 + erff(x[i] * root_half));
}

struct job {
    float *x;
    int64_t width;
};

static void gelu_rows(void *arg, int64_t first, int64_t last) {
    const struct job *job = arg;
    gelu(job->x + first * job->width, (last - first) * job->width);
}

static struct view rows_of(const float *data, int64_t width) {
    return (struct view){.data = (float *)data, .stride_s = width, .stride_d = 1};
}

static struct projection step(const struct linear *linear, int64_t rows, const float *x, const float *y) {
    return (struct projection){linear, 1, rows, rows_of(x, linear->in), rows_of(y, linear->out)};
}

int64_t feed_forward_bytes(const struct machine *machine, const struct linear *up, const struct linear *down,
                           int64_t rows) {
    const struct projection first = step(up, rows, NULL, NULL), second = step(down, rows, NULL, NULL);
    int64_t a = project_bytes(machine, &first), b = project_bytes(machine, &second);
    return a < 0 || b < 0 ? -1 : max_i64(a, b);
}

void feed_forward(const struct machine *machine, const struct linear *up, const struct linear *down, int64_t rows,
                  const float *x, float *inner, float *y, void *scratch) {
    const struct projection first = step(up, rows, x, inner), second = step(down, rows, inner, y);
    struct job job = {inner, up->out};
    project(machine, &first, scratch);
    rows_run(&machine->parallel, rows, gelu_rows, &job);
    project(machine, &second, scratch);
}
