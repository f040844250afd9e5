/* Tokens by text and by number.
 * SPDX-License-Identifier: MIT */
#ifndef SA_TEXT_VOCABULARY_H
#define SA_TEXT_VOCABULARY_H

#include "base/memory.h"
#include "base/report.h"

enum token_kind {
    TOKEN_TEXT,
    TOKEN_SPECIAL, /* not a piece of text: [CLS], <s> */
    TOKEN_BYTE,    /* "<0xE4>": a byte of a character that has no token of its own */
    TOKEN_UNKNOWN  /* shown as a mark that the decoder knows */
};

/* A token's NUL-terminated text begins at `start` in the vocabulary's texts. */
struct token {
    int64_t start, bytes;
    int32_t id;
    uint8_t kind;  /* enum token_kind */
    uint8_t extra; /* it is an added token that the model itself does not have */
};

struct vocabulary {
    struct allocator memory;
    struct token *tokens; /* sorted by id once finished */
    int64_t count, room;
    char *texts;
    int64_t texts_used, texts_bytes;
    struct slot *slots; /* hash table: a power of two, open addressing */
    int64_t slot_count;
    int64_t longest;       /* bytes of the longest token */
    int64_t repeats_below; /* tokens with lower numbers may have the same text: the last of them is found */
};

/* Allocates `count` tokens whose texts have `bytes` bytes in all, NULs not counted. */
sa_status vocabulary_create(const struct allocator *memory, struct report *report, int64_t count, int64_t bytes,
                            struct vocabulary *v);
void vocabulary_destroy(struct vocabulary *v);

/* vocabulary_add() adds a token of the model, and then vocabulary_add_extra() an added token, while there is room; if
 * the model has that one, it is the model's. After the last one, vocabulary_finish(): a text with two numbers (but see
 * repeats_below) or a number with two texts is SA_ERR_FORMAT; the same token twice counts once. */
void vocabulary_add(struct vocabulary *v, const char *text, int64_t bytes, int32_t id);
void vocabulary_add_extra(struct vocabulary *v, const char *text, int64_t bytes, int32_t id);
sa_status vocabulary_finish(struct vocabulary *v, struct report *report, const char *file);

/* Gives a token of a finished vocabulary a kind other than TOKEN_TEXT. */
void vocabulary_mark(struct vocabulary *v, int32_t id, enum token_kind kind);

/* Extends the hash of a text by another text. So all beginnings of a text are hashed in one pass. */
extern const uint64_t hash_nothing;
uint64_t hash_more(uint64_t hash, const char *text, int64_t bytes);

/* The number of the model's token prefix + text, whose hash is `hash`, or -1. And the same of any token. */
int32_t vocabulary_find(const struct vocabulary *v, uint64_t hash, const char *prefix, int64_t prefix_bytes,
                        const char *text, int64_t bytes);
int32_t vocabulary_find_any(const struct vocabulary *v, const char *text, int64_t bytes);

/* Token number `id` and its text, NULL if there is none; and one more than the highest number. */
const struct token *vocabulary_token(const struct vocabulary *v, int32_t id);
const char *vocabulary_text(const struct vocabulary *v, int32_t id);
int64_t vocabulary_size(const struct vocabulary *v);

#endif
