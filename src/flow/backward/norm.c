/* SPDX-License-Identifier: MIT */
#include "flow/backward/norm.h"

#include <math.h>

void norm_row_moments(struct norm_row *r, double epsilon) {
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < r->n; i++) sum += (double)r->x[i];
    r->mean = r->is_rms ? 0 : sum / (double)r->n;
    for (int64_t i = 0; i < r->n; i++) squares += ((double)r->x[i] - r->mean) * ((double)r->x[i] - r->mean);
    r->factor = 1 / sqrt(squares / (double)r->n + epsilon);
}

void norm_row_means(struct norm_row *r) {
    double of_gradient = 0, of_product = 0;
    for (int64_t i = 0; i < r->n; i++) {
        const double g = (double)(r->dy[i] * norm_row_weight(r, i));
        of_gradient += g;
        of_product += g * (double)norm_row_normed(r, i);
    }
    r->of_gradient = r->is_rms ? 0 : (float)(of_gradient / (double)r->n);
    r->of_product = (float)(of_product / (double)r->n);
}
