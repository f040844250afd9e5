/* sa_session_save().
 * SPDX-License-Identifier: MIT */
#include "base/checksum.h"
#include "generate/session.h"
#include "generate/session_file.h"
#include "model/fingerprint.h"
#include "plan/cache_bytes.h"
#include "write/file.h"

struct saving {
    struct report *report;
    struct new_file file;
    struct checksum sum;
    sa_status status; /* after a failure nothing more is written */
};

static void put(void *user, const void *bytes, int64_t count) {
    struct saving *s = user;
    if (s->status != SA_OK) return;
    checksum_add(&s->sum, bytes, count);
    s->status = new_file_put(s->report, &s->file, bytes, count);
}

static void put_head(const struct byte_sink *sink, const sa_session *s, int64_t note_bytes) {
    const int64_t numbers[SESSION_NUMBERS] = {[NUMBER_VERSION] = SESSION_VERSION,
                                              [NUMBER_MODEL] = (int64_t)model_fingerprint(s->model),
                                              [NUMBER_BATCH] = s->B,
                                              [NUMBER_WINDOW] = s->self->window,
                                              [NUMBER_KEEP_FIRST] = s->self->keep_first,
                                              [NUMBER_DTYPE] = s->self->dtype,
                                              [NUMBER_NOTE] = note_bytes};
    sink->put(sink->user, session_magic, sizeof session_magic);
    for (int i = 0; i < SESSION_NUMBERS; i++) sink_number(sink, numbers[i]);
}

static sa_status put_all(struct saving *saving, sa_session *s, const void *note, int64_t note_bytes) {
    const struct byte_sink sink = {put, saving};
    put_head(&sink, s, note_bytes);
    put(saving, note, note_bytes);
    sa_status status = cache_put_bytes(s->self, saving->report, &sink);
    if (status == SA_OK && s->cross) status = cache_put_bytes(s->cross, saving->report, &sink);
    sink_number(&sink, (int64_t)checksum_of(&saving->sum));
    return status == SA_OK ? saving->status : status;
}

static sa_status save(sa_ctx *ctx, sa_session *session, const char *path, const void *note, int64_t note_bytes) {
    struct saving saving = {.report = &ctx->report};
    if (!path) return fail_null(&ctx->report, "path");
    if (note_bytes < 0)
        return fail(&ctx->report, SA_ERR_VALUE, "note_bytes is %lld, must be at least 0", (long long)note_bytes);
    if (note_bytes && !note) return fail_null(&ctx->report, "note");
    checksum_begin(&saving.sum);
    sa_status status = new_file_open(&ctx->memory, &ctx->report, path, &saving.file);
    if (status != SA_OK) return status;
    return new_file_close(&ctx->report, &saving.file, put_all(&saving, session, note, note_bytes));
}

sa_status sa_session_save(sa_ctx *ctx, sa_session *session, const char *path, const void *note, int64_t note_bytes) {
    sa_status status = session_enter(ctx, session);
    return status == SA_OK ? session_leave(ctx, session, save(ctx, session, path, note, note_bytes)) : status;
}
