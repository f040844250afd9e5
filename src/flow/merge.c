/* SPDX-License-Identifier: MIT */
#include "flow/merge.h"

#include "base/arith.h"
#include "base/ledger.h"
#include "plan/rows.h"

#include <math.h>
#include <string.h>

struct merge_work {
    const struct merge *m;
    const struct kernels *kernels;
    int64_t row, sum; /* float [Dv] each: places in a worker's memory */
    int64_t factors;  /* double [count] */
    int64_t tasks, workers;
    struct ledger worker, all;
    char *scratch;
};

static void place(const struct machine *machine, const struct merge *m, struct merge_work *w) {
    *w = (struct merge_work){.m = m, .kernels = machine->kernels, .worker = {.title = "merge, a worker"}};
    w->row = ledger_book(&w->worker, "row", m->Dv, 1, sizeof(float));
    w->sum = ledger_book(&w->worker, "sum", m->Dv, 1, sizeof(float));
    w->factors = ledger_book(&w->worker, "factors", m->count, 1, sizeof(double));
    ledger_require(&w->all, checked_mul(m->B, m->H, &w->tasks));
    w->workers = parallel_workers(&machine->parallel, w->tasks);
    ledger_book_each(&w->all, &w->worker, w->workers);
}

int64_t merge_bytes(const struct machine *machine, const struct merge *m) {
    struct merge_work w;
    place(machine, m, &w);
    return ledger_bytes(&w.all);
}

/* Row (b,h,t) of a checked tensor. */
static const char *tensor_row(const sa_tensor *t, int64_t b, int64_t h, int64_t row) {
    return (const char *)t->data + (b * t->stride[0] + h * t->stride[1] + row * t->stride[2]) * element_size(t->dtype);
}

/* exp(lse_i - lse), in double: relative errors of weights. Returns lse; no exp is above 1, so nothing overflows. */
static double find_factors(const struct merge *m, int64_t b, int64_t h, int64_t t, double *factors) {
    double most = -INFINITY, total = 0;
    for (int64_t i = 0; i < m->count; i++) {
        factors[i] = *(const float *)(const void *)tensor_row(&m->lses[i], b, h, t);
        if (!(factors[i] <= most)) most = factors[i]; /* also NaN, which stays */
    }
    if (most == -INFINITY) return most;
    for (int64_t i = 0; i < m->count; i++) total += factors[i] = factors[i] == most ? 1 : exp(factors[i] - most);
    for (int64_t i = 0; i < m->count; i++) factors[i] /= total;
    return most + log(total);
}

/* Results over no key have a factor of 0, and are not read: they may be NaN. */
static void merge_row(const struct merge_work *w, int64_t b, int64_t h, int64_t t, char *memory) {
    const struct merge *m = w->m;
    float *row = (float *)(memory + w->row), *sum = (float *)(memory + w->sum);
    double *factors = (double *)(memory + w->factors);
    const double lse = find_factors(m, b, h, t, factors);
    memset(sum, 0, (size_t)m->Dv * sizeof *sum);
    for (int64_t i = 0; i < m->count && lse != -INFINITY; i++) {
        const sa_tensor *from = &m->outputs[i];
        const struct view v = {.dtype = from->dtype, .stride_d = m->Dv > 1 ? from->stride[3] : 1};
        if (factors[i] == 0) continue;
        row_in(w->kernels, &v, tensor_row(from, b, h, t), 0, row, m->Dv);
        for (int64_t d = 0; d < m->Dv; d++) sum[d] += (float)(factors[i] * (double)row[d]);
    }
    row_out(w->kernels, &m->output, view_row(&m->output, b, h, t), 0, sum, m->Dv);
    if (m->lse.data) view_store(&m->lse, view_row(&m->lse, b, h, t), 0, (float)lse);
}

static void merge_task(void *job, int64_t task, int32_t worker) {
    const struct merge_work *w = job;
    for (int64_t t = 0; t < w->m->T; t++)
        merge_row(w, task / w->m->H, task % w->m->H, t, w->scratch + worker * w->worker.bytes);
}

void merge_run(const struct machine *machine, const struct merge *m, void *scratch) {
    struct merge_work w;
    place(machine, m, &w);
    w.scratch = scratch;
    ledger_open_each(&w.worker, w.scratch, w.workers);
    tasks_run(&machine->parallel, w.tasks, merge_task, &w);
    ledger_close_each(&w.worker, w.scratch, w.workers);
}
