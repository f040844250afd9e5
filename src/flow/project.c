/* Cut into blocks of rows and columns by size alone; each block is one product on one thread.
 * SPDX-License-Identifier: MIT */
#include "flow/project.h"

#include "base/arith.h"

#include <string.h>

/* Rows and columns of a block. The BLAS packs X once per column block and W once per row block: 512 x 576 costs about 8
 * % against one large product, and leaves four tasks for the three projections of a 512-token, 768-wide layer. */
enum { BLOCK_ROWS = 512, BLOCK_COLUMNS = 576 };

struct job {
    const struct machine *machine;
    const struct linear *linear;
    struct view x, y;
    int64_t rows, block_rows, row_blocks, column_blocks;
};

static void project_block(void *arg, int64_t task, int32_t worker) {
    const struct job *job = arg;
    const struct linear *l = job->linear;
    (void)worker;
    int64_t column = task % job->column_blocks * BLOCK_COLUMNS;
    int64_t row = task / job->column_blocks % job->row_blocks * job->block_rows;
    int64_t b = task / job->column_blocks / job->row_blocks;
    int alone = job->block_rows == 1; /* then the distance to the next row can be anything */
    struct gemm_shape shape = {.m = min_i64(job->block_rows, job->rows - row),
                               .n = min_i64(BLOCK_COLUMNS, l->out - column),
                               .k = l->in,
                               .lda = alone ? l->in : job->x.stride_s,
                               .ldb = l->ld,
                               .ldc = alone ? l->out : job->y.stride_s};
    const float *x = view_row(&job->x, b, 0, row);
    float *y = view_row(&job->y, b, 0, row) + column;
    for (int64_t r = 0; l->bias && r < shape.m; r++)
        memcpy(y + r * job->y.stride_s, l->bias + column, (size_t)shape.n * sizeof *y);
    job->machine->gemm(&shape, 1, x, l->weights + column, l->bias ? 1 : 0, y);
}

/* Whether `batch` matrices of `rows` rows lie below each other as one. */
static int stacked(const struct view *v, int64_t batch, int64_t rows) {
    return batch == 1 || v->stride_b == rows * v->stride_s;
}

/* Whether rows of this width and distance are a matrix to the BLAS; otherwise each row is its own. */
static int is_matrix(const struct view *v, int64_t width) {
    return v->stride_s >= width && v->stride_s <= GEMM_MAX;
}

void project(const struct machine *machine, const struct linear *linear, int64_t batch, int64_t rows,
             const struct view *x, const struct view *y) {
    if (stacked(x, batch, rows) && stacked(y, batch, rows)) {
        rows *= batch;
        batch = 1;
    }
    struct job job = {.machine = machine, .linear = linear, .x = *x, .y = *y, .rows = rows};
    job.block_rows = is_matrix(x, linear->in) && is_matrix(y, linear->out) ? BLOCK_ROWS : 1;
    job.row_blocks = ceil_div(rows, job.block_rows);
    job.column_blocks = ceil_div(linear->out, BLOCK_COLUMNS);
    tasks_run(&machine->parallel, batch * job.row_blocks * job.column_blocks, project_block, &job);
}
