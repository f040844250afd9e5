/* selfattn chat: a conversation with a model, line by line.
 * SPDX-License-Identifier: MIT */
#include "chat_template.h"
#include "command.h"
#include "exit.h"
#include "table.h"
#include "writing.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct chat {
    struct writing writing;
    struct engine engine;
    struct chat_template format;
    char *system; /* NULL: the template's own */
    sa_session *session;
    struct tokens next; /* what the session has not run yet */
    int64_t turns, tokens;
    double seconds;
};

static void begin(struct chat *c) {
    const char *system = c->system ? c->system : c->format.system;
    check(sa_session_truncate(c->session, 0, 0), NULL);
    c->next.count = 0;
    c->turns = 0;
    if (system && *system) chat_template_turn(&c->format, &c->engine, "system", system, &c->next);
}

static void add_question(struct chat *c, const char *question) {
    chat_template_turn(&c->format, &c->engine, "user", question, &c->next);
    chat_template_answer(&c->format, &c->engine, &c->next);
}

/* Whether `more` tokens and the next question fit into what the model can read. */
static int fits(const struct chat *c, int64_t more) {
    int64_t most = sa_model_get(c->engine.model, SA_MODEL_DECODER_MAX_POSITIONS);
    return !most || sa_session_length(c->session, 0) + c->next.count + more <= most;
}

/* A conversation that has become too long for the model begins anew. 0: the question alone is too long, and is
 * forgotten. */
static int make_room(struct chat *c, const char *question) {
    if (!fits(c, c->writing.max_tokens) && c->turns) {
        fputs("(The conversation is too long for the model. A new conversation begins.)\n", stderr);
        begin(c);
        add_question(c, question);
    }
    if (fits(c, 1)) return 1;
    fprintf(stderr, "(That line is too long: it has %lld tokens, the model reads at most %lld.)\n",
            (long long)c->next.count, (long long)sa_model_get(c->engine.model, SA_MODEL_DECODER_MAX_POSITIONS));
    begin(c);
    return 0;
}

/* What the answer ends with, as the template has it, is run with the next question. */
static void end_answer(struct chat *c, const struct written *w) {
    c->next.count = 0;
    int32_t last = w->id[w->count - 1];
    tokens_add(&c->next, last);
    if (last != c->format.end) tokens_add(&c->next, c->format.end);
    engine_add_tokens(&c->engine, "\n", SA_ENCODE_NO_TEMPLATE, &c->next);
}

static void answer(struct chat *c, const char *question) {
    int json = c->writing.common.json;
    add_question(c, question);
    if (!make_room(c, question)) return;
    struct stream stream =
        stream_begin(&c->engine, json ? NULL : stdout, c->writing.stops, c->next.id[c->next.count - 1]);
    struct written w = writing_run(&c->engine, c->session, &c->writing, &c->next, &stream);
    if (json)
        print_json(json_pack("{ss so}", "question", question, "answer", json_text(stream.text)));
    else
        puts("");
    fflush(stdout);
    end_answer(c, &w);
    if (c->writing.sampling.temperature > 0) c->writing.sampling.seed++; /* another answer is drawn otherwise */
    c->turns++;
    c->tokens += w.count > 1 ? w.count - 1 : 0;
    c->seconds += w.token_seconds;
    stream_free(&stream);
    written_free(&w);
}

/* Reads a question; 0 at the end of the input. A line with a NUL, where its text would end, is no text either. */
static int ask(char **line, size_t *size) {
    for (;;) {
        if (isatty(STDIN_FILENO)) {
            fputs("\n> ", stdout);
            fflush(stdout);
        }
        const ssize_t bytes = getline(line, size, stdin);
        if (bytes < 0) return 0;
        if (g_utf8_validate(*line, bytes, NULL)) break;
        fputs("(That line is not valid UTF-8, or has a NUL, and was ignored.)\n", stderr);
    }
    (*line)[strcspn(*line, "\r\n")] = 0;
    return 1;
}

static void talk(struct chat *c, const char *model) {
    char *line = NULL;
    size_t size = 0;
    c->engine = writing_open(&c->writing, model);
    c->format = chat_template_read(&c->engine, model);
    c->writing.end = c->format.end;
    c->session = writing_session(&c->engine, 1);
    if (isatty(STDIN_FILENO))
        puts("Each line is a question. /new starts a new conversation. Ctrl-C stops an answer, Ctrl-D ends the "
             "program.");
    begin(c);
    while (ask(&line, &size)) {
        if (!strcmp(line, "/new"))
            begin(c);
        else if (*line)
            answer(c, line);
    }
    if (c->seconds > 0) fprintf(stderr, "\n%.1f tokens/s\n", (double)c->tokens / c->seconds);
    free(line);
    free(c->next.id);
    sa_session_destroy(&c->session);
    chat_template_free(&c->format);
    engine_close(&c->engine);
}

int command_chat(int argc, const char **argv) {
    struct chat c = {.writing = writing_defaults};
    const struct poptOption table[] = {
        WRITING_OPTIONS(c.writing),
        {"system", 's', POPT_ARG_STRING, &c.system, 0, "System prompt (default: that of the chat template)", "TEXT"},
        COMMON_OPTIONS(c.writing.common)};
    struct arguments a = arguments_read(argc, argv, table, "MODEL", 1, 1);
    writing_check(&c.writing);
    talk(&c, a.word[0]);
    arguments_free(&a, &c.writing.common);
    writing_free(&c.writing);
    free(c.system);
    return 0;
}
