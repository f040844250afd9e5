/* Functions that the readers of unigram models share.
 * SPDX-License-Identifier: MIT */
#ifndef SA_TEXT_MODEL_UNIGRAM_H
#define SA_TEXT_MODEL_UNIGRAM_H

#include "text/tokenizer.h"

/* Makes room for the scores of tokens 0 .. count - 1. A token whose score is NaN is never found in a text. */
sa_status unigram_create(struct sa_tokenizer *tokenizer, struct report *report, int64_t count);
void unigram_destroy(struct sa_tokenizer *tokenizer);

/* Sets up the rest. Vocabulary, scores and the unknown token have to be complete. */
void unigram_finish(struct sa_tokenizer *tokenizer);

/* Reads tokenizer.json's model. */
sa_status unigram_read(const struct json_source *source, const json_t *model, struct sa_tokenizer *tokenizer);

#endif
