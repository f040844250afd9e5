/* Functions that reading and running a tokenizer of byte-pair encoding share.
 * SPDX-License-Identifier: MIT */
#ifndef SA_TEXT_MODEL_BPE_H
#define SA_TEXT_MODEL_BPE_H

#include "text/tokenizer.h"

/* Allocates `count` merges. Ranks are stored as floats, which represent all of these exactly. */
enum { BPE_MOST_MERGES = 1 << 24 };
sa_status merges_create(struct sa_tokenizer *tokenizer, struct report *report, int64_t count);
void merges_destroy(struct sa_tokenizer *tokenizer);

/* Adds merge number `rank`, of the tokens left and right into token id, while there is room. If a merge is added twice,
 * the later one wins. */
void merges_add(struct bpe *bpe, int32_t left, int32_t right, int32_t id, int32_t rank);

/* Adds the merge of two texts, whose token is the second one's text without the prefix behind the first one. 0, or what
 * the vocabulary lacks, as words for an error text. */
const char *bpe_add_merge(struct sa_tokenizer *tokenizer, const char *left, int64_t left_bytes, const char *right,
                          int64_t right_bytes, int32_t rank);

/* If the last step of the splitter only writes bytes as characters, it is removed, and the model takes bytes. */
void bpe_take_bytes(struct sa_tokenizer *tokenizer);

/* Finds out whether words end where a visible space begins; merges and options are there already. */
void bpe_find_words(struct sa_tokenizer *tokenizer);

/* Looks up the tokens of bytes; the vocabulary is there already. */
void bpe_find_bytes(struct sa_tokenizer *tokenizer);

/* Reads tokenizer.json's model. */
sa_status bpe_read(const struct json_source *source, const json_t *model, struct sa_tokenizer *tokenizer);

#endif
