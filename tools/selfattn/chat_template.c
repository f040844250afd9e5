/* SPDX-License-Identifier: MIT */
#include "chat_template.h"

#include "exit.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Texts by which other templates are known. */
static const struct {
    const char *mark, *name;
} others[] = {{"<|start_header_id|>", "Llama 3's"},
              {"<start_of_turn>", "Gemma's"},
              {"[INST]", "Llama 2's or Mistral's"},
              {"<|user|>", "Zephyr's or Phi's"},
              {"<\xEF\xBD\x9C"
               "User",
               "DeepSeek's"}};

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

static char *read_config(const char *directory) {
    char path[4096];
    snprintf(path, sizeof path, "%stokenizer_config.json", directory);
    json_t *config = json_load_file(path, 0, NULL);
    const char *text = find_text(config);
    char *copy = text ? strdup(text) : NULL;
    json_decref(config);
    return copy;
}

static char *read_jinja(const char *directory) {
    enum { MOST = 1 << 16 };
    char path[4096];
    snprintf(path, sizeof path, "%schat_template.jinja", directory);
    FILE *file = fopen(path, "r");
    if (!file) return NULL;
    char *text = allocate(MOST + 1, 1);
    text[fread(text, 1, MOST, file)] = 0;
    fclose(file);
    return text;
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

static void check_shape(const char *model, const char *text) {
    if (strstr(text, "<|im_start|>") && strstr(text, "<|im_end|>")) return;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strstr(text, others[i].mark))
            failure("%s: its chat template is %s; only ChatML (<|im_start|> ... <|im_end|>) is supported", model,
                    others[i].name);
    failure("%s: its chat template is not ChatML (<|im_start|> ... <|im_end|>); it begins: %.60s", model, text);
}

struct chat_template chat_template_read(const struct engine *engine, const char *model) {
    struct chat_template chat = {0};
    char *directory = engine_directory(model), *text = read_config(directory);
    if (!text) text = read_jinja(directory);
    if (text) check_shape(model, text);
    if (text) chat.system = find_system(text);
    if (sa_tokenizer_find(engine->tokenizer, "<|im_start|>", &chat.start) ||
        sa_tokenizer_find(engine->tokenizer, "<|im_end|>", &chat.end))
        failure("%s: its tokenizer has no <|im_start|> and <|im_end|>, so the model was not trained for ChatML "
                "conversations",
                model);
    free(text);
    free(directory);
    return chat;
}

void chat_template_free(struct chat_template *chat) {
    free(chat->system);
}

void tokens_add(struct tokens *tokens, int32_t id) {
    tokens->id = reallocate(tokens->id, (size_t)tokens->count + 1, sizeof *tokens->id);
    tokens->id[tokens->count++] = id;
}

void chat_template_turn(const struct chat_template *chat, const struct engine *engine, const char *role,
                        const char *text, struct tokens *tokens) {
    char *turn = allocate(strlen(role) + strlen(text) + 2, 1);
    sprintf(turn, "%s\n%s", role, text);
    tokens_add(tokens, chat->start);
    engine_add_tokens(engine, turn, SA_ENCODE_NO_TEMPLATE | SA_ENCODE_NO_SPECIAL, tokens);
    tokens_add(tokens, chat->end);
    engine_add_tokens(engine, "\n", SA_ENCODE_NO_TEMPLATE, tokens);
    free(turn);
}

void chat_template_answer(const struct chat_template *chat, const struct engine *engine, struct tokens *tokens) {
    tokens_add(tokens, chat->start);
    engine_add_tokens(engine, "assistant\n", SA_ENCODE_NO_TEMPLATE, tokens);
}
