/* Which form a model's conversations have, from the files beside it.
 * SPDX-License-Identifier: MIT */
#include "chat/chat_template.h"

#include "chat/chat_file.h"
#include "exit.h"
#include "text/named_token.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WAY_OUT "--template NAME chooses a form (%s), or a JSON file with one (docs/chat.md)"

/* The template's text in tokenizer_config.json: a string, or the default one of a list of named ones. */
static const char *find_text(const json_t *config) {
    const json_t *value = json_object_get(config, "chat_template");
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_t *item = json_array_get(value, i);
        const char *name = json_string_value(json_object_get(item, "name"));
        if (name && !strcmp(name, "default")) return json_string_value(json_object_get(item, "template"));
    }
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

static json_t *read_config(const char *directory) {
    char *path = g_strconcat(directory, "tokenizer_config.json", NULL);
    json_t *config = json_load_file(path, 0, NULL);
    g_free(path);
    return config;
}

/* Templates write a line end as one, or as \n in a string of theirs. */
static const char *after_line_end(const char *text) {
    return *text == '\n' ? text + 1 : !strncmp(text, "\\n", 2) ? text + 2 : NULL;
}

/* The literal that stands as the system's turn in the template. */
static char *find_system(const char *text) {
    static const char begin[] = "<|im_start|>system", end[] = "<|im_end|>";
    for (const char *at = text; (at = strstr(at, begin)); at++) {
        const char *literal = after_line_end(at + strlen(begin)), *stop = literal ? strstr(literal, end) : NULL;
        if (stop && stop > literal && strcspn(literal, "'\"{}") >= (size_t)(stop - literal))
            return strndup(literal, (size_t)(stop - literal));
    }
    return NULL;
}

static void choose(struct chat_template *chat, const char *model, const char *chosen, const char *text) {
    const struct chat_form *form = chosen ? chat_form_named(chosen) : text ? chat_form_of(text) : NULL;
    if (!form && chosen && access(chosen, R_OK))
        failure("--template \"%s\" is neither a file nor one of: %s", chosen, chat_form_names());
    if (!form && text && !chosen)
        failure("%s: its chat template is of no form that is known; " WAY_OUT "; it begins: %.60s", model,
                chat_form_names(), text);
    chat->form = form ? *form : chosen ? chat_file_read(chosen, &chat->file) : *chat_form_named("chatml");
}

static void set_date(struct chat_template *chat, const char *date, const char *text) {
    char today[64] = "";
    time_t now = time(NULL);
    struct tm parts;
    const int is_old = chat->form.old_date && text && !strstr(text, "strftime_now");
    if (chat->form.date && localtime_r(&now, &parts)) strftime(today, sizeof today, chat->form.date, &parts);
    chat->date = strdup(date ? date : is_old ? chat->form.old_date : today);
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
    json_t *config = read_config(directory);
    if (!text && find_text(config)) text = strdup(find_text(config));
    choose(&chat, model, chosen, text);
    check_tokenizer(&chat, engine, model);
    chat.bos = named_token(config, "bos_token", chat.form.bos);
    chat.eos = named_token(config, "eos_token", chat.form.eos);
    const char *end = chat.form.end && strcmp(chat.form.end, "{eos}") != 0 ? chat.form.end : chat.eos;
    if (sa_tokenizer_find(engine->tokenizer, end, &chat.end)) chat.end = -1;
    set_date(&chat, date, text);
    if (text && !chosen) {
        chat.names_bos = strstr(text, "bos_token") ? 1 : -1;
        if (!strcmp(chat.form.name, "chatml")) chat.system = find_system(text);
        if (strstr(text, "split('</think>')")) chat.form.thought_end = "</think>";
    }
    json_decref(config);
    free(text);
    free(directory);
    return chat;
}

void chat_template_free(struct chat_template *chat) {
    json_decref(chat->file);
    free(chat->system);
    free(chat->bos);
    free(chat->eos);
    free(chat->date);
}
