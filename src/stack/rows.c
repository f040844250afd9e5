/* SPDX-License-Identifier: MIT */
#include "stack/rows.h"

#include "base/arith.h"

/* Rows of a task: a few microseconds of work at usual widths, and enough tasks for short texts on many threads. Numbers
 * of a task: as long, where each is read and written once. */
enum { TASK_ROWS = 4, TASK_NUMBERS = 16384 };

struct row_tasks {
    rows_fn rows;
    void *arg;
    int64_t count, each;
};

static void do_rows(void *arg, int64_t task, int32_t worker) {
    const struct row_tasks *tasks = arg;
    (void)worker;
    tasks->rows(tasks->arg, task * tasks->each, min_i64((task + 1) * tasks->each, tasks->count));
}

static void run(const struct parallel *parallel, struct row_tasks tasks) {
    tasks_run(parallel, ceil_div(tasks.count, tasks.each), do_rows, &tasks);
}

void rows_run(const struct parallel *parallel, int64_t count, rows_fn rows, void *arg) {
    run(parallel, (struct row_tasks){rows, arg, count, TASK_ROWS});
}

void numbers_run(const struct parallel *parallel, int64_t count, rows_fn numbers, void *arg) {
    run(parallel, (struct row_tasks){numbers, arg, count, TASK_NUMBERS});
}
