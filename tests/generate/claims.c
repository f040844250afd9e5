/* Who may use a session and a context while a call works with them: nobody, but for the context while the caller's own
 * function runs. Models and steps are as small as can be; nothing depends on time.
 * SPDX-License-Identifier: MIT */
#include "support/paths.h"
#include "writer_model.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

enum { V = 20, N = 4 };

static const int32_t ids[] = {1, 3, 5};

static void expect_busy(sa_status status, const char *call) {
    cr_expect_eq(status, SA_ERR_BUSY, "%s: %d", call, (int)status);
}

/* Every call on the session, with a context that is free. */
static void try_session(sa_ctx *ctx, sa_session *session) {
    static int32_t written[N];
    static int64_t count;
    const sa_session_args run = {.struct_size = sizeof run, .tokens = 1, .ids = ids};
    const sa_encode_args encode = {.struct_size = sizeof encode, .batch = 1, .tokens = 1, .ids = ids};
    const sa_generate_args generate = {.struct_size = sizeof generate,
                                       .tokens = 1,
                                       .ids = ids,
                                       .max_tokens = N,
                                       .generated = written,
                                       .counts = &count};
    const sa_beam_args beams = {
        .struct_size = sizeof beams, .tokens = 1, .ids = ids, .max_tokens = N, .generated = written, .counts = &count};
    expect_busy(sa_session_run(ctx, session, &run), "run");
    cr_expect_str_eq(sa_ctx_last_error(ctx), "another call is using this session");
    expect_busy(sa_session_encode(ctx, session, &encode), "encode");
    expect_busy(sa_generate(ctx, session, &generate), "generate");
    expect_busy(sa_beam_search(ctx, session, &beams), "beams");
    expect_busy(sa_session_truncate(session, -1, 0), "truncate");
    cr_expect_str_eq(sa_ctx_last_error(NULL), "another call is using this session");
    expect_busy(sa_session_fork(session, 0, 0), "fork");
    expect_busy(sa_session_reorder(session, (const int64_t[]){0}), "reorder");
}

/* A parallel-for that tries the session which is at work. */
struct intruder {
    sa_ctx *other;
    sa_session *session;
    int calls;
};

static void intrude(void *user, int64_t count, sa_body_fn body, void *arg) {
    struct intruder *x = user;
    for (int64_t i = 0; i < count; i++) body(arg, i);
    if (x->calls++ == 0) try_session(x->other, x->session);
}

Test(claims, a_session_at_work_is_busy) {
    struct intruder x = {.other = one_thread()};
    const sa_ctx_options options = {
        .struct_size = sizeof options, .threads = 2, .parallel_for = intrude, .parallel_user = &x};
    sa_ctx *ctx = ctx_open(&options);
    sa_model *model = writer_model(x.other, V, -1, 1);
    x.session = session_of(x.other, model, 1);
    float logits[V];
    const sa_session_args run = {.struct_size = sizeof run, .tokens = 3, .ids = ids, .logits = logits};
    cr_expect_eq(sa_session_run(ctx, x.session, &run), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_expect_gt(x.calls, 0);
    cr_expect_eq(sa_session_length(x.session, 0), 3);
    cr_expect_eq(sa_session_truncate(x.session, -1, 0), SA_OK, "it is free again");
    sa_session_destroy(&x.session);
    sa_model_destroy(&model);
    sa_ctx_destroy(&ctx);
    sa_ctx_destroy(&x.other);
}

/* The caller's functions use the context that generates, not the session. */
struct listener {
    sa_ctx *ctx;
    sa_session *session;
    const sa_model *model;
    int tokens, logits;
};

static int32_t hear(void *user, int64_t sequence, int32_t token, float log_probability) {
    struct listener *x = user;
    float logits[V];
    (void)sequence;
    (void)log_probability;
    logits_after(x->ctx, x->model, &token, 1, logits);
    if (x->tokens++ == 0) try_session(x->ctx, x->session);
    return 0;
}

static void change(void *user, int64_t sequence, float *logits, int64_t count) {
    struct listener *x = user;
    float own[V];
    (void)sequence;
    logits_after(x->ctx, x->model, ids, 2, own);
    memcpy(logits, own, (size_t)count * sizeof *own);
    x->logits++;
}

Test(claims, while_the_callers_function_runs_the_context_is_free) {
    int32_t written[N];
    int64_t count = 0;
    struct listener x = {.ctx = one_thread()};
    sa_model *model = writer_model(x.ctx, V, -1, 1);
    x.model = model;
    x.session = session_of(x.ctx, model, 1);
    const sa_generate_args args = {.struct_size = sizeof args,
                                   .tokens = 3,
                                   .ids = ids,
                                   .max_tokens = N,
                                   .generated = written,
                                   .counts = &count,
                                   .on_token = hear,
                                   .on_logits = change,
                                   .user = &x};
    EXPECT_GENERATE(x.ctx, x.session, &args, SA_OK);
    cr_expect(count == N && x.tokens == N && x.logits == N);
    for (int i = 1; i < N; i++) cr_expect_eq(written[i], written[0], "the caller's logits are always the same");
    cr_expect_eq(sa_session_truncate(x.session, -1, 0), SA_OK, "it is free again");
    sa_session_destroy(&x.session);
    sa_model_destroy(&model);
    sa_ctx_destroy(&x.ctx);
}

/* Another thread takes the context while the caller's function runs, and keeps it. */
struct thief {
    sa_ctx *ctx;
    sa_session *session, *own;
    pthread_t thread;
    _Atomic int armed, has_it, may_go;
};

static void hold(void *user, int64_t count, sa_body_fn body, void *arg) {
    struct thief *x = user;
    if (atomic_exchange(&x->armed, 0)) {
        atomic_store(&x->has_it, 1);
        while (!atomic_load(&x->may_go)) continue;
    }
    for (int64_t i = 0; i < count; i++) body(arg, i);
}

static void *steal(void *arg) {
    struct thief *x = arg;
    const sa_session_args run = {.struct_size = sizeof run, .tokens = 3, .ids = ids};
    cr_expect_eq(sa_session_run(x->ctx, x->own, &run), SA_OK);
    return NULL;
}

static int32_t let_steal(void *user, int64_t sequence, int32_t token, float log_probability) {
    struct thief *x = user;
    (void)sequence;
    (void)token;
    (void)log_probability;
    atomic_store(&x->armed, 1);
    cr_assert_eq(pthread_create(&x->thread, NULL, steal, x), 0);
    while (!atomic_load(&x->has_it)) continue;
    return 0;
}

Test(claims, a_context_that_is_not_given_back_ends_the_text) {
    int32_t written[N];
    int64_t count;
    struct thief x = {0};
    const sa_ctx_options options = {
        .struct_size = sizeof options, .threads = 2, .parallel_for = hold, .parallel_user = &x};
    x.ctx = ctx_open(&options);
    sa_model *model = writer_model(x.ctx, V, -1, 1);
    x.session = session_of(x.ctx, model, 1), x.own = session_of(x.ctx, model, 1);
    sa_generate_args args = {.struct_size = sizeof args,
                             .tokens = 3,
                             .ids = ids,
                             .max_tokens = N,
                             .generated = written,
                             .counts = &count,
                             .on_token = let_steal,
                             .user = &x};
    expect_busy(sa_generate(x.ctx, x.session, &args), "generate");
    expect_busy(sa_generate(x.ctx, x.session, &args), "generate while the thread has the context");
    cr_expect_eq(count, 1);
    atomic_store(&x.may_go, 1);
    pthread_join(x.thread, NULL);
    cr_expect_eq(sa_session_truncate(x.session, -1, 0), SA_OK, "the session is free");
    args.on_token = NULL, args.user = NULL;
    EXPECT_GENERATE(x.ctx, x.session, &args, SA_OK);
    sa_session_destroy(&x.session);
    sa_session_destroy(&x.own);
    sa_model_destroy(&model);
    sa_ctx_destroy(&x.ctx);
}
