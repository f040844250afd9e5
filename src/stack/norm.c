/* Two passes, sums in double: a mean far from 0 costs no accuracy.
 * SPDX-License-Identifier: MIT */
#include "stack/norm.h"

#include "stack/rows.h"

#include <math.h>

/* Independent sums, so that additions do not wait for each other. */
enum { LANES = 8 };

static double total(const double lane[LANES]) {
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

static double mean_of(const float *x, int64_t n) {
    double lane[LANES] = {0};
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int j = 0; j < LANES; j++) lane[j] += (double)x[i + j];
    for (int j = 0; i < n; i++, j++) lane[j] += (double)x[i];
    return total(lane) / (double)n;
}

/* The mean of (x - mean)^2. */
static double variance_of(const float *x, int64_t n, double mean) {
    double lane[LANES] = {0};
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int j = 0; j < LANES; j++) lane[j] += ((double)x[i + j] - mean) * ((double)x[i + j] - mean);
    for (int j = 0; i < n; i++, j++) lane[j] += ((double)x[i] - mean) * ((double)x[i] - mean);
    return total(lane) / (double)n;
}

void norm_moments(const struct norm *norm, const float *x, double *mean, double *factor) {
    *mean = norm->is_rms ? 0 : mean_of(x, norm->width);
    *factor = 1 / sqrt(variance_of(x, norm->width, *mean) + norm->epsilon);
}

void norm_row(const struct norm *norm, const float *x, float *y) {
    const int64_t n = norm->width;
    double mean, factor;
    norm_moments(norm, x, &mean, &factor);
    for (int64_t i = 0; i < n; i++) y[i] = (float)(((double)x[i] - mean) * factor);
    for (int64_t i = 0; norm->weight && i < n; i++) y[i] *= norm->weight[i];
    for (int64_t i = 0; norm->bias && i < n; i++) y[i] += norm->bias[i];
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
