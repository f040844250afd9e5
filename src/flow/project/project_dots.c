/* Projections of a few rows. Reading the weights bounds the speed, so they are read once, in order, in their own type.
 * SPDX-License-Identifier: MIT */
#include "flow/project/project.h"

#include "base/arith.h"
#include "base/ledger.h"

#include <string.h>

/* A task computes this many outputs of all rows. Its weights stay in the second-level cache for rows beyond the
 * kernel's first pass. */
enum { OUTS = 32 };

struct dot_products {
    const struct machine *machine;
    const struct projection *p;
    int64_t rows;   /* of all batches together */
    const float *x; /* row r at x + r * ldx */
    int64_t ldx;
    int64_t copy, rounded, workers; /* places of copied rows, of rounded ones, and of the first worker's memory */
    struct ledger worker, all;
    char *scratch;
};

static int64_t tasks_of(const struct projection *p) {
    return ceil_div(p->linear->out, OUTS);
}

static int32_t workers_of(const struct dot_products *s) {
    return parallel_workers(&s->machine->parallel, tasks_of(s->p));
}

/* Whether rows of X have to be copied: they are not floats, or not equally spaced. */
static int copies_x(const struct projection *p) {
    return p->x.dtype != SA_F32 || p->batch != 1;
}

/* Whether rows of X are rounded to bytes. */
static int rounds_x(const struct machine *machine, const struct projection *p) {
    return machine->rounds_inputs && is_quantised(p->linear->dtype);
}

/* A worker's memory holds the results [FEW_ROWS][OUTS] of a task. */
static void place_buffers(const struct machine *machine, const struct projection *p, struct dot_products *s) {
    *s = (struct dot_products){
        .machine = machine, .p = p, .rows = p->batch * p->rows, .all = {.title = "projection by dots"}};
    s->copy = ledger_book(&s->all, "x", copies_x(p) ? s->rows : 0, p->linear->in, sizeof(float));
    s->rounded = ledger_book(&s->all, "rounded x", rounds_x(machine, p) ? s->rows : 0, rounded_bytes(p->linear->in), 1);
    ledger_book(&s->worker, "results", FEW_ROWS, OUTS, sizeof(float));
    s->workers = ledger_book_each(&s->all, &s->worker, workers_of(s));
}

int64_t dots_bytes(const struct machine *machine, const struct projection *p) {
    struct dot_products s;
    place_buffers(machine, p, &s);
    return ledger_bytes(&s.all);
}

static void *row_of(const struct view *v, const struct projection *p, int64_t row) {
    return view_row(v, row / p->rows, 0, row % p->rows);
}

/* Rows of X as equally spaced floats: in place, or copied. */
static void find_rows(struct dot_products *s) {
    const struct projection *p = s->p;
    float *copy = (float *)(s->scratch + s->copy);
    const struct view *x = &p->x;
    int64_t in = p->linear->in;
    s->x = view_row(x, 0, 0, 0), s->ldx = x->stride_s;
    if (!copies_x(p)) return;
    for (int64_t r = 0; r < s->rows; r++) {
        if (x->dtype == SA_F32)
            memcpy(copy + r * in, row_of(x, p, r), (size_t)in * sizeof *copy);
        else
            s->machine->kernels->rows->load(copy + r * in, row_of(x, p, r), x->dtype, in);
    }
    s->x = copy, s->ldx = in;
}

static void round_rows(const struct dot_products *s) {
    const int64_t in = s->p->linear->in;
    for (int64_t r = 0; r < s->rows; r++)
        s->machine->kernels->quants->round(s->scratch + s->rounded + r * rounded_bytes(in), s->x + r * s->ldx, in);
}

static void store(const struct dot_products *s, int64_t first, int64_t count, float *results) {
    const struct projection *p = s->p;
    const struct linear *l = p->linear;
    for (int64_t r = 0; r < s->rows; r++) {
        float *from = results + r * OUTS;
        char *to = (char *)row_of(&p->y, p, r) + first * element_size(p->y.dtype);
        for (int64_t o = 0; l->bias && o < count; o++) from[o] += l->bias[first + o];
        if (p->y.dtype == SA_F32)
            memcpy(to, from, (size_t)count * sizeof *from);
        else
            s->machine->kernels->rows->store(to, p->y.dtype, from, count);
    }
}

static void project_task(void *arg, int64_t task, int32_t worker) {
    const struct dot_products *s = arg;
    const struct linear *l = s->p->linear;
    float *results = (float *)(s->scratch + s->workers + worker * s->worker.bytes);
    int64_t first = task * OUTS, count = min_i64(OUTS, l->out - first);
    const struct kernels *kernels = s->machine->kernels;
    const void *weights = linear_row(l, first);
    if (rounds_x(s->machine, s->p))
        kernels->quants->rounded_dots(results, OUTS, weights, l->dtype, count, s->scratch + s->rounded, s->rows, l->in);
    else if (is_quantised(l->dtype))
        kernels->quants->dots(results, OUTS, weights, l->dtype, count, s->x, s->ldx, s->rows, l->in);
    else
        kernels->rows->dots(results, OUTS, weights, l->dtype, l->ld, count, s->x, s->ldx, s->rows, l->in);
    store(s, first, count, results);
}

void project_by_dots(const struct machine *machine, const struct projection *p, void *scratch) {
    struct dot_products s;
    place_buffers(machine, p, &s);
    if (!s.rows) return;
    s.scratch = scratch;
    ledger_open(&s.all, scratch);
    find_rows(&s);
    if (rounds_x(machine, p)) round_rows(&s);
    tasks_run(&machine->parallel, tasks_of(p), project_task, &s);
    ledger_close(&s.all, scratch);
}
