/* Projections by the BLAS. Sizes alone decide how Y is cut into rectangles; each is one product on one thread. An
 * operand that is not an ordinary matrix of floats is copied to the worker's scratch memory, rectangle by rectangle.
 * SPDX-License-Identifier: MIT */
#include "flow/project/project.h"

#include "base/arith.h"
#include "base/ledger.h"

#include <string.h>

/* Rows and columns of a rectangle. The BLAS packs X once per range of columns, and W once per range of rows: 512 x 576
 * is about 8 % slower than one large product, and makes four tasks of the three projections of a layer with 512 tokens
 * and width 768. */
enum { ROWS = 512, COLUMNS = 576 };

struct products {
    const struct machine *machine;
    struct projection p; /* batches that follow each other in memory are one */
    int64_t rows, row_ranges, column_ranges, tasks;
    int64_t x, y, w; /* places of a worker's copies; empty if there is no copy */
    struct ledger worker, all;
    char *scratch;
};

static int is_matrix(const struct view *v, int64_t width) {
    return v->dtype == SA_F32 && v->stride_s >= width && v->stride_s <= GEMM_MAX;
}

static int copies_x(const struct products *s) {
    return !is_matrix(&s->p.x, s->p.linear->in);
}
static int copies_y(const struct products *s) {
    return !is_matrix(&s->p.y, s->p.linear->out);
}
static int copies_w(const struct products *s) {
    return s->p.linear->dtype != SA_F32;
}

/* Whether `batch` matrices of `rows` rows follow each other in memory like one matrix. */
static int stacked(const struct view *v, int64_t batch, int64_t rows) {
    return batch == 1 || v->stride_b == rows * v->stride_s;
}

static int64_t workers_of(const struct products *s) {
    return parallel_workers(&s->machine->parallel, s->tasks);
}

static void place_copies(struct products *s) {
    struct ledger *l = &s->worker;
    const int64_t in = s->p.linear->in, f = sizeof(float);
    s->x = ledger_book(l, "x", copies_x(s) ? s->rows : 0, in, f);
    s->y = ledger_book(l, "y", copies_y(s) ? s->rows : 0, COLUMNS, f);
    s->w = ledger_book(l, "weights", copies_w(s) ? COLUMNS : 0, in, f);
    ledger_book_each(&s->all, l, workers_of(s));
}

static void cut_products(const struct machine *machine, const struct projection *p, struct products *s) {
    *s = (struct products){.machine = machine, .p = *p, .worker = {.title = "projection by a BLAS, a worker"}};
    if (stacked(&p->x, p->batch, p->rows) && stacked(&p->y, p->batch, p->rows)) {
        ledger_require(&s->all, checked_mul(p->batch, p->rows, &s->p.rows));
        s->p.batch = 1;
    }
    s->rows = min_i64(ROWS, max_i64(s->p.rows, 1));
    s->row_ranges = ceil_div(s->p.rows, s->rows);
    s->column_ranges = ceil_div(p->linear->out, COLUMNS);
    ledger_require(&s->all, checked_mul(s->p.batch, s->row_ranges, &s->tasks) &&
                                checked_mul(s->tasks, s->column_ranges, &s->tasks));
    place_copies(s);
}

int64_t blas_bytes(const struct machine *machine, const struct projection *p) {
    struct products s;
    cut_products(machine, p, &s);
    return ledger_bytes(&s.all);
}

/* A rectangle of Y, and its operands as floats. */
struct product {
    int64_t b, row, rows, column, columns;
    const float *x, *w;
    float *y;
    int64_t ldx, ldw, ldy;
};

static void place_x(const struct products *s, struct product *product, char *scratch) {
    const struct view *v = &s->p.x;
    int64_t in = s->p.linear->in;
    product->x = view_row(v, product->b, 0, product->row);
    product->ldx = v->stride_s;
    if (!copies_x(s)) return;
    float *copy = (float *)(scratch + s->x);
    for (int64_t r = 0; r < product->rows; r++)
        for (int64_t i = 0; i < in; i++)
            copy[r * in + i] = element_load(view_row(v, product->b, 0, product->row + r), v->dtype, i);
    product->x = copy;
    product->ldx = in;
}

static void place_w(const struct products *s, struct product *product, char *scratch) {
    const struct linear *l = s->p.linear;
    product->w = (const float *)l->weights + product->column * l->ld;
    product->ldw = l->ld;
    if (!copies_w(s)) return;
    float *copy = (float *)(scratch + s->w);
    for (int64_t o = 0; o < product->columns; o++)
        linear_widen(l, s->machine->kernels, product->column + o, 0, l->in, copy + o * l->in);
    product->w = copy;
    product->ldw = l->in;
}

static void place_y(const struct products *s, struct product *product, char *scratch) {
    const struct view *v = &s->p.y;
    product->y = (float *)view_row(v, product->b, 0, product->row) + product->column;
    product->ldy = v->stride_s;
    if (!copies_y(s)) return;
    product->y = (float *)(scratch + s->y);
    product->ldy = COLUMNS;
}

static void store_y(const struct products *s, const struct product *product) {
    const struct view *v = &s->p.y;
    for (int64_t r = 0; r < product->rows; r++)
        for (int64_t o = 0; o < product->columns; o++)
            element_store(view_row(v, product->b, 0, product->row + r), v->dtype, product->column + o,
                          product->y[r * product->ldy + o]);
}

static void project_rectangle(void *arg, int64_t task, int32_t worker) {
    const struct products *s = arg;
    const struct linear *l = s->p.linear;
    char *scratch = s->scratch + worker * s->worker.bytes;
    int64_t column = task % s->column_ranges * COLUMNS, row = task / s->column_ranges % s->row_ranges * s->rows;
    struct product product = {.b = task / s->column_ranges / s->row_ranges,
                              .row = row,
                              .rows = min_i64(s->rows, s->p.rows - row),
                              .column = column,
                              .columns = min_i64(COLUMNS, l->out - column)};
    place_x(s, &product, scratch);
    place_w(s, &product, scratch);
    place_y(s, &product, scratch);
    for (int64_t r = 0; l->bias && r < product.rows; r++)
        memcpy(product.y + r * product.ldy, l->bias + column, (size_t)product.columns * sizeof *product.y);
    const struct gemm_shape shape = {.m = product.rows,
                                     .n = product.columns,
                                     .k = l->in,
                                     .lda = product.ldx,
                                     .ldb = product.ldw,
                                     .ldc = product.ldy,
                                     .transposed_b = 1};
    s->machine->gemm(&shape, product.x, product.w, l->bias ? 1 : 0, product.y);
    if (copies_y(s)) store_y(s, &product);
}

void project_by_blas(const struct machine *machine, const struct projection *p, void *scratch) {
    struct products s;
    cut_products(machine, p, &s);
    s.scratch = scratch;
    ledger_open_each(&s.worker, scratch, workers_of(&s));
    tasks_run(&machine->parallel, s.tasks, project_rectangle, &s);
    ledger_close_each(&s.worker, scratch, workers_of(&s));
}
