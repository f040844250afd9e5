/* Calls whose structs hold pointers. Go may pass C a pointer to its memory, but not a struct of such pointers: here
 * they come one by one, and are put into the struct on C's side. Nothing is kept.
 * SPDX-License-Identifier: MIT */
#include <selfattn.h>

/* masking and slopes belong to args if they are given. */
sa_status go_attention(sa_ctx *ctx, sa_attention_args args, void *query, void *key, void *value, void *output,
                       void *lse, void *weights, sa_masking masking, const int64_t *lengths, void *mask,
                       const float *slopes);
sa_status go_layer_create(sa_ctx *ctx, sa_layer_config config, const float *q, const float *k, const float *v,
                          const float *o, const float *bias_q, const float *bias_k, const float *bias_v,
                          const float *bias_o, int rotates, double theta, sa_layer **layer);
sa_status go_forward(sa_ctx *ctx, const sa_layer *layer, sa_forward_args args, void *x, void *context, void *y,
                     void *weights, sa_masking masking, const int64_t *lengths, void *mask);
