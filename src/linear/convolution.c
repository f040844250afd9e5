/* SPDX-License-Identifier: MIT */
#include "linear/convolution.h"

#include "base/arith.h"
#include "base/ledger.h"
#include "kernel/linear.h"
#include "plan/rows.h"

#include <string.h>

enum {
    STRETCH = 64, /* channels of a task: rows of a cache line or more */
    TOKENS = 32   /* computed at a time */
};

struct convolution_work {
    const struct convolution *c;
    const struct kernels *kernels;
    int64_t weights, bias, rows, out; /* places in a worker's memory */
    int64_t stretches, tasks, workers;
    struct ledger worker, all;
    char *scratch;
};

static void place(const struct machine *machine, const struct convolution *c, struct convolution_work *w) {
    *w = (struct convolution_work){.c = c, .kernels = machine->kernels, .worker = {.title = "convolution, a worker"}};
    w->weights = ledger_book(&w->worker, "weights", c->taps, STRETCH, sizeof(float));
    w->bias = ledger_book(&w->worker, "bias", STRETCH, 1, sizeof(float));
    w->rows = ledger_book(&w->worker, "rows", c->taps - 1 + TOKENS, STRETCH, sizeof(float));
    w->out = ledger_book(&w->worker, "out", TOKENS, STRETCH, sizeof(float));
    w->stretches = ceil_div(c->C, STRETCH);
    ledger_require(&w->all, checked_mul(c->B, w->stretches, &w->tasks));
    w->workers = parallel_workers(&machine->parallel, w->tasks);
    ledger_book_each(&w->all, &w->worker, w->workers);
}

int64_t convolution_bytes(const struct machine *machine, const struct convolution *c) {
    struct convolution_work w;
    place(machine, c, &w);
    return ledger_bytes(&w.all);
}

/* The type of y rounds the convolution before its activation. */
static void activate(const struct convolution_work *w, float *out, int64_t n) {
    uint16_t half[STRETCH];
    if (!w->c->silu) return;
    if (w->c->y.dtype != SA_F32) {
        w->kernels->rows->store(half, w->c->y.dtype, out, n);
        w->kernels->rows->load(out, half, w->c->y.dtype, n);
    }
    w->kernels->rows->silu(out, n);
}

/* rows [taps - 1 .. taps - 1 + count] are x; those before are earlier rows. */
static void convolve(const struct convolution_work *w, const struct view *y, int64_t b, int64_t t, int64_t count,
                     int64_t first, int64_t n, char *memory) {
    const float *bias = (const float *)(memory + w->bias), *weights = (const float *)(memory + w->weights);
    float *out = (float *)(memory + w->out);
    for (int64_t i = 0; i < count; i++) memcpy(out + i * STRETCH, bias, STRETCH * sizeof *out);
    w->kernels->linear->convolve(out, (const float *)(memory + w->rows), weights, STRETCH, w->c->taps, count,
                                 round_up(n, LINEAR_UNIT));
    for (int64_t i = 0; i < count; i++) {
        activate(w, out + i * STRETCH, n);
        row_out(w->kernels, y, view_row(y, b, 0, t + i), first, out + i * STRETCH, n);
    }
}

/* Taps and bias of a stretch, [tap][channel], zeros behind its last channel. */
static void load_weights(const struct convolution_work *w, int64_t first, int64_t n, char *memory) {
    const struct convolution *c = w->c;
    float *weights = (float *)(memory + w->weights), *bias = (float *)(memory + w->bias);
    memset(weights, 0, (size_t)(c->taps * STRETCH) * sizeof *weights);
    memset(bias, 0, STRETCH * sizeof *bias);
    for (int64_t i = 0; i < n; i++) {
        const void *row = view_row(&c->weight, 0, 0, first + i);
        for (int64_t j = 0; j < c->taps; j++) weights[j * STRETCH + i] = view_load(&c->weight, row, j);
    }
    if (c->bias.data) row_in(w->kernels, &c->bias, view_row(&c->bias, 0, 0, 0), first, bias, n);
}

static void convolution_task(void *job, int64_t task, int32_t worker) {
    const struct convolution_work *w = job;
    const struct convolution *c = w->c;
    char *memory = w->scratch + worker * w->worker.bytes;
    float *rows = (float *)(memory + w->rows);
    const int64_t b = task / w->stretches, first = task % w->stretches * STRETCH, n = min_i64(STRETCH, c->C - first);
    const int64_t kept = c->taps - 1;
    load_weights(w, first, n, memory);
    memset(rows, 0, (size_t)((kept + TOKENS) * STRETCH) * sizeof *rows);
    for (int64_t j = 0; j < kept && c->state.data; j++)
        row_in(w->kernels, &c->state, view_row(&c->state, b, 0, j), first, rows + j * STRETCH, n);
    for (int64_t t = 0; t < c->T; t += TOKENS) {
        const int64_t count = min_i64(TOKENS, c->T - t);
        for (int64_t i = 0; i < count; i++)
            row_in(w->kernels, &c->x, view_row(&c->x, b, 0, t + i), first, rows + (kept + i) * STRETCH, n);
        convolve(w, &c->y, b, t, count, first, n, memory);
        memmove(rows, rows + count * STRETCH, (size_t)(kept * STRETCH) * sizeof *rows);
    }
    for (int64_t j = 0; j < kept && c->state.data; j++)
        row_out(w->kernels, &c->state, view_row(&c->state, b, 0, j), first, rows + j * STRETCH, n);
}

void convolution_run(const struct machine *machine, const struct convolution *c, void *scratch) {
    struct convolution_work w;
    place(machine, c, &w);
    w.scratch = scratch;
    ledger_open_each(&w.worker, w.scratch, w.workers);
    tasks_run(&machine->parallel, w.tasks, convolution_task, &w);
    ledger_close_each(&w.worker, w.scratch, w.workers);
}
