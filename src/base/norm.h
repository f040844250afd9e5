/* LayerNorm (Ba et al. 2016): y = (x - mean) / sqrt(variance + epsilon) * weight + bias of a row; and RMSNorm (Zhang
 * and Sennrich 2019): y = x / sqrt(mean of squares + epsilon) * weight.
 * SPDX-License-Identifier: MIT */
#ifndef SA_BASE_NORM_H
#define SA_BASE_NORM_H

#include <stdint.h>

/* Sums in so many independent lanes, number i in lane i % SUM_LANES, so that additions do not wait for each other. */
enum { SUM_LANES = 8 };
double sum_of_lanes(const double lane[SUM_LANES]);

/* The sum of (x - mean)^2. */
double sum_of_squares(const float *x, int64_t n, double mean);

/* What a norm takes off each number, and multiplies it with. */
struct moments {
    double mean;   /* 0 for RMSNorm */
    double factor; /* 1 / sqrt(variance + epsilon) */
};

/* Of n >= 1 numbers, in two passes, sums in double: a mean far from 0 costs no accuracy. */
struct moments moments_of(const float *x, int64_t n, int is_rms, double epsilon);

static inline float normed_number(float x, const struct moments *m) {
    return (float)(((double)x - m->mean) * m->factor);
}

/* y may be x; weight and bias may be NULL. Within 1e-6 of the row's scale. */
void apply_moments(float *y, const float *x, int64_t n, const struct moments *m, const float *weight,
                   const float *bias);

#endif
