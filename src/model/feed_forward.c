/* SPDX-License-Identifier: MIT */
#include "model/feed_forward.h"

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

void feed_forward(const struct machine *machine, const struct linear *up, const struct linear *down, int64_t rows,
                  const float *x, float *inner, float *y) {
    const struct view in = rows_of(x, up->in), middle = rows_of(inner, up->out), out = rows_of(y, down->out);
    struct job job = {inner, up->out};
    project(machine, up, 1, rows, &in, &middle);
    rows_run(&machine->parallel, rows, gelu_rows, &job);
    project(machine, down, 1, rows, &middle, &out);
}
