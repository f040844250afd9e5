/* Projections of a few rows, or with same_bits of any number. Reading the weights bounds the speed of a few, so they
 * are read once, in order, in their own type; of more rows, a task's weights stay in the cache.
 * SPDX-License-Identifier: MIT */
#include "flow/project/project.h"

#include "base/arith.h"
#include "base/ledger.h"

#include <string.h>

/* A task computes up to MOST_OUTS outputs of all rows. To begin tasks on several threads costs a microsecond, the time
 * of LEAST_BYTES of weights: less is not divided. More than MOST_BYTES need not be in one task; fewer let threads share
 * the work better. */
enum { LEAST_OUTS = 16, MOST_OUTS = 256, LEAST_BYTES = 16384, MOST_BYTES = 65536, TASKS_PER_WORKER = 4 };

/* Of many rows, so many are multiplied together: they stay in the first-level cache. */
enum { CACHED_ROWS = 8 };

struct dot_products {
    const struct machine *machine;
    const struct projection *p;
    int64_t rows;        /* of all batches together */
    int64_t outs, tasks; /* outputs of a task, and tasks */
    const float *x;      /* row r at x + r * ldx */
    int64_t ldx;
    int64_t copy, rounded, workers; /* places of copied rows, of rounded ones, and of the first worker's memory */
    struct ledger worker, all;
    char *scratch;
};

/* Projections whose tasks are begun together. */
struct dot_group {
    struct dot_products part[MOST_TOGETHER];
    int count;
    int64_t tasks;
};

static int64_t outs_of(const struct machine *machine, const struct linear *l) {
    const int64_t bytes = max_i64(weight_bytes(l->dtype, l->in), 1),
                  workers = parallel_workers(&machine->parallel, l->out);
    const int64_t least = max_i64(ceil_div(LEAST_BYTES, bytes), LEAST_OUTS), most = ceil_div(MOST_BYTES, bytes);
    const int64_t share = ceil_div(l->out, TASKS_PER_WORKER * workers);
    return min_i64(round_up(max_i64(least, min_i64(share, most)), LEAST_OUTS), MOST_OUTS);
}

/* Whether rows of X have to be copied: they are not floats, or not equally spaced. */
static int copies_x(const struct projection *p) {
    return p->x.dtype != SA_F32 || p->batch != 1;
}

/* Whether rows of X are rounded to bytes. */
static int rounds_x(const struct machine *machine, const struct projection *p) {
    const int is_faster = p->batch * p->rows <= machine->kernels->quants->most_rounded;
    return machine->rounds_inputs && is_quantised(p->linear->dtype) && (is_faster || machine->same_bits);
}

/* A worker's memory holds the results [FEW_ROWS][outs] of a task. */
static void place_buffers(struct dot_products *s, int32_t workers) {
    const struct projection *p = s->p;
    s->copy = ledger_book(&s->all, "x", copies_x(p) ? s->rows : 0, p->linear->in, sizeof(float));
    s->rounded =
        ledger_book(&s->all, "rounded x", rounds_x(s->machine, p) ? s->rows : 0, rounded_bytes(p->linear->in), 1);
    ledger_book(&s->worker, "results", FEW_ROWS, s->outs, sizeof(float));
    s->workers = ledger_book_each(&s->all, &s->worker, workers);
}

static void make_group(const struct machine *machine, const struct projection *p, int count, struct dot_group *g) {
    *g = (struct dot_group){.count = count};
    for (int i = 0; i < count; i++) {
        struct dot_products *s = &g->part[i];
        *s = (struct dot_products){.machine = machine,
                                   .p = &p[i],
                                   .rows = p[i].batch * p[i].rows,
                                   .outs = outs_of(machine, p[i].linear),
                                   .all = {.title = "projection by dots"}};
        s->tasks = s->rows ? ceil_div(p[i].linear->out, s->outs) : 0;
        g->tasks += s->tasks;
    }
    for (int i = 0; i < count; i++) place_buffers(&g->part[i], parallel_workers(&machine->parallel, g->tasks));
}

int64_t dots_bytes(const struct machine *machine, const struct projection *p, int count) {
    struct dot_group g;
    int64_t bytes = 0;
    make_group(machine, p, count, &g);
    for (int i = 0; i < count; i++) {
        const int64_t more = ledger_bytes(&g.part[i].all);
        if (more < 0 || !checked_add(bytes, more, &bytes)) return -1;
    }
    return bytes;
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
    s->x = s->rows ? view_row(x, 0, 0, 0) : NULL, s->ldx = x->stride_s;
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

/* Some of the rows, and some of the outputs. */
struct dot_block {
    int64_t row, rows, first, count;
};

static void store(const struct dot_products *s, const struct dot_block *b, float *results) {
    const struct projection *p = s->p;
    const struct linear *l = p->linear;
    const int64_t first = b->first, count = b->count;
    for (int64_t r = 0; r < b->rows; r++) {
        float *from = results + r * s->outs;
        char *to = (char *)row_of(&p->y, p, b->row + r) + first * element_size(p->y.dtype);
        for (int64_t o = 0; l->bias && o < count; o++) from[o] += l->bias[first + o];
        if (p->y.dtype == SA_F32)
            memcpy(to, from, (size_t)count * sizeof *from);
        else
            s->machine->kernels->rows->store(to, p->y.dtype, from, count);
    }
}

static void multiply(const struct dot_products *s, const struct dot_block *b, float *results) {
    const struct linear *l = s->p->linear;
    const struct kernels *kernels = s->machine->kernels;
    const void *weights = linear_row(l, b->first);
    const float *x = s->x + b->row * s->ldx;
    if (rounds_x(s->machine, s->p))
        kernels->quants->rounded_dots(results, s->outs, weights, l->dtype, b->count,
                                      s->scratch + s->rounded + b->row * rounded_bytes(l->in), b->rows, l->in);
    else if (is_quantised(l->dtype))
        kernels->quants->dots(results, s->outs, weights, l->dtype, b->count, x, s->ldx, b->rows, l->in);
    else
        kernels->rows->dots(results, s->outs, weights, l->dtype, l->ld, b->count, x, s->ldx, b->rows, l->in);
    store(s, b, results);
}

static void multiply_all(const struct dot_products *s, int64_t task, int32_t worker) {
    float *results = (float *)(s->scratch + s->workers + worker * s->worker.bytes);
    const int64_t first = task * s->outs, count = min_i64(s->outs, s->p->linear->out - first);
    const int64_t together = s->rows > FEW_ROWS ? CACHED_ROWS : FEW_ROWS;
    for (int64_t row = 0; row < s->rows; row += together) {
        const struct dot_block block = {row, min_i64(together, s->rows - row), first, count};
        multiply(s, &block, results);
    }
}

static void project_task(void *arg, int64_t task, int32_t worker) {
    const struct dot_group *g = arg;
    const struct dot_products *s = g->part;
    for (; task >= s->tasks; s++) task -= s->tasks;
    multiply_all(s, task, worker);
}

void project_by_dots(const struct machine *machine, const struct projection *p, int count, void *scratch) {
    struct dot_group g;
    char *place = scratch;
    make_group(machine, p, count, &g);
    for (int i = 0; i < count; i++) {
        struct dot_products *s = &g.part[i];
        s->scratch = place;
        place += ledger_bytes(&s->all);
        ledger_open(&s->all, s->scratch);
        find_rows(s);
        if (rounds_x(machine, s->p)) round_rows(s);
    }
    tasks_run(&machine->parallel, g.tasks, project_task, &g);
    for (int i = 0; i < count; i++) ledger_close(&g.part[i].all, g.part[i].scratch);
}
