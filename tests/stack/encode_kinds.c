/* What sa_model_encode() refuses because the model has no such thing, and what sa_model_get() says that it has.
 * SPDX-License-Identifier: MIT */
#include "support/paths.h"
#include "support/reference.h"

#include "selfattn_models.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { T = 4 };

static const int32_t ids[T] = {1, 3, 5, 2}, wrong[T] = {1, 41, 5, 2};
static float data[3 * 32 * 32], out[1 << 14];
static sa_ctx *ctx;

static void make(void) {
    ctx = ctx_open(NULL);
}

static void clean(void) {
    sa_ctx_destroy(&ctx);
}

TestSuite(encode_kinds, .init = make, .fini = clean);

static sa_model *open_data(const char *name) {
    sa_model *model;
    cr_assert_eq(sa_model_open(ctx, architecture_path(name), &model), SA_OK, "%s", sa_ctx_last_error(ctx));
    return model;
}

/* Four tokens with one thing changed. */
#define REFUSED(model, change, status, sentence)                                                                       \
    do {                                                                                                               \
        sa_encode_args a = {.struct_size = sizeof a, .batch = 1, .tokens = T, .ids = ids, .hidden = out};              \
        change;                                                                                                        \
        cr_expect_eq(sa_model_encode(ctx, model, &a), status, "%s", sa_ctx_last_error(ctx));                           \
        cr_expect_str_eq(sa_ctx_last_error(ctx), sentence);                                                            \
    } while (0)

Test(encode_kinds, a_decoder_of_tokens) {
    sa_model *llama = open_data("llama");
    REFUSED(llama, a.features = data, SA_ERR_UNSUPPORTED, "this model (llama) has no features: it takes ids");
    REFUSED(llama, a.types = ids, SA_ERR_UNSUPPORTED, "this model (llama) has no types");
    REFUSED(llama, a.pooled = out, SA_ERR_UNSUPPORTED, "this model (llama) has no pooler");
    static const char *const no_targets = "this model (llama) has no targets: it is not an encoder with a decoder";
    REFUSED(llama, a.targets = 1, SA_ERR_UNSUPPORTED, no_targets);
    REFUSED(llama, a.target_ids = ids, SA_ERR_UNSUPPORTED, no_targets);
    REFUSED(llama, a.target_lengths = (const int64_t[]){1}, SA_ERR_UNSUPPORTED, no_targets);
    REFUSED(llama, a.target_hidden = out, SA_ERR_UNSUPPORTED, no_targets);
    REFUSED(llama, a.target_hidden_all = out, SA_ERR_UNSUPPORTED, no_targets);
    REFUSED(llama, a.target_attention = out, SA_ERR_UNSUPPORTED, no_targets);
    REFUSED(llama, a.cross_attention = out, SA_ERR_UNSUPPORTED, no_targets);
    sa_model_destroy(&llama);
}

Test(encode_kinds, an_encoder_with_a_decoder) {
    sa_model *marian = open_data("marian");
    static const char *const no_outputs = "targets is 0, but outputs of the decoder are wanted";
    REFUSED(marian, a.target_hidden = out, SA_ERR_VALUE, no_outputs);
    REFUSED(marian, a.target_hidden_all = out, SA_ERR_VALUE, no_outputs);
    REFUSED(marian, a.target_attention = out, SA_ERR_VALUE, no_outputs);
    REFUSED(marian, a.cross_attention = out, SA_ERR_VALUE, no_outputs);
    REFUSED(marian, a.target_ids = ids, SA_ERR_VALUE, "targets is 0, but target_ids is given");
    REFUSED(marian, a.target_lengths = (const int64_t[]){1}, SA_ERR_VALUE, "targets is 0, but target_lengths is given");
    REFUSED(marian, a.logits = out, SA_ERR_VALUE, "targets is 0, but logits are wanted, which the decoder makes");
    REFUSED(marian, a.targets = 2, SA_ERR_NULL, "target_ids is NULL");
    REFUSED(marian, (a.targets = 2, a.target_ids = wrong), SA_ERR_VALUE,
            "the target id of sequence 0, token 1 is 41, must be 0 to 40");
    REFUSED(marian, (a.targets = 2, a.target_ids = ids, a.target_lengths = (const int64_t[]){3}), SA_ERR_VALUE,
            "target_lengths[0] is 3, must be 1 to 2, the tokens of a sequence");
    REFUSED(marian, a.targets = -1, SA_ERR_VALUE, "targets is -1, must be at least 1");
    REFUSED(marian, a.targets = 21, SA_ERR_SHAPE, "targets is 21, the model's longest sequence has 20");
    sa_model_destroy(&marian);
}

Test(encode_kinds, an_encoder_of_images) {
    sa_model *vit = open_data("vit");
    REFUSED(vit, a.tokens = 0, SA_ERR_UNSUPPORTED, "this model (vit) has no ids: it takes features");
    REFUSED(vit, (a.ids = NULL, a.tokens = 0), SA_ERR_NULL, "features is NULL");
    REFUSED(vit, (a.ids = NULL, a.features = data), SA_ERR_SHAPE, "tokens is 4, the model makes 17 of its features");
    sa_model_destroy(&vit);
}

Test(encode_kinds, an_encoder_without_logits) {
    sa_model *bert = open_data("bert");
    REFUSED(bert, a.logits = out, SA_ERR_UNSUPPORTED, "this model (bert) has no logits");
    sa_model_destroy(&bert);
}

Test(encode_kinds, a_model_says_what_it_has) {
    static const struct {
        const char *name;
        int64_t pooled, start, end, pad;
    } want[] = {{"bert", 1, -1, -1, 0}, {"llama", 0, 1, 2, 0}, {"marian", 0, 0, 2, 0}, {"vit", 0, -1, -1, -1}};
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        sa_model *model = open_data(want[i].name);
        cr_expect_eq(sa_model_get(model, SA_MODEL_POOLED), want[i].pooled, "%s", want[i].name);
        cr_expect_eq(sa_model_get(model, SA_MODEL_START_TOKEN), want[i].start, "%s", want[i].name);
        cr_expect_eq(sa_model_get(model, SA_MODEL_END_TOKEN), want[i].end, "%s", want[i].name);
        cr_expect_eq(sa_model_get(model, SA_MODEL_PAD_TOKEN), want[i].pad, "%s", want[i].name);
        sa_model_destroy(&model);
    }
}
