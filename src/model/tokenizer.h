/* What sa_tokenizer holds, and the interface between a tokenizer and the model that cuts words into tokens.
 * SPDX-License-Identifier: MIT */
#ifndef SA_MODEL_TOKENIZER_H
#define SA_MODEL_TOKENIZER_H

#include "model/added_tokens.h"
#include "model/bert_text.h"
#include "model/json.h"
#include "model/vocabulary.h"

/* Where token numbers go: all are counted, and written while there is room. */
struct token_sink {
    int32_t *ids;
    int64_t capacity, count;
};

void token_put(struct token_sink *sink, int32_t id);

/* A kind of model in tokenizer.json. */
struct token_model {
    const char *type; /* as the file names it */
    /* Reads the model's own options; the vocabulary is there already. */
    sa_status (*read)(const struct json_source *source, const json_t *json, struct sa_tokenizer *tokenizer);
    /* Tokens of one word of valid UTF-8. */
    void (*tokenize)(const struct sa_tokenizer *tokenizer, const char *word, int64_t bytes, struct token_sink *sink);
};

extern const struct token_model token_model_wordpiece;

struct wordpiece {
    char *prefix; /* of pieces that do not begin a word: "##" */
    int64_t prefix_bytes;
    int32_t unknown;
    int64_t most_characters; /* longer words are unknown */
};

/* Tokens that the template puts before and after a text. */
enum { MOST_AROUND = 8 };
struct around {
    int32_t ids[MOST_AROUND];
    int count;
};

struct sa_tokenizer {
    struct allocator memory;
    struct vocabulary vocabulary;
    struct added_tokens literal;    /* looked for in the text as it comes */
    struct added_tokens normalised; /* looked for in normalised text */
    struct bert_rules rules;
    struct around before, after;
    const struct token_model *model;
    struct wordpiece wordpiece;
};

/* Fills in a tokenizer from a parsed tokenizer.json. On failure it is left for tokenizer_release() to free. */
sa_status tokenizer_read(const struct json_source *source, const json_t *root, struct sa_tokenizer *tokenizer);

/* The part of it that says which tokens stand around a text; the vocabulary is there already. */
sa_status template_read(const struct json_source *source, const json_t *root, struct sa_tokenizer *tokenizer);

/* Frees what a tokenizer holds, also a half-made one. */
void tokenizer_release(struct sa_tokenizer *tokenizer);

#endif
