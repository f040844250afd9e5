/* SPDX-License-Identifier: MIT */
#include "calls.h"

static void set_masking(sa_masking *masking, const int64_t *lengths, void *mask) {
    masking->struct_size = sizeof *masking;
    masking->key_lengths = lengths;
    masking->mask.data = mask;
}

sa_status go_attention(sa_ctx *ctx, sa_attention_args args, void *query, void *key, void *value, void *output,
                       void *lse, void *weights, sa_masking masking, const int64_t *lengths, void *mask,
                       const float *slopes) {
    sa_score_rules rules = {.struct_size = sizeof rules, .alibi_slopes = slopes};
    set_masking(&masking, lengths, mask);
    args.struct_size = sizeof args;
    args.query.data = query;
    args.key.data = key;
    args.value.data = value;
    args.output.data = output;
    args.lse.data = lse;
    args.weights.data = weights;
    args.masking = &masking;
    args.rules = slopes ? &rules : NULL;
    return sa_attention(ctx, &args);
}

sa_status go_layer_create(sa_ctx *ctx, sa_layer_config config, const float *q, const float *k, const float *v,
                          const float *o, const float *bias_q, const float *bias_k, const float *bias_v,
                          const float *bias_o, int rotates, double theta, sa_layer **layer) {
    sa_rope rope = {.struct_size = sizeof rope, .theta = theta};
    config.struct_size = sizeof config;
    config.weight_q = q;
    config.weight_k = k;
    config.weight_v = v;
    config.weight_o = o;
    config.bias_q = bias_q;
    config.bias_k = bias_k;
    config.bias_v = bias_v;
    config.bias_o = bias_o;
    config.rope = rotates ? &rope : NULL;
    return sa_layer_create(ctx, &config, layer);
}

sa_status go_forward(sa_ctx *ctx, const sa_layer *layer, sa_forward_args args, void *x, void *context, void *y,
                     void *weights, sa_masking masking, const int64_t *lengths, void *mask) {
    set_masking(&masking, lengths, mask);
    args.struct_size = sizeof args;
    args.x.data = x;
    args.context.data = context;
    args.y.data = y;
    args.weights.data = weights;
    args.masking = &masking;
    return sa_forward(ctx, layer, &args);
}
