/* Which form a model's conversations have, from the files beside it.
 * SPDX-License-Identifier: MIT */
#include "chat/chat_template.h"

#include "chat/chat_file.h"
#include "exit.h"
#include "json_read.h"
#include "text/named_token.h"

#include <ctype.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WAY_OUT "--template NAME chooses a form (%s), or a JSON file with one (docs/chat.md)"

/* The template's text in tokenizer_config.json: a string, or the default one of a list of named ones. */
static const char *find_text(const json_t *config, const char *model) {
    const json_t *value = json_object_get(config, "chat_template");
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_t *item = json_array_get(value, i);
        const char *name = json_string_value(json_object_get(item, "name"));
        if (name && !strcmp(name, "default")) return json_string_value(json_object_get(item, "template"));
    }
    if (json_array_size(value))
        failure("%s: none of its %zu chat templates is named \"default\"; " WAY_OUT, model, json_array_size(value),
                chat_form_names());
    return json_string_value(value);
}

static char *read_jinja(const char *directory) {
    enum { MOST = 1 << 18 };
    char *path = g_strconcat(directory, "chat_template.jinja", NULL);
    FILE *file = fopen(path, "r");
    g_free(path);
    if (!file) return NULL;
    char *text = allocate(MOST + 1, 1);
    text[fread(text, 1, MOST, file)] = 0;
    fclose(file);
    return text;
}

static json_t *read_json(const char *directory, const char *name) {
    char *path = g_strconcat(directory, name, NULL);
    json_error_t error;
    json_t *config = json_read(path, &error);
    if (!config && g_file_test(path, G_FILE_TEST_EXISTS)) failure("%s: line %d: %s", path, error.line, error.text);
    g_free(path);
    return config;
}

/* The tokens that two files name, those of the first before those of the second. */
static json_t *read_named(const json_t *config, const json_t *map) {
    const json_t *const files[] = {map, config};
    json_t *named = json_object(), *value;
    const char *key;
    for (int i = 0; i < 2; i++) json_object_foreach((json_t *)files[i], key, value) {
            char *text = g_str_has_suffix(key, "_token") ? named_token(files[i], key, "") : NULL;
            if (text && *text) json_object_set_new(named, key, json_string(text));
            free(text);
        }
    return named;
}

/* Where no file names them, as beside a GGUF file: what the tokenizer puts before every text, the model's own end, and
 * otherwise those of the first form that fits the tokenizer. */
static void find_named(const struct chat_template *chat, const struct engine *engine) {
    const struct chat_form *fitting = chat_form_fitting(engine->tokenizer);
    const int32_t end = (int32_t)sa_model_get(engine->model, SA_MODEL_END_TOKEN);
    const char *bos = engine->special.count ? sa_tokenizer_token(engine->tokenizer, engine->special.id[0]) : NULL,
               *eos = end < 0 ? NULL : sa_tokenizer_token(engine->tokenizer, end);
    if (!bos && fitting) bos = fitting->bos;
    if (!eos && fitting) eos = fitting->eos;
    if (bos) json_object_set_new(chat->named, "bos_token", json_string(bos));
    if (eos) json_object_set_new(chat->named, "eos_token", json_string(eos));
}

static const char *named(const struct chat_template *chat, const char *key, const char *otherwise) {
    const char *text = json_string_value(json_object_get(chat->named, key));
    return text ? text : otherwise ? otherwise : "";
}

static void choose_form(struct chat_template *chat, const char *chosen) {
    const char *name = chosen ? chosen : "chatml";
    const struct chat_form *form = chat_form_named(name);
    if (!form && access(name, R_OK))
        failure("--template \"%s\" is neither a file nor one of: %s", name, chat_form_names());
    chat->form = form ? *form : chat_file_read(name, &chat->file);
    chat->has_space = chat->form.answer && chat->form.assistant.before && *chat->form.assistant.before == ' ';
}

static void choose_own(struct chat_template *chat, const char *model, const char *text) {
    chat->own = jinja_parse(model, text);
    chat->form = (struct chat_form){.name = "the model's own",
                                    .thought_end = strstr(text, "<|channel|>") ? "<|message|>"
                                                   : strstr(text, "</think>")  ? "</think>"
                                                                               : NULL};
}

void chat_template_probe(struct chat_template *chat, const struct engine *engine, const char *system) {
    static char mark[] = "selfattn-mark", *turns[] = {"a", mark};
    const struct conversation example = {.system = system, .text = turns, .count = 2};
    int32_t end;
    if (!chat->own) return;
    char *all = chat_template_run(chat, &example, 0), *at = strstr(all, mark);
    chat->has_space = at && at > all && at[-1] == ' ';
    for (at = at ? at + strlen(mark) : NULL; at && isspace((unsigned char)*at);) at++;
    if (at && chat_template_token(engine->tokenizer, at, &end)) chat->end = end;
    g_free(all);
}

static void set_date(struct chat_template *chat, const char *date) {
    char today[64] = "";
    time_t now = time(NULL);
    struct tm parts;
    if (chat->form.date && localtime_r(&now, &parts)) strftime(today, sizeof today, chat->form.date, &parts);
    chat->date = date || !chat->own ? strdup(date ? date : today) : NULL;
}

static void check_tokenizer(const struct chat_template *chat, const struct engine *engine, const char *model) {
    int32_t id;
    if (!chat->form.needs || !sa_tokenizer_find(engine->tokenizer, chat->form.needs, &id)) return;
    failure("%s: its tokenizer has no %s, so the model was not trained for conversations of the form %s; " WAY_OUT,
            model, chat->form.needs, chat->form.name, chat_form_names());
}

struct chat_template chat_template_read(const struct engine *engine, const char *model, const char *chosen,
                                        const char *date) {
    struct chat_template chat = {0};
    const char *inside = sa_tokenizer_chat_template(engine->tokenizer);
    char *directory = engine_directory(model), *text = inside ? strdup(inside) : read_jinja(directory);
    json_t *config = read_json(directory, "tokenizer_config.json"),
           *map = read_json(directory, "special_tokens_map.json");
    if (!text && !chosen && find_text(config, model)) text = strdup(find_text(config, model));
    chat.named = read_named(config, map);
    if (!json_object_size(chat.named)) find_named(&chat, engine);
    if (text && !chosen) {
        choose_own(&chat, model, text);
    } else {
        choose_form(&chat, chosen);
        check_tokenizer(&chat, engine, model);
    }
    set_date(&chat, date);
    chat.bos = named(&chat, "bos_token", chat.form.bos);
    chat.eos = named(&chat, "eos_token", chat.form.eos);
    const char *end = chat.form.end && strcmp(chat.form.end, "{eos}") != 0 ? chat.form.end : chat.eos;
    if (sa_tokenizer_find(engine->tokenizer, end, &chat.end)) chat.end = -1;
    json_decref(config);
    json_decref(map);
    free(text);
    free(directory);
    return chat;
}

void chat_template_free(struct chat_template *chat) {
    jinja_free(chat->own);
    json_decref(chat->file);
    json_decref(chat->named);
    free(chat->date);
}
