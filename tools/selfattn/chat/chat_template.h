/* How a conversation is written down for a model.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_CHAT_CHAT_TEMPLATE_H
#define TOOLS_CHAT_CHAT_TEMPLATE_H

#include "chat/chat_form.h"
#include "engine.h"

#include <jansson.h>

struct chat_template {
    struct chat_form form;
    char *bos, *eos; /* the texts of these tokens */
    int names_bos;   /* whether the template's text does: 1 or -1; 0: there is no text */
    char *date;      /* what {date} is */
    char *system;    /* what the template says where the user gives no system message; NULL: nothing */
    json_t *file;    /* that the form's texts are in; NULL: none */
    int32_t end;     /* the token that ends an answer; -1: none but the model's own */
};

/* Finds the form of the template that chat_template.jinja, tokenizer_config.json or the GGUF file holds, by its text. A
 * model without any is taken to mean ChatML if its tokenizer has those tokens. Any other is a failure that says what
 * helps. `chosen` is the name of a form or a JSON file with one, which comes first; NULL: none. `date` is what {date}
 * is; NULL: as the template says. */
struct chat_template chat_template_read(const struct engine *engine, const char *model, const char *chosen,
                                        const char *date);
void chat_template_free(struct chat_template *chat);

/* A conversation: questions and answers in turns, a question first. */
struct conversation {
    const char *system; /* NULL or "": none */
    char **text;        /* [count] owned */
    int count;
};

void conversation_add(struct conversation *conversation, const char *text);
void conversation_clear(struct conversation *conversation);

/* The conversation in a list of messages, which keeps the system message; and that in a file. A failure names `path`: a
 * list of {"role": ..., "content": ...}. json_decref() *root. */
struct conversation conversation_of(const json_t *messages, const char *path);
struct conversation conversation_read(const char *path, json_t **root);

/* Adds the tokens of a conversation, and of the beginning of an answer if a question is last. Marks that its texts hold
 * themselves are only text. *written, if it is not NULL, becomes the text of all; free() it. */
void chat_template_write(const struct chat_template *chat, const struct engine *engine,
                         const struct conversation *conversation, struct tokens *tokens, char **written);

/* Adds one token. */
void tokens_add(struct tokens *tokens, int32_t id);

/* Where in the tokens of an answer the part that is repeated later begins: behind thoughts. */
int64_t chat_template_answer(const struct chat_template *chat, const struct engine *engine, const int32_t *id,
                             int64_t count);

#endif
