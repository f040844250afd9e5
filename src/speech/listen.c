/* From a window of sound to its tokens: features, encoder, prompt, and one token after the other.
 * SPDX-License-Identifier: MIT */
#include "base/arith.h"
#include "generate/sampling.h"
#include "speech/rules.h"
#include "speech/transcription.h"

#include <math.h>
#include <string.h>

/* Appends tokens to the session's sequence; the logits behind them are in t->logits. */
static sa_status append(struct transcription *t, const int32_t *ids, int64_t count) {
    const sa_session_args step = {.struct_size = sizeof step, .tokens = count, .ids = ids, .logits = t->logits};
    return session_step(t->ctx, t->session, &step);
}

static double log_of_sum(const struct transcription *t) {
    return log_sum_exp(t->ctx->machine.kernels, t->logits, t->speech->V, t->exponentials);
}

static sa_status hear_window(struct transcription *t, int64_t count, int *is_silent) {
    const sa_mel_config *mel = &t->speech->mel->config;
    float loudest;
    sa_status status = mel_run(t->ctx, t->speech->mel, t->args.samples + t->first, t->first, count, t->features,
                               mel->window / mel->step, &loudest);
    *is_silent = loudest <= MEL_SILENCE;
    if (status != SA_OK || *is_silent) return status;
    const sa_encode_args encode = {.struct_size = sizeof encode, .batch = 1, .features = t->features};
    return session_encode(t->ctx, t->session, &encode);
}

/* The most probable language behind the start token. */
static int32_t detect_language(struct transcription *t) {
    const struct sa_speech *s = t->speech;
    float *probabilities = t->args.language_probabilities;
    double sum = 0;
    int32_t best = 0;
    for (int32_t i = 1; i < s->languages; i++)
        if (t->logits[s->language[i].token] > t->logits[s->language[best].token]) best = i;
    const double most = (double)t->logits[s->language[best].token];
    for (int64_t i = 0; i < s->languages; i++) sum += exp((double)t->logits[s->language[i].token] - most);
    for (int64_t i = 0; probabilities && i < s->languages; i++)
        probabilities[i] = (float)(exp((double)t->logits[s->language[i].token] - most) / sum);
    return best;
}

/* Runs what stands before the start token, and that. Then the logits say whether anybody speaks, and in which language.
 */
static sa_status begin(struct transcription *t, struct heard *h, int64_t *length) {
    const struct sa_speech *s = t->speech;
    int64_t n = 0;
    if (t->earlier_count) t->prompt[n++] = s->earlier;
    for (int64_t i = 0; i < t->earlier_count; i++) t->prompt[n++] = t->earlier[i];
    t->prompt[n++] = s->start;
    *length = n;
    sa_status status = append(t, t->prompt, n);
    if (status != SA_OK) return status;
    h->no_speech = exp((double)t->logits[s->no_speech] - log_of_sum(t));
    h->language = t->language;
    if (h->language < 0 && s->languages) h->language = detect_language(t);
    return SA_OK;
}

/* The text that the caller begins: new tokens that are not chosen. */
static void begin_text(struct transcription *t, struct heard *h, int64_t *n) {
    const sa_transcribe_args *a = &t->args;
    if (!a->beginning_tokens || t->has_begun) return;
    if (t->times) t->ids[h->tokens++] = t->speech->first_time;
    for (int64_t i = 0; i < a->beginning_tokens; i++) t->ids[h->tokens++] = a->beginning[i];
    memcpy(t->prompt + *n, t->ids, (size_t)h->tokens * sizeof *t->ids);
    *n += h->tokens;
}

/* The rest of the prompt, and the beginning of the text. */
static sa_status say_what_to_write(struct transcription *t, struct heard *h, int64_t *length) {
    const struct sa_speech *s = t->speech;
    int64_t n = 0;
    if (h->language >= 0) {
        t->prompt[n++] = s->language[h->language].token;
        t->prompt[n++] = s->tasks[t->args.task];
    }
    if (!t->times) t->prompt[n++] = s->no_times;
    *length += n;
    begin_text(t, h, &n);
    t->has_begun = 1;
    return n ? append(t, t->prompt, n) : SA_OK;
}

/* Chooses the next token; *log_probability is that among all tokens that the rules allow. */
static sa_status choose(struct transcription *t, int64_t n, int32_t *token, double *log_probability) {
    static const sa_sampling greedy = {.struct_size = sizeof greedy};
    rules_apply(t->speech, t->ids, n, t->times, t->logits);
    *token = sampling_choose(&greedy, t->logits, t->speech->V, NULL, 0, NULL);
    if (*token < 0)
        return fail(&t->ctx->report, SA_ERR_VALUE,
                    "no token of the window at sample %lld can be chosen: no logit is finite, or one is infinite",
                    (long long)t->first);
    *log_probability = (double)t->logits[*token] - log_of_sum(t);
    return SA_OK;
}

static sa_status write_tokens(struct transcription *t, struct heard *h, int64_t prompt) {
    const int64_t begun = h->tokens;
    double sum = 0;
    while (h->tokens < t->most_new) {
        int32_t token;
        double log_probability;
        sa_status status = choose(t, h->tokens, &token, &log_probability);
        if (status != SA_OK) return status;
        t->ids[h->tokens++] = token;
        sum += log_probability;
        h->mean = sum / (double)(h->tokens - begun);
        if (token == t->speech->end || h->tokens == t->most_new || prompt + h->tokens >= t->most) return SA_OK;
        status = append(t, &token, 1);
        if (status != SA_OK) return status;
    }
    return SA_OK;
}

static int is_speechless(const struct transcription *t, const struct heard *h) {
    return h->no_speech > t->args.no_speech && h->mean <= t->args.log_probability;
}

sa_status transcription_listen(struct transcription *t, struct heard *h) {
    int64_t prompt = 0;
    int is_silent;
    *h = (struct heard){.count = min_i64(t->speech->mel->config.window, t->args.count - t->first), .language = -1};
    h->next = t->first + h->count;
    sa_status status = hear_window(t, h->count, &is_silent);
    if (status == SA_OK && is_silent) {
        h->kind = SA_WINDOW_SILENT;
        h->no_speech = 1;
        return SA_OK;
    }
    if (status == SA_OK) status = begin(t, h, &prompt);
    if (status == SA_OK) status = say_what_to_write(t, h, &prompt);
    if (status == SA_OK) status = write_tokens(t, h, prompt);
    h->kind = is_speechless(t, h) ? SA_WINDOW_SPEECHLESS : SA_WINDOW_TEXT;
    return status;
}
