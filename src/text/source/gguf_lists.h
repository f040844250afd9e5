/* The lists of a tokenizer in a GGUF file, which the readers of its kinds share.
 * SPDX-License-Identifier: MIT */
#ifndef SA_TEXT_SOURCE_GGUF_LISTS_H
#define SA_TEXT_SOURCE_GGUF_LISTS_H

#include "text/tokenizer.h"

/* Kinds of tokens, as the file numbers them; the others are pieces of text. */
enum { KIND_NORMAL = 1, KIND_UNKNOWN = 2, KIND_CONTROL = 3, KIND_USER = 4, KIND_UNUSED = 5, KIND_BYTE = 6 };

/* The file's lists while the tokenizer is made. */
struct lists {
    const struct gguf *gguf;
    const struct gguf_value *tokens, *kinds, *scores; /* kinds and scores may be missing */
};

/* KIND_NORMAL where the file has no kinds. */
int64_t lists_kind(const struct lists *lists, int64_t id);

/* Fails for a token: "token 3 WHAT". */
sa_status lists_fail(const struct lists *lists, int64_t id, const char *what);

/* Fills in the vocabulary. `with_spaces`: U+2581 becomes a space. */
sa_status lists_take_vocabulary(const struct lists *lists, int with_spaces, struct sa_tokenizer *tokenizer);

/* Control tokens and unknown ones are special. Control tokens, or also the user's, are found literally in
 * a text. */
sa_status lists_take_control(const struct lists *lists, struct sa_tokenizer *tokenizer, int with_user);

/* The user's tokens are found in the normalised text. */
sa_status lists_take_user(const struct lists *lists, struct sa_tokenizer *tokenizer);

/* The tokens before and behind each text, as the flags say; or else as these do. */
sa_status lists_take_around(const struct lists *lists, int begins, int ends, struct sa_tokenizer *tokenizer);

/* Kinds of tokenizers: unigram models ("t5") and WordPiece ("bert"). */
sa_status gguf_read_unigram(const struct lists *lists, struct sa_tokenizer *tokenizer);
sa_status gguf_read_wordpiece(sa_ctx *ctx, const struct lists *lists, struct sa_tokenizer *tokenizer);

#endif
