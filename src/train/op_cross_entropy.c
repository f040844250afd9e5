/* Rows with a label, some at a time: logits, their loss, and at once the gradients. So logits of the whole batch never
 * exist together.
 * SPDX-License-Identifier: MIT */
#include "train/ops.h"

#include "flow/backward/product.h"
#include "stack/rows.h"

#include <math.h>
#include <string.h>

enum { ROWS = 256, NO_LABEL = -100 };

/* A chunk of rows, gathered: states [ROWS][E] and logits [ROWS][V], and the gradients by them; capped logits once
 * more. */
struct chunk {
    float *states, *logits, *capped, *state_gradients;
    int64_t row[ROWS], count;
};

static struct operand weights_by_input(const struct weights *w, int64_t E) {
    return w->in_out ? (struct operand){w->weight->value, w->out, 0} : (struct operand){w->weight->value, E, 1};
}

static void find_logits(struct tape *t, const struct cross_entropy *c, const struct chunk *k, int64_t E) {
    const int64_t V = c->output.out;
    const struct product p = {k->logits, V, k->count, V, E, {k->states, E, 0}, weights_by_input(&c->output, E)};
    product_set(&t->ctx->machine, &p, c->output.bias ? c->output.bias->value : NULL, t->ctx->scratch);
}

/* Multiplies the gradients by the logits of a capped row by the cap's slope. */
static void hand_through_cap(const struct cross_entropy *c, const float *logits, float *gradients) {
    for (int64_t v = 0; v < c->output.out; v++) {
        const float capped = logits[v] / (float)c->softcap;
        gradients[v] *= 1 - capped * capped;
    }
}

/* Turns the logits of a row into the gradient by them; returns the row's loss. `capped` has room for a row. */
static double take_row(const struct kernels *kernels, const struct cross_entropy *c, float *z, float *capped,
                       int32_t label, double share) {
    const int64_t V = c->output.out;
    const float even = (float)(c->smoothing / (double)V);
    double all = 0;
    if (c->multiplier != 1) kernels->rows->scale(z, V, (float)c->multiplier);
    if (c->softcap > 0) {
        kernels->rows->softcap(z, V, (float)c->softcap);
        memcpy(capped, z, (size_t)V * sizeof *z);
    }
    for (int64_t v = 0; c->smoothing > 0 && v < V; v++) all += (double)z[v];
    const float max = kernels->rows->max(z, V), of_label = z[label];
    const float sum = kernels->rows->exp_sum(z, V, max);
    kernels->rows->scale(z, V, 1 / sum);
    if (even > 0) kernels->rows->add(z, -even, V);
    z[label] -= (float)(1 - c->smoothing);
    kernels->rows->scale(z, V, (float)(share * c->multiplier));
    if (c->softcap > 0) hand_through_cap(c, capped, z);
    return (double)max + log((double)sum) - (1 - c->smoothing) * (double)of_label - c->smoothing / (double)V * all;
}

/* Rows of a chunk, each on its own; `losses` has one for each. */
struct rows_of_chunk {
    const struct kernels *kernels;
    const struct cross_entropy *c;
    const struct chunk *k;
    struct value x;
    double losses[ROWS], share;
};

static void take_rows(void *arg, int64_t first, int64_t last) {
    struct rows_of_chunk *a = arg;
    const int64_t V = a->c->output.out;
    for (int64_t r = first; r < last; r++)
        a->losses[r] = take_row(a->kernels, a->c, a->k->logits + r * V, a->k->capped + r * V,
                                a->c->labels[a->k->row[r]], a->share);
}

static void add_weight_gradients(struct tape *t, const struct cross_entropy *c, const struct chunk *k, int64_t E) {
    const int64_t V = c->output.out;
    const struct operand dz = {k->logits, V, 0}, dz_t = {k->logits, V, 1}, x = {k->states, E, 0},
                         x_t = {k->states, E, 1};
    const struct product out_in = {c->output.weight->gradient, E, V, E, k->count, dz_t, x},
                         in_out = {c->output.weight->gradient, V, E, V, k->count, x_t, dz};
    if (c->output.weight->gradient)
        product_add(&t->ctx->machine, c->output.in_out ? &in_out : &out_in, t->ctx->scratch);
    if (gradient_of(c->output.bias))
        add_rows(&t->ctx->machine.parallel, c->output.bias->gradient, k->logits, k->count, V);
}

static void find_state_gradients(struct tape *t, const struct cross_entropy *c, const struct chunk *k, int64_t E) {
    const int64_t V = c->output.out;
    const struct operand w = c->output.in_out ? (struct operand){c->output.weight->value, V, 1}
                                              : (struct operand){c->output.weight->value, E, 0};
    const struct product p = {k->state_gradients, E, k->count, E, V, {k->logits, V, 0}, w};
    product_set(&t->ctx->machine, &p, NULL, t->ctx->scratch);
}

static void hand_back_rows(void *arg, int64_t first, int64_t last) {
    const struct rows_of_chunk *a = arg;
    const int64_t E = a->x.width;
    for (int64_t r = first; r < last; r++) {
        const float *from = a->k->state_gradients + r * E;
        float *restrict to = a->x.gradient + a->k->row[r] * E;
        for (int64_t i = 0; i < E; i++) to[i] += (float)(a->c->states_factor * (double)from[i]);
    }
}

static void gather_rows(void *arg, int64_t first, int64_t last) {
    const struct rows_of_chunk *a = arg;
    const int64_t E = a->x.width;
    for (int64_t r = first; r < last; r++) {
        const float *from = a->x.x + a->k->row[r] * E;
        float *restrict to = a->k->states + r * E;
        for (int64_t i = 0; i < E; i++) to[i] = (float)(a->c->states_factor * (double)from[i]);
    }
}

static double run_chunk(struct tape *t, const struct cross_entropy *c, struct value x, struct chunk *k, double share) {
    const struct parallel *parallel = &t->ctx->machine.parallel;
    struct rows_of_chunk rows = {.kernels = t->ctx->machine.kernels, .c = c, .k = k, .x = x, .share = share};
    double loss = 0;
    rows_run(parallel, k->count, gather_rows, &rows);
    find_logits(t, c, k, x.width);
    rows_run(parallel, k->count, take_rows, &rows);
    for (int64_t r = 0; r < k->count; r++) loss += rows.losses[r];
    if (c->weight > 0) {
        add_weight_gradients(t, c, k, x.width);
        find_state_gradients(t, c, k, x.width);
        rows_run(parallel, k->count, hand_back_rows, &rows);
    }
    k->count = 0;
    return loss;
}

void op_cross_entropy(struct tape *t, struct value x, const struct cross_entropy *c, double *loss) {
    struct chunk k = {.count = 0};
    int64_t labelled = 0;
    double sum = 0;
    k.states = tape_memory(t, ROWS * x.width, sizeof(float));
    k.state_gradients = tape_memory(t, ROWS * x.width, sizeof(float));
    k.logits = tape_memory(t, ROWS * c->output.out, sizeof(float));
    k.capped = tape_memory(t, c->softcap > 0 ? ROWS * c->output.out : 0, sizeof(float));
    *loss = 0;
    if (!tape_scratch(t, product_bytes(&t->ctx->machine, ROWS, x.width, c->output.out))) return;
    if (c->weight > 0) value_gradient(t->ctx, &x);
    for (int64_t r = 0; r < x.rows; r++) labelled += c->labels[r] != NO_LABEL;
    for (int64_t r = 0; r < x.rows; r++) {
        if (c->labels[r] != NO_LABEL) k.row[k.count++] = r;
        if (k.count == ROWS || (k.count && r + 1 == x.rows))
            sum += run_chunk(t, c, x, &k, c->weight / (double)labelled);
    }
    *loss = labelled ? sum / (double)labelled : 0;
}
