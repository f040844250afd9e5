/* The textbook way on the same BLAS: S = scale Q K^T as a whole matrix, softmax by rows, O = S V; head after head,
 * so that the matrix of one head is all it holds.
 * SPDX-License-Identifier: MIT */
#include "blas.h"
#include "loops/loops.h"
#include "report.h"
#include "way.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct unfused {
    const struct workload *w;
    const struct loops *loops;
    float *scores; /* [T,S] of the head at work */
};

static void unfused_close(void *state) {
    struct unfused *u = state;
    if (!u) return;
    free(u->scores);
    free(u);
}

static void *unfused_open(const struct workload *w) {
    blas_use_one_thread();
    struct unfused *u = malloc(sizeof *u);
    if (!u) {
        complain_memory(sizeof *u, "the unfused path");
        return NULL;
    }
    *u = (struct unfused){w, loops_best(), floats_new(w->shape.T, w->shape.S, 1, 1, "the score matrix")};
    if (u->scores) return u;
    unfused_close(u);
    return NULL;
}

/* Row by row in place; what a causal row may not see becomes 0 without an exponential. */
static void softmax_rows(const struct unfused *u) {
    const struct shape *s = &u->w->shape;
    for (int64_t t = 0; t < s->T; t++) {
        float *row = u->scores + t * s->S;
        int64_t seen = visible_keys(s, t);
        u->loops->softmax(row, seen);
        memset(row + seen, 0, (size_t)(s->S - seen) * sizeof *row);
    }
}

static int unfused_run(void *state) {
    const struct unfused *u = state;
    const struct shape *s = &u->w->shape;
    const float scale = 1 / sqrtf((float)s->D);
    for (int64_t bh = 0; bh < s->B * s->H; bh++) {
        const int64_t kv = bh / (s->H / s->K); /* batches follow each other in both numberings */
        const float *q = u->w->q + bh * s->T * s->D;
        const float *k = u->w->k + kv * s->S * s->D, *v = u->w->v + kv * s->S * s->D;
        sgemm_abt(s->T, s->S, s->D, scale, q, k, u->scores);
        softmax_rows(u);
        sgemm_ab(s->T, s->D, s->S, 1, u->scores, v, u->w->o + bh * s->T * s->D);
    }
    return DONE;
}

static uint64_t unfused_extra_bytes(const void *state) {
    const struct shape *s = &((const struct unfused *)state)->w->shape;
    return (uint64_t)(s->T * s->S) * sizeof(float) + sizeof(struct unfused);
}

const struct way way_unfused = {"unfused", unfused_open, unfused_run, unfused_extra_bytes, unfused_close};
