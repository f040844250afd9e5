/* Projections by the BLAS, cut into blocks of rows and columns by size alone; each block is one product on one thread.
 * Whatever is not an ordinary matrix of floats to the BLAS goes through the worker's scratch memory, block by block.
 * SPDX-License-Identifier: MIT */
#include "flow/project/project.h"

#include "base/arith.h"
#include "base/memory.h"

#include <string.h>

/* Rows and columns of a block. The BLAS packs X once per column block and W once per row block: 512 x 576 costs about 8
 * % against one large product, and leaves four tasks for the three projections of a 512-token, 768-wide layer. */
enum { ROWS = 512, COLUMNS = 576 };

struct job {
    const struct machine *machine;
    struct projection p; /* batches that lie below each other are one */
    int64_t rows, row_blocks, column_blocks;
    int64_t x, y, w, bytes; /* where a worker's copies lie, and how much they take; 0 bytes where there is no copy */
    char *scratch;
};

static int is_matrix(const struct view *v, int64_t width) {
    return v->dtype == SA_F32 && v->stride_s >= width && v->stride_s <= GEMM_MAX;
}

static int copies_x(const struct job *job) {
    return !is_matrix(&job->p.x, job->p.linear->in);
}
static int copies_y(const struct job *job) {
    return !is_matrix(&job->p.y, job->p.linear->out);
}
static int copies_w(const struct job *job) {
    return job->p.linear->dtype != SA_F32;
}

/* Whether `batch` matrices of `rows` rows lie below each other as one. */
static int stacked(const struct view *v, int64_t batch, int64_t rows) {
    return batch == 1 || v->stride_b == rows * v->stride_s;
}

static int book(int64_t *bytes, int64_t *place, int wanted, int64_t rows, int64_t width) {
    int64_t size;
    *place = *bytes;
    return !wanted || (checked_mul(rows, width, &size) && checked_mul(size, sizeof(float), &size) &&
                       checked_add(*bytes, round_up(size, MEMORY_ALIGNMENT), bytes));
}

/* 0 if sizes do not fit. */
static int make_job(const struct machine *machine, const struct projection *p, struct job *job) {
    *job = (struct job){.machine = machine, .p = *p};
    if (stacked(&p->x, p->batch, p->rows) && stacked(&p->y, p->batch, p->rows)) {
        job->p.rows = p->rows * p->batch;
        job->p.batch = 1;
    }
    job->rows = min_i64(ROWS, max_i64(job->p.rows, 1));
    job->row_blocks = ceil_div(job->p.rows, job->rows);
    job->column_blocks = ceil_div(p->linear->out, COLUMNS);
    return book(&job->bytes, &job->x, copies_x(job), job->rows, p->linear->in) &&
           book(&job->bytes, &job->y, copies_y(job), job->rows, COLUMNS) &&
           book(&job->bytes, &job->w, copies_w(job), COLUMNS, p->linear->in);
}

static int64_t task_count(const struct job *job) {
    return job->p.batch * job->row_blocks * job->column_blocks;
}

int64_t project_bytes_blas(const struct machine *machine, const struct projection *p) {
    struct job job;
    int64_t bytes;
    if (!make_job(machine, p, &job)) return -1;
    return checked_mul(job.bytes, parallel_workers(&machine->parallel, task_count(&job)), &bytes) ? bytes : -1;
}

/* A block of rows and columns, and where its operands lie as floats. */
struct block {
    int64_t b, row, rows, column, columns;
    const float *x, *w;
    float *y;
    int64_t ldx, ldw, ldy;
};

static void place_x(const struct job *job, struct block *block, char *scratch) {
    const struct view *v = &job->p.x;
    int64_t in = job->p.linear->in;
    block->x = view_row(v, block->b, 0, block->row);
    block->ldx = v->stride_s;
    if (!copies_x(job)) return;
    float *copy = (float *)(scratch + job->x);
    for (int64_t r = 0; r < block->rows; r++)
        for (int64_t i = 0; i < in; i++)
            copy[r * in + i] = element_load(view_row(v, block->b, 0, block->row + r), v->dtype, i);
    block->x = copy;
    block->ldx = in;
}

static void place_w(const struct job *job, struct block *block, char *scratch) {
    const struct linear *l = job->p.linear;
    block->w = (const float *)l->weights + block->column * l->ld;
    block->ldw = l->ld;
    if (!copies_w(job)) return;
    float *copy = (float *)(scratch + job->w);
    for (int64_t o = 0; o < block->columns; o++)
        for (int64_t i = 0; i < l->in; i++)
            copy[o * l->in + i] = element_load(l->weights, l->dtype, (block->column + o) * l->ld + i);
    block->w = copy;
    block->ldw = l->in;
}

static void place_y(const struct job *job, struct block *block, char *scratch) {
    const struct view *v = &job->p.y;
    block->y = (float *)view_row(v, block->b, 0, block->row) + block->column;
    block->ldy = v->stride_s;
    if (!copies_y(job)) return;
    block->y = (float *)(scratch + job->y);
    block->ldy = COLUMNS;
}

static void store_y(const struct job *job, const struct block *block) {
    const struct view *v = &job->p.y;
    for (int64_t r = 0; r < block->rows; r++)
        for (int64_t o = 0; o < block->columns; o++)
            element_store(view_row(v, block->b, 0, block->row + r), v->dtype, block->column + o,
                          block->y[r * block->ldy + o]);
}

static void project_block(void *arg, int64_t task, int32_t worker) {
    const struct job *job = arg;
    const struct linear *l = job->p.linear;
    char *scratch = job->scratch + worker * job->bytes;
    int64_t column = task % job->column_blocks * COLUMNS, row = task / job->column_blocks % job->row_blocks * job->rows;
    struct block block = {.b = task / job->column_blocks / job->row_blocks,
                          .row = row,
                          .rows = min_i64(job->rows, job->p.rows - row),
                          .column = column,
                          .columns = min_i64(COLUMNS, l->out - column)};
    place_x(job, &block, scratch);
    place_w(job, &block, scratch);
    place_y(job, &block, scratch);
    for (int64_t r = 0; l->bias && r < block.rows; r++)
        memcpy(block.y + r * block.ldy, l->bias + column, (size_t)block.columns * sizeof *block.y);
    const struct gemm_shape shape = {.m = block.rows,
                                     .n = block.columns,
                                     .k = l->in,
                                     .lda = block.ldx,
                                     .ldb = block.ldw,
                                     .ldc = block.ldy,
                                     .transposed_b = 1};
    job->machine->gemm(&shape, 1, block.x, block.w, l->bias ? 1 : 0, block.y);
    if (copies_y(job)) store_y(job, &block);
}

void project_blas(const struct machine *machine, const struct projection *p, void *scratch) {
    struct job job;
    if (!make_job(machine, p, &job)) return;
    job.scratch = scratch;
    tasks_run(&machine->parallel, task_count(&job), project_block, &job);
}
