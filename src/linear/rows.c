/* SPDX-License-Identifier: MIT */
#include "linear/rows.h"

#include "plan/rows.h"

#include <math.h>
#include <string.h>

/* Logarithms of positive random features (Choromanski et al., 2020, lemma 1) of x * sqrt(scale): their product with the
 * directions, less half the square. Returns the largest of the first m of every row. */
static float log_features(const struct linear_task *t, const struct view *view, int64_t h, int64_t first, int64_t count,
                          float *rows) {
    const struct linear_problem *p = t->p;
    const struct sa_random_features *random = p->random;
    const float root = sqrtf(p->scale);
    float most = -INFINITY;
    for (int64_t i = 0; i < count; i++) {
        float *x = t->m.raw + i * p->D;
        row_in(t->kernels, view, view_row(view, t->b, h, first + i), 0, x, p->D);
        t->kernels->rows->scale(x, p->D, root);
    }
    t->kernels->linear->product(rows, p->sizes.row, NULL, 0, t->m.raw, p->D, 1, random->projection, random->row, p->D,
                                count, random->row);
    for (int64_t i = 0; i < count; i++) {
        const float *x = t->m.raw + i * p->D;
        float squares;
        t->kernels->rows->dots(&squares, 1, x, SA_F32, p->D, 1, x, p->D, 1, p->D);
        t->kernels->rows->add(rows + i * p->sizes.row, -squares / 2, random->m);
        most = fmaxf(most, t->kernels->rows->max(rows + i * p->sizes.row, random->m));
    }
    return most;
}

static void map_rows(const struct linear_task *t, const struct view *view, int64_t h, int64_t first, int64_t count,
                     float *rows) {
    for (int64_t i = 0; i < count; i++) {
        float *x = rows + i * t->p->sizes.row;
        row_in(t->kernels, view, view_row(view, t->b, h, first + i), 0, x, t->p->D);
        t->kernels->linear->map(x, t->p->D, t->p->features);
    }
}

/* No feature is above 1: the shift is the largest logarithm of all keys so far. */
static float random_keys(const struct linear_task *t, int64_t first, int64_t count) {
    const float before = *t->head.shift;
    const float after = fmaxf(before, log_features(t, &t->p->key, t->k, first, count, t->m.keys));
    const float base = after == -INFINITY ? 0 : after;
    for (int64_t i = 0; i < count; i++)
        t->kernels->rows->exp_sum(t->m.keys + i * t->p->sizes.row, t->p->sizes.features, base);
    *t->head.shift = after;
    return expf(before - base);
}

float keys_in(const struct linear_task *t, int64_t first, int64_t count) {
    if (t->p->random) return random_keys(t, first, count);
    map_rows(t, &t->p->key, t->k, first, count, t->m.keys);
    return 1;
}

void queries_in(const struct linear_task *t, int64_t h, int64_t first, int64_t count, float *rows) {
    const struct linear_problem *p = t->p;
    if (!p->random) map_rows(t, &p->query, h, first, count, rows);
    if (p->random) log_features(t, &p->query, h, first, count, rows);
    for (int64_t i = 0; i < count; i++) {
        float *x = rows + i * p->sizes.row;
        if (p->random)
            t->kernels->rows->exp_sum(x, p->sizes.features, t->kernels->rows->max(x, p->sizes.features));
        else if (p->scale != 1)
            t->kernels->rows->scale(x, p->D, p->scale);
    }
}

void decays_in(const struct linear_task *t, int64_t first, int64_t count, float factor) {
    const int64_t n = linear_decays(t->p);
    for (int64_t i = 0; i < count; i++) {
        float *a = t->m.decay + i * n;
        for (int64_t d = 0; d < n && !t->p->decays; d++) a[d] = 1;
        if (!t->p->decays) continue;
        row_in(t->kernels, &t->p->decay, view_row(&t->p->decay, t->b, t->k, first + i), 0, a, n);
        t->kernels->rows->exp_sum(a, n, 0);
    }
    if (n && factor != 1) t->kernels->rows->scale(t->m.decay, n, factor);
}

float value_in(const struct linear_task *t, int64_t token, float *value) {
    const struct linear_problem *p = t->p;
    float beta = 1;
    memset(value + p->Dv, 0, (size_t)(p->sizes.columns - p->Dv) * sizeof *value);
    row_in(t->kernels, &p->value, view_row(&p->value, t->b, t->k, token), 0, value, p->Dv);
    if (p->normalised) value[p->Dv] = 1;
    if (p->beta.data) {
        row_in(t->kernels, &p->beta, view_row(&p->beta, t->b, t->k, token), 0, &beta, 1);
        t->kernels->rows->scale(value, p->sizes.columns, beta);
    }
    return beta;
}

void result_out(const struct linear_task *t, int64_t h, int64_t token, float *result) {
    const struct linear_problem *p = t->p;
    if (p->normalised) {
        const float total = result[p->Dv] + p->epsilon;
        for (int64_t d = 0; d < p->Dv; d++) result[d] = total == 0 ? 0 : result[d] / total;
    }
    row_out(t->kernels, &p->output, view_row(&p->output, t->b, h, token), 0, result, p->Dv);
}
