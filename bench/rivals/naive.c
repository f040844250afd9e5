/* Three loops and a softmax, as one writes attention down first: no BLAS, no tiles, one row of scores.
 * SPDX-License-Identifier: MIT */
#include "measure/report.h"
#include "way/way.h"

#include <math.h>
#include <stdlib.h>

struct naive {
    const struct workload *w;
    float *row; /* [S] */
};

static void naive_close(void *state) {
    struct naive *n = state;
    if (!n) return;
    free(n->row);
    free(n);
}

static void *naive_open(const struct workload *w, const struct settings *settings) {
    (void)settings;
    struct naive *n = malloc(sizeof *n);
    if (!n) {
        complain_memory(sizeof *n, "the triple loop");
        return NULL;
    }
    *n = (struct naive){w, floats_new(w->shape.S, 1, 1, 1, "a row of scores")};
    if (n->row) return n;
    naive_close(n);
    return NULL;
}

/* row_s = scale q . k_s, then its softmax. */
static void score_row(float *row, int64_t seen, int64_t D, const float *q, const float *k) {
    const float scale = 1 / sqrtf((float)D);
    float largest = -INFINITY, sum = 0;
    for (int64_t s = 0; s < seen; s++) {
        float dot = 0;
        for (int64_t d = 0; d < D; d++) dot += q[d] * k[s * D + d];
        row[s] = scale * dot;
        if (row[s] > largest) largest = row[s];
    }
    for (int64_t s = 0; s < seen; s++) sum += row[s] = expf(row[s] - largest);
    for (int64_t s = 0; s < seen; s++) row[s] /= sum;
}

static void weigh_values(float *o, const float *row, int64_t seen, int64_t D, const float *v) {
    for (int64_t d = 0; d < D; d++) o[d] = 0;
    for (int64_t s = 0; s < seen; s++)
        for (int64_t d = 0; d < D; d++) o[d] += row[s] * v[s * D + d];
}

static int naive_run(void *state) {
    const struct naive *n = state;
    const struct shape *s = &n->w->shape;
    for (int64_t bh = 0; bh < s->B * s->H; bh++) {
        const int64_t kv = bh / (s->H / s->K);
        const float *k = n->w->k + kv * s->S * s->D, *v = n->w->v + kv * s->S * s->D;
        for (int64_t t = 0; t < s->T; t++) {
            const int64_t row = (bh * s->T + t) * s->D, seen = visible_keys(s, t);
            score_row(n->row, seen, s->D, n->w->q + row, k);
            weigh_values(n->w->o + row, n->row, seen, s->D, v);
        }
    }
    return DONE;
}

static uint64_t naive_extra_bytes(const void *state) {
    return (uint64_t)((const struct naive *)state)->w->shape.S * sizeof(float) + sizeof(struct naive);
}

const struct way way_naive = {.name = "triple loop",
                              .open = naive_open,
                              .run = naive_run,
                              .close = naive_close,
                              .extra_bytes = naive_extra_bytes};
