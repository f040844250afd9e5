/* Tokenizers in other files than tokenizer.json: what stands beside them says the rest.
 * SPDX-License-Identifier: MIT */
#ifndef SA_TEXT_SOURCE_FAMILIES_H
#define SA_TEXT_SOURCE_FAMILIES_H

#include "text/tokenizer.h"

/* A SentencePiece model. tokenizer_config.json beside it names the family, or else the names of the files do. */
sa_status families_open_sentencepiece(sa_ctx *ctx, const char *path, const struct mapped_file *file,
                                      struct sa_tokenizer *tokenizer);

/* vocab.json with merges.txt beside it: byte-level pair encoding, of the family that tokenizer_config.json names. */
sa_status families_open_pair(sa_ctx *ctx, const char *path, struct sa_tokenizer *tokenizer);

/* A list of tokens, one a line: WordPiece if it has BERT's special tokens, else words. */
sa_status families_open_list(sa_ctx *ctx, const char *path, const struct mapped_file *file,
                             struct sa_tokenizer *tokenizer);

/* BERT's WordPiece with this vocabulary, numbers by text, which is taken, and the settings of tokenizer_config.json. */
sa_status families_read_bert(sa_ctx *ctx, const char *file, json_t *vocab, const json_t *config,
                             struct sa_tokenizer *tokenizer);

#endif
