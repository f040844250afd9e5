/* The recurrent form, token by token. A step reads the sums once, for the key and all queries, and writes them only
 * when LINEAR_PENDING tokens stand beside them: in the same pass, a panel after the other, so that a panel is read
 * once.
 * SPDX-License-Identifier: MIT */
#include "linear/rows.h"

#include <string.h>

static const float one = 1;

/* Decays since the sums were written, with those of this token; pending keys decay too, unless they are about to be
 * written. */
static void decay_step(const struct linear_task *t, int full) {
    const int64_t n = linear_decays(t->p), M = t->p->sizes.features;
    const struct row_kernels *rows = t->kernels->rows;
    float *now = t->m.prefix;
    for (int64_t d = 0; full && d < M; d++) now[d] = 1;
    if (!full) memcpy(now, t->head.decay, (size_t)M * sizeof *now);
    if (n == 1) rows->scale(now, M, t->m.decay[0]);
    if (n > 1) rows->multiply(now, t->m.decay, M);
    const int64_t pending = full ? 0 : *t->head.pending, row = t->p->sizes.row;
    if (n == 1) rows->scale(t->head.keys, pending * row, t->m.decay[0]);
    for (int64_t j = 0; n > 1 && j < pending; j++) rows->multiply(t->head.keys + j * row, t->m.decay, M);
}

/* Products of the rows and pending keys, then of the queries and this key. */
static void step_scores(const struct linear_task *t, int64_t pending, int64_t rows) {
    const struct linear_sizes *s = &t->p->sizes;
    float *scores = t->m.scores;
    t->kernels->rows->dots(scores, LINEAR_CHUNK, t->head.keys, SA_F32, s->row, pending, t->m.rows, s->row, rows,
                           s->features);
    t->kernels->rows->dots(scores + pending, LINEAR_CHUNK, t->m.keys, SA_F32, s->row, 1, t->m.rows, s->row, rows,
                           s->features);
}

/* result = rows times the sums, which take in the pending tokens before if there is no room for more. */
static void read_sums(const struct linear_task *t, int64_t rows, int full) {
    const struct linear_sizes *s = &t->p->sizes;
    const struct linear_kernels *kernels = t->kernels->linear;
    for (int64_t c = 0; c < s->columns; c += LINEAR_PANEL) {
        const int64_t width = panel_width(s->columns, c);
        float *sums = t->head.sums + c * s->features;
        if (full)
            kernels->product(sums, width, t->head.decay, 1, t->head.keys, 1, s->row, t->head.values + c, s->columns,
                             LINEAR_PENDING, s->features, width);
        kernels->product(t->m.result + c, s->columns, NULL, 0, t->m.rows, s->row, 1, sums, width, s->features, rows,
                         width);
    }
}

/* u of this token, added to the pending ones. */
static void step_value(const struct linear_task *t, int64_t rows, int64_t pending) {
    const struct linear_sizes *s = &t->p->sizes;
    float *restrict u = t->head.values + pending * s->columns;
    const float *restrict change = t->p->beta.data ? t->m.result : NULL;
    if (pending)
        t->kernels->linear->product(t->m.result, s->columns, &one, 0, t->m.scores, LINEAR_CHUNK, 1, t->head.values,
                                    s->columns, pending, rows, s->columns);
    memcpy(u, t->m.values, (size_t)s->columns * sizeof *u);
    for (int64_t c = 0; change && c < s->columns; c++) u[c] += change[c];
    memcpy(t->head.keys + pending * s->row, t->m.keys, (size_t)s->features * sizeof(float));
    *t->head.pending = pending + 1;
}

static void step(const struct linear_task *t, int64_t token) {
    const struct linear_problem *p = t->p;
    const struct linear_sizes *s = &p->sizes;
    const int full = *t->head.pending == LINEAR_PENDING, delta = p->beta.data != NULL;
    const int64_t pending = full ? 0 : *t->head.pending, rows = delta + p->G;
    decays_in(t, token, 1, keys_in(t, token, 1));
    const float beta = value_in(t, token, t->m.values);
    if (delta) t->kernels->rows->scale_to(t->m.rows, t->m.keys, s->features, -beta);
    for (int64_t g = 0; g < p->G; g++) queries_in(t, t->k * p->G + g, token, 1, t->m.rows + (delta + g) * s->row);
    decay_step(t, full);
    step_scores(t, pending, rows);
    for (int64_t r = 0; r < rows; r++) t->kernels->rows->multiply(t->m.rows + r * s->row, t->m.prefix, s->features);
    read_sums(t, rows, full);
    memcpy(t->head.decay, t->m.prefix, (size_t)s->features * sizeof(float));
    step_value(t, rows, pending);
    for (int64_t g = 0; g < p->G; g++) {
        float *result = t->m.result + (delta + g) * s->columns;
        t->kernels->linear->product(result, s->columns, &one, 0, t->m.scores + (delta + g) * LINEAR_CHUNK + pending,
                                    LINEAR_CHUNK, 1, t->head.values + pending * s->columns, s->columns, 1, 1,
                                    s->columns);
        result_out(t, t->k * p->G + g, token, result);
    }
}

void linear_steps(const struct linear_task *t) {
    for (int64_t i = 0; i < linear_length(t->p, t->b); i++) step(t, i);
}
