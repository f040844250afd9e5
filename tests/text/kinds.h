/* The hostile texts that small tokenizers are compared on, and digests of what becomes of them.
 * SPDX-License-Identifier: MIT */
#ifndef TEST_TEXT_KINDS_H
#define TEST_TEXT_KINDS_H

#include "selfattn_models.h"

#include <jansson.h>
#include <stdint.h>

enum {
    KINDS_TEXTS = 3000,
    KINDS_GROUP = 50,
    KINDS_MOST_TEXT = 2000,
    KINDS_MOST_TOKENS = 4000,
    KINDS_MOST_DECODED = 16000
};

/* Opens the tokenizer of a kind. NULL: it needs PCRE2, which this library was built without. */
sa_tokenizer *kinds_open(sa_ctx *ctx, const char *name, const json_t *kind);

uint64_t kinds_next(uint64_t *state);

/* The next text: fragments that are drawn. Returns its bytes. */
int64_t kinds_text(const json_t *fragments, uint64_t *state, char *text);

uint64_t kinds_digest(uint64_t hash, const void *data, int64_t bytes);
uint64_t kinds_digest_numbers(uint64_t hash, const int32_t *numbers, int64_t count); /* as little-endian bytes */
int kinds_agree(uint64_t hash, const json_t *digest);

/* Encodes and decodes all texts, which have to agree with the digests of a kind. */
void kinds_expect(sa_ctx *ctx, const sa_tokenizer *t, const char *name, const json_t *fragments, const json_t *digests);

/* With offsets the tokens are those without; all ranges lie within the text, none begins before the one before it. */
int kinds_offsets_are_right(sa_ctx *ctx, const sa_tokenizer *t, const char *text, int64_t bytes);

/* Two texts stand as `frame` says, with A and B for them: "<s> A </s> </s> B </s>". `last_type`: that of the last
 * token; the first one's is 0. */
void kinds_expect_pair(sa_ctx *ctx, const sa_tokenizer *t, const char *frame, int32_t last_type);

#endif
