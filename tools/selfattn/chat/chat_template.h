/* How a conversation is written down for a model.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_CHAT_CHAT_TEMPLATE_H
#define TOOLS_CHAT_CHAT_TEMPLATE_H

#include "chat/chat_form.h"
#include "engine.h"
#include "jinja/jinja.h"

#include <jansson.h>

struct chat_template {
    struct jinja *own;     /* the model's template; NULL: the form below is used instead */
    struct chat_form form; /* of the model's template only `name` and `thought_end` are set */
    json_t *named;         /* the tokens that files name, "bos_token" and its kin: texts by name */
    const char *bos, *eos; /* of these */
    char *date;            /* what {date} is, and what templates get for today; NULL: their own format of it */
    json_t *file;          /* that the form's texts are in; NULL: none */
    int32_t end;           /* the token that ends an answer; -1: none but the model's own */
    int has_space;         /* whether a space is written before an answer that belongs to no answer */
};

/* Reads the template that chat_template.jinja, tokenizer_config.json or the GGUF file holds. A model without any is
 * taken to mean ChatML if its tokenizer has those tokens. A template that is not understood is a failure that says what
 * helps. `chosen` is the name of a form or a JSON file with one, which comes first; NULL: none. `date` is what {date}
 * is; NULL: today. */
struct chat_template chat_template_read(const struct engine *engine, const char *model, const char *chosen,
                                        const char *date);

/* Asks the model's own template how it writes an answer down: with which token behind it, and with a space before it or
 * not. `system` as in a conversation. */
void chat_template_probe(struct chat_template *chat, const struct engine *engine, const char *system);

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

/* The text of a conversation by the model's own template, with an answer's beginning if it is asked for, and with
 * JINJA_LESS and JINJA_BRACKET in what people wrote; g_free() it. */
char *chat_template_run(const struct chat_template *chat, const struct conversation *conversation, int with_answer);

/* The length of the token between brackets that the text begins with; 0: none. */
size_t chat_template_token(const sa_tokenizer *tokenizer, const char *text, int32_t *id);

/* Adds one token. */
void tokens_add(struct tokens *tokens, int32_t id);

/* Where in the tokens of an answer the part that is repeated later begins: behind thoughts. */
int64_t chat_template_answer(const struct chat_template *chat, const struct engine *engine, const int32_t *id,
                             int64_t count);

#endif
