/* Functions that the readers of scored vocabularies share.
 * SPDX-License-Identifier: MIT */
#ifndef SA_TEXT_MODEL_SCORED_H
#define SA_TEXT_MODEL_SCORED_H

#include "text/tokenizer.h"

/* The numbers that all such vocabularies have: unknown, begin, end, 256 bytes, then pieces of text. */
enum { SCORED_UNKNOWN, SCORED_BEGIN, SCORED_END, SCORED_BYTES, SCORED_PIECES = SCORED_BYTES + 256 };

/* Makes room for the scores of `count` tokens. */
sa_status scored_create(struct sa_tokenizer *tokenizer, struct report *report, int64_t count);

/* Marks the tokens that are not text, and sets up the rest. Vocabulary and scores have to be complete. */
void scored_finish(struct sa_tokenizer *tokenizer);

/* Finds out whether words end where this space begins. Vocabulary and kinds of tokens have to be complete. */
void scored_find_words(struct sa_tokenizer *tokenizer, const char *space);

#endif
