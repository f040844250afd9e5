/* The plain path: the formula, token by token. It defines the right result. Sums over features are in double.
 * SPDX-License-Identifier: MIT */
#include "linear/rows.h"

/* Column c of the state times x. */
static float times_state(const struct linear_task *t, const float *x, int64_t c) {
    double sum = 0;
    for (int64_t d = 0; d < t->p->sizes.features; d++)
        sum += (double)x[d] * (double)t->head.sums[panel_at(&t->p->sizes, d, c)];
    return (float)sum;
}

static void decay_state(const struct linear_task *t) {
    const struct linear_sizes *s = &t->p->sizes;
    const int64_t n = linear_decays(t->p);
    for (int64_t d = 0; d < s->features && n; d++)
        for (int64_t c = 0; c < s->columns; c++) t->head.sums[panel_at(s, d, c)] *= t->m.decay[n > 1 ? d : 0];
}

static void add_token(const struct linear_task *t, int64_t token) {
    const struct linear_sizes *s = &t->p->sizes;
    float *u = t->m.values;
    decays_in(t, token, 1, keys_in(t, token, 1));
    const float beta = value_in(t, token, u);
    decay_state(t);
    for (int64_t c = 0; c < s->columns && t->p->beta.data; c++) u[c] -= beta * times_state(t, t->m.keys, c);
    for (int64_t d = 0; d < s->features; d++)
        for (int64_t c = 0; c < s->columns; c++) t->head.sums[panel_at(s, d, c)] += t->m.keys[d] * u[c];
}

static void answer_token(const struct linear_task *t, int64_t token) {
    for (int64_t g = 0; g < t->p->G; g++) {
        const int64_t h = t->k * t->p->G + g;
        queries_in(t, h, token, 1, t->m.rows);
        for (int64_t c = 0; c < t->p->sizes.columns; c++) t->m.result[c] = times_state(t, t->m.rows, c);
        result_out(t, h, token, t->m.result);
    }
}

void linear_plain(const struct linear_task *t) {
    const struct linear_problem *p = t->p;
    linear_head_settle(&t->head, &p->sizes, &linear_ref);
    for (int64_t s = 0; s < linear_length(p, t->b); s++) {
        add_token(t, s);
        if (!p->bidirectional) answer_token(t, s);
    }
    for (int64_t i = 0; i < p->T && p->bidirectional; i++) answer_token(t, i);
}
