/* SPDX-License-Identifier: MIT */
#include "valid.h"

#include "support/paths.h"
#include "support/random.h"

#include <criterion/criterion.h>
#include <string.h>

static void fill(float *to, size_t bytes, uint64_t seed) {
    struct rng rng = {seed};
    for (size_t i = 0; i < bytes / sizeof *to; i++) to[i] = rng_normal(&rng);
}

static void make_attention(struct valid *v) {
    v->attention = (sa_attention_args){.struct_size = sizeof v->attention, .masking = &v->masking};
    v->masking = (sa_masking){.struct_size = sizeof v->masking};
    sa_tensor_set(&v->attention.query, v->query, SA_F32, SA_BHSD, B, H, T, D);
    sa_tensor_set(&v->attention.key, v->key, SA_F32, SA_BHSD, B, K, S, D);
    sa_tensor_set(&v->attention.value, v->value, SA_F32, SA_BHSD, B, K, S, DV);
    sa_tensor_set(&v->attention.output, v->output, SA_F32, SA_BHSD, B, H, T, DV);
    sa_tensor_set(&v->attention.lse, v->lse, SA_F32, SA_BHSD, B, H, T, 1);
    sa_tensor_set(&v->attention.weights, v->weights, SA_F32, SA_BHSD, B, H, T, S);
    sa_tensor_set(&v->masking.mask, v->mask, SA_F32, SA_BHSD, B, H, T, S);
}

static void make_config(struct valid *v) {
    sa_layer_config *c = &v->config;
    *c = (sa_layer_config){.struct_size = sizeof *c,
                           .model_width = E,
                           .context_width = W,
                           .output_width = F,
                           .query_heads = H,
                           .kv_heads = K,
                           .head_size = D,
                           .value_head_size = DV};
    c->weight_q = v->matrix;
    c->weight_k = v->matrix + E * H * D;
    c->weight_v = v->matrix + E * (H * D + K * D);
    c->weight_o = v->matrix + E * (H * D + K * D + K * DV);
    c->bias_q = v->bias;
    c->bias_k = v->bias + H * D;
    c->bias_v = v->bias + H * D + K * D;
    c->bias_o = v->bias + H * D + K * D + K * DV;
}

static void make_forward(struct valid *v) {
    v->forward = (sa_forward_args){.struct_size = sizeof v->forward, .masking = &v->masking};
    sa_tensor_set(&v->forward.x, v->x, SA_F32, SA_BHSD, B, 1, T, E);
    sa_tensor_set(&v->forward.context, v->context, SA_F32, SA_BHSD, B, 1, S, W);
    sa_tensor_set(&v->forward.y, v->y, SA_F32, SA_BHSD, B, 1, T, F);
    v->forward.lse = v->attention.lse;
    v->forward.weights = v->attention.weights;
}

/* Everything but the handles. */
static void make_data(struct valid *v) {
    *v = (struct valid){.lengths = {S, S - 1}, .offsets = {0, 2}};
    fill(v->mask, sizeof v->mask, 1);
    fill(v->query, sizeof v->query, 2);
    fill(v->key, sizeof v->key, 3);
    fill(v->value, sizeof v->value, 4);
    fill(v->matrix, sizeof v->matrix, 5);
    fill(v->bias, sizeof v->bias, 6);
    fill(v->x, sizeof v->x, 7);
    fill(v->context, sizeof v->context, 8);
    make_attention(v);
    make_config(v);
    make_forward(v);
}

void valid_make(struct valid *v) {
    make_data(v);
    v->ctx = ctx_open(NULL);
    cr_assert_eq(sa_layer_create(v->ctx, &v->config, &v->layer), SA_OK, "%s", sa_ctx_last_error(v->ctx));
}

void valid_free(struct valid *v) {
    sa_layer_destroy(&v->layer);
    sa_ctx_destroy(&v->ctx);
}

void expect_works(sa_ctx *ctx, const char *after) {
    static struct valid first;
    static int known;
    struct valid v;
    make_data(&v);
    cr_expect_eq(sa_attention(ctx, &v.attention), SA_OK, "after %s: %s", after, sa_ctx_last_error(ctx));
    cr_assert_eq(sa_layer_create(ctx, &v.config, &v.layer), SA_OK, "after %s: %s", after, sa_ctx_last_error(ctx));
    cr_expect_eq(sa_forward(ctx, v.layer, &v.forward), SA_OK, "after %s: %s", after, sa_ctx_last_error(ctx));
    sa_layer_destroy(&v.layer);
    if (!known) first = v;
    known = 1;
    cr_expect(!memcmp(v.output, first.output, sizeof v.output), "after %s: sa_attention has another result", after);
    cr_expect(!memcmp(v.y, first.y, sizeof v.y), "after %s: sa_forward has another result", after);
}

static void expect_sentence(sa_ctx *ctx, sa_status got, sa_status want, const char *words, const char *what,
                            const char *spoiled) {
    const char *sentence = sa_ctx_last_error(ctx);
    cr_expect_eq(got, want, "%s, %s: status %d (%s), want %d", what, spoiled, got, sentence, want);
    cr_expect(strstr(sentence, words), "%s, %s: \"%s\" does not say \"%s\"", what, spoiled, sentence, words);
}

void expect_attention_refused(struct valid *v, sa_status status, const char *words, const char *spoiled) {
    uint64_t bytes = 1;
    expect_sentence(v->ctx, sa_attention(v->ctx, &v->attention), status, words, "sa_attention", spoiled);
    if (status != SA_ERR_NULL) { /* asking for the size takes NULL data */
        sa_status got = sa_attention_workspace_size(v->ctx, &v->attention, &bytes);
        expect_sentence(v->ctx, got, status, words, "sa_attention_workspace_size", spoiled);
        cr_expect_eq(bytes, 0, "%s: a refusal gives size 0", spoiled);
    }
    expect_works(v->ctx, spoiled);
}

void expect_forward_refused(struct valid *v, sa_status status, const char *words, const char *spoiled) {
    uint64_t bytes = 1;
    expect_sentence(v->ctx, sa_forward(v->ctx, v->layer, &v->forward), status, words, "sa_forward", spoiled);
    if (status != SA_ERR_NULL) {
        sa_status got = sa_forward_workspace_size(v->ctx, v->layer, &v->forward, &bytes);
        expect_sentence(v->ctx, got, status, words, "sa_forward_workspace_size", spoiled);
        cr_expect_eq(bytes, 0, "%s: a refusal gives size 0", spoiled);
    }
    expect_works(v->ctx, spoiled);
}

void expect_layer_refused(struct valid *v, sa_status status, const char *words, const char *spoiled) {
    sa_layer *layer = v->layer;
    expect_sentence(v->ctx, sa_layer_create(v->ctx, &v->config, &layer), status, words, "sa_layer_create", spoiled);
    cr_expect_null(layer, "%s: a failed creation leaves NULL", spoiled);
    expect_works(v->ctx, spoiled);
}
