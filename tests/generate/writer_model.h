/* A small Llama with random weights, whose next tokens depend on all before them, and a tokenizer for it.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_GENERATE_WRITER_MODEL_H
#define TESTS_GENERATE_WRITER_MODEL_H

#include "selfattn_models.h"

#include <stdint.h>

/* A context with one thread: these models are too small for more. */
sa_ctx *one_thread(void);

/* Token 1 begins a text. With `end` >= 0 that token ends one. A failure ends the test. */
sa_model *writer_model(sa_ctx *ctx, int64_t vocabulary, int end, uint64_t seed);

/* The same with this generation_config.json. */
sa_model *ruled_model(sa_ctx *ctx, int64_t vocabulary, int end, uint64_t seed, const char *generation);

/* A model with logits that names no token which a text begins with. Where `spoiled` its logits are NaN. */
sa_model *model_without_start(sa_ctx *ctx, int64_t vocabulary, int spoiled);

/* llama2.c's tokenizer: <unk>, <s>, </s>, the 256 bytes, then these pieces, NULL-terminated, from token FIRST_PIECE on.
 */
enum { FIRST_PIECE = 259 };
sa_tokenizer *piece_tokenizer(sa_ctx *ctx, const char *const *pieces);

sa_session *session_of(sa_ctx *ctx, const sa_model *model, int64_t batch);

/* Logits of the token behind the text, computed without a cache. */
void logits_after(sa_ctx *ctx, const sa_model *model, const int32_t *ids, int64_t count, float *logits);

/* sa_generate() has to return this. */
#define EXPECT_GENERATE(ctx, session, args, want)                                                                      \
    cr_expect_eq(sa_generate(ctx, session, args), want, "%s", sa_ctx_last_error(ctx))

#endif
