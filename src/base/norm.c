/* SPDX-License-Identifier: MIT */
#include "base/norm.h"

#include <math.h>

double sum_of_lanes(const double lane[SUM_LANES]) {
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

static double mean_of(const float *x, int64_t n) {
    double lane[SUM_LANES] = {0};
    int64_t i = 0;
    for (; i + SUM_LANES <= n; i += SUM_LANES)
        for (int j = 0; j < SUM_LANES; j++) lane[j] += (double)x[i + j];
    for (int j = 0; i < n; i++, j++) lane[j] += (double)x[i];
    return sum_of_lanes(lane) / (double)n;
}

double sum_of_squares(const float *x, int64_t n, double mean) {
    double lane[SUM_LANES] = {0};
    int64_t i = 0;
    for (; i + SUM_LANES <= n; i += SUM_LANES)
        for (int j = 0; j < SUM_LANES; j++) lane[j] += ((double)x[i + j] - mean) * ((double)x[i + j] - mean);
    for (int j = 0; i < n; i++, j++) lane[j] += ((double)x[i] - mean) * ((double)x[i] - mean);
    return sum_of_lanes(lane);
}

struct moments moments_of(const float *x, int64_t n, int is_rms, double epsilon) {
    const double mean = is_rms ? 0 : mean_of(x, n);
    return (struct moments){mean, 1 / sqrt(sum_of_squares(x, n, mean) / (double)n + epsilon)};
}

void apply_moments(float *y, const float *x, int64_t n, const struct moments *m, const float *weight,
                   const float *bias) {
    for (int64_t i = 0; i < n; i++) y[i] = normed_number(x[i], m);
    for (int64_t i = 0; weight && i < n; i++) y[i] *= weight[i];
    for (int64_t i = 0; bias && i < n; i++) y[i] += bias[i];
}
