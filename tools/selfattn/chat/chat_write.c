/* A conversation as tokens.
 * SPDX-License-Identifier: MIT */
#include "chat/chat_template.h"
#include "exit.h"

#include <ctype.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

struct output {
    const struct chat_template *chat;
    const struct engine *engine;
    struct tokens *tokens;
    GString *plain, *all; /* text that has no tokens yet; everything */
};

void conversation_add(struct conversation *c, const char *text) {
    c->text = reallocate(c->text, (size_t)c->count + 1, sizeof *c->text);
    c->text[c->count++] = strdup(text);
}

void conversation_clear(struct conversation *c) {
    for (int i = 0; i < c->count; i++) free(c->text[i]);
    free(c->text);
    c->text = NULL;
    c->count = 0;
}

void tokens_add(struct tokens *tokens, int32_t id) {
    tokens->id = reallocate(tokens->id, (size_t)tokens->count + 1, sizeof *tokens->id);
    tokens->id[tokens->count++] = id;
}

struct conversation conversation_of(const json_t *messages, const char *path) {
    struct conversation c = {0};
    if (!json_is_array(messages)) failure("%s: must be a list of messages", path);
    for (size_t i = 0; i < json_array_size(messages); i++) {
        const json_t *message = json_array_get(messages, i);
        const char *role = json_string_value(json_object_get(message, "role")),
                   *content = json_string_value(json_object_get(message, "content")),
                   *expected = c.count % 2 ? "assistant" : "user";
        if (!role || !content) failure("%s: message %zu has no \"role\" and \"content\"", path, i);
        if (i == 0 && !strcmp(role, "system"))
            c.system = content;
        else if (strcmp(role, expected) != 0)
            failure("%s: the role of message %zu is \"%.40s\", must be \"%s\"", path, i, role, expected);
        else
            conversation_add(&c, content);
    }
    return c;
}

struct conversation conversation_read(const char *path, json_t **root) {
    json_error_t error;
    *root = json_load_file(path, 0, &error);
    if (!*root) failure("%s: %s", path, error.text);
    return conversation_of(*root, path);
}

/* Text without a special token between becomes tokens as a whole. */
static void flush(struct output *o) {
    if (o->plain->len)
        engine_add_tokens(o->engine, o->plain->str, SA_ENCODE_NO_TEMPLATE | SA_ENCODE_NO_SPECIAL, o->tokens);
    g_string_truncate(o->plain, 0);
}

static void put_text(struct output *o, const char *text, size_t length) {
    g_string_append_len(o->plain, text, (gssize)length);
    g_string_append_len(o->all, text, (gssize)length);
}

size_t chat_template_token(const sa_tokenizer *tokenizer, const char *text, int32_t *id) {
    const char *end = *text == '<' ? strchr(text, '>') : *text == '[' ? strchr(text, ']') : NULL;
    if (!end) return 0;
    char *token = g_strndup(text, (gsize)(end + 1 - text));
    const int found = !sa_tokenizer_find(tokenizer, token, id);
    g_free(token);
    return found ? (size_t)(end + 1 - text) : 0;
}

/* Texts for {bos} and its kin. */
static const char *value_of(const struct chat_template *chat, const char *text, size_t *length) {
    const struct {
        const char *name, *value;
    } known[] = {{"{bos}", chat->bos}, {"{eos}", chat->eos}, {"{date}", chat->date}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        *length = strlen(known[i].name);
        if (!strncmp(text, known[i].name, *length)) return known[i].value;
    }
    return NULL;
}

/* bos and eos are tokens whatever they look like. */
static void put_token(struct output *o, const char *text, size_t length, int32_t id) {
    flush(o);
    tokens_add(o->tokens, id);
    g_string_append_len(o->all, text, (gssize)length);
}

static void put_value(struct output *o, const char *value) {
    int32_t id;
    if (*value && !sa_tokenizer_find(o->engine->tokenizer, value, &id))
        put_token(o, value, strlen(value), id);
    else
        put_text(o, value, strlen(value));
}

static void put_marks(struct output *o, const char *text) {
    int32_t id;
    for (size_t length; text && *text; text += length) {
        const char *value = value_of(o->chat, text, &length);
        if (value) {
            put_value(o, value);
        } else if ((length = chat_template_token(o->engine->tokenizer, text, &id))) {
            put_token(o, text, length, id);
        } else {
            length = 1;
            put_text(o, text, length);
        }
    }
}

/* Writes a text; without white space at its beginning, at its end. */
static void put_trimmed(struct output *o, const char *text, int begin, int end) {
    while (begin && isspace((unsigned char)*text)) text++;
    size_t length = strlen(text);
    while (end && length && isspace((unsigned char)text[length - 1])) length--;
    put_text(o, text, length);
}

static void put_system(struct output *o, const char *system) {
    const struct chat_form *form = &o->chat->form;
    const int trims = form->trim == TRIM_ALL && form->system_place == SYSTEM_TURN;
    if (!system || !*system) return;
    if (form->system_place == SYSTEM_REFUSED)
        failure("a conversation of the form %s has no system message, but one is given: %.60s", form->name, system);
    put_marks(o, form->system.before);
    put_trimmed(o, system, trims, trims);
    put_marks(o, form->system.after);
}

static void put_question(struct output *o, const struct conversation *c, int i) {
    const struct chat_form *form = &o->chat->form;
    const int place = form->system_place, last = c->count - 1 - (c->count + 1) % 2;
    const int has_system =
        c->system && *c->system && ((place == SYSTEM_IN_FIRST && i == 0) || (place == SYSTEM_IN_LAST && i == last));
    const int trims = form->trim == TRIM_ALL || form->trim == TRIM_TOGETHER;
    put_marks(o, form->user.before);
    if (has_system) put_system(o, c->system);
    put_trimmed(o, c->text[i], trims && !(has_system && form->trim == TRIM_TOGETHER), trims);
    put_marks(o, form->user.after);
}

static void put_answer(struct output *o, const char *text) {
    const struct chat_form *form = &o->chat->form;
    put_marks(o, form->assistant.before);
    put_trimmed(o, text, form->trim != TRIM_NOTHING, form->trim != TRIM_NOTHING);
    put_marks(o, form->assistant.after);
}

static void put_by_form(struct output *o, const struct conversation *c) {
    const struct chat_form *form = &o->chat->form;
    put_marks(o, form->begin);
    if (form->system_place == SYSTEM_TURN || form->system_place == SYSTEM_REFUSED) put_system(o, c->system);
    put_marks(o, form->begin_end);
    for (int i = 0; i < c->count; i++) {
        if (i % 2)
            put_answer(o, c->text[i]);
        else
            put_question(o, c, i);
    }
    if (c->count % 2) put_marks(o, form->answer ? form->answer : form->assistant.before);
}

/* A message, whose text begins no token. */
static struct value message(struct jinja *j, const char *role, const char *content) {
    const struct value m = value_dict(j);
    const struct text text = text_of(content);
    char *copy = jinja_allocate(j, text.length);
    for (size_t i = 0; i < text.length; i++)
        copy[i] = (char)(content[i] == '<' ? JINJA_LESS : content[i] == '[' ? JINJA_BRACKET : content[i]);
    dict_set(j, m.dict, value_text(text_of("role")), value_text(text_of(role)));
    dict_set(j, m.dict, value_text(text_of("content")), value_text((struct text){copy, text.length}));
    return m;
}

char *chat_template_run(const struct chat_template *chat, const struct conversation *c, int with_answer) {
    struct jinja *j = chat->own;
    const struct value messages = value_list(j), variables = value_dict(j);
    const char *key;
    json_t *token;
    if (c->system) list_add(j, messages.list, message(j, "system", c->system));
    for (int i = 0; i < c->count; i++) list_add(j, messages.list, message(j, i % 2 ? "assistant" : "user", c->text[i]));
    const struct {
        const char *name;
        struct value value;
    } known[] = {{"messages", messages},
                 {"tools", none},
                 {"documents", none},
                 {"add_generation_prompt", value_bool(with_answer)}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        dict_set(j, variables.dict, value_text(text_of(known[i].name)), known[i].value);
    json_object_foreach(chat->named, key, token)
        dict_set(j, variables.dict, value_text(text_of(key)), value_text(text_of(json_string_value(token))));
    return jinja_render(j, variables, chat->date);
}

/* What the template writes becomes tokens where it is one; what people wrote does not. */
static void put_by_template(struct output *o, const struct conversation *c) {
    char *text = chat_template_run(o->chat, c, c->count % 2);
    int32_t id;
    for (size_t at = 0, length; text[at]; at += length) {
        const char less = '<', bracket = '[';
        if ((length = chat_template_token(o->engine->tokenizer, text + at, &id))) {
            put_token(o, text + at, length, id);
            continue;
        }
        length = 1;
        put_text(o, text[at] == JINJA_LESS ? &less : text[at] == JINJA_BRACKET ? &bracket : text + at, length);
    }
    g_free(text);
}

void chat_template_write(const struct chat_template *chat, const struct engine *engine, const struct conversation *c,
                         struct tokens *tokens, char **written) {
    struct output o = {chat, engine, tokens, g_string_new(NULL), g_string_new(NULL)};
    if (chat->own)
        put_by_template(&o, c);
    else
        put_by_form(&o, c);
    flush(&o);
    if (written) *written = strdup(o.all->str);
    g_string_free(o.plain, TRUE);
    g_string_free(o.all, TRUE);
}

int64_t chat_template_answer(const struct chat_template *chat, const struct engine *engine, const int32_t *id,
                             int64_t count) {
    int32_t end;
    if (!chat->form.thought_end || sa_tokenizer_find(engine->tokenizer, chat->form.thought_end, &end)) return 0;
    int64_t begin = count;
    while (begin && id[begin - 1] != end) begin--;
    return begin;
}
