//go:build !selfattn_core
/* SPDX-License-Identifier: MIT */
#include "models.h"

int32_t selfattnToken(uintptr_t listener, int64_t sequence, int32_t token, float log_probability);

sa_status go_model_encode(sa_ctx *ctx, const sa_model *model, int64_t batch, int64_t tokens, const int32_t *ids,
                          const int64_t *lengths, float *embedding, float *hidden, float *attention, float *logits) {
    sa_encode_args args = {.struct_size = sizeof args, .batch = batch, .tokens = tokens, .ids = ids,
                           .lengths = lengths, .embedding = embedding, .hidden = hidden, .attention = attention,
                           .logits = logits};
    return sa_model_encode(ctx, model, &args);
}

static int32_t tell(void *user, int64_t sequence, int32_t token, float log_probability) {
    return selfattnToken((uintptr_t)user, sequence, token, log_probability);
}

sa_status go_generate(sa_ctx *ctx, sa_session *session, sa_generate_args args, const int32_t *ids,
                      const int64_t *lengths, sa_sampling sampling, int32_t *generated, int64_t *counts,
                      int32_t *endings, const char *const *stops, const sa_tokenizer *tokenizer, uintptr_t listener) {
    sampling.struct_size = sizeof sampling;
    args.struct_size = sizeof args;
    args.ids = ids;
    args.lengths = lengths;
    args.sampling = &sampling;
    args.generated = generated;
    args.counts = counts;
    args.endings = endings;
    args.stop_strings = stops;
    args.tokenizer = stops ? tokenizer : NULL;
    args.on_token = tell;
    args.user = (void *)listener;
    return sa_generate(ctx, session, &args);
}
