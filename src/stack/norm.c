/* SPDX-License-Identifier: MIT */
#include "stack/norm.h"

#include "base/norm.h"
#include "stack/rows.h"

void norm_row(const struct norm *norm, const float *x, float *y) {
    const struct moments m = moments_of(x, norm->width, norm->is_rms, norm->epsilon);
    apply_moments(y, x, norm->width, &m, norm->weight, norm->bias);
}

struct norm_job {
    const struct norm *norm;
    const float *x;
    float *y;
};

static void run_norm(void *arg, int64_t first, int64_t last) {
    const struct norm_job *job = arg;
    const int64_t width = job->norm->width;
    for (int64_t r = first; r < last; r++) norm_row(job->norm, job->x + r * width, job->y + r * width);
}

void norm_rows(const struct parallel *parallel, const struct norm *norm, int64_t rows, const float *x, float *y) {
    struct norm_job job = {norm, x, y};
    rows_run(parallel, rows, run_norm, &job);
}

struct join_job {
    struct join join;
    int64_t width;
};

static void join_row(const struct join *j, int64_t width, int64_t r) {
    float *x = j->state + r * width, *change = j->change + r * width, *normed = j->normed + r * width;
    const float *second = j->second ? j->second + r * width : NULL, *base = j->of_normed ? normed : x;
    if (j->after) norm_row(j->after, change, change);
    for (int64_t i = 0; j->scale && i < width; i++) change[i] *= j->scale[i];
    for (int64_t i = 0; i < width; i++) x[i] = base[i] + j->multiplier * change[i];
    for (int64_t i = 0; second && i < width; i++) x[i] += j->multiplier * second[i];
    if (j->next) norm_row(j->next, x, normed);
}

static void run_join(void *arg, int64_t first, int64_t last) {
    const struct join_job *job = arg;
    for (int64_t r = first; r < last; r++) join_row(&job->join, job->width, r);
}

void join_rows(const struct parallel *parallel, const struct join *join, int64_t width, int64_t rows) {
    struct join_job job = {*join, width};
    rows_run(parallel, rows, run_join, &job);
}
