/* SPDX-License-Identifier: MIT */
#include "text/writing.h"
#include "clock.h"

#include "exit.h"
#include "text/rewriting_options.h"
#include "weights.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { NOT_SAID = INT32_MIN, USUAL_TOKENS = 256 };

const struct writing writing_defaults = {.max_tokens = NOT_SAID,
                                         .end = -1,
                                         .length_penalty = NO_PENALTY,
                                         .early_stopping = NOT_SAID,
                                         .sampling = {.struct_size = sizeof(sa_sampling)}};

/* Ranges as sa_sampling has them, by the names of the options. */
static void check_sampling(const sa_sampling *s) {
    const struct {
        const char *option;
        double value, most;
    } ranges[] = {{"--temperature", s->temperature, HUGE_VAL},
                  {"--top-p", s->top_p, 1},
                  {"--min-p", s->min_p, 1},
                  {"--repeat-penalty", s->repetition_penalty, HUGE_VAL}};
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        const double value = ranges[i].value, most = ranges[i].most;
        if (isfinite(value) && value >= 0 && value <= most) continue;
        if (most == HUGE_VAL) usage_error("%s is %g, must be 0 or more", ranges[i].option, value);
        usage_error("%s is %g, must be 0 to %g", ranges[i].option, value, most);
    }
}

/* Options that only a draw looks at. */
static void check_greedy(const struct writing *w) {
    const struct {
        const char *option;
        int given;
    } options[] = {{"--top-k", w->top_k != 0},
                   {"--top-p", w->sampling.top_p > 0 && w->sampling.top_p < 1},
                   {"--min-p", w->sampling.min_p > 0}};
    if (w->sampling.temperature > 0 || w->model_defaults) return;
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (options[i].given) usage_error("%s needs --temperature: without it nothing is drawn", options[i].option);
}

void writing_check(struct writing *w) {
    check_sampling(&w->sampling);
    if (w->max_tokens == NOT_SAID && !w->model_defaults) w->max_tokens = USUAL_TOKENS;
    if (w->max_tokens < 1 && w->max_tokens != NOT_SAID)
        usage_error("--max-tokens is %d, must be at least 1", w->max_tokens);
    if (w->top_k < 0) usage_error("--top-k is %d, must be at least 0", w->top_k);
    check_greedy(w);
    for (int i = 0; w->stops && w->stops[i]; i++)
        if (!*w->stops[i]) usage_error("--stop is empty");
    if (w->weights) weights_of("--weights", w->weights);
    w->sampling.top_k = w->top_k;
    w->sampling.seed = (uint64_t)w->seed;
}

void writing_free(struct writing *w) {
    for (int i = 0; w->stops && w->stops[i]; i++) free(w->stops[i]);
    free(w->stops);
    free(w->tokenizer);
    free(w->weights);
}

/* Takes what the command line left open from the model. */
static void take_defaults(struct writing *w, const struct engine *e, const char *model) {
    sa_sampling own = {.struct_size = sizeof own}, *s = &w->sampling;
    const struct beam_defaults lengths = beam_defaults_read(model, NULL);
    const int is_for_beams = w->beams && !sa_model_get(e->model, SA_MODEL_UNSUPPORTED);
    if (sa_model_sampling(e->model, &own) != SA_OK && !is_for_beams)
        failure("--model-defaults: %s", sa_ctx_last_error(NULL));
    if (s->temperature == 0) s->temperature = own.temperature;
    if (s->temperature > 0 && s->top_k == 0) s->top_k = own.top_k;
    if (s->temperature > 0 && s->top_p == 0) s->top_p = own.top_p;
    if (s->temperature > 0 && s->min_p == 0) s->min_p = own.min_p;
    if (s->repetition_penalty == 0) s->repetition_penalty = own.repetition_penalty;
    if (w->length_penalty == NO_PENALTY && lengths.has_penalty) w->length_penalty = lengths.length_penalty;
    if (w->early_stopping == NOT_SAID) w->early_stopping = lengths.early_stopping;
    if (w->max_tokens == NOT_SAID) {
        const int64_t most = sa_model_get(e->model, SA_MODEL_MAX_NEW_TOKENS);
        w->max_tokens = most > 0 ? (int)most : USUAL_TOKENS;
        if (most <= 0) w->max_length = lengths.max_length;
    }
    check_greedy(w);
}

struct engine writing_open(struct writing *w, const char *model) {
    struct engine e = engine_open(model, w->tokenizer, &w->common);
    engine_load_as(&e, model, w->weights);
    if (sa_model_get(e.model, SA_MODEL_ENCODER) || !sa_model_get(e.model, SA_MODEL_OUTPUTS))
        failure("%s: this %s model does not generate text: %s", model, sa_model_type(e.model),
                sa_model_get(e.model, SA_MODEL_ENCODER) ? "it has an encoder" : "its file has no output matrix");
    if (w->model_defaults) take_defaults(w, &e, model);
    if (w->length_penalty == NO_PENALTY) w->length_penalty = 1;
    if (w->early_stopping == NOT_SAID) w->early_stopping = SA_EARLY_STOPPING_NEVER;
    return e;
}

sa_session *writing_session(const struct engine *engine, int64_t sequences) {
    sa_session *session;
    const sa_session_config config = {.struct_size = sizeof config, .batch = sequences};
    check(sa_session_create(engine->ctx, engine->model, &config, &session), engine->ctx);
    return session;
}

static volatile sig_atomic_t interrupted;

static void interrupt(int signal) {
    (void)signal;
    interrupted = 1;
}

/* What the library calls back into. */
struct listener {
    const struct tokens *ends;
    struct stream *stream;
    double first, last; /* when tokens came */
};

static int32_t hear(void *user, int64_t sequence, int32_t token, float log_probability) {
    struct listener *l = user;
    (void)sequence;
    (void)log_probability;
    l->last = clock_seconds();
    if (l->first == 0) l->first = l->last;
    if (!tokens_have(l->ends, token)) stream_add(l->stream, token);
    return interrupted;
}

static struct tokens end_tokens(const struct engine *e, const struct writing *w) {
    struct tokens t = engine_end_tokens(e);
    if (w->end >= 0) t.id[t.count++] = w->end;
    return t;
}

/* sa_generate(), during which Ctrl-C only sets `interrupted`. */
static void generate(const struct engine *e, sa_session *session, const sa_generate_args *args) {
    struct sigaction before, during = {.sa_handler = interrupt};
    interrupted = 0;
    sigaction(SIGINT, &during, &before);
    sa_status status = sa_generate(e->ctx, session, args);
    sigaction(SIGINT, &before, NULL);
    check(status, e->ctx);
}

struct written writing_run(const struct engine *e, sa_session *session, const struct writing *w,
                           const struct tokens *prompt, struct stream *stream) {
    const int64_t most = most_new_tokens(w->max_tokens, w->max_length, prompt->count);
    struct written made = {.id = allocate((size_t)most, sizeof *made.id),
                           .log_probability = allocate((size_t)most, sizeof *made.log_probability)};
    struct tokens ends = end_tokens(e, w);
    struct listener listener = {.ends = &ends, .stream = stream};
    const int64_t stops = stream_stop_count(w->stops);
    const sa_generate_args args = {.struct_size = sizeof args,
                                   .tokens = prompt->count,
                                   .ids = prompt->id,
                                   .max_tokens = most,
                                   .sampling = &w->sampling,
                                   .generated = made.id,
                                   .counts = &made.count,
                                   .endings = &made.ending,
                                   .log_probabilities = made.log_probability,
                                   .stop_tokens = ends.id,
                                   .stop_token_count = ends.count,
                                   .stop_strings = (const char *const *)w->stops,
                                   .stop_string_count = stops,
                                   .tokenizer = stops ? e->tokenizer : NULL,
                                   .on_token = hear,
                                   .user = &listener,
                                   .model_rules = w->model_defaults};
    double start = clock_seconds();
    generate(e, session, &args);
    stream_end(stream);
    made.prompt_seconds = listener.first - start;
    made.token_seconds = listener.last - listener.first;
    free(ends.id);
    return made;
}

void written_free(struct written *written) {
    free(written->id);
    free(written->log_probability);
}

double written_speed(const struct written *written) {
    return written->count > 1 ? (double)(written->count - 1) / written->token_seconds : 0;
}
