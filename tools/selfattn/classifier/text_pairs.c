/* SPDX-License-Identifier: MIT */
#include "classifier/text_pairs.h"

#include "exit.h"

#include <stdlib.h>
#include <string.h>

struct token_pair token_pair_of(const struct engine *e, const char *first, const char *second, int32_t flags,
                                int64_t most) {
    const int64_t bytes[] = {(int64_t)strlen(first), (int64_t)strlen(second)};
    struct token_pair p = {0};
    check(sa_tokenizer_encode_pair(e->ctx, e->tokenizer, first, bytes[0], second, bytes[1], flags, most, NULL, NULL, 0,
                                   &p.count),
          e->ctx);
    p.ids = allocate((size_t)p.count + 1, sizeof *p.ids);
    p.types = allocate((size_t)p.count + 1, sizeof *p.types);
    check(sa_tokenizer_encode_pair(e->ctx, e->tokenizer, first, bytes[0], second, bytes[1], flags, most, p.ids, p.types,
                                   p.count, &p.count),
          e->ctx);
    return p;
}

void token_pair_run(const struct engine *e, const struct token_pair *pair, float *logits) {
    const sa_encode_args args = {.struct_size = sizeof args,
                                 .batch = 1,
                                 .tokens = pair->count,
                                 .ids = pair->ids,
                                 .types = sa_model_get(e->model, SA_MODEL_TOKEN_TYPES) > 1 ? pair->types : NULL,
                                 .logits = logits};
    check(sa_model_encode(e->ctx, e->model, &args), e->ctx);
}

void token_pair_free(struct token_pair *pair) {
    free(pair->ids);
    free(pair->types);
}

void text_pair_logits(const struct engine *e, const char *first, const char *second, float *logits) {
    const int64_t positions = sa_model_get(e->model, SA_MODEL_MAX_POSITIONS);
    struct token_pair pair = token_pair_of(e, first, second, 0, positions > 0 ? positions : 0);
    token_pair_run(e, &pair, logits);
    token_pair_free(&pair);
}
