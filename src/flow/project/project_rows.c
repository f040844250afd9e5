/* Projections of a few rows: bound by the memory that the weights lie in, so these are read once, in order, in the type
 * that they have.
 * SPDX-License-Identifier: MIT */
#include "flow/project/project.h"

#include "base/arith.h"
#include "base/memory.h"

#include <string.h>

/* More rows than this are faster by lanes or on the matrix unit: see docs/performance.md. */
enum { MOST_ROWS = 16 };

/* A task makes this many outputs of all rows; its weights stay in the second-level cache for the rows that do not fit a
 * first pass. */
enum { OUTS = 32 };

struct job {
    const struct kernels *kernels;
    const struct projection *p;
    int64_t rows;   /* of all batches together */
    const float *x; /* row r at x + r * ldx */
    int64_t ldx;
    float *results; /* a worker's [MOST_ROWS][OUTS] */
};

int few_rows(const struct machine *machine, const struct projection *p) {
    int64_t rows;
    return machine->precision != SA_PRECISION_MEDIUM && checked_mul(p->batch, p->rows, &rows) && rows <= MOST_ROWS;
}

static int64_t tasks_of(const struct projection *p) {
    return ceil_div(p->linear->out, OUTS);
}

static int64_t results_bytes(const struct machine *machine, const struct projection *p) {
    return parallel_workers(&machine->parallel, tasks_of(p)) * MOST_ROWS * OUTS * (int64_t)sizeof(float);
}

int64_t project_bytes_rows(const struct machine *machine, const struct projection *p) {
    int64_t bytes;
    return checked_mul(p->batch * p->rows, p->linear->in, &bytes) && checked_mul(bytes, sizeof(float), &bytes) &&
                   checked_add(bytes, results_bytes(machine, p), &bytes)
               ? bytes
               : -1;
}

static void *row_of(const struct view *v, const struct projection *p, int64_t row) {
    return view_row(v, row / p->rows, 0, row % p->rows);
}

/* Rows of X as floats at one distance from each other: in place, or copied. */
static void find_rows(struct job *job, float *copy) {
    const struct projection *p = job->p;
    const struct view *x = &p->x;
    int64_t in = p->linear->in;
    job->x = view_row(x, 0, 0, 0), job->ldx = x->stride_s;
    if (x->dtype == SA_F32 && p->batch == 1) return;
    for (int64_t r = 0; r < job->rows; r++) {
        if (x->dtype == SA_F32)
            memcpy(copy + r * in, row_of(x, p, r), (size_t)in * sizeof *copy);
        else
            job->kernels->rows->load(copy + r * in, row_of(x, p, r), x->dtype, in);
    }
    job->x = copy, job->ldx = in;
}

static void store(const struct job *job, int64_t first, int64_t count, float *results) {
    const struct projection *p = job->p;
    const struct linear *l = p->linear;
    for (int64_t r = 0; r < job->rows; r++) {
        float *from = results + r * OUTS;
        char *to = (char *)row_of(&p->y, p, r) + first * element_size(p->y.dtype);
        for (int64_t o = 0; l->bias && o < count; o++) from[o] += l->bias[first + o];
        if (p->y.dtype == SA_F32)
            memcpy(to, from, (size_t)count * sizeof *from);
        else
            job->kernels->rows->store(to, p->y.dtype, from, count);
    }
}

static void project_task(void *arg, int64_t task, int32_t worker) {
    const struct job *job = arg;
    const struct linear *l = job->p->linear;
    float *results = job->results + worker * MOST_ROWS * OUTS;
    int64_t first = task * OUTS, count = min_i64(OUTS, l->out - first);
    const char *weights = (const char *)l->weights + first * l->ld * element_size(l->dtype);
    job->kernels->rows->dots(results, OUTS, weights, l->dtype, l->ld, count, job->x, job->ldx, job->rows, l->in);
    store(job, first, count, results);
}

void project_rows(const struct machine *machine, const struct projection *p, void *scratch) {
    struct job job = {.kernels = machine->kernels, .p = p, .rows = p->batch * p->rows, .results = scratch};
    if (!job.rows) return;
    find_rows(&job, (float *)((char *)scratch + results_bytes(machine, p)));
    tasks_run(&machine->parallel, tasks_of(p), project_task, &job);
}
