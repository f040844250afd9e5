/* The cells of recurrent layers, built once per instruction set like the loops that they belong to: the compiler
 * vectorises them, with the C library's vector expf where there is one.
 * SPDX-License-Identifier: MIT */
#include "rivals/recurrent.h"

#include <math.h>

void RECURRENT_CELLS(int kind, int64_t width, const float *a, const float *u, float *c, float *h);

static inline float sigmoid(float x) {
    return 1 / (1 + expf(-x));
}

static inline float tangent(float x) {
    return 2 / (1 + expf(-2 * x)) - 1;
}

static void rnn_cells(int64_t width, const float *a, const float *u, float *restrict h) {
    for (int64_t i = 0; i < width; i++) h[i] = tangent(a[i] + u[i]);
}

static void lstm_cells(int64_t width, const float *a, const float *u, float *restrict c, float *restrict h) {
    for (int64_t i = 0; i < width; i++) {
        const int64_t f = width + i, g = 2 * width + i, o = 3 * width + i;
        c[i] = sigmoid(a[f] + u[f]) * c[i] + sigmoid(a[i] + u[i]) * tangent(a[g] + u[g]);
        h[i] = sigmoid(a[o] + u[o]) * tangent(c[i]);
    }
}

static void gru_cells(int64_t width, const float *a, const float *u, float *restrict h) {
    for (int64_t i = 0; i < width; i++) {
        const int64_t z = width + i, n = 2 * width + i;
        const float keep = sigmoid(a[z] + u[z]);
        h[i] = (1 - keep) * tangent(a[n] + sigmoid(a[i] + u[i]) * u[n]) + keep * h[i];
    }
}

void RECURRENT_CELLS(int kind, int64_t width, const float *a, const float *u, float *c, float *h) {
    if (kind == RNN)
        rnn_cells(width, a, u, h);
    else if (kind == LSTM)
        lstm_cells(width, a, u, c, h);
    else
        gru_cells(width, a, u, h);
}
