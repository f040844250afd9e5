/* Poolers, classifiers and projections of families against what Transformers computes with them (modeling_*.py),
 * written here in double over the model's last hidden states: files in tests/data/architectures, with more tensors.
 * SPDX-License-Identifier: MIT */
#include "ends.h"
#include "support/paths.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static double relu(double x) {
    return x > 0 ? x : 0;
}

/* Classifiers of texts: W g(D x + d) + b of the first token's state x. */
Test(pooler, classifiers_of_texts) {
    static const struct {
        const char *model, *dense, *classifier;
        double (*f)(double);
        int is_pooler, is_in_file;
    } cases[] = {{"bert_mlm", "bert.pooler.dense", "classifier", tanh, 1, 0},
                 {"albert", "pooler", "classifier", tanh, 1, 1},
                 {"distilbert_mlm", "pre_classifier", "classifier", relu, 0, 0},
                 {"roberta_mlm", "classifier.dense", "classifier.out_proj", tanh, 0, 0},
                 {"electra_mlm", "classifier.dense", "classifier.out_proj", ends_gelu, 0, 0},
                 {"deberta_v2", "pooler.dense", "classifier", ends_gelu, 0, 0},
                 {"esm", "classifier.dense", "classifier.out_proj", tanh, 0, 0}};
    sa_ctx *ctx = ctx_open(NULL);
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        char name[4][60];
        snprintf(name[0], sizeof name[0], "%s.weight", cases[c].classifier);
        snprintf(name[1], sizeof name[1], "%s.bias", cases[c].classifier);
        snprintf(name[2], sizeof name[2], "%s.weight", cases[c].dense);
        snprintf(name[3], sizeof name[3], "%s.bias", cases[c].dense);
        const struct added added[] = {{name[0], LABELS, E},
                                      {name[1], LABELS, 0},
                                      {cases[c].is_in_file ? NULL : name[2], E, E},
                                      {name[3], E, 0},
                                      {NULL, 0, 0}};
        struct folder folder = folder_make();
        ends_copy(&folder, cases[c].model, NULL, added, c + 1);
        const struct outputs out = ends_run(ctx, &folder, 0, cases[c].is_pooler);
        for (int b = 0; b < B; b++) {
            double x[E], y[LABELS];
            ends_take(out.hidden[b][0], x);
            ends_apply(&folder, name[2], name[3], E, x, x);
            ends_activate(cases[c].f, x);
            if (cases[c].is_pooler) ends_expect(out.pooled[b], x, E, cases[c].model);
            ends_apply(&folder, name[0], name[1], LABELS, x, y);
            ends_expect(out.logits + b * LABELS, y, LABELS, cases[c].model);
        }
        folder_remove(&folder);
    }
    sa_ctx_destroy(&ctx);
}

/* Classifiers of tokens have no more tensors than this, and are known by `architectures`. */
Test(pooler, classifiers_of_tokens) {
    static const char *const models[][2] = {
        {"albert", "{\"architectures\": [\"AlbertForTokenClassification\"]}"},
        {"bert_mlm", "{\"architectures\": [\"BertForTokenClassification\"]}"},
        {"roberta_mlm", "{\"architectures\": [\"RobertaForTokenClassification\"]}"},
        {"deberta_v2", "{\"architectures\": [\"DebertaV2ForTokenClassification\"]}"}};
    static const struct added added[] = {
        {"classifier.weight", LABELS, E}, {"classifier.bias", LABELS, 0}, {NULL, 0, 0}};
    sa_ctx *ctx = ctx_open(NULL);
    for (size_t c = 0; c < sizeof models / sizeof models[0]; c++) {
        struct folder folder = folder_make();
        ends_copy(&folder, models[c][0], models[c][1], added, c + 1);
        const struct outputs out = ends_run(ctx, &folder, 0, c == 0);
        for (int b = 0; b < B; b++)
            for (int t = 0; t < ends_lengths[b]; t++) {
                double x[E], y[LABELS];
                ends_take(out.hidden[b][t], x);
                ends_apply(&folder, "classifier.weight", "classifier.bias", LABELS, x, y);
                ends_expect(out.logits + (b * T + t) * LABELS, y, LABELS, models[c][0]);
            }
        folder_remove(&folder);
    }
    sa_ctx_destroy(&ctx);
}

/* BEiT: the norm of the mean of patches, and classes of that. */
Test(pooler, mean_of_patches) {
    static const struct added added[] = {
        {"classifier.weight", LABELS, E}, {"classifier.bias", LABELS, 0}, {NULL, 0, 0}};
    sa_ctx *ctx = ctx_open(NULL);
    struct folder folder = folder_make();
    ends_copy(&folder, "beit", NULL, added, 3);
    const struct outputs out = ends_run(ctx, &folder, 1, 1);
    for (int b = 0; b < B; b++) {
        double x[E] = {0}, y[LABELS];
        for (int t = 1; t < 5; t++)
            for (int i = 0; i < E; i++) x[i] += (double)out.hidden[b][t][i] / 4;
        ends_norm(&folder, "pooler.layernorm.weight", "pooler.layernorm.bias", 1e-12, x);
        ends_expect(out.pooled[b], x, E, "pooled");
        ends_apply(&folder, "classifier.weight", "classifier.bias", LABELS, x, y);
        ends_expect(out.logits + b * LABELS, y, LABELS, "classes");
    }
    folder_remove(&folder);
    sa_ctx_destroy(&ctx);
}

/* CLIP's texts: the state of the end token, through the projection. Token 2 as the end stands for the largest number.
 */
Test(pooler, texts_of_clip) {
    static const struct added projection[] = {{"text_projection.weight", WIDTH, E}, {NULL, 0, 0}};
    static const struct {
        const char *change;
        int at[B];
        int is_projected;
    } cases[] = {{"{\"eos_token_id\": 2}", {2, 2}, 1},
                 {"{\"eos_token_id\": 2}", {2, 2}, 0},
                 {"{\"eos_token_id\": 9}", {6, 0}, 1},
                 {"{\"eos_token_id\": 11}", {0, 5}, 1},
                 {"{\"eos_token_id\": 14}", {0, 0}, 0}};
    sa_ctx *ctx = ctx_open(NULL);
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        struct folder folder = folder_make();
        ends_copy(&folder, "clip_text", cases[c].change, projection + !cases[c].is_projected, c + 1);
        const struct outputs out = ends_run(ctx, &folder, 0, 1);
        const float *embedding = out.embedding[0];
        for (int b = 0; b < B; b++) {
            double x[E];
            ends_take(out.hidden[b][cases[c].at[b]], x);
            ends_expect(out.pooled[b], x, E, cases[c].change);
            ends_expect_embedding(&folder, cases[c].is_projected ? "text_projection.weight" : NULL,
                                  embedding + b * (cases[c].is_projected ? WIDTH : E), x, cases[c].change);
        }
        folder_remove(&folder);
    }
    sa_ctx_destroy(&ctx);
}

Test(pooler, images_of_clip) {
    static const struct added projection[] = {{"visual_projection.weight", WIDTH, E}, {NULL, 0, 0}};
    sa_ctx *ctx = ctx_open(NULL);
    for (int is_projected = 0; is_projected < 2; is_projected++) {
        struct folder folder = folder_make();
        ends_copy(&folder, "clip_vision", NULL, projection + !is_projected, 5);
        const struct outputs out = ends_run(ctx, &folder, 1, 1);
        for (int b = 0; b < B; b++) {
            double x[E];
            ends_take(out.hidden[b][0], x);
            ends_norm(&folder, "post_layernorm.weight", "post_layernorm.bias", 1e-5, x);
            ends_expect(out.pooled[b], x, E, "pooled");
            ends_expect_embedding(&folder, is_projected ? "visual_projection.weight" : NULL,
                                  out.embedding[0] + b * (is_projected ? WIDTH : E), x, "embedding");
        }
        folder_remove(&folder);
    }
    sa_ctx_destroy(&ctx);
}

/* SigLIP's texts: W x + b of the last token, narrower or wider than the states where `projection_size` says so. */
static void expect_texts_of_siglip(sa_ctx *ctx, int width, const char *projection_size) {
    const struct added head[] = {{"head.weight", width, E}, {"head.bias", width, 0}, {NULL, 0, 0}};
    float hidden[B][T][E], pooled[B * MOST_ROWS], embedding[B * MOST_ROWS];
    char change[200];
    struct folder folder = folder_make();
    sa_model *model;
    snprintf(
        change, sizeof change,
        "{\"model_type\": \"siglip_text_model\", \"hidden_act\": \"gelu_pytorch_tanh\", \"layer_norm_eps\": 1e-6%s}",
        projection_size);
    ends_copy(&folder, "clip_text", change, head, 5);
    cr_assert_eq(sa_model_open(ctx, folder.path, &model), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_expect_eq(sa_model_get(model, SA_MODEL_POOLED_WIDTH), width);
    cr_expect_eq(sa_model_get(model, SA_MODEL_EMBEDDING_WIDTH), width);
    const sa_encode_args args = {.struct_size = sizeof args,
                                 .batch = B,
                                 .tokens = T,
                                 .ids = ends_ids[0],
                                 .lengths = ends_lengths,
                                 .hidden = hidden[0][0],
                                 .pooled = pooled,
                                 .embedding = embedding};
    cr_assert_eq(sa_model_encode(ctx, model, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
    for (int b = 0; b < B; b++) {
        double x[MOST_ROWS], square = 0;
        ends_take(hidden[b][ends_lengths[b] - 1], x);
        ends_apply(&folder, "head.weight", "head.bias", width, x, x);
        ends_expect(pooled + b * width, x, width, "pooled");
        for (int i = 0; i < width; i++) square += x[i] * x[i];
        for (int i = 0; i < width; i++) x[i] /= sqrt(square);
        ends_expect(embedding + b * width, x, width, "embedding");
    }
    sa_model_destroy(&model);
    folder_remove(&folder);
}

Test(pooler, texts_of_siglip) {
    sa_ctx *ctx = ctx_open(NULL);
    expect_texts_of_siglip(ctx, E, "");
    expect_texts_of_siglip(ctx, E, ", \"projection_size\": null");
    expect_texts_of_siglip(ctx, WIDTH, ", \"projection_size\": 5");
    expect_texts_of_siglip(ctx, MOST_ROWS, ", \"projection_size\": 48");
    sa_ctx_destroy(&ctx);
}

Test(pooler, files_that_miss_a_part_are_refused) {
    static const struct added alone[] = {{"classifier.weight", LABELS, E},
                                         {"classifier.bias", LABELS, 0},
                                         {NULL, 0, 0}},
                              no_bias[] = {{"classifier.weight", LABELS, E}, {NULL, 0, 0}},
                              narrow[] = {{"classifier.weight", LABELS, E - 1},
                                          {"classifier.bias", LABELS, 0},
                                          {NULL, 0, 0}},
                              projection[] = {{"text_projection.weight", WIDTH, E + 1}, {NULL, 0, 0}},
                              vector[] = {{"text_projection.weight", WIDTH, 0}, {NULL, 0, 0}};
    sa_ctx *ctx = ctx_open(NULL);
    ends_expect_refused(ctx, "bert_mlm", NULL, alone, "the file has a classifier, but the pooler is missing before it");
    ends_expect_refused(ctx, "distilbert_mlm", NULL, alone,
                        "the file has a classifier, but \"pre_classifier.weight\" is missing, which stands before it");
    ends_expect_refused(ctx, "albert", NULL, no_bias, "classifier.bias");
    ends_expect_refused(ctx, "albert", NULL, narrow, "classifier.weight");
    ends_expect_refused(ctx, "clip_text", NULL, projection, "text_projection.weight");
    ends_expect_refused(ctx, "clip_text", NULL, vector, "text_projection.weight");
    sa_ctx_destroy(&ctx);
}
