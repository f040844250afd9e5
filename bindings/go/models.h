/* As calls.h, for models. SPDX-License-Identifier: MIT */
#include <selfattn_models.h>

#include "calls.h"

sa_status go_model_encode(sa_ctx *ctx, const sa_model *model, int64_t batch, int64_t tokens, const int32_t *ids,
                          const int64_t *lengths, float *embedding, float *hidden, float *attention, float *logits);

/* `listener` is a number that selfattnToken() gets back. */
sa_status go_generate(sa_ctx *ctx, sa_session *session, sa_generate_args args, const int32_t *ids,
                      const int64_t *lengths, sa_sampling sampling, int32_t *generated, int64_t *counts,
                      int32_t *endings, const char *const *stops, const sa_tokenizer *tokenizer, uintptr_t listener);
