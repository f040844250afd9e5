/* How a conversation is written down for a model: ChatML, the one shape that is known here.
 *
 *   <|im_start|>system\n...<|im_end|>\n<|im_start|>user\n...<|im_end|>\n<|im_start|>assistant\n
 *
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_CHAT_TEMPLATE_H
#define TOOLS_CHAT_TEMPLATE_H

#include "engine.h"

struct chat_template {
    int32_t start, end; /* <|im_start|>, <|im_end|> */
    char *system;       /* what the template says where the user gives no system message; NULL: nothing */
};

/* Finds the template that tokenizer_config.json or chat_template.jinja beside the model holds, and recognises it by its
 * text; a model without either is taken to mean ChatML if its tokenizer has those tokens. Any other is a failure that
 * names it. */
struct chat_template chat_template_read(const struct engine *engine, const char *model);
void chat_template_free(struct chat_template *chat);

/* Adds a turn, "role\ntext" between its marks, to the tokens. Marks that the text holds itself are only text. */
void chat_template_turn(const struct chat_template *chat, const struct engine *engine, const char *role,
                        const char *text, struct tokens *tokens);

/* Adds the beginning of the assistant's turn. */
void chat_template_answer(const struct chat_template *chat, const struct engine *engine, struct tokens *tokens);

/* Adds one token. */
void tokens_add(struct tokens *tokens, int32_t id);

#endif
