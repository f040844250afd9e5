/* Cuts a window's tokens into segments, as Whisper does, and tells them to the caller.
 * SPDX-License-Identifier: MIT */
#include "base/arith.h"
#include "speech/transcription.h"

static int is_time(const struct transcription *t, int32_t id) {
    return id >= t->speech->first_time;
}

/* The sample that a token of time stands for, within the sound. */
static int64_t sample_of(const struct transcription *t, int32_t id) {
    const int64_t sample = t->first + (id - t->speech->first_time) * speech_time_step(t->speech);
    return min_i64(sample, t->args.count);
}

/* While a callback runs, it may use the context. The session stays claimed. */
static void lend_context(struct transcription *t) {
    context_lend(t->ctx);
}

static sa_status take_context_back(struct transcription *t) {
    const sa_status status = context_take_back(t->ctx);
    t->lost = status != SA_OK;
    return status;
}

/* The tokens ids[from .. to - 1], which are said from one sample to another. */
static sa_status tell_segment(struct transcription *t, const struct heard *h, int64_t from, int64_t to, int64_t begin,
                              int64_t end) {
    const double rate = (double)t->speech->mel->config.rate;
    int64_t n = 0;
    for (int64_t i = from; i < to; i++)
        if (t->ids[i] != t->speech->end && !(t->times && is_time(t, t->ids[i]))) t->text[n++] = t->ids[i];
    if (!n || !t->args.on_segment) return SA_OK;
    const sa_speech_segment segment = {.struct_size = sizeof segment,
                                       .begin = (double)begin / rate,
                                       .end = (double)max_i64(begin, end) / rate,
                                       .ids = t->text,
                                       .count = n,
                                       .language = h->language,
                                       .log_probability = h->mean,
                                       .no_speech = h->no_speech};
    lend_context(t);
    t->stopped |= t->args.on_segment(t->args.user, &segment) != 0;
    return take_context_back(t);
}

/* A segment that begins and ends with a time, where those are there. */
static sa_status tell_slice(struct transcription *t, const struct heard *h, int64_t from, int64_t to) {
    const int64_t begin = is_time(t, t->ids[from]) ? sample_of(t, t->ids[from]) : t->first;
    int64_t end = t->first + h->count;
    for (int64_t i = from; i < to; i++)
        if (is_time(t, t->ids[i]) && sample_of(t, t->ids[i]) > begin) end = sample_of(t, t->ids[i]);
    return tell_segment(t, h, from, to, begin, end);
}

/* Two times side by side end one segment and begin the next. What is left open at the end is written again by the next
 * window, which begins there. *used is how many tokens became segments. */
static sa_status tell_slices(struct transcription *t, struct heard *h, int64_t n, int64_t *used) {
    sa_status status = SA_OK;
    int64_t from = 0;
    for (int64_t i = 1; i < n && status == SA_OK; i++)
        if (is_time(t, t->ids[i - 1]) && is_time(t, t->ids[i])) {
            status = tell_slice(t, h, from, i);
            from = i;
        }
    const int ends_with_time = n > 1 && is_time(t, t->ids[n - 1]) && !is_time(t, t->ids[n - 2]);
    *used = from;
    if (status != SA_OK) return status;
    if (from && !ends_with_time) {
        h->next = max_i64(sample_of(t, t->ids[from - 1]), t->first + speech_time_step(t->speech));
        return SA_OK;
    }
    *used = n;
    return n ? tell_slice(t, h, from, n) : SA_OK;
}

static sa_status tell_text(struct transcription *t, struct heard *h) {
    const int64_t n = h->tokens - (h->tokens && t->ids[h->tokens - 1] == t->speech->end);
    int64_t used = n;
    sa_status status = t->times ? tell_slices(t, h, n, &used) : tell_segment(t, h, 0, n, t->first, t->first + h->count);
    t->language = h->language;
    if (t->args.keep_text)
        transcription_remember(t, t->ids, used);
    else
        t->earlier_count = 0;
    return status;
}

sa_status transcription_tell(struct transcription *t, struct heard *h) {
    sa_status status = h->kind == SA_WINDOW_TEXT ? tell_text(t, h) : SA_OK;
    if (status != SA_OK || !t->args.on_window) return status;
    const sa_speech_window window = {.struct_size = sizeof window,
                                     .first = t->first,
                                     .count = h->count,
                                     .next = h->next,
                                     .kind = h->kind,
                                     .language = h->language,
                                     .ids = t->ids,
                                     .tokens = h->tokens,
                                     .log_probability = h->mean,
                                     .no_speech = h->no_speech};
    lend_context(t);
    t->stopped |= t->args.on_window(t->args.user, &window) != 0;
    return take_context_back(t);
}
