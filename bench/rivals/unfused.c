/* The textbook way on the same BLAS: S = scale Q K^T as a whole matrix, softmax by rows, O = S V; head after head,
 * so that the matrix of one head is all it holds. A layer adds one product that makes q, k and v, and one for the
 * output.
 * SPDX-License-Identifier: MIT */
#include "loops/loops.h"
#include "measure/blas.h"
#include "measure/report.h"
#include "way/way.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct unfused {
    const struct workload *w;
    const struct loops *loops;
    float *scores; /* [T,S] of the head at work */
    float *qkv;    /* [BT,E+2KD] for a layer */
    float *joined; /* [BT,E] for a layer: the heads' results side by side */
};

static void unfused_close(void *state) {
    struct unfused *u = state;
    if (!u) return;
    free(u->scores);
    free(u->qkv);
    free(u->joined);
    free(u);
}

static void *unfused_open(const struct workload *w, const struct settings *settings) {
    const struct shape *s = &w->shape;
    (void)settings;
    blas_use_one_thread();
    struct unfused *u = calloc(1, sizeof *u);
    if (!u) {
        complain_memory(sizeof *u, "the unfused path");
        return NULL;
    }
    *u = (struct unfused){w, loops_best(), floats_new(s->T, s->S, 1, 1, "the score matrix"), NULL, NULL};
    if (u->scores && s->layer) {
        u->qkv = floats_new(s->B, s->T, s->H + 2 * s->K, s->D, "queries, keys and values");
        u->joined = u->qkv ? floats_new(s->B, s->T, s->H, s->D, "the joined heads") : NULL;
    }
    if (u->scores && (u->joined || !s->layer)) return u;
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

static void run_head(const struct unfused *u, struct matrix q, struct matrix k, struct matrix v, struct matrix o) {
    const struct shape *s = &u->w->shape;
    const struct matrix scores = {u->scores, s->S};
    sgemm_abt(s->T, s->S, s->D, 1 / sqrtf((float)s->D), q, k, scores);
    softmax_rows(u);
    sgemm_ab(s->T, s->D, s->S, 1, scores, v, o);
}

static void run_attention(const struct unfused *u) {
    const struct workload *w = u->w;
    const struct shape *s = &w->shape;
    for (int64_t bh = 0; bh < s->B * s->H; bh++) {
        const int64_t rows = bh * s->T * s->D;
        const int64_t keys = bh / (s->H / s->K) * s->S * s->D; /* batches follow each other in both numberings */
        run_head(u, (struct matrix){w->q + rows, s->D}, (struct matrix){w->k + keys, s->D},
                 (struct matrix){w->v + keys, s->D}, (struct matrix){w->o + rows, s->D});
    }
}

/* Heads are columns of qkv and of joined. */
static void run_layer(const struct unfused *u) {
    const struct workload *w = u->w;
    const struct shape *s = &w->shape;
    const int64_t E = layer_width(s), kv = s->K * s->D, row = E + 2 * kv, rows = s->B * s->T;
    const struct matrix joined = {u->joined, E};
    sgemm_abt(rows, row, E, 1, (struct matrix){w->x, E}, (struct matrix){w->weights, E}, (struct matrix){u->qkv, row});
    for (int64_t b = 0; b < s->B; b++)
        for (int64_t h = 0; h < s->H; h++) {
            float *q = u->qkv + b * s->T * row + h * s->D, *k = u->qkv + b * s->T * row + E + h / (s->H / s->K) * s->D;
            run_head(u, (struct matrix){q, row}, (struct matrix){k, row}, (struct matrix){k + kv, row},
                     (struct matrix){u->joined + b * s->T * E + h * s->D, E});
        }
    sgemm_abt(rows, E, E, 1, joined, (struct matrix){w->weights + row * E, E}, (struct matrix){w->o, E});
}

static int unfused_run(void *state) {
    const struct unfused *u = state;
    if (u->w->shape.layer)
        run_layer(u);
    else
        run_attention(u);
    return DONE;
}

static uint64_t unfused_extra_bytes(const void *state) {
    const struct shape *s = &((const struct unfused *)state)->w->shape;
    const int64_t layer = s->layer ? s->B * s->T * (2 * s->H + 2 * s->K) * s->D : 0;
    return (uint64_t)(s->T * s->S + layer) * sizeof(float) + sizeof(struct unfused);
}

const struct way way_unfused = {.name = "unfused",
                                .open = unfused_open,
                                .run = unfused_run,
                                .close = unfused_close,
                                .extra_bytes = unfused_extra_bytes};
