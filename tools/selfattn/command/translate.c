/* selfattn translate: an encoder with a decoder writes each text in another language, or in other letters.
 * SPDX-License-Identifier: MIT */
#include "command/command.h"
#include "exit.h"
#include "picture/picture.h"
#include "picture/translation_map.h"
#include "picture/writing_map.h"
#include "table.h"
#include "text/languages.h"
#include "text/rewriting.h"
#include "text/text_file.h"

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
    struct common common;
    struct rewriting_options writing;
    int layer, head;
    char *file, *source, *target, *prefix, *tokenizer, *target_tokenizer, *align;
};

struct translation {
    const struct options *options;
    struct engine engine;
    sa_tokenizer *target; /* NULL: what is written has the source's tokens */
    struct rewriting rewriting;
    struct languages languages;
    char *task; /* of both languages; NULL: they are not given */
};

static struct tokens encode(const struct translation *t, const char *text) {
    const struct engine *e = &t->engine;
    char *whole = g_strconcat(t->options->prefix ? t->options->prefix : "", text, NULL);
    const int64_t bytes = (int64_t)strlen(whole);
    const int32_t language = t->languages.around;
    struct tokens s = {0};
    check(sa_tokenizer_encode_language(e->ctx, e->tokenizer, whole, bytes, 0, language, NULL, 0, &s.count), e->ctx);
    s.id = allocate((size_t)s.count + 1, sizeof *s.id);
    if (s.count)
        check(sa_tokenizer_encode_language(e->ctx, e->tokenizer, whole, bytes, 0, language, s.id, s.count, &s.count),
              e->ctx);
    engine_check_fit(e, &s, text);
    g_free(whole);
    return s;
}

static void print(const struct options *o, const char *source, const struct rewritten *w) {
    if (o->common.json) {
        print_json_line(json_pack("{so so so sf}", "source", json_text(source), "text", json_text(w->text), "ids",
                                  json_numbers(w->tokens.id, w->tokens.count), "score", w->score));
    } else
        puts(g_strdelimit(w->text, "\n", ' ')); /* a text has one line, as its source */
    if (fflush(stdout)) failure("standard output cannot be written");
}

static void translate(const struct translation *t, const char *text) {
    const struct options *o = t->options;
    struct tokens source = encode(t, text);
    int32_t first = t->languages.first;
    const struct tokens begin = {.count = first >= 0, .id = &first};
    struct rewritten w = {0};
    if (*text && source.count)
        w = rewriting_run(&t->rewriting, &source, &begin);
    else
        w.text = strdup("");
    print(o, text, &w);
    if (o->align) translation_map_draw(&t->rewriting, &source, &begin, &w, o->layer, o->head, o->align);
    if (o->align && !o->common.json) printf("Picture:  %s\n", o->align);
    rewritten_free(&w);
    free(source.id);
}

static void translate_line(void *translation, const char *line) {
    translate(translation, line);
}

/* Translation toolkits write a list of words for each side. */
static void find_lists(struct options *o, const char *model) {
    char *directory = engine_directory(model);
    char *source = g_strconcat(directory, "source_vocabulary.txt", NULL);
    char *target = g_strconcat(directory, "target_vocabulary.txt", NULL);
    if (!o->tokenizer && !o->target_tokenizer && g_file_test(source, G_FILE_TEST_EXISTS) &&
        g_file_test(target, G_FILE_TEST_EXISTS)) {
        o->tokenizer = strdup(source);
        o->target_tokenizer = strdup(target);
    }
    g_free(source);
    g_free(target);
    free(directory);
}

/* T5 has a task for each pair of languages, which a prefix tells the model. */
static void find_task(struct translation *t, struct options *o, const char *model) {
    t->task = o->source && o->target ? g_strdup_printf("translation_%s_to_%s", o->source, o->target) : NULL;
    if (t->task && task_is_known(model, t->task)) o->writing.task = t->task;
    if (!o->prefix && (o->writing.task || o->writing.model_defaults)) o->prefix = task_prefix(model, o->writing.task);
}

static void begin(struct translation *t, struct options *o, const char *model) {
    t->options = o;
    find_lists(o, model);
    find_task(t, o, model);
    t->engine = engine_open(model, o->tokenizer, &o->common);
    engine_load(&t->engine, model);
    t->rewriting = rewriting_open(&t->engine, model, &o->writing, 256);
    if (o->target_tokenizer) {
        check(sa_tokenizer_open(t->engine.ctx, o->target_tokenizer, &t->target), t->engine.ctx);
        t->rewriting.written = t->target;
    }
    t->languages =
        o->writing.task ? languages_find(&t->engine, NULL, NULL) : languages_find(&t->engine, o->source, o->target);
    t->rewriting.no_start = t->languages.replaces_start;
    writing_map_check(&t->engine, o->layer, o->head);
}

static void end(struct translation *t) {
    rewriting_close(&t->rewriting);
    sa_tokenizer_destroy(&t->target);
    engine_close(&t->engine);
    g_free(t->task);
}

static void check_options(struct options *o, int texts) {
    rewriting_options_check(&o->writing);
    if (texts && o->file) usage_error("TEXT and --file are given");
    if ((o->layer != NOT_GIVEN || o->head != NOT_GIVEN) && !o->align) usage_error("--layer and --head need --align");
    if (!o->align) return;
    picture_check_name(o->align);
    if (texts != 1) usage_error("--align draws one TEXT, %d are given", texts);
}

static void options_free(struct options *o) {
    char *const all[] = {o->file, o->source, o->target, o->prefix, o->tokenizer, o->target_tokenizer, o->align};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
}

int command_translate(int argc, const char **argv) {
    struct options o = {.writing = rewriting_options_none, .layer = NOT_GIVEN, .head = NOT_GIVEN};
    const struct poptOption table[] = {
        {"file", 'f', POPT_ARG_STRING, &o.file, 0,
         "Translate FILE line by line; - is standard input, as where no TEXT is given", "FILE"},
        {"source", 0, POPT_ARG_STRING, &o.source, 0,
         "The language of the texts, as the model calls it (NLLB: eng_Latn, T5: en)", "CODE"},
        {"target", 0, POPT_ARG_STRING, &o.target, 0, "The language to write (NLLB: deu_Latn, M2M-100, T5: de)", "CODE"},
        {"prefix", 0, POPT_ARG_STRING, &o.prefix, 0,
         "Stands before each text: \"translate English to German: \" for T5", "TEXT"},
        REWRITING_OPTIONS(o.writing),
        {"align", 'a', POPT_ARG_STRING, &o.align, 0,
         "Draw into FILE (.png or .svg) what each new word of one TEXT looked at", "FILE"},
        {"layer", 'l', POPT_ARG_INT, &o.layer, 0, "--align: this layer (default: the last one)", "N"},
        {"head", 'H', POPT_ARG_INT, &o.head, 0, "--align: this head (default: the mean of all)", "N"},
        {"tokenizer", 0, POPT_ARG_STRING, &o.tokenizer, 0, "Read the tokenizer from FILE (default: beside the model)",
         "FILE"},
        {"target-tokenizer", 0, POPT_ARG_STRING, &o.target_tokenizer, 0,
         "The tokenizer of what is written, where it is another one (default: target_vocabulary.txt beside the model)",
         "FILE"},
        ADAPTER_OPTION(o.common),
        COMMON_OPTIONS(o.common)};
    struct arguments a = arguments_read(argc, argv, table, "MODEL [TEXT...]", 1, INT_MAX);
    check_options(&o, a.count - 1);
    struct translation t = {0};
    begin(&t, &o, a.word[0]);
    for (int i = 1; i < a.count; i++) translate(&t, a.word[i]);
    if (a.count == 1) text_lines(o.file ? o.file : "-", translate_line, &t);
    end(&t);
    options_free(&o);
    arguments_free(&a, &o.common);
    return 0;
}
