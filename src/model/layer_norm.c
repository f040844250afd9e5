/* Two passes, sums in double: a mean far from 0 costs no accuracy.
 * SPDX-License-Identifier: MIT */
#include "model/layer_norm.h"

#include "model/rows.h"

#include <math.h>

/* Sums that run side by side, so that additions need not wait for each other. */
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

static double variance_of(const float *x, int64_t n, double mean) {
    double lane[LANES] = {0};
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int j = 0; j < LANES; j++) lane[j] += ((double)x[i + j] - mean) * ((double)x[i + j] - mean);
    for (int j = 0; i < n; i++, j++) lane[j] += ((double)x[i] - mean) * ((double)x[i] - mean);
    return total(lane) / (double)n;
}

void layer_norm_row(const struct norm *norm, float *x) {
    const double mean = mean_of(x, norm->width);
    const double factor = 1 / sqrt(variance_of(x, norm->width, mean) + norm->epsilon);
    for (int64_t i = 0; i < norm->width; i++)
        x[i] = (float)(((double)x[i] - mean) * factor) * norm->weight[i] + norm->bias[i];
}

struct job {
    const struct norm *norm;
    float *x;
    const float *added;
};

static void run_rows(void *arg, int64_t first, int64_t last) {
    const struct job *job = arg;
    const int64_t width = job->norm->width;
    for (int64_t r = first; r < last; r++) {
        float *x = job->x + r * width;
        for (int64_t i = 0; i < width; i++) x[i] += job->added[r * width + i];
        layer_norm_row(job->norm, x);
    }
}

void add_and_norm(const struct parallel *parallel, const struct norm *norm, int64_t rows, float *x,
                  const float *added) {
    struct job job = {norm, x, added};
    rows_run(parallel, rows, run_rows, &job);
}
