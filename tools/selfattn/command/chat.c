/* selfattn chat: a conversation with a model, line by line.
 * SPDX-License-Identifier: MIT */
#include "chat/chat_session.h"
#include "command/command.h"
#include "exit.h"
#include "table.h"
#include "text/writing.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct chat {
    struct writing writing;
    struct engine engine;
    struct chat_template format;
    char *system; /* NULL: the template's own */
    char *form, *date, *render;
    char *resume, *prefix;    /* files; NULL: none */
    struct chat_session with; /* the conversation */
    int64_t tokens;
    double seconds;
};

static void begin(struct chat *c) {
    conversation_clear(&c->with.said);
    c->with.said.system = c->system;
}

static struct tokens write_all(const struct chat *c) {
    struct tokens all = {0};
    chat_template_write(&c->format, &c->engine, &c->with.said, &all, NULL);
    return all;
}

/* Whether these and `more` tokens fit into what the model can read. */
static int fits(const struct chat *c, const struct tokens *all, int64_t more) {
    const int64_t most = sa_model_get(c->engine.model, SA_MODEL_DECODER_MAX_POSITIONS);
    return !most || all->count + more <= most;
}

/* The conversation's tokens. One that has become too long for the model begins anew. None: the question alone is too
 * long, and is forgotten. */
static struct tokens ask_all(struct chat *c, const char *question) {
    conversation_add(&c->with.said, question);
    struct tokens all = write_all(c);
    if (!fits(c, &all, c->writing.max_tokens) && c->with.said.count > 1) {
        fputs("(The conversation is too long for the model. A new conversation begins.)\n", stderr);
        free(all.id);
        begin(c);
        conversation_add(&c->with.said, question);
        all = write_all(c);
    }
    if (fits(c, &all, 1)) return all;
    fprintf(stderr, "(That line is too long: it has %lld tokens, the model reads at most %lld.)\n",
            (long long)all.count, (long long)sa_model_get(c->engine.model, SA_MODEL_DECODER_MAX_POSITIONS));
    free(all.id);
    begin(c);
    return (struct tokens){0};
}

/* The session keeps the tokens that it has of these; returns how many. At least one is left to run. */
static int64_t keep(struct chat *c, const struct tokens *all) {
    const int64_t length = sa_session_length(c->with.session, 0);
    int64_t same = 0;
    while (same < length && same < c->with.run.count && same < all->count - 1 && c->with.run.id[same] == all->id[same])
        same++;
    if (same < length && sa_session_truncate(c->with.session, 0, same)) {
        check(sa_session_truncate(c->with.session, 0, 0), NULL);
        same = 0;
    }
    return same;
}

/* The answer as later questions repeat it: without thoughts, and without what the form writes before it anyway. */
static void remember(struct chat *c, const struct written *w, const char *shown) {
    const int64_t begin = chat_template_answer(&c->format, &c->engine, w->id, w->count);
    struct stream rest = stream_begin(&c->engine, NULL, NULL, begin ? w->id[begin - 1] : -1);
    for (int64_t i = begin; begin && i < w->count; i++)
        if (w->id[i] != c->format.end) stream_add(&rest, w->id[i]);
    stream_end(&rest);
    const char *text = begin ? rest.text : shown;
    const size_t skipped = c->format.has_space && *text == ' ';
    conversation_add(&c->with.said, text + skipped);
    stream_free(&rest);
}

static void answer(struct chat *c, const char *question) {
    int json = c->writing.common.json;
    struct tokens all = ask_all(c, question);
    if (!all.count) return;
    const int64_t kept = keep(c, &all);
    const struct tokens next = {.count = all.count - kept, .id = all.id + kept};
    struct stream stream = stream_begin(&c->engine, json ? NULL : stdout, c->writing.stops, all.id[all.count - 1]);
    struct written w = writing_run(&c->engine, c->with.session, &c->writing, &next, &stream);
    if (json)
        print_json(json_pack("{ss so}", "question", question, "answer", json_text(stream.text)));
    else
        puts("");
    fflush(stdout);
    remember(c, &w, stream.text);
    for (int64_t i = 0; i < w.count; i++) tokens_add(&all, w.id[i]);
    free(c->with.run.id);
    c->with.run = all;
    c->with.answers++;
    if (c->writing.sampling.temperature > 0) c->writing.sampling.seed++; /* another answer is drawn otherwise */
    if (c->resume) chat_session_write(&c->engine, c->resume, &c->with);
    c->tokens += w.count > 1 ? w.count - 1 : 0;
    c->seconds += w.token_seconds;
    stream_free(&stream);
    written_free(&w);
}

/* Prints a conversation from a file as the model would get it. */
static void render(struct chat *c, const char *model) {
    json_t *root;
    char *text;
    struct tokens all = {0};
    c->engine = engine_open(model, c->writing.tokenizer, &c->writing.common);
    c->format = chat_template_read(&c->engine, model, c->form, c->date);
    c->with.said = conversation_read(c->render, &root);
    if (!c->with.said.system) c->with.said.system = c->system;
    chat_template_write(&c->format, &c->engine, &c->with.said, &all, &text);
    if (c->writing.common.json) {
        json_t *ids = json_array();
        for (int64_t i = 0; i < all.count; i++) json_array_append_new(ids, json_integer(all.id[i]));
        print_json(json_pack("{ss ss so}", "form", c->format.form.name, "text", text, "tokens", ids));
    } else {
        puts(text);
    }
    free(text);
    free(all.id);
    json_decref(root);
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

/* The tokens that conversations with this system message begin with, whatever is asked. */
static struct tokens shared_tokens(struct chat *c) {
    static const char *const questions[] = {"a", "b"};
    struct tokens both[2];
    for (int i = 0; i < 2; i++) {
        begin(c);
        conversation_add(&c->with.said, questions[i]);
        both[i] = write_all(c);
    }
    begin(c);
    int64_t same = 0;
    while (same < both[0].count && same < both[1].count && both[0].id[same] == both[1].id[same]) same++;
    both[0].count = same;
    free(both[1].id);
    return both[0];
}

/* Makes the file that conversations begin from. */
static void make_prefix(struct chat *c) {
    c->with.session = writing_session(&c->engine, 1);
    c->with.run = shared_tokens(c);
    if (!c->with.run.count) failure("--prefix: without a system message, this template begins with nothing");
    if (!fits(c, &c->with.run, 1)) failure("--prefix: the system message is longer than the model can read");
    const sa_session_args args = {.struct_size = sizeof args, .tokens = c->with.run.count, .ids = c->with.run.id};
    check(sa_session_run(c->engine.ctx, c->with.session, &args), c->engine.ctx);
    chat_session_write(&c->engine, c->prefix, &c->with);
}

/* A system message that the file does not have would be ignored. */
static void check_system(const struct chat *c, const char *path) {
    const char *own = c->with.said.system ? c->with.said.system : "";
    if (c->system && strcmp(c->system, own) != 0)
        usage_error("--system is another than that of the conversation in %s, which is \"%.60s\"", path, own);
}

/* The conversation goes on from its file, or begins: with the session of a file, or an empty one. */
static void open_conversation(struct chat *c) {
    const char *path = c->resume;
    int found = path && chat_session_read(&c->engine, path, &c->with);
    if (found && isatty(STDIN_FILENO)) printf("The conversation goes on after %d messages.\n", c->with.said.count);
    if (!found && (path = c->prefix)) {
        found = chat_session_read(&c->engine, path, &c->with);
        if (!found) make_prefix(c);
    }
    if (found) check_system(c, path);
    if (found && !c->system) c->system = strdup(c->with.system ? c->with.system : "");
    if (!c->with.session) c->with.session = writing_session(&c->engine, 1);
    if (!found) begin(c);
    if (c->writing.sampling.temperature > 0) c->writing.sampling.seed += (uint64_t)c->with.answers;
}

static void talk(struct chat *c, const char *model) {
    char *line = NULL;
    size_t size = 0;
    c->engine = writing_open(&c->writing, model);
    c->format = chat_template_read(&c->engine, model, c->form, c->date);
    c->writing.max_length = 0; /* of a whole conversation: it ends where the model's positions end */
    chat_template_probe(&c->format, &c->engine, c->system);
    c->writing.end = c->format.end;
    open_conversation(c);
    if (isatty(STDIN_FILENO))
        puts("Each line is a question. /new starts a new conversation. Ctrl-C stops an answer, Ctrl-D ends the "
             "program.");
    while (ask(&line, &size)) {
        if (!strcmp(line, "/new"))
            begin(c);
        else if (*line)
            answer(c, line);
    }
    if (c->seconds > 0) fprintf(stderr, "\n%.1f tokens/s\n", (double)c->tokens / c->seconds);
    free(line);
}

int command_chat(int argc, const char **argv) {
    struct chat c = {.writing = writing_defaults};
    const struct poptOption table[] = {
        WRITING_OPTIONS(c.writing),
        {"system", 's', POPT_ARG_STRING, &c.system, 0, "System prompt (default: that of the chat template)", "TEXT"},
        {"template", 0, POPT_ARG_STRING, &c.form, 0,
         "Write conversations in this form, or as a JSON file says (default: the model's own template)", "NAME"},
        {"date", 0, POPT_ARG_STRING, &c.date, 0, "The date that some templates tell the model (default: today)",
         "TEXT"},
        {"render", 0, POPT_ARG_STRING, &c.render, 0, "Print the conversation in FILE as the model would get it",
         "FILE"},
        {"resume", 0, POPT_ARG_STRING, &c.resume, 0,
         "Go on with the conversation in FILE, which is written after each answer, or begin it", "FILE"},
        {"prefix", 0, POPT_ARG_STRING, &c.prefix, 0,
         "Begin with the system prompt that FILE has read; made if there is no such file", "FILE"},
        ADAPTER_OPTION(c.writing.common),
        COMMON_OPTIONS(c.writing.common)};
    struct arguments a = arguments_read(argc, argv, table, "MODEL", 1, 1);
    writing_check(&c.writing);
    if (c.render && (c.resume || c.prefix)) usage_error("--render needs neither --resume nor --prefix");
    if (c.render)
        render(&c, a.word[0]);
    else
        talk(&c, a.word[0]);
    chat_session_free(&c.with);
    chat_template_free(&c.format);
    engine_close(&c.engine);
    arguments_free(&a, &c.writing.common);
    writing_free(&c.writing);
    free(c.system);
    free(c.form);
    free(c.date);
    free(c.render);
    free(c.resume);
    free(c.prefix);
    return 0;
}
