/* SPDX-License-Identifier: MIT */
#include "text/text_pairs.h"

#include "exit.h"

#include <stdlib.h>
#include <string.h>

/* Types, for a model that has more than one. */
struct input {
    int64_t count;
    int32_t *ids, *types;
};

static struct input input_of(const struct engine *e, const char *first, const char *second) {
    const int64_t bytes[] = {(int64_t)strlen(first), (int64_t)strlen(second)};
    const int64_t positions = sa_model_get(e->model, SA_MODEL_MAX_POSITIONS), most = positions > 0 ? positions : 0;
    struct input in = {0};
    check(sa_tokenizer_encode_pair(e->ctx, e->tokenizer, first, bytes[0], second, bytes[1], 0, most, NULL, NULL, 0,
                                   &in.count),
          e->ctx);
    in.ids = allocate((size_t)in.count + 1, sizeof *in.ids);
    in.types = allocate((size_t)in.count + 1, sizeof *in.types);
    check(sa_tokenizer_encode_pair(e->ctx, e->tokenizer, first, bytes[0], second, bytes[1], 0, most, in.ids, in.types,
                                   in.count, &in.count),
          e->ctx);
    return in;
}

void text_pair_logits(const struct engine *e, const char *first, const char *second, float *logits) {
    struct input in = input_of(e, first, second);
    const sa_encode_args args = {.struct_size = sizeof args,
                                 .batch = 1,
                                 .tokens = in.count,
                                 .ids = in.ids,
                                 .types = sa_model_get(e->model, SA_MODEL_TOKEN_TYPES) > 1 ? in.types : NULL,
                                 .logits = logits};
    check(sa_model_encode(e->ctx, e->model, &args), e->ctx);
    free(in.ids);
    free(in.types);
}
