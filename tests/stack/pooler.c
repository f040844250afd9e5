/* Poolers, classifiers and projections of families against what Transformers computes with them (modeling_*.py),
 * written here in double over the model's last hidden states: files in tests/data/architectures, with more tensors.
 * SPDX-License-Identifier: MIT */
#include "selfattn_models.h"
#include "support/folder.h"
#include "support/paths.h"
#include "support/random.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { E = 16, B = 2, T = 9, LABELS = 3, WIDTH = 5, MOST = 8 };

/* A tensor that is added, or one of the file. */
struct added {
    const char *name;
    int64_t rows, columns; /* columns 0: a vector */
};

/* Numbers of a tensor in double. */
struct numbers {
    double value[E * E];
};

static char *model_path(const char *model, const char *file) {
    static char path[400];
    snprintf(path, sizeof path, "%s/tests/data/architectures/%s/%s", SELFATTN_SOURCE_DIR, model, file);
    return path;
}

static json_t *header_of(const char *bytes, uint64_t *header) {
    memcpy(header, bytes, 8);
    json_t *object = json_loadb(bytes + 8, (size_t)*header, 0, NULL);
    cr_assert_not_null(object);
    return object;
}

/* Copies the model into the folder with the tensors behind its own. `change` NULL, or members for config.json. */
static void copy_with(const struct folder *folder, const char *model, const char *change, const struct added *added,
                      uint64_t seed) {
    size_t bytes, more = 0;
    uint64_t header_bytes;
    struct rng rng = {seed};
    char *file = file_bytes(model_path(model, "model.safetensors"), &bytes);
    json_t *header = header_of(file, &header_bytes);
    const size_t data_bytes = bytes - 8 - (size_t)header_bytes;
    float *values = calloc(MOST * E * E, sizeof *values);
    for (; added->name; added++) {
        const int64_t count = added->rows * (added->columns ? added->columns : 1);
        for (int64_t i = 0; i < count; i++) values[more + (size_t)i] = (float)(0.4 * (double)rng_normal(&rng));
        json_t *shape = json_pack("[I]", (json_int_t)added->rows);
        if (added->columns) json_array_append_new(shape, json_integer(added->columns));
        json_object_set_new(header, added->name,
                            json_pack("{ss so s[II]}", "dtype", "F32", "shape", shape, "data_offsets",
                                      (json_int_t)(data_bytes + 4 * more),
                                      (json_int_t)(data_bytes + 4 * (more + (size_t)count))));
        more += (size_t)count;
    }
    char *text = json_dumps(header, 0);
    const uint64_t text_bytes = strlen(text);
    char *all = malloc(8 + (size_t)text_bytes + data_bytes + 4 * more);
    memcpy(all, &text_bytes, 8);
    memcpy(all + 8, text, (size_t)text_bytes);
    memcpy(all + 8 + text_bytes, file + 8 + header_bytes, data_bytes);
    memcpy(all + 8 + text_bytes + data_bytes, values, 4 * more);
    folder_write(folder, "model.safetensors", all, 8 + (size_t)text_bytes + data_bytes + 4 * more);
    json_t *config = json_load_file(model_path(model, "config.json"), 0, NULL);
    json_t *changes = change ? json_loads(change, 0, NULL) : json_object();
    json_object_update(config, changes);
    char *config_text = json_dumps(config, 0);
    folder_write_text(folder, "config.json", config_text);
    free(config_text), free(all), free(text), free(values), free(file);
    json_decref(changes), json_decref(config), json_decref(header);
}

/* A tensor of the folder's file. */
static struct numbers tensor_of(const struct folder *folder, const char *name) {
    struct numbers n = {{0}};
    size_t bytes;
    uint64_t header_bytes;
    char *file = file_bytes(folder_path(folder, "model.safetensors"), &bytes);
    json_t *header = header_of(file, &header_bytes);
    const json_t *offsets = json_object_get(json_object_get(header, name), "data_offsets");
    cr_assert_not_null(offsets, "%s", name);
    const size_t first = (size_t)json_integer_value(json_array_get(offsets, 0)),
                 end = (size_t)json_integer_value(json_array_get(offsets, 1));
    for (size_t i = 0; i < (end - first) / 4; i++) {
        float value;
        memcpy(&value, file + 8 + header_bytes + first + 4 * i, 4);
        n.value[i] = (double)value;
    }
    json_decref(header);
    free(file);
    return n;
}

/* y = W x + b; bias NULL: none. */
static void apply(const struct folder *folder, const char *weight, const char *bias, int rows, const double *x,
                  double *y) {
    const struct numbers w = tensor_of(folder, weight);
    struct numbers b = {{0}};
    double result[E];
    if (bias) b = tensor_of(folder, bias);
    for (int r = 0; r < rows; r++) {
        result[r] = b.value[r];
        for (int i = 0; i < E; i++) result[r] += w.value[r * E + i] * x[i];
    }
    memcpy(y, result, (size_t)rows * sizeof *y);
}

static void normalise(const struct folder *folder, const char *weight, const char *bias, double epsilon, double *x) {
    const struct numbers w = tensor_of(folder, weight), b = tensor_of(folder, bias);
    double mean = 0, square = 0;
    for (int i = 0; i < E; i++) mean += x[i] / E;
    for (int i = 0; i < E; i++) square += (x[i] - mean) * (x[i] - mean) / E;
    for (int i = 0; i < E; i++) x[i] = (x[i] - mean) / sqrt(square + epsilon) * w.value[i] + b.value[i];
}

static double relu(double x) {
    return x > 0 ? x : 0;
}

static double gelu(double x) {
    return x * 0.5 * (1 + erf(x / sqrt(2)));
}

static void activate(double (*f)(double), double *x) {
    for (int i = 0; i < E; i++) x[i] = f(x[i]);
}

/* What a model makes of its inputs. */
struct outputs {
    int64_t tokens;
    float hidden[B][T][E], pooled[B][E], embedding[B][E], logits[B * T * LABELS];
};

static const int32_t ids[B][T] = {{1, 5, 30, 7, 4, 2, 9, 2, 3}, {8, 3, 29, 2, 2, 11, 12, 13, 14}};
static const int64_t lengths[B] = {9, 6};

static struct outputs run(sa_ctx *ctx, const struct folder *folder, int is_image, int is_pooled) {
    static struct outputs out;
    float pixels[B * 3 * 8 * 8];
    struct rng rng = {7};
    sa_model *model;
    for (int i = 0; i < B * 3 * 8 * 8; i++) pixels[i] = (float)rng_normal(&rng);
    cr_assert_eq(sa_model_open(ctx, folder->path, &model), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_expect_eq(sa_model_get(model, SA_MODEL_POOLED), is_pooled);
    memset(&out, 0, sizeof out);
    out.tokens = is_image ? 5 : T;
    float *hidden = calloc(B * T * E, sizeof *hidden);
    const sa_encode_args args = {.struct_size = sizeof args,
                                 .batch = B,
                                 .tokens = is_image ? 0 : T,
                                 .ids = is_image ? NULL : ids[0],
                                 .lengths = is_image ? NULL : lengths,
                                 .features = is_image ? pixels : NULL,
                                 .hidden = hidden,
                                 .pooled = is_pooled ? out.pooled[0] : NULL,
                                 .embedding = out.embedding[0],
                                 .logits = sa_model_get(model, SA_MODEL_OUTPUTS) ? out.logits : NULL};
    cr_assert_eq(sa_model_encode(ctx, model, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
    for (int64_t b = 0; b < B; b++)
        memcpy(out.hidden[b], hidden + b * out.tokens * E, (size_t)(out.tokens * E) * sizeof *hidden);
    free(hidden);
    sa_model_destroy(&model);
    return out;
}

static void take(const float *row, double *x) {
    for (int i = 0; i < E; i++) x[i] = (double)row[i];
}

static void expect_near(const float *got, const double *want, int count, const char *what) {
    for (int i = 0; i < count; i++)
        cr_expect(fabs((double)got[i] - want[i]) < 1e-5 * (1 + fabs(want[i])), "%s: number %d is %.7f, want %.7f", what,
                  i, (double)got[i], want[i]);
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
                 {"electra_mlm", "classifier.dense", "classifier.out_proj", gelu, 0, 0},
                 {"deberta_v2", "pooler.dense", "classifier", gelu, 0, 0},
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
        copy_with(&folder, cases[c].model, NULL, added, c + 1);
        const struct outputs out = run(ctx, &folder, 0, cases[c].is_pooler);
        for (int b = 0; b < B; b++) {
            double x[E], y[LABELS];
            take(out.hidden[b][0], x);
            apply(&folder, name[2], name[3], E, x, x);
            activate(cases[c].f, x);
            if (cases[c].is_pooler) expect_near(out.pooled[b], x, E, cases[c].model);
            apply(&folder, name[0], name[1], LABELS, x, y);
            expect_near(out.logits + b * LABELS, y, LABELS, cases[c].model);
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
        copy_with(&folder, models[c][0], models[c][1], added, c + 1);
        const struct outputs out = run(ctx, &folder, 0, c == 0);
        for (int b = 0; b < B; b++)
            for (int t = 0; t < lengths[b]; t++) {
                double x[E], y[LABELS];
                take(out.hidden[b][t], x);
                apply(&folder, "classifier.weight", "classifier.bias", LABELS, x, y);
                expect_near(out.logits + (b * T + t) * LABELS, y, LABELS, models[c][0]);
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
    copy_with(&folder, "beit", NULL, added, 3);
    const struct outputs out = run(ctx, &folder, 1, 1);
    for (int b = 0; b < B; b++) {
        double x[E] = {0}, y[LABELS];
        for (int t = 1; t < 5; t++)
            for (int i = 0; i < E; i++) x[i] += (double)out.hidden[b][t][i] / 4;
        normalise(&folder, "pooler.layernorm.weight", "pooler.layernorm.bias", 1e-12, x);
        expect_near(out.pooled[b], x, E, "pooled");
        apply(&folder, "classifier.weight", "classifier.bias", LABELS, x, y);
        expect_near(out.logits + b * LABELS, y, LABELS, "classes");
    }
    folder_remove(&folder);
    sa_ctx_destroy(&ctx);
}

/* W x, scaled to length 1; without a projection x. */
static void expect_embedding(const struct folder *folder, const char *weight, const float *got, const double *x,
                             const char *what) {
    double y[E], square = 0;
    const int width = weight ? WIDTH : E;
    if (weight)
        apply(folder, weight, NULL, WIDTH, x, y);
    else
        memcpy(y, x, sizeof y);
    for (int i = 0; i < width; i++) square += y[i] * y[i];
    for (int i = 0; i < width; i++) y[i] /= sqrt(square);
    expect_near(got, y, width, what);
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
        copy_with(&folder, "clip_text", cases[c].change, projection + !cases[c].is_projected, c + 1);
        const struct outputs out = run(ctx, &folder, 0, 1);
        const float *embedding = out.embedding[0];
        for (int b = 0; b < B; b++) {
            double x[E];
            take(out.hidden[b][cases[c].at[b]], x);
            expect_near(out.pooled[b], x, E, cases[c].change);
            expect_embedding(&folder, cases[c].is_projected ? "text_projection.weight" : NULL,
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
        copy_with(&folder, "clip_vision", NULL, projection + !is_projected, 5);
        const struct outputs out = run(ctx, &folder, 1, 1);
        for (int b = 0; b < B; b++) {
            double x[E];
            take(out.hidden[b][0], x);
            normalise(&folder, "post_layernorm.weight", "post_layernorm.bias", 1e-5, x);
            expect_near(out.pooled[b], x, E, "pooled");
            expect_embedding(&folder, is_projected ? "visual_projection.weight" : NULL,
                             out.embedding[0] + b * (is_projected ? WIDTH : E), x, "embedding");
        }
        folder_remove(&folder);
    }
    sa_ctx_destroy(&ctx);
}

/* SigLIP's texts: W x + b of the last token. */
Test(pooler, texts_of_siglip) {
    static const struct added head[] = {{"head.weight", E, E}, {"head.bias", E, 0}, {NULL, 0, 0}};
    sa_ctx *ctx = ctx_open(NULL);
    struct folder folder = folder_make();
    copy_with(
        &folder, "clip_text",
        "{\"model_type\": \"siglip_text_model\", \"hidden_act\": \"gelu_pytorch_tanh\", \"layer_norm_eps\": 1e-6}",
        head, 5);
    const struct outputs out = run(ctx, &folder, 0, 1);
    for (int b = 0; b < B; b++) {
        double x[E];
        take(out.hidden[b][lengths[b] - 1], x);
        apply(&folder, "head.weight", "head.bias", E, x, x);
        expect_near(out.pooled[b], x, E, "pooled");
        expect_embedding(&folder, NULL, out.embedding[b], x, "embedding");
    }
    folder_remove(&folder);
    sa_ctx_destroy(&ctx);
}

static void expect_refused(sa_ctx *ctx, const char *model, const char *change, const struct added *added,
                           const char *sentence) {
    struct folder folder = folder_make();
    sa_model *opened;
    copy_with(&folder, model, change, added, 1);
    cr_expect_neq(sa_model_open(ctx, folder.path, &opened), SA_OK, "%s", sentence);
    cr_expect(strstr(sa_ctx_last_error(ctx), sentence) != NULL, "%s, want %s", sa_ctx_last_error(ctx), sentence);
    cr_expect_null(opened);
    folder_remove(&folder);
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
    expect_refused(ctx, "bert_mlm", NULL, alone, "the file has a classifier, but the pooler is missing before it");
    expect_refused(ctx, "distilbert_mlm", NULL, alone,
                   "the file has a classifier, but \"pre_classifier.weight\" is missing, which stands before it");
    expect_refused(ctx, "albert", NULL, no_bias, "classifier.bias");
    expect_refused(ctx, "albert", NULL, narrow, "classifier.weight");
    expect_refused(ctx, "clip_text", NULL, projection, "text_projection.weight");
    expect_refused(ctx, "clip_text", NULL, vector, "text_projection.weight");
    sa_ctx_destroy(&ctx);
}
