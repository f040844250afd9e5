/* The contents of sa_tokenizer, and the interface to the kinds of model that cut words into tokens.
 * SPDX-License-Identifier: MIT */
#ifndef SA_TEXT_TOKENIZER_H
#define SA_TEXT_TOKENIZER_H

#include "file/gguf.h"
#include "file/json.h"
#include "selfattn_models.h"
#include "text/added_tokens.h"
#include "text/bert_text.h"
#include "text/split.h"
#include "text/vocabulary.h"

/* Receives token numbers: counts all, and writes them while there is room. */
struct token_sink {
    int32_t *ids;
    int64_t capacity, count;
};

void token_put(struct token_sink *sink, int32_t id);

/* Receives text in the same way. */
struct text_sink {
    char *text;
    int64_t capacity, bytes;
};

void text_put(struct text_sink *sink, const char *text, int64_t bytes);

/* A walk over the words of valid text. The current word is the bytes first .. at - 1. A walk begins with `at` and
 * `limit` 0. */
struct words {
    const char *text;
    int64_t bytes, first, at, limit; /* limit: see split_next() */
};

/* The tokens before a token that is decoded. */
struct decoded {
    const struct token *before; /* the previous one, special or not; NULL: none */
    int64_t shown;              /* tokens that are not special */
};

/* A kind of tokenizer. Its file is read in this order: rules of the text, vocabulary (the same for all), model. */
struct token_model {
    const char *type; /* as tokenizer.json names it */
    sa_status (*read_rules)(const struct json_source *source, const json_t *root, struct sa_tokenizer *tokenizer);
    sa_status (*read_model)(const struct json_source *source, const json_t *model, struct sa_tokenizer *tokenizer);
    /* Normalises valid text into `out` and returns the length in bytes; out NULL: only the length. */
    int64_t (*normalise)(const struct sa_tokenizer *tokenizer, const char *text, int64_t bytes, char *out);
    /* Goes to the next word; 0 if there is none. */
    int (*next_word)(const struct sa_tokenizer *tokenizer, struct words *words);
    /* Memory for a word of that many bytes; NULL: none is needed. */
    int64_t (*workspace)(int64_t bytes);
    /* Tokens of one word. */
    void (*tokenize)(const struct sa_tokenizer *tokenizer, const char *word, int64_t bytes, void *workspace,
                     struct token_sink *sink);
    /* The text of a token that is not special. */
    void (*decode)(const struct sa_tokenizer *tokenizer, const struct token *token, const struct decoded *decoded,
                   struct text_sink *sink);
};

extern const struct token_model token_model_wordpiece, token_model_byte_bpe, token_model_scored;

/* Data of wordpiece.c. */
enum { MOST_PREFIX = 16 };
struct wordpiece {
    struct bert_rules rules;
    char *prefix; /* of pieces that do not begin a word: "##" */
    int64_t prefix_bytes;
    int32_t unknown;
    int64_t most_characters; /* longer words are unknown */
    int joins;               /* decoding leaves this prefix out; a piece without it gets a space */
    char joining_prefix[MOST_PREFIX];
    int clean_up; /* no space before punctuation and contractions */
};

/* Data of byte_bpe.c. */
struct byte_bpe {
    struct split_rules split;
    int compose; /* normal form C */
    int32_t byte_ids[256];
    int32_t unknown;      /* of a byte that is not in the vocabulary; -1: it is left out */
    int whole_words;      /* a word that is in the vocabulary is one token, independent of the merges */
    struct merge *merges; /* hash table: a power of two, open addressing */
    int64_t merge_slots;
};

/* Data of scored.c. */
struct scored {
    float *scores; /* by token number */
    int64_t count;
};

/* Whether a space is put before a text. */
enum lead { LEAD_NOTHING, LEAD_SPACE_UNLESS_THERE, LEAD_SPACE };

/* Tokens that stand before or after every text. */
enum { MOST_AROUND = 8 };
struct around {
    int32_t ids[MOST_AROUND];
    int count;
};

struct sa_tokenizer {
    struct allocator memory;
    struct vocabulary vocabulary;
    struct added_tokens literal;    /* searched in the text as it is given */
    struct added_tokens normalised; /* searched in the normalised text */
    enum lead lead;
    struct around before, after;
    const struct token_model *model;
    struct wordpiece wordpiece;
    struct byte_bpe byte_bpe;
    struct scored scored;
};

/* Fills in a tokenizer from a parsed tokenizer.json. On failure it is left for tokenizer_release() to free. */
sa_status tokenizer_read(const struct json_source *source, const json_t *root, struct sa_tokenizer *tokenizer);

/* The same from other files: llama2.c's tokenizer.bin; GGUF's settings "tokenizer.ggml.", byte-level pair encoding or
 * Llama's by scores. */
sa_status llama2c_read_tokenizer(struct report *report, const struct mapped_file *file, struct sa_tokenizer *tokenizer);
sa_status gguf_read_tokenizer(const struct gguf *gguf, struct sa_tokenizer *tokenizer);

/* The section that says which tokens stand before and after a text; the vocabulary is there already. */
sa_status post_processor_read(const struct json_source *source, const json_t *root, struct sa_tokenizer *tokenizer);

/* A section of tokenizer.json that has to be there, and its type; `path` is its name with a dot. And a refusal of a
 * type, with the words for those that are supported. */
sa_status take_section(const struct json_source *source, const json_t *root, const char *section, const char *path,
                       json_t **json, const char **type);
sa_status fail_kind(const struct json_source *source, const char *section, const char *type, const char *known);

/* Adds the text of a token that follows `previous` (-1: none). Adds nothing if the token is special or does not exist.
 * The text has at most one byte, a space, more than the vocabulary's longest token. */
void tokenizer_put_next(const struct sa_tokenizer *tokenizer, int32_t previous, int32_t id, struct text_sink *sink);

/* Frees the contents of a tokenizer, also of an incomplete one. */
void tokenizer_release(struct sa_tokenizer *tokenizer);

#endif
