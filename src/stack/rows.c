/* SPDX-License-Identifier: MIT */
#include "stack/rows.h"

#include "base/arith.h"

/* Rows of a task: a few microseconds of work at usual widths, and enough tasks for short texts on many threads. */
enum { TASK_ROWS = 4 };

struct row_tasks {
    rows_fn rows;
    void *arg;
    int64_t count;
};

static void do_rows(void *arg, int64_t task, int32_t worker) {
    const struct row_tasks *tasks = arg;
    (void)worker;
    tasks->rows(tasks->arg, task * TASK_ROWS, min_i64((task + 1) * TASK_ROWS, tasks->count));
}

void rows_run(const struct parallel *parallel, int64_t count, rows_fn rows, void *arg) {
    struct row_tasks tasks = {rows, arg, count};
    tasks_run(parallel, ceil_div(count, TASK_ROWS), do_rows, &tasks);
}
