/* The rules of sa_transcribe_args.
 * SPDX-License-Identifier: MIT */
#include "base/arith.h"
#include "speech/transcription.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* The longest sequence of a model that has no limit of its own. */
enum { MOST_TOKENS = 1 << 16 };

/* Tokens of a prompt behind earlier text: start, language, task, no times. */
enum { PROMPT_TOKENS = 4 };

int64_t transcription_earlier_room(const struct transcription *t) {
    return t->most / 2 - 1;
}

static sa_status check_choice(struct report *report, const char *name, int32_t value, int32_t most) {
    if (value >= 0 && value <= most) return SA_OK;
    return fail(report, SA_ERR_VALUE, "%s is %d, must be 0 to %d", name, (int)value, (int)most);
}

static sa_status check_sound(struct report *report, const sa_transcribe_args *a) {
    if (a->count < 0) return fail(report, SA_ERR_VALUE, "count is %lld, must be at least 0", (long long)a->count);
    if (a->count && !a->samples) return fail_null(report, "samples");
    return SA_OK;
}

/* Tokens below `end`. */
static sa_status check_tokens(struct report *report, const char *name, const int32_t *ids, int64_t count, int64_t end) {
    if (count < 0) return fail(report, SA_ERR_VALUE, "%s_tokens is %lld, must be at least 0", name, (long long)count);
    if (count && !ids) return fail_null(report, name);
    for (int64_t i = 0; i < count; i++)
        if (ids[i] < 0 || ids[i] >= end)
            return fail(report, SA_ERR_VALUE, "%s[%lld] is %d, must be 0 to %lld", name, (long long)i, (int)ids[i],
                        (long long)end - 1);
    return SA_OK;
}

/* Room for the longest prompt, a time before the beginning, and one token behind it. */
static sa_status check_beginning(struct report *report, const struct transcription *t) {
    const sa_transcribe_args *a = &t->args;
    const int64_t most = t->most - (1 + transcription_earlier_room(t) + PROMPT_TOKENS) - 1;
    sa_status status = check_tokens(report, "beginning", a->beginning, a->beginning_tokens, t->speech->end);
    if (status != SA_OK || a->beginning_tokens <= most) return status;
    return fail(report, SA_ERR_VALUE, "beginning_tokens is %lld, must be 0 to %lld", (long long)a->beginning_tokens,
                (long long)most);
}

static sa_status check_numbers_of(struct report *report, const sa_transcribe_args *a) {
    sa_status status = check_choice(report, "task", a->task, SA_TASK_TRANSLATE);
    if (status == SA_OK) status = check_choice(report, "times", a->times, SA_TIMES_NEVER);
    if (status == SA_OK) status = check_choice(report, "keep_text", a->keep_text, 1);
    if (status != SA_OK) return status;
    if (a->reserved) return fail(report, SA_ERR_VALUE, "reserved is %d, must be 0", (int)a->reserved);
    if (a->max_tokens < 0)
        return fail(report, SA_ERR_VALUE, "max_tokens is %lld, must be at least 0", (long long)a->max_tokens);
    if (!(a->no_speech >= 0 && a->no_speech <= 1))
        return fail(report, SA_ERR_VALUE, "no_speech is %g, must be 0 to 1", a->no_speech);
    if (!(a->log_probability <= 0))
        return fail(report, SA_ERR_VALUE, "log_probability is %g, must be 0 or less", a->log_probability);
    return SA_OK;
}

static sa_status take_language(struct report *report, struct transcription *t) {
    const struct sa_speech *s = t->speech;
    const char *code = t->args.language;
    t->language = s->usual_language;
    if (t->args.task == SA_TASK_TRANSLATE && s->tasks[SA_TASK_TRANSLATE] < 0)
        return fail(report, SA_ERR_VALUE, "task is SA_TASK_TRANSLATE, for which the model has no token");
    if (!code || (!s->languages && !strcmp(code, "en"))) return SA_OK;
    t->language = speech_find_language(s, code);
    if (t->language >= 0) return SA_OK;
    if (!s->languages)
        return fail(report, SA_ERR_VALUE, "language is \"%.40s\", but the model knows English alone", code);
    return fail(report, SA_ERR_VALUE, "language is \"%.40s\", which is none of the model's %lld: \"%s\" to \"%s\"",
                code, (long long)s->languages, s->language[0].code, s->language[s->languages - 1].code);
}

static sa_status check_session(struct report *report, const struct transcription *t) {
    if (t->session->model != t->speech->model)
        return fail(report, SA_ERR_VALUE, "speech was opened for another model than the session's");
    if (t->session->B != 1)
        return fail(report, SA_ERR_SHAPE, "the session has %lld sequences, must have 1", (long long)t->session->B);
    if (transcription_earlier_room(t) < 0 || t->most < 2 * (PROMPT_TOKENS + 1))
        return fail(report, SA_ERR_SHAPE, "a sequence has at most %lld tokens, at least %d are needed",
                    (long long)t->most, 2 * (PROMPT_TOKENS + 1));
    return SA_OK;
}

static sa_status check_args(struct report *report, struct transcription *t) {
    const sa_transcribe_args *a = &t->args;
    sa_status status = check_session(report, t);
    if (status == SA_OK) status = check_sound(report, a);
    if (status == SA_OK) status = check_tokens(report, "prompt", a->prompt, a->prompt_tokens, t->speech->V);
    if (status == SA_OK) status = check_beginning(report, t);
    if (status == SA_OK) status = check_numbers_of(report, a);
    return status == SA_OK ? take_language(report, t) : status;
}

/* Places the arrays, and adds up their sizes. */
static struct ledger cut_memory(struct transcription *t, char *base) {
    const sa_mel_config *mel = &t->speech->mel->config;
    struct cutter c = {base, {.title = "transcribe"}};
    t->features = cut(&c, "features", mel->bins, mel->window / mel->step, sizeof *t->features);
    t->logits = cut(&c, "logits", t->speech->V, 1, sizeof *t->logits);
    t->exponentials = cut(&c, "exponentials", t->speech->V, 1, sizeof *t->exponentials);
    t->prompt = cut(&c, "prompt", t->most, 1, sizeof *t->prompt);
    t->ids = cut(&c, "ids", t->most, 1, sizeof *t->ids);
    t->text = cut(&c, "text", t->most, 1, sizeof *t->text);
    t->earlier = cut(&c, "earlier", t->most, 1, sizeof *t->earlier);
    return c.ledger;
}

/* Decides what the arguments leave open. */
static void decide(struct transcription *t) {
    sa_transcribe_args *a = &t->args;
    const int is_long = a->count > t->speech->mel->config.window;
    t->times = a->times == SA_TIMES_ALWAYS || (a->times == SA_TIMES_AUTO && is_long);
    t->most_new = a->max_tokens ? min_i64(a->max_tokens, t->most) : t->most;
    if (a->no_speech == 0 && a->log_probability == 0) a->no_speech = 0.6, a->log_probability = -1;
    for (int64_t i = 0; a->language_probabilities && i < t->speech->languages; i++) a->language_probabilities[i] = 0;
}

sa_status transcription_take(sa_ctx *ctx, sa_session *session, const sa_transcribe_args *args,
                             struct transcription *t) {
    struct report *report = &ctx->report;
    *t = (struct transcription){.ctx = ctx, .session = session};
    if (!args) return fail_null(report, "args");
    sa_status status = take_struct(report, "sa_transcribe_args", args, &t->args, sizeof t->args,
                                   offsetof(sa_transcribe_args, on_segment));
    if (status != SA_OK) return status;
    t->speech = t->args.speech;
    if (!t->speech) return fail_null(report, "speech");
    t->most = min_i64(session_most_tokens(session), MOST_TOKENS);
    status = check_args(report, t);
    if (status != SA_OK) return status;
    decide(t);
    const struct ledger ledger = cut_memory(t, NULL);
    status = session_reserve(report, session, &ledger);
    if (status != SA_OK) return status;
    cut_memory(t, session->work);
    transcription_remember(t, t->args.prompt, t->args.prompt_tokens);
    return SA_OK;
}
