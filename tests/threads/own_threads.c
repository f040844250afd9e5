/* The library's own threads: every task once whoever comes late, calls from many threads and within tasks, and no
 * thread left behind when the last context is gone.
 * SPDX-License-Identifier: MIT */
#include "layer/sample.h"
#include "parallel/pool.h"
#include "support/paths.h"
#include "threads/pool.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { WORKERS = 5, MOST_TASKS = 40 };

/* One call's tasks: how often each was run, and whether a worker's number was in use twice at once. */
struct tally {
    int64_t tasks;
    atomic_int runs[MOST_TASKS], at_work[WORKERS], wrong;
};

static void count_task(void *arg, int64_t task, int32_t worker) {
    struct tally *t = arg;
    if (task < 0 || task >= t->tasks || worker < 0 || worker >= WORKERS) {
        atomic_fetch_add(&t->wrong, 1);
        return;
    }
    if (atomic_fetch_add(&t->at_work[worker], 1) != 0) atomic_fetch_add(&t->wrong, 1);
    atomic_fetch_add(&t->runs[task], 1);
    atomic_fetch_sub(&t->at_work[worker], 1);
}

static int run_and_check(int64_t tasks) {
    struct tally t = {.tasks = tasks};
    pool_run(WORKERS, tasks, count_task, &t);
    int wrong = atomic_load(&t.wrong);
    for (int64_t i = 0; i < tasks; i++) wrong += atomic_load(&t.runs[i]) != 1;
    return wrong;
}

static void run_many(void *arg, int64_t index) {
    atomic_int *wrong = arg;
    for (int i = 0; i < 500; i++) atomic_fetch_add(wrong, run_and_check((i + index) % (MOST_TASKS + 1)));
}

Test(own_threads, every_task_runs_once) {
    atomic_int wrong = 0;
    pool_open();
    for (int64_t i = 0; i < 40; i++) run_many(&wrong, i);
    pool_close();
    cr_expect_eq(atomic_load(&wrong), 0);
}

/* More callers at once than there are places for their calls: those without a place work alone. */
Test(own_threads, serve_many_callers_at_once) {
    enum { CALLERS = 100 };
    atomic_int wrong = 0;
    pool_open();
    pool_for(NULL, CALLERS, run_many, &wrong);
    pool_close();
    cr_expect_eq(atomic_load(&wrong), 0);
}

static void call_from_task(void *arg, int64_t task, int32_t worker) {
    (void)worker;
    atomic_fetch_add((atomic_int *)arg, run_and_check(1 + task % MOST_TASKS));
}

Test(own_threads, serve_calls_of_their_own_tasks) {
    atomic_int wrong = 0;
    pool_open();
    for (int i = 0; i < 200; i++) pool_run(WORKERS, MOST_TASKS, call_from_task, &wrong);
    pool_close();
    cr_expect_eq(atomic_load(&wrong), 0);
}

static int threads_of_process(void) {
    int count = 0;
    DIR *tasks = opendir("/proc/self/task");
    cr_assert_eq(tasks != NULL, 1);
    for (struct dirent *entry; (entry = readdir(tasks));) count += entry->d_name[0] != '.';
    closedir(tasks);
    return count;
}

static const struct layer_shape shape = {
    .B = 1, .T = 200, .S = 200, .H = 4, .K = 4, .D = 32, .Dv = 32, .E = 128, .W = 128, .F = 128, .projected = 1};

static void forward(sa_ctx *ctx, struct layer_sample *s, const sa_layer *layer) {
    cr_assert_eq(sa_forward(ctx, layer, &s->args), SA_OK, "%s", sa_ctx_last_error(ctx));
}

Test(own_threads, start_with_the_first_call_and_end_with_the_last_context) {
    const sa_ctx_options four = {.struct_size = sizeof four, .threads = 4},
                         one = {.struct_size = sizeof one, .threads = 1};
    struct layer_sample s;
    layer_sample_make(&s, &shape, 1);
    sa_ctx *serial = ctx_open(&one), *first = ctx_open(&four), *second = ctx_open(&four);
    cr_expect_eq(sa_ctx_parallel(first), SA_PARALLEL_POOL);
    sa_layer *layer = layer_sample_open(&s, serial);
    forward(serial, &s, layer);
    const int before = threads_of_process();
    forward(first, &s, layer);
    forward(second, &s, layer);
    cr_expect_eq(threads_of_process(), before + 3, "three for four, and the same for both contexts");
    sa_ctx_destroy(&first);
    sa_ctx_destroy(&serial);
    cr_expect_eq(threads_of_process(), before + 3, "one context is left");
    sa_ctx_destroy(&second);
    cr_expect_eq(threads_of_process(), before, "none is left");
    first = ctx_open(&four);
    forward(first, &s, layer);
    cr_expect_eq(threads_of_process(), before + 3, "and they can start again");
    sa_ctx_destroy(&first);
    sa_layer_destroy(&layer);
    layer_sample_free(&s);
}
