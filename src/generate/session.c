/* Sessions as objects: making them, and moving their sequences.
 * SPDX-License-Identifier: MIT */
#include "generate/session.h"

#include "api/cache.h"
#include "base/arith.h"
#include "stack/checks.h"

#include <stddef.h>

sa_status session_enter(sa_ctx *ctx, sa_session *session) {
    sa_status status = context_enter(ctx);
    if (status != SA_OK) return status;
    if (!session) return context_leave(ctx, fail_null(&ctx->report, "session"));
    if (!atomic_flag_test_and_set_explicit(&session->busy, memory_order_acquire)) return SA_OK;
    return context_leave(ctx, fail(&ctx->report, SA_ERR_BUSY, "another call is using this session"));
}

void session_give_back(sa_session *session) {
    atomic_flag_clear_explicit(&session->busy, memory_order_release);
}

sa_status session_leave(sa_ctx *ctx, sa_session *session, sa_status status) {
    session_give_back(session);
    return context_leave(ctx, status);
}

/* A window that the capacity never lets come about would be ignored. */
static sa_status check_room(struct report *report, const sa_session_config *c) {
    int64_t least;
    if (!c->capacity || !c->window || !checked_add(c->window, c->keep_first, &least) || c->capacity >= least)
        return SA_OK;
    return fail(report, SA_ERR_VALUE, "capacity is %lld, must be 0, or at least window + keep_first, which is %lld",
                (long long)c->capacity, (long long)least);
}

static sa_status check_config(struct report *report, const sa_model *model, const sa_session_config *config,
                              sa_session_config *c) {
    static const sa_session_config defaults = {.struct_size = sizeof defaults};
    if (!model) return fail_null(report, "model");
    sa_status status = take_struct(report, "sa_session_config", config ? config : &defaults, c, sizeof *c,
                                   offsetof(sa_session_config, batch));
    if (status != SA_OK) return status;
    if (c->reserved) return fail(report, SA_ERR_VALUE, "reserved is %d, must be 0", (int)c->reserved);
    if (!model->decoder.config.name) return fail_lack(report, model, "decoder");
    if (c->batch < 0) return fail(report, SA_ERR_VALUE, "batch is %lld, must be at least 0", (long long)c->batch);
    if (!c->batch) c->batch = 1;
    return check_room(report, c);
}

static sa_status make_caches(sa_ctx *ctx, const sa_session_config *c, struct sa_session *s) {
    const struct stack_config *d = &s->model->decoder.config;
    sa_cache_config config = {.struct_size = sizeof config,
                              .layers = d->layers,
                              .batch = c->batch,
                              .kv_heads = d->kv_heads,
                              .head_size = d->head_size,
                              .dtype = c->cache_dtype,
                              .capacity = c->capacity,
                              .window = c->window,
                              .keep_first = c->keep_first};
    sa_status status = cache_create(ctx, &config, &s->self);
    if (status != SA_OK || !s->model->encoder.config.name) return status;
    config.capacity = config.window = config.keep_first = 0;
    return cache_create(ctx, &config, &s->cross);
}

static void release(struct sa_session *s) {
    sa_cache_destroy(&s->self);
    sa_cache_destroy(&s->cross);
    memory_release(&s->memory, s->starts, s->B, sizeof *s->starts);
    memory_release(&s->memory, s->work, s->work_bytes, 1);
    memory_release(&s->memory, s->note, s->note_bytes, 1);
}

sa_status session_create(sa_ctx *ctx, const sa_model *model, const sa_session_config *config, sa_session **session) {
    struct report *report = &ctx->report;
    sa_session_config c;
    if (!session) return fail_null(report, "session");
    sa_status status = check_config(report, model, config, &c);
    if (status != SA_OK) return status;
    struct sa_session made = {
        .memory = ctx->memory, .model = model, .B = c.batch, .capacity = c.capacity, .busy = ATOMIC_FLAG_INIT};
    status = make_caches(ctx, &c, &made);
    if (status == SA_OK && (!(made.starts = memory_allocate(&made.memory, made.B, sizeof *made.starts)) ||
                            !(*session = memory_allocate(&made.memory, 1, sizeof made))))
        status = fail_memory(report, sizeof made, "a session");
    if (status == SA_OK)
        **session = made;
    else
        release(&made);
    return status;
}

sa_status sa_session_create(sa_ctx *ctx, const sa_model *model, const sa_session_config *config, sa_session **session) {
    if (session) *session = NULL;
    sa_status status = context_enter(ctx);
    return status == SA_OK ? context_leave(ctx, session_create(ctx, model, config, session)) : status;
}

void sa_session_destroy(sa_session **session) {
    if (!session || !*session) return;
    struct allocator memory = (*session)->memory;
    release(*session);
    memory_release(&memory, *session, 1, sizeof **session);
    *session = NULL;
}

int64_t sa_session_batch(const sa_session *session) {
    return session ? session->B : -1;
}

int64_t sa_session_length(const sa_session *session, int64_t sequence) {
    return session ? sa_cache_length(session->self, 0, sequence) : -1;
}

int64_t session_most_tokens(const sa_session *session) {
    const int64_t limit = session->model->decoder.config.positions.limit;
    const int64_t capacity = session->self->window ? 0 : session->capacity;
    return min_i64(limit ? limit : INT64_MAX, capacity ? capacity : INT64_MAX);
}

int64_t sa_session_source(const sa_session *session) {
    return session ? session->source : -1;
}

uint64_t sa_session_bytes(const sa_session *session) {
    return session ? sa_cache_bytes(session->self) + sa_cache_bytes(session->cross) : 0;
}

/* For calls without a context. */
static sa_status claim(sa_session *session) {
    if (!session) return fail_null(thread_report(), "session");
    if (!atomic_flag_test_and_set_explicit(&session->busy, memory_order_acquire)) return SA_OK;
    return fail(thread_report(), SA_ERR_BUSY, "another call is using this session");
}

static sa_status give_back(sa_session *session, sa_status status) {
    session_give_back(session);
    return status;
}

sa_status sa_session_truncate(sa_session *session, int64_t sequence, int64_t length) {
    sa_status status = claim(session);
    return status == SA_OK ? give_back(session, sa_cache_truncate(session->self, sequence, length)) : status;
}

sa_status session_fork(struct report *report, sa_session *s, int64_t from, int64_t to) {
    if (from == to) return SA_OK;
    struct sa_cache *const caches[] = {s->self, s->cross};
    sa_status status = SA_OK;
    for (int i = 0; i < 2 && caches[i] && status == SA_OK; i++)
        status = cache_prepare_fork(caches[i], from, to, report);
    for (int i = 0; i < 2 && caches[i]; i++) {
        if (status == SA_OK) cache_take_fork(caches[i], from, to);
        cache_leave_new(caches[i]);
    }
    return status;
}

sa_status session_reorder(struct report *report, sa_session *s, const int64_t *from) {
    struct sa_cache *const caches[] = {s->self, s->cross};
    sa_status status = SA_OK;
    for (int i = 0; i < 2 && caches[i] && status == SA_OK; i++) status = cache_prepare_reorder(caches[i], from, report);
    for (int i = 0; i < 2 && caches[i]; i++) {
        if (status == SA_OK) cache_take_reorder(caches[i], from);
        cache_leave_new(caches[i]);
    }
    return status;
}

static sa_status check_sequence(const sa_session *s, const char *name, int64_t sequence) {
    if (sequence >= 0 && sequence < s->B) return SA_OK;
    return fail(thread_report(), SA_ERR_VALUE, "%s is %lld, must be 0 to %lld", name, (long long)sequence,
                (long long)s->B - 1);
}

sa_status sa_session_fork(sa_session *session, int64_t from, int64_t to) {
    sa_status status = claim(session);
    if (status != SA_OK) return status;
    status = check_sequence(session, "from", from);
    if (status == SA_OK) status = check_sequence(session, "to", to);
    if (status == SA_OK) status = session_fork(thread_report(), session, from, to);
    return give_back(session, status);
}

sa_status sa_session_reorder(sa_session *session, const int64_t *from) {
    sa_status status = claim(session);
    if (status != SA_OK) return status;
    if (!from) status = fail_null(thread_report(), "from");
    for (int64_t b = 0; status == SA_OK && b < session->B; b++) status = check_sequence(session, "from[]", from[b]);
    if (status == SA_OK) status = session_reorder(thread_report(), session, from);
    return give_back(session, status);
}
