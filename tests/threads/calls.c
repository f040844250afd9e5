/* SPDX-License-Identifier: MIT */
#include "threads/calls.h"

#include <stdio.h>
#ifdef SELFATTN_MODELS
#include <selfattn_models.h>
#endif

enum { H = 4, T = 128, D = 16, E = H * D };

static sa_status attend(sa_ctx *ctx) {
    static float in[H * T * D], out[H * T * D];
    sa_attention_args args = {.struct_size = sizeof args};
    sa_tensor_set(&args.query, in, SA_F32, SA_BHSD, 1, H, T, D);
    args.key = args.value = args.query;
    sa_tensor_set(&args.output, out, SA_F32, SA_BHSD, 1, H, T, D);
    return sa_attention(ctx, &args);
}

static sa_status forward(sa_ctx *ctx) {
    static float x[T * E], y[T * E], weights[E * E];
    const sa_layer_config config = {.struct_size = sizeof config,
                                    .model_width = E,
                                    .query_heads = H,
                                    .weight_q = weights,
                                    .weight_k = weights,
                                    .weight_v = weights,
                                    .weight_o = weights};
    sa_forward_args args = {.struct_size = sizeof args};
    sa_layer *layer;
    sa_tensor_set(&args.x, x, SA_F32, SA_BSHD, 1, 1, T, E);
    sa_tensor_set(&args.y, y, SA_F32, SA_BSHD, 1, 1, T, E);
    sa_status status = sa_layer_create(ctx, &config, &layer);
    if (status == SA_OK) status = sa_forward(ctx, layer, &args);
    sa_layer_destroy(&layer);
    return status;
}

#ifdef SELFATTN_MODELS
static const int32_t tokens[] = {5, 9, 3, 12, 7, 20, 11, 4, 6, 8};
enum { TOKENS = sizeof tokens / sizeof tokens[0], NEW = 5 };

static sa_status open_model(sa_ctx *ctx, const char *name, sa_model **model) {
    char path[600];
    (void)snprintf(path, sizeof path, "%s/tests/data/architectures/%s", SELFATTN_SOURCE_DIR, name);
    return sa_model_open(ctx, path, model);
}

static sa_status encode(sa_ctx *ctx) {
    static float hidden[TOKENS * 512];
    const sa_encode_args args = {
        .struct_size = sizeof args, .batch = 1, .tokens = TOKENS, .ids = tokens, .hidden = hidden};
    sa_model *model;
    sa_status status = open_model(ctx, "bert", &model);
    if (status == SA_OK) status = sa_model_encode(ctx, model, &args);
    sa_model_destroy(&model);
    return status;
}

static sa_status generate(sa_ctx *ctx) {
    int32_t written[NEW];
    int64_t count;
    const sa_session_config config = {.struct_size = sizeof config};
    const sa_generate_args args = {.struct_size = sizeof args,
                                   .tokens = TOKENS,
                                   .ids = tokens,
                                   .max_tokens = NEW,
                                   .generated = written,
                                   .counts = &count};
    sa_model *model;
    sa_session *session = NULL;
    sa_status status = open_model(ctx, "llama", &model);
    if (status == SA_OK) status = sa_session_create(ctx, model, &config, &session);
    if (status == SA_OK) status = sa_generate(ctx, session, &args);
    sa_session_destroy(&session);
    sa_model_destroy(&model);
    return status;
}
#endif

const struct named_call calls[CALLS] = {{"attention", attend},
                                        {"a layer", forward},
#ifdef SELFATTN_MODELS
                                        {"sa_model_encode()", encode},
                                        {"sa_generate()", generate}
#endif
};
