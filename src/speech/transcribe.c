/* sa_transcribe(): window by window through the sound.
 * SPDX-License-Identifier: MIT */
#include "speech/transcription.h"

#include "base/arith.h"

#include <string.h>

void transcription_remember(struct transcription *t, const int32_t *ids, int64_t count) {
    const int64_t room = transcription_earlier_room(t);
    const int64_t new = min_i64(count, room), old = min_i64(t->earlier_count, room - new);
    memmove(t->earlier, t->earlier + t->earlier_count - old, (size_t)old * sizeof *t->earlier);
    if (new) memcpy(t->earlier + old, ids + count - new, (size_t) new * sizeof *t->earlier);
    t->earlier_count = old + new;
}

/* Gives what is known when the call ends. */
static void finish(const struct transcription *t) {
    const sa_transcribe_args *a = &t->args;
    if (a->language_found) *a->language_found = t->language;
    if (a->done) *a->done = t->stopped ? t->first : a->count;
}

static sa_status transcribe_all(struct transcription *t) {
    const int64_t step = t->speech->mel->config.step;
    sa_status status = SA_OK;
    struct watch *told = watch_begin(&t->ctx->watch, "samples", t->args.count);
    while (status == SA_OK && !t->stopped && t->args.count - t->first >= step) {
        struct heard heard;
        status = transcription_listen(t, &heard);
        if (status == SA_OK) status = transcription_tell(t, &heard);
        t->first = heard.next;
        watch_tell(told, min_i64(t->first, t->args.count));
    }
    watch_end(told);
    if (status == SA_OK) finish(t);
    return status;
}

sa_status sa_transcribe(sa_ctx *ctx, sa_session *session, const sa_transcribe_args *args) {
    struct transcription t;
    sa_status status = session_enter(ctx, session);
    if (status != SA_OK) return status;
    status = transcription_take(ctx, session, args, &t);
    if (status == SA_OK) status = transcribe_all(&t);
    session_give_back(session);
    return t.lost ? status : context_leave(ctx, status);
}
