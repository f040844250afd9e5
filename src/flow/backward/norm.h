/* The gradient of a norm of a row: y_i = n_i w_i + bias_i, n_i = (x_i - mean) factor, factor = 1 / sqrt(variance +
 * epsilon); RMS norms have no mean. With g_i = dy_i w_i, the row's mean of g is A and that of g n is B:
 *
 *     dx_i = (g_i - A - n_i B) factor        without A for RMS norms;  dw_i += dy_i n_i
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_BACKWARD_NORM_H
#define SA_FLOW_BACKWARD_NORM_H

#include "base/norm.h"

/* A row of n numbers and the gradient by what becomes of it. */
struct norm_row {
    const float *x, *dy, *weight; /* weight NULL: all are 1 */
    float plus;                   /* is added to weights */
    int64_t n;
    int is_rms;
    struct moments moments;
    float of_gradient, of_product; /* A, 0 for RMS norms, and B: norm_row_means() */
};

/* Fills in of_gradient and of_product. */
void norm_row_means(struct norm_row *row);

static inline float norm_row_weight(const struct norm_row *row, int64_t i) {
    return row->weight ? row->weight[i] + row->plus : 1;
}
static inline float norm_row_normed(const struct norm_row *row, int64_t i) {
    return normed_number(row->x[i], &row->moments);
}

/* dx_i, after norm_row_means(). */
static inline float norm_row_gradient(const struct norm_row *row, int64_t i) {
    const float g = row->dy[i] * norm_row_weight(row, i);
    return (g - row->of_gradient - norm_row_normed(row, i) * row->of_product) * (float)row->moments.factor;
}

#endif
