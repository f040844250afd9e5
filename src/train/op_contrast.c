/* The loss of pairs among all others of a batch. Rows a(i) and b(j) are scaled to length 1; with s(i, j) = a(i) b(j) /
 * temperature the loss is the mean of log sum of exp s(i, .) - s(i, i), and its gradient by s the softmax of each row
 * less 1 at the pair. A row x with the unit row u has the gradient (du - (du u) u) / |x|.
 * SPDX-License-Identifier: MIT */
#include "train/ops.h"

#include "flow/backward/product.h"
#include "stack/rows.h"

#include <math.h>

/* N pairs of width E. */
struct contrast {
    const struct kernels *kernels;
    struct value x;        /* [2N][E]: first texts, then their partners */
    float *unit, *by_unit; /* [2N][E] rows of length 1, and the gradients by them */
    float *scores;         /* [N][N], then the gradients by them */
    double *lengths, *losses;
    int64_t N, E;
    double temperature, weight;
};

static void scale_rows(void *arg, int64_t first, int64_t last) {
    struct contrast *c = arg;
    for (int64_t r = first; r < last; r++) {
        const float *x = c->x.x + r * c->E;
        double square = 0;
        for (int64_t i = 0; i < c->E; i++) square += (double)x[i] * (double)x[i];
        c->lengths[r] = square > 0 ? sqrt(square) : 1;
        for (int64_t i = 0; i < c->E; i++) c->unit[r * c->E + i] = (float)((double)x[i] / c->lengths[r]);
    }
}

/* Scores of a text with all partners become its loss, and the gradient by them. */
static void take_rows(void *arg, int64_t first, int64_t last) {
    struct contrast *c = arg;
    for (int64_t r = first; r < last; r++) {
        float *z = c->scores + r * c->N;
        c->kernels->rows->scale(z, c->N, (float)(1 / c->temperature));
        const float most = c->kernels->rows->max(z, c->N), own = z[r];
        const float sum = c->kernels->rows->exp_sum(z, c->N, most);
        c->losses[r] = (double)most + log((double)sum) - (double)own;
        c->kernels->rows->scale(z, c->N, 1 / sum);
        z[r] -= 1;
        c->kernels->rows->scale(z, c->N, (float)(c->weight / (c->temperature * (double)c->N)));
    }
}

static void hand_back_rows(void *arg, int64_t first, int64_t last) {
    struct contrast *c = arg;
    for (int64_t r = first; r < last; r++) {
        const float *u = c->unit + r * c->E, *du = c->by_unit + r * c->E;
        float *dx = c->x.gradient + r * c->E;
        double along = 0;
        for (int64_t i = 0; i < c->E; i++) along += (double)u[i] * (double)du[i];
        for (int64_t i = 0; i < c->E; i++) dx[i] += (float)(((double)du[i] - along * (double)u[i]) / c->lengths[r]);
    }
}

static void find_gradients(struct tape *t, struct contrast *c) {
    const int64_t N = c->N, E = c->E;
    const struct product of_first = {c->by_unit, E, N, E, N, {c->scores, N, 0}, {c->unit + N * E, E, 0}},
                         of_partners = {c->by_unit + N * E, E, N, E, N, {c->scores, N, 1}, {c->unit, E, 0}};
    product_set(&t->ctx->machine, &of_first, NULL, t->ctx->scratch);
    product_set(&t->ctx->machine, &of_partners, NULL, t->ctx->scratch);
    value_gradient(t->ctx, &c->x);
    rows_run(&t->ctx->machine.parallel, 2 * N, hand_back_rows, c);
}

void op_contrast(struct tape *t, struct value x, double temperature, double weight, double *loss) {
    const int64_t N = x.rows / 2, E = x.width;
    struct contrast c = {
        .kernels = t->ctx->machine.kernels, .x = x, .N = N, .E = E, .temperature = temperature, .weight = weight};
    c.unit = tape_memory(t, 2 * N * E, sizeof(float));
    c.by_unit = tape_memory(t, 2 * N * E, sizeof(float));
    c.scores = tape_value(t, N, N).x;
    c.lengths = tape_memory(t, 2 * N, sizeof *c.lengths);
    c.losses = tape_memory(t, N, sizeof *c.losses);
    *loss = 0;
    if (!tape_scratch(t, product_bytes(&t->ctx->machine, N, N, E))) return;
    rows_run(&t->ctx->machine.parallel, 2 * N, scale_rows, &c);
    const struct product scores = {c.scores, N, N, N, E, {c.unit, E, 0}, {c.unit + N * E, E, 1}};
    product_set(&t->ctx->machine, &scores, NULL, t->ctx->scratch);
    rows_run(&t->ctx->machine.parallel, N, take_rows, &c);
    for (int64_t i = 0; i < N; i++) *loss += c.losses[i] / (double)N;
    if (weight > 0) find_gradients(t, &c);
}
