/* SPDX-License-Identifier: MIT */
#include "flow/backward/norm.h"

/* A term of each of both sums. */
static inline void add_terms(const struct norm_row *r, int64_t i, double *of_gradient, double *of_product) {
    const double g = (double)(r->dy[i] * norm_row_weight(r, i));
    *of_gradient += g;
    *of_product += g * (double)norm_row_normed(r, i);
}

void norm_row_means(struct norm_row *row) {
    const struct norm_row r = *row;
    double of_gradient[SUM_LANES] = {0}, of_product[SUM_LANES] = {0};
    int64_t i = 0;
    for (; i + SUM_LANES <= r.n; i += SUM_LANES)
        for (int j = 0; j < SUM_LANES; j++) add_terms(&r, i + j, &of_gradient[j], &of_product[j]);
    for (int j = 0; i < r.n; i++, j++) add_terms(&r, i, &of_gradient[j], &of_product[j]);
    row->of_gradient = r.is_rms ? 0 : (float)(sum_of_lanes(of_gradient) / (double)r.n);
    row->of_product = (float)(sum_of_lanes(of_product) / (double)r.n);
}
