/* Functions that reading and running a byte-level tokenizer share.
 * SPDX-License-Identifier: MIT */
#ifndef SA_TEXT_BYTE_BPE_H
#define SA_TEXT_BYTE_BPE_H

#include "text/tokenizer.h"

/* Allocates `count` merges. Ranks are stored as floats, which represent all of these exactly. */
enum { BYTE_BPE_MOST_MERGES = 1 << 24 };
sa_status merges_create(struct sa_tokenizer *tokenizer, struct report *report, int64_t count);
void merges_destroy(struct sa_tokenizer *tokenizer);

/* Adds merge number `rank`, of the tokens left and right into token id, while there is room. If a merge is added twice,
 * the later one wins. */
void merges_add(struct byte_bpe *bpe, int32_t left, int32_t right, int32_t id, int32_t rank);

/* The token of a text in the alphabet of bytes, -1 if there is none; and that of two texts, one behind the other. */
int32_t byte_bpe_token(const struct sa_tokenizer *tokenizer, const char *text, int64_t bytes);
int32_t byte_bpe_joined(const struct sa_tokenizer *tokenizer, const char *left, int64_t left_bytes, const char *right,
                        int64_t right_bytes);

/* Looks up the token of each byte; the vocabulary is there already. */
void byte_bpe_find_bytes(struct sa_tokenizer *tokenizer);

/* The two halves of token_model_byte_bpe that read a tokenizer.json. */
sa_status byte_bpe_read_rules(const struct json_source *source, const json_t *root, struct sa_tokenizer *tokenizer);
sa_status byte_bpe_read_model(const struct json_source *source, const json_t *model, struct sa_tokenizer *tokenizer);

#endif
