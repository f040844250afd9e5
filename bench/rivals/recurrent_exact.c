/* SPDX-License-Identifier: MIT */
#include "measure/report.h"
#include "rivals/recurrent.h"

#include <math.h>
#include <stdlib.h>

int recurrent_exact_open(struct recurrent_exact *e, const struct recurrent *r) {
    const size_t width = (size_t)r->width, rows = (size_t)recurrent_gates(r->kind) * width;
    double *at = calloc(4 * width + 4 * rows, sizeof *at);
    if (!at) return complain_memory((double)(4 * width + 4 * rows) * sizeof *at, "the state in doubles");
    *e = (struct recurrent_exact){.r = r, .memory = at};
    e->h = at, e->dh = at + width, e->c = at + 2 * width, e->dc = at + 3 * width;
    at += 4 * width;
    e->z[0] = at, e->z[1] = at + rows, e->dz[0] = at + 2 * rows, e->dz[1] = at + 3 * rows;
    return DONE;
}

void recurrent_exact_close(struct recurrent_exact *e) {
    free(e->memory);
}

/* A number and its change. */
struct dual {
    double x, dx;
};

static struct dual sum(struct dual a, struct dual b) {
    return (struct dual){a.x + b.x, a.dx + b.dx};
}

static struct dual product(struct dual a, struct dual b) {
    return (struct dual){a.x * b.x, a.dx * b.x + a.x * b.dx};
}

static struct dual tangent(struct dual a) {
    const double t = tanh(a.x);
    return (struct dual){t, (1 - t * t) * a.dx};
}

static struct dual sigmoid(struct dual a) {
    const double s = 1 / (1 + exp(-a.x));
    return (struct dual){s, s * (1 - s) * a.dx};
}

static struct dual rest(struct dual a) {
    return (struct dual){1 - a.x, -a.dx};
}

/* Row `row` of both products. */
static void products(struct recurrent_exact *e, int64_t row, const float *x, const float *dx) {
    const struct recurrent *r = e->r;
    const float *W = r->W + row * r->width, *U = r->U + row * r->width;
    struct dual a = {(double)r->b[row], 0}, u = {(double)r->d[row], 0};
    for (int64_t i = 0; i < r->width; i++) {
        a.x += (double)W[i] * (double)x[i];
        if (dx) a.dx += (double)W[i] * (double)dx[i];
        u.x += (double)U[i] * e->h[i], u.dx += (double)U[i] * e->dh[i];
    }
    e->z[0][row] = a.x, e->dz[0][row] = a.dx, e->z[1][row] = u.x, e->dz[1][row] = u.dx;
}

static struct dual part(const struct recurrent_exact *e, int side, int g, int64_t i) {
    const int64_t at = g * e->r->width + i;
    return (struct dual){e->z[side][at], e->dz[side][at]};
}

static struct dual gate(const struct recurrent_exact *e, int g, int64_t i) {
    return sum(part(e, 0, g, i), part(e, 1, g, i));
}

static struct dual lstm_cell(struct recurrent_exact *e, int64_t i) {
    const struct dual kept = product(sigmoid(gate(e, 1, i)), (struct dual){e->c[i], e->dc[i]});
    const struct dual c = sum(kept, product(sigmoid(gate(e, 0, i)), tangent(gate(e, 2, i))));
    e->c[i] = c.x, e->dc[i] = c.dx;
    return product(sigmoid(gate(e, 3, i)), tangent(c));
}

static struct dual gru_cell(const struct recurrent_exact *e, int64_t i) {
    const struct dual reset = sigmoid(gate(e, 0, i)), keep = sigmoid(gate(e, 1, i));
    const struct dual fresh = tangent(sum(part(e, 0, 2, i), product(reset, part(e, 1, 2, i))));
    return sum(product(rest(keep), fresh), product(keep, (struct dual){e->h[i], e->dh[i]}));
}

void recurrent_exact_step(struct recurrent_exact *e, const float *x, const float *dx) {
    for (int64_t row = 0; row < recurrent_gates(e->r->kind) * e->r->width; row++) products(e, row, x, dx);
    for (int64_t i = 0; i < e->r->width; i++) {
        const int kind = e->r->kind;
        const struct dual h = kind == RNN ? tangent(gate(e, 0, i)) : kind == LSTM ? lstm_cell(e, i) : gru_cell(e, i);
        e->h[i] = h.x, e->dh[i] = h.dx;
    }
}
