/* A session's memory: every allocation fails in turn, and a step of known sizes allocates nothing.
 * SPDX-License-Identifier: MIT */
#include "support/allocator.h"
#include "support/paths.h"
#include "support/reference.h"

#include <criterion/criterion.h>
#include <string.h>

enum { V = 41, B = 2 };

static const int32_t source[] = {5, 17, 3, 30, 40, 2, 9, 31, 20, 2, 0, 0};
static const int64_t lengths[] = {6, 4};

struct work {
    sa_ctx *ctx;
    sa_model *model;
    sa_session *session;
    float logits[B * V];
};

static struct work work_in(struct test_allocator *allocator) {
    sa_ctx_options options = {.struct_size = sizeof options, .threads = 1};
    test_allocator_use(allocator, &options);
    return (struct work){.ctx = ctx_open(&options)};
}

static sa_status start(struct work *w, int64_t capacity) {
    const sa_session_config config = {.struct_size = sizeof config, .batch = B, .capacity = capacity};
    const sa_encode_args a = {.struct_size = sizeof a, .batch = B, .tokens = 6, .ids = source, .lengths = lengths};
    sa_status status = sa_model_open(w->ctx, data_path("architectures/marian"), &w->model);
    if (status == SA_OK) status = sa_session_create(w->ctx, w->model, &config, &w->session);
    if (status == SA_OK) status = sa_session_encode(w->ctx, w->session, &a);
    return status;
}

static sa_status step(struct work *w, int64_t T) {
    const int32_t ids[] = {0, 7, 12, 9, 0, 8, 13, 2};
    const sa_session_args a = {.struct_size = sizeof a, .tokens = T, .ids = ids, .logits = w->logits};
    return sa_session_run(w->ctx, w->session, &a);
}

static void clean(struct work *w) {
    sa_session_destroy(&w->session);
    sa_model_destroy(&w->model);
    sa_ctx_destroy(&w->ctx);
}

Test(session_memory, every_allocation_may_fail) {
    int64_t n = 0;
    for (int failed = 1; failed; n++) {
        struct test_allocator allocator = test_allocator_make();
        struct work w = work_in(&allocator);
        allocator.fail_at = allocator.calls + n;
        sa_status status = start(&w, 0);
        if (status == SA_OK) status = step(&w, 4);
        failed = allocator.failures > 0;
        cr_expect_eq(status, failed ? SA_ERR_MEMORY : SA_OK, "allocation %d: %s", (int)n, sa_ctx_last_error(w.ctx));
        clean(&w);
        cr_expect_eq(allocator.live, 0, "allocation %d: %d blocks are left", (int)n, (int)allocator.live);
        cr_expect_eq(allocator.faults, 0, "allocation %d", (int)n);
    }
    cr_expect_gt(n, 30);
}

/* Where a step runs out of memory the sequences stay as they were, and the step can be repeated. */
Test(session_memory, a_step_that_fails_changes_nothing) {
    float want[B * V];
    int64_t n = 0;
    for (int failed = 1; failed; n++) {
        struct test_allocator allocator = test_allocator_make();
        struct work w = work_in(&allocator);
        cr_assert_eq(start(&w, 0), SA_OK);
        allocator.fail_at = allocator.calls + n;
        sa_status status = step(&w, 4);
        failed = allocator.failures > 0;
        allocator.fail_at = -1;
        if (failed) {
            cr_expect_eq(status, SA_ERR_MEMORY);
            for (int b = 0; b < B; b++) cr_expect_eq(sa_session_length(w.session, b), 0, "allocation %d", (int)n);
            cr_expect_eq(step(&w, 4), SA_OK);
        }
        if (n > 0) cr_expect_arr_eq(w.logits, want, sizeof want);
        memcpy(want, w.logits, sizeof want);
        clean(&w);
    }
    cr_expect_gt(n, 3);
}

/* Sequence 1 follows sequence 0 in both caches or in none. */
static void expect_moves_nothing(int reordering) {
    static const int64_t first[] = {0, 0};
    float want[B * V];
    int64_t n = 0;
    for (int failed = 1; failed; n++) {
        struct test_allocator allocator = test_allocator_make();
        struct work w = work_in(&allocator);
        cr_assert_eq(start(&w, 0), SA_OK);
        cr_assert_eq(step(&w, 4), SA_OK);
        allocator.fail_at = allocator.calls + n;
        const sa_status status = reordering ? sa_session_reorder(w.session, first) : sa_session_fork(w.session, 0, 1);
        failed = allocator.failures > 0;
        allocator.fail_at = -1;
        cr_expect_eq(status, failed ? SA_ERR_MEMORY : SA_OK);
        if (failed) cr_expect_str_eq(sa_ctx_last_error(NULL), "no memory: 32 bytes for a cache's tables");
        cr_expect_eq(step(&w, 1), SA_OK);
        if (failed && n > 0) cr_expect_arr_eq(w.logits, want, sizeof want, "allocation %d", (int)n);
        memcpy(want, w.logits, sizeof want);
        clean(&w);
        cr_expect(allocator.live == 0 && allocator.faults == 0);
    }
    cr_expect_gt(n, 3);
}

Test(session_memory, a_fork_that_fails_changes_nothing) {
    expect_moves_nothing(0);
}

Test(session_memory, a_reordering_that_fails_changes_nothing) {
    expect_moves_nothing(1);
}

Test(session_memory, a_step_of_known_sizes_allocates_nothing) {
    struct test_allocator allocator = test_allocator_make();
    struct work w = work_in(&allocator);
    cr_assert_eq(start(&w, 20), SA_OK);
    cr_assert_eq(step(&w, 4), SA_OK);
    const int64_t calls = allocator.calls;
    for (int i = 0; i < 16; i++) cr_expect_eq(step(&w, 1), SA_OK, "%s", sa_ctx_last_error(w.ctx));
    cr_expect_eq(allocator.calls, calls);
    clean(&w);
    cr_expect_eq(allocator.live, 0);
}

/* A session needs the model, but neither context nor capacity once it is made. */
Test(session_memory, a_session_outlives_its_context) {
    struct test_allocator allocator = test_allocator_make();
    struct work w = work_in(&allocator);
    cr_assert_eq(start(&w, 0), SA_OK);
    sa_ctx_destroy(&w.ctx);
    w.ctx = ctx_open(NULL);
    for (int i = 0; i < 5; i++) cr_expect_eq(step(&w, 4), SA_OK, "%s", sa_ctx_last_error(w.ctx));
    cr_expect_eq(sa_session_length(w.session, 1), 20);
    clean(&w);
    cr_expect_eq(allocator.live, 0);
    cr_expect_eq(allocator.faults, 0);
}
