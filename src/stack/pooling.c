/* SPDX-License-Identifier: MIT */
#include "stack/pooling.h"

#include "base/arith.h"

#include <math.h>

struct pooling {
    const float *x;
    const int64_t *lengths;
    int64_t T, E;
    float *y;
};

/* Columns that are summed up together, so that rows are read in stretches. */
enum { COLUMNS = 64 };

/* Means of n columns over `length` rows. */
static void mean_columns(const float *x, int64_t E, int64_t length, int64_t n, float *y) {
    double sum[COLUMNS] = {0};
    for (int64_t t = 0; t < length; t++)
        for (int64_t i = 0; i < n; i++) sum[i] += (double)x[t * E + i];
    for (int64_t i = 0; i < n; i++) y[i] = (float)(sum[i] / (double)length);
}

static void pool_sequence(void *arg, int64_t b, int32_t worker) {
    const struct pooling *p = arg;
    (void)worker;
    const float *x = p->x + b * p->T * p->E;
    float *y = p->y + b * p->E;
    const int64_t length = p->lengths ? p->lengths[b] : p->T;
    double square = 0;
    for (int64_t i = 0; i < p->E; i += COLUMNS) mean_columns(x + i, p->E, length, min_i64(COLUMNS, p->E - i), y + i);
    for (int64_t i = 0; i < p->E; i++) square += (double)y[i] * (double)y[i];
    for (int64_t i = 0; i < p->E && square > 0; i++) y[i] = (float)((double)y[i] / sqrt(square));
}

void mean_pool(const struct parallel *parallel, const float *x, const int64_t *lengths, int64_t B, int64_t T, int64_t E,
               float *y) {
    struct pooling pooling = {x, lengths, T, E, y};
    tasks_run(parallel, B, pool_sequence, &pooling);
}
