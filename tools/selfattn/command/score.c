/* selfattn score: how well a language model foresees a text, token by token.
 * SPDX-License-Identifier: MIT */
#include "command/command.h"
#include "engine.h"
#include "exit.h"
#include "picture/picture.h"
#include "table.h"
#include "text/text_file.h"

#include <glib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
    struct common common;
    char *file, *picture;
    int context, stride;
};

/* Tokens of the text with what the model gave each: its log-probability after the tokens before it. */
struct scored {
    struct tokens tokens;
    int32_t start;           /* what stands before the text in every window; -1: nothing, the first token is not
                                foreseen */
    double *log_probability; /* [count], 0 where there is none */
    int64_t foreseen;        /* how many have one */
    double total;            /* their sum */
};

static double log_probability(const float *logits, int64_t V, int32_t token) {
    double most = -HUGE_VAL, sum = 0;
    for (int64_t i = 0; i < V; i++) most = fmax(most, (double)logits[i]);
    for (int64_t i = 0; i < V; i++) sum += exp((double)logits[i] - most);
    return (double)logits[token] - most - log(sum);
}

/* Tokens that are read at once: their logits are held. */
enum { CHUNK = 64 };

/* A window of tokens, those of the text from `first` on, behind the start token if there is one. */
struct window {
    int32_t *id;
    int64_t count, first;
};

/* Scores all tokens of the window from text token `known` on. */
static void score_window(const struct engine *e, sa_session *session, struct scored *s, const struct window *w,
                         int64_t known) {
    const int64_t V = sa_model_get(e->model, SA_MODEL_OUTPUTS), lead = s->start >= 0;
    float *logits = allocate((size_t)(CHUNK * V), sizeof *logits);
    check(sa_session_truncate(session, 0, 0), e->ctx);
    for (int64_t at = 0; at < w->count; at += CHUNK) {
        const int64_t T = w->count - at < CHUNK ? w->count - at : CHUNK;
        const sa_session_args args = {.struct_size = sizeof args, .tokens = T, .ids = w->id + at, .logits_all = logits};
        check(sa_session_run(e->ctx, session, &args), e->ctx);
        for (int64_t i = at; i < at + T && i + 1 < w->count; i++) {
            const int64_t t = w->first + i + 1 - lead;
            if (t < known) continue;
            s->log_probability[t] = log_probability(logits + (i - at) * V, V, w->id[i + 1]);
            s->total += s->log_probability[t];
            s->foreseen++;
        }
    }
    free(logits);
}

/* Long texts are read in windows of `context` tokens, each `stride` behind the one before; tokens that a window before
 * has scored are not scored again. */
static void score_text(const struct engine *e, struct scored *s, int64_t context, int64_t stride) {
    const int64_t most = sa_model_get(e->model, SA_MODEL_DECODER_MAX_POSITIONS), lead = s->start >= 0;
    const int64_t count = s->tokens.count;
    if (context == NOT_GIVEN || context > count + lead) context = count + lead;
    if (most && context > most) context = most;
    if (stride == NOT_GIVEN || stride > context - lead) stride = (context - lead + 1) / 2;
    struct window w = {.id = allocate((size_t)context, sizeof *w.id)};
    sa_session *session;
    check(sa_session_create(e->ctx, e->model, NULL, &session), e->ctx);
    if (lead) w.id[0] = s->start;
    for (int64_t known = 1 - lead; known < count; w.first += stride) {
        const int64_t own = count - w.first < context - lead ? count - w.first : context - lead;
        memcpy(w.id + lead, s->tokens.id + w.first, (size_t)own * sizeof *w.id);
        w.count = own + lead;
        score_window(e, session, s, &w, known);
        known = w.first + own;
    }
    sa_session_destroy(&session);
    free(w.id);
}

/* What each token adds to the text, as it can be shown. */
static char **pieces_of(const struct engine *e, const struct tokens *t) {
    char **piece = engine_pieces(e, t);
    for (int64_t i = 0; i < t->count; i++) {
        char *raw = piece[i];
        piece[i] = g_utf8_make_valid(raw, -1);
        free(raw);
    }
    return piece;
}

static void print_scored(const struct scored *s, char *const *piece, double perplexity, int json) {
    json_t *list = json_array();
    for (int64_t i = 0; i < s->tokens.count; i++) {
        const double p = exp(s->log_probability[i]);
        json_array_append_new(list, json_pack("{sI so sf}", "id", (json_int_t)s->tokens.id[i], "text",
                                              json_text(piece[i]), "log_probability", s->log_probability[i]));
        if (!json && s->log_probability[i] < 0) printf("%8lld  %6.2f %%  %s\n", (long long)i, 100 * p, piece[i]);
    }
    if (json)
        print_json(json_pack("{sf sI sf sO}", "perplexity", perplexity, "tokens", (json_int_t)s->foreseen,
                             "log_probability", s->total, "scores", list));
    else
        printf("\nperplexity %.4f over %lld tokens\n", perplexity, (long long)s->foreseen);
    json_decref(list);
}

/* ------------------------------------------------------------------------------------------------- picture */

/* Surprise, in bits, that is drawn darkest. */
static const double MOST_BITS = 12;

static double bits_of(const struct scored *s, int64_t i) {
    return -s->log_probability[i] / log(2);
}

/* The text in lines, each token on a ground that is the darker the less it was foreseen. */
static void draw(const struct scored *s, char *const *piece, double perplexity, const char *file) {
    enum { WIDTH = 900, LINE = 30 };
    struct picture p = picture_begin();
    struct label label = {.size = 15, .colour = ink};
    char text[200];
    double x = 0, y = 0;
    snprintf(text, sizeof text, "Perplexity %.2f over %lld tokens. Dark: a surprise of %.0f bits or more.", perplexity,
             (long long)s->foreseen, MOST_BITS);
    picture_heading(&p, 0, -LINE, WIDTH, "How well each token was foreseen", text);
    for (int64_t i = 0; i < s->tokens.count; i++) {
        const int ends_line = strchr(piece[i], '\n') != NULL;
        char *shown = g_strdelimit(g_strdup(piece[i]), "\n\t", ' ');
        const double width = picture_text_width(&p, shown, &label) + 4;
        if (x > 0 && x + width > WIDTH) x = 0, y += LINE;
        const struct colour ground =
            s->log_probability[i] < 0 ? colour_scale(fmin(bits_of(s, i) / MOST_BITS, 1)) : paper;
        picture_box(&p, x, y - LINE * 0.4, width - 1, LINE * 0.8, ground);
        label.colour = colour_readable_on(ground);
        picture_text(&p, x + 2, y, shown, &label);
        x += width;
        if (ends_line) x = 0, y += LINE;
        g_free(shown);
    }
    picture_end(&p, file);
}

/* ------------------------------------------------------------------------------------------------- command */

static void score(const struct engine *e, const struct options *o, const char *text) {
    struct scored s = {.tokens = engine_tokens(e, text),
                       .start = (int32_t)sa_model_get(e->model, SA_MODEL_START_TOKEN)};
    if (s.tokens.count && s.tokens.id[0] == s.start) s.start = -1; /* the tokenizer has put it there */
    if (s.tokens.count < 2) failure("the text has %lld tokens: at least two are needed", (long long)s.tokens.count);
    s.log_probability = allocate((size_t)s.tokens.count, sizeof *s.log_probability);
    score_text(e, &s, o->context, o->stride);
    const double perplexity = exp(-s.total / (double)s.foreseen);
    char **piece = pieces_of(e, &s.tokens);
    print_scored(&s, piece, perplexity, o->common.json);
    if (o->picture) draw(&s, piece, perplexity, o->picture);
    if (o->picture && !o->common.json) printf("Picture:  %s\n", o->picture);
    for (int64_t i = 0; i < s.tokens.count; i++) g_free(piece[i]);
    free(piece);
    free(s.tokens.id);
    free(s.log_probability);
}

int command_score(int argc, const char **argv) {
    struct options o = {.context = NOT_GIVEN, .stride = NOT_GIVEN};
    const struct poptOption table[] = {
        {"file", 'f', POPT_ARG_STRING, &o.file, 0, "Read the text from FILE; - is standard input", "FILE"},
        {"context", 'c', POPT_ARG_INT, &o.context, 0,
         "Read the text in windows of N tokens (default: as many as the model reads)", "N"},
        {"stride", 's', POPT_ARG_INT, &o.stride, 0,
         "Begin a window N tokens behind the one before (default: half of the context, so that windows overlap)", "N"},
        {"picture", 'p', POPT_ARG_STRING, &o.picture, 0, "Draw the text into FILE (.png or .svg), surprises dark",
         "FILE"},
        ADAPTER_OPTION(o.common),
        COMMON_OPTIONS(o.common)};
    struct arguments a = arguments_read(argc, argv, table, "MODEL [TEXT]", 1, 2);
    if ((a.count == 2) == (o.file != NULL)) usage_error("%s", o.file ? "TEXT and --file are given" : "TEXT is missing");
    if (o.context != NOT_GIVEN && o.context < 2) usage_error("--context is %d, must be at least 2", o.context);
    if (o.stride != NOT_GIVEN && o.stride < 1) usage_error("--stride is %d, must be at least 1", o.stride);
    if (o.picture) picture_check_name(o.picture);
    char *text = o.file ? text_file_read(o.file) : NULL;
    struct engine engine = engine_open(a.word[0], NULL, &o.common);
    engine_load(&engine, a.word[0]);
    if (sa_model_get(engine.model, SA_MODEL_ENCODER) || !sa_model_get(engine.model, SA_MODEL_DECODER))
        failure("%s: a %s model does not go on with a text", a.word[0], sa_model_type(engine.model));
    score(&engine, &o, text ? text : a.word[1]);
    engine_close(&engine);
    free(text);
    free(o.file);
    free(o.picture);
    arguments_free(&a, &o.common);
    return 0;
}
