/* SPDX-License-Identifier: MIT */
#include "flow/backward/norm.h"

#include <math.h>

/* Independent sums, so that additions do not wait for each other. */
enum { LANES = 8 };

static double total(const double lane[LANES]) {
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

static double sum_of(const float *x, int64_t n) {
    double lane[LANES] = {0};
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int j = 0; j < LANES; j++) lane[j] += (double)x[i + j];
    for (int j = 0; i < n; i++, j++) lane[j] += (double)x[i];
    return total(lane);
}

static double squares_of(const float *x, int64_t n, double mean) {
    double lane[LANES] = {0};
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int j = 0; j < LANES; j++) lane[j] += ((double)x[i + j] - mean) * ((double)x[i + j] - mean);
    for (int j = 0; i < n; i++, j++) lane[j] += ((double)x[i] - mean) * ((double)x[i] - mean);
    return total(lane);
}

void norm_row_moments(struct norm_row *r, double epsilon) {
    r->mean = r->is_rms ? 0 : sum_of(r->x, r->n) / (double)r->n;
    r->factor = 1 / sqrt(squares_of(r->x, r->n, r->mean) / (double)r->n + epsilon);
}

/* A term of each of both sums. */
static inline void add_terms(const struct norm_row *r, int64_t i, double *of_gradient, double *of_product) {
    const double g = (double)(r->dy[i] * norm_row_weight(r, i));
    *of_gradient += g;
    *of_product += g * (double)norm_row_normed(r, i);
}

void norm_row_means(struct norm_row *row) {
    const struct norm_row r = *row;
    double of_gradient[LANES] = {0}, of_product[LANES] = {0};
    int64_t i = 0;
    for (; i + LANES <= r.n; i += LANES)
        for (int j = 0; j < LANES; j++) add_terms(&r, i + j, &of_gradient[j], &of_product[j]);
    for (int j = 0; i < r.n; i++, j++) add_terms(&r, i, &of_gradient[j], &of_product[j]);
    row->of_gradient = r.is_rms ? 0 : (float)(total(of_gradient) / (double)r.n);
    row->of_product = (float)(total(of_product) / (double)r.n);
}
