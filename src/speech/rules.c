/* SPDX-License-Identifier: MIT */
#include "speech/rules.h"

#include <math.h>

static void forbid(float *logits, int64_t first, int64_t end) {
    for (int64_t i = first; i < end; i++) logits[i] = -INFINITY;
}

static void forbid_list(float *logits, const struct token_list *list) {
    for (int64_t i = 0; i < list->count; i++) logits[list->id[i]] = -INFINITY;
}

static int is_time(const struct sa_speech *s, int32_t id) {
    return id >= s->first_time;
}

/* The lowest time that may follow: the last one so far, or the next after that. */
static int64_t lowest_time(const struct sa_speech *s, const int32_t *ids, int64_t count, int closes_text) {
    for (int64_t i = count - 1; i >= 0; i--)
        if (is_time(s, ids[i])) return (int64_t)ids[i] + !closes_text;
    return s->first_time;
}

/* Rules 3 to 5. */
static void forbid_by_order(const struct sa_speech *s, const int32_t *ids, int64_t count, float *logits) {
    if (!count) {
        forbid(logits, 0, s->first_time);
        if (s->latest_first_time >= 0 && s->latest_first_time < s->V - s->first_time)
            forbid(logits, s->first_time + s->latest_first_time + 1, s->V);
        return;
    }
    const int last = is_time(s, ids[count - 1]), before = count < 2 || is_time(s, ids[count - 2]);
    const int64_t lowest = lowest_time(s, ids, count, last && !before);
    if (last && before) forbid(logits, s->first_time, s->V);
    if (last && !before) forbid(logits, 0, s->end);
    forbid(logits, s->first_time, lowest < s->V ? lowest : s->V);
}

static float largest_of(const float *logits, int64_t first, int64_t end) {
    float largest = -INFINITY;
    for (int64_t i = first; i < end; i++) largest = fmaxf(largest, logits[i]);
    return largest;
}

/* Rule 6. The sum of all exponentials, by which both sides would be divided, cancels. */
static void prefer_time(const struct sa_speech *s, float *logits) {
    const float text = largest_of(logits, 0, s->first_time), time = largest_of(logits, s->first_time, s->V);
    double sum = 0;
    if (!isfinite(time)) return;
    for (int64_t i = s->first_time; i < s->V; i++)
        if (logits[i] > -INFINITY) sum += exp((double)logits[i] - (double)time);
    if ((double)time + log(sum) > (double)text) forbid(logits, 0, s->first_time);
}

void rules_apply(const struct sa_speech *s, const int32_t *ids, int64_t count, int times, float *logits) {
    forbid_list(logits, &s->suppressed);
    if (!count) forbid_list(logits, &s->suppressed_first);
    if (!times) return;
    logits[s->no_times] = -INFINITY;
    forbid_by_order(s, ids, count, logits);
    prefer_time(s, logits);
}

sa_status sa_speech_rules(const sa_speech *speech, const int32_t *ids, int64_t count, int32_t times, float *logits) {
    if (!speech || !logits || (count > 0 && !ids)) return SA_ERR_NULL;
    if (count < 0 || times < 0 || times > 1) return SA_ERR_VALUE;
    rules_apply(speech, ids, count, times, logits);
    return SA_OK;
}
