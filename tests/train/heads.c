/* Training of what stands behind the last states: classes of texts and of tokens, poolers, and the heads that fill in
 * masked words. The loss is that of the model's own logits, and its gradients are its slopes.
 * SPDX-License-Identifier: MIT */
#include "stack/ends.h"
#include "support/paths.h"
#include "support/random.h"
#include "support/reference.h"
#include "train/slopes.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

enum { PLACES = B * T, NONE = -100, LAYERS = 2 };

/* A model of tests/data/architectures, and what is added to it, if anything. */
struct ended {
    const char *model, *change;
    struct added added[5];
};

static const struct ended models[] = {
    {.model = "mistral_classifier"},
    {.model = "gpt2_classifier_of_tokens"},
    {.model = "bert_mlm"},
    {.model = "albert_mlm"},
    {.model = "distilbert_mlm"},
    {.model = "electra_mlm"},
    {.model = "esm"},
    {.model = "modernbert_mlm"},
    {"bert",
     "{\"architectures\": [\"BertForSequenceClassification\"]}",
     {{"classifier.weight", LABELS, 64}, {"classifier.bias", LABELS, 0}}},
    {"modernbert",
     "{\"classifier_pooling\": \"mean\"}",
     {{"classifier.weight", LABELS, E},
      {"classifier.bias", LABELS, 0},
      {"head.dense.weight", E, E},
      {"head.norm.weight", E, 0}}},
    {"modernbert",
     "{\"architectures\": [\"ModernBertForTokenClassification\"]}",
     {{"classifier.weight", LABELS, E},
      {"classifier.bias", LABELS, 0},
      {"head.dense.weight", E, E},
      {"head.norm.weight", E, 0}}},
};

/* Rows of logits [rows][V], a label each; some tokens have none. */
static int64_t draw_labels(const sa_model *model, int32_t labels[PLACES]) {
    const int64_t V = sa_model_get(model, SA_MODEL_OUTPUTS),
                  rows = sa_model_get(model, SA_MODEL_TOKEN_LOGITS) ? PLACES : B;
    struct rng rng = {11};
    for (int64_t r = 0; r < rows; r++) {
        const int is_real = rows == B || r % T < ends_lengths[r / T];
        labels[r] = is_real && (rows == B || rng_chance(&rng, .6)) ? (int32_t)rng_below(&rng, V) : NONE;
    }
    return rows;
}

static double loss_of_logits(sa_ctx *ctx, const sa_model *model, const int32_t *labels, int64_t rows) {
    const int64_t V = sa_model_get(model, SA_MODEL_OUTPUTS);
    float *logits = calloc((size_t)(rows * V), sizeof *logits);
    double loss = 0, count = 0;
    const sa_encode_args args = {.struct_size = sizeof args,
                                 .batch = B,
                                 .tokens = T,
                                 .ids = ends_ids[0],
                                 .lengths = ends_lengths,
                                 .logits = logits};
    cr_assert_eq(sa_model_encode(ctx, model, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
    for (int64_t r = 0; r < rows; r++) {
        double sum = 0;
        if (labels[r] == NONE) continue;
        for (int64_t v = 0; v < V; v++) sum += exp((double)logits[r * V + v]);
        loss += log(sum) - (double)logits[r * V + labels[r]];
        count++;
    }
    free(logits);
    return loss / count;
}

static sa_trainer *trainer_of(sa_ctx *ctx, const char *path) {
    sa_trainer *trainer;
    cr_assert_eq(sa_trainer_create(ctx, path, NULL, &trainer), SA_OK, "%s", sa_ctx_last_error(ctx));
    return trainer;
}

static sa_training_batch batch_of(const int32_t *labels, int64_t rows) {
    return (sa_training_batch){.struct_size = sizeof(sa_training_batch),
                               .batch = B,
                               .tokens = T,
                               .ids = ends_ids[0],
                               .lengths = ends_lengths,
                               .labels = labels,
                               .labels_per_sequence = rows / B};
}

static double take(sa_ctx *ctx, sa_trainer *trainer, const int32_t *labels, int64_t rows) {
    const sa_training_batch batch = batch_of(labels, rows);
    double loss;
    cr_assert_eq(sa_trainer_accumulate(ctx, trainer, &batch, &loss), SA_OK, "%s", sa_ctx_last_error(ctx));
    return loss;
}

static void expect_learns(sa_ctx *ctx, const char *path, const char *what) {
    int32_t labels[PLACES];
    sa_model *model;
    cr_assert_eq(sa_model_open(ctx, path, &model), SA_OK, "%s", sa_ctx_last_error(ctx));
    const int64_t rows = draw_labels(model, labels);
    sa_trainer *still = trainer_of(ctx, path), *moved = trainer_of(ctx, path);
    const double loss = take(ctx, still, labels, rows), want = loss_of_logits(ctx, model, labels, rows);
    cr_expect(fabs(loss - want) < 1e-5 * (1 + want), "%s: the loss is %.7f, not %.7f", what, loss, want);
    const double slope = gradient_squares(still), step = 2e-2 / sqrt(slope) / sqrt(slope);
    move_along(moved, still, step);
    const double above = take(ctx, moved, labels, rows);
    move_along(moved, still, -2 * step);
    const double below = take(ctx, moved, labels, rows), got = (above - below) / (2 * step);
    cr_expect(fabs(got - slope) <= 0.01 * slope, "%s: the loss rises by %g, not %g", what, got, slope);
    sa_trainer_destroy(&still);
    sa_trainer_destroy(&moved);
    sa_model_destroy(&model);
}

Test(heads, losses_are_those_of_the_logits_and_gradients_their_slopes) {
    sa_ctx *ctx = ctx_open(NULL);
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
        const struct ended *m = &models[i];
        struct folder folder = folder_make();
        if (m->change) ends_copy(&folder, m->model, m->change, m->added, i);
        expect_learns(ctx, m->change ? folder.path : architecture_path(m->model), m->model);
        folder_remove(&folder);
    }
    sa_ctx_destroy(&ctx);
}

Test(heads, classes_of_all_layers_are_refused) {
    static const struct added added[] = {
        {"classifier.weight", LABELS, 64}, {"classifier.bias", LABELS, 0}, {"layer_weights", LAYERS + 1, 0}, {0}};
    static const int32_t labels[B] = {0};
    double loss;
    sa_ctx *ctx = ctx_open(NULL);
    struct folder folder = folder_make();
    ends_copy(&folder, "bert", "{\"architectures\": [\"BertForSequenceClassification\"]}", added, 1);
    folder_write_text(&folder, "architecture.json",
                      "{\"like\": \"bert\", \"classifier\": \"classifier\", \"classifier_mixes\": true,"
                      " \"classifier_layers\": \"layer_weights\"}");
    sa_trainer *trainer = trainer_of(ctx, folder.path);
    const sa_training_batch batch = batch_of(labels, B);
    cr_expect_eq(sa_trainer_accumulate(ctx, trainer, &batch, &loss), SA_ERR_UNSUPPORTED);
    cr_expect_str_eq(sa_ctx_last_error(ctx), "training a classifier of the states behind all layers (bert)");
    sa_trainer_destroy(&trainer);
    folder_remove(&folder);
    sa_ctx_destroy(&ctx);
}
