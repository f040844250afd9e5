/* What training refuses, and what happens where memory or the disk runs out.
 * SPDX-License-Identifier: MIT */
#include "selfattn_models.h"
#include "support/allocator.h"
#include "support/folder.h"
#include "support/paths.h"
#include "support/reference.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { B = 2, T = 5 };
static int32_t ids[B * T] = {5, 6, 7, 8, 9, 9, 8, 7, 6, 5};

static const char *llama(void) {
    return data_path("architectures/llama");
}

static sa_training_batch valid_batch(void) {
    return (sa_training_batch){.struct_size = sizeof(sa_training_batch), .batch = B, .tokens = T, .ids = ids};
}

static void expect_config(sa_status want, const char *words, const sa_trainer_config *config) {
    sa_ctx *ctx = ctx_open(NULL);
    sa_trainer *trainer;
    cr_expect_eq(sa_trainer_create(ctx, llama(), config, &trainer), want, "%s", words);
    cr_expect(strstr(sa_ctx_last_error(ctx), words), "\"%s\" is not in \"%s\"", words, sa_ctx_last_error(ctx));
    cr_expect_null(trainer);
    sa_trainer_destroy(&trainer);
    sa_ctx_destroy(&ctx);
}

#define CONFIG(...)                                                                                                    \
    &(sa_trainer_config) {                                                                                             \
        .struct_size = sizeof(sa_trainer_config), __VA_ARGS__                                                          \
    }

Test(refused, configurations) {
    expect_config(SA_ERR_VALUE, "optimizer is 2, which is no SA_OPTIMIZER_ constant", CONFIG(.optimizer = 2));
    expect_config(SA_ERR_VALUE, "beta1 is 1, must be 0 or more, and below 1", CONFIG(.beta1 = 1));
    expect_config(SA_ERR_VALUE, "beta2 is -1", CONFIG(.beta2 = -1));
    expect_config(SA_ERR_VALUE, "epsilon is nan", CONFIG(.epsilon = NAN));
    expect_config(SA_ERR_VALUE, "weight_decay is -1", CONFIG(.weight_decay = -1));
    expect_config(SA_ERR_VALUE, "clip_norm is inf", CONFIG(.clip_norm = INFINITY));
    expect_config(SA_ERR_VALUE, "label_smoothing is 1, must be 0 or more, and below 1", CONFIG(.label_smoothing = 1));
    expect_config(SA_ERR_VALUE, "attention_dropout is 1, must be 0 or more, and below 1",
                  CONFIG(.attention_dropout = 1));
    expect_config(SA_ERR_VALUE, "hidden_dropout is -0.5", CONFIG(.hidden_dropout = -0.5));
    expect_config(SA_ERR_VALUE, "initialize is 2", CONFIG(.initialize = 2));
    expect_config(SA_ERR_VALUE, "recompute is 2", CONFIG(.recompute = 2));
    expect_config(SA_ERR_VALUE, "weights is 2, must be SA_F32 or SA_BF16", CONFIG(.weights = SA_F16));
    const sa_lora lora = {.struct_size = sizeof lora, .rank = 2};
    expect_config(SA_ERR_VALUE, "weights is 1, must be SA_F32 beside lora", CONFIG(.weights = SA_BF16, .lora = &lora));
    expect_config(SA_ERR_VALUE, "resume is 2", CONFIG(.resume = 2));
    expect_config(SA_ERR_FILE, "optimizer.safetensors", CONFIG(.resume = 1));
    expect_config(SA_ERR_STRUCT_SIZE, "sa_trainer_config", &(sa_trainer_config){.struct_size = 4});
}

/* Makes the batch, which is refused with these words; then a valid one works. */
#define EXPECT_BATCH(want, words, ...)                                                                                 \
    do {                                                                                                               \
        sa_ctx *ctx = ctx_open(NULL);                                                                                  \
        sa_trainer *trainer;                                                                                           \
        double loss;                                                                                                   \
        sa_training_batch batch = valid_batch(), valid = batch;                                                        \
        cr_assert_eq(sa_trainer_create(ctx, llama(), NULL, &trainer), SA_OK, "%s", sa_ctx_last_error(ctx));            \
        __VA_ARGS__;                                                                                                   \
        cr_expect_eq(sa_trainer_accumulate(ctx, trainer, &batch, &loss), want, "%s", words);                           \
        cr_expect(strstr(sa_ctx_last_error(ctx), words), "\"%s\" is not in \"%s\"", words, sa_ctx_last_error(ctx));    \
        cr_expect_eq(sa_trainer_accumulate(ctx, trainer, &valid, &loss), SA_OK, "%s", sa_ctx_last_error(ctx));         \
        sa_trainer_destroy(&trainer);                                                                                  \
        sa_ctx_destroy(&ctx);                                                                                          \
    } while (0)

Test(refused, batches) {
    static const int64_t lengths[B] = {T, T + 1};
    static int32_t bad[B * T] = {5, 6, -1}, labels[B * T] = {1, 2, 100000};
    static const float features[1] = {0};
    EXPECT_BATCH(SA_ERR_NULL, "ids", batch.ids = NULL);
    EXPECT_BATCH(SA_ERR_VALUE, "batch is 0, must be 1 to", batch.batch = 0);
    EXPECT_BATCH(SA_ERR_VALUE, "tokens is 0", batch.tokens = 0);
    EXPECT_BATCH(SA_ERR_VALUE, "ids", batch.ids = bad);
    EXPECT_BATCH(SA_ERR_VALUE, "lengths[1] is 6", batch.lengths = lengths);
    EXPECT_BATCH(SA_ERR_VALUE, "features is given, but the model takes tokens", batch.features = features);
    EXPECT_BATCH(SA_ERR_SHAPE, "labels_per_sequence is 1, must be 5",
                 (batch.labels = ids, batch.labels_per_sequence = 1));
    EXPECT_BATCH(SA_ERR_SHAPE, "labels_per_sequence is 5, must be 0", batch.labels_per_sequence = T);
    EXPECT_BATCH(SA_ERR_VALUE, "labels[2] is 100000, must be 0 to",
                 (batch.labels = labels, batch.labels_per_sequence = T));
    EXPECT_BATCH(SA_ERR_VALUE, "weight is -1", batch.weight = -1);
    EXPECT_BATCH(SA_ERR_STRUCT_SIZE, "sa_training_batch", batch.struct_size = 4);
}

Test(refused, nulls) {
    sa_ctx *ctx = ctx_open(NULL);
    sa_trainer *trainer;
    double loss;
    const sa_training_batch batch = valid_batch();
    cr_expect_eq(sa_trainer_create(NULL, llama(), NULL, &trainer), SA_ERR_NULL);
    cr_expect_eq(sa_trainer_create(ctx, NULL, NULL, &trainer), SA_ERR_NULL);
    cr_expect_eq(sa_trainer_create(ctx, llama(), NULL, NULL), SA_ERR_NULL);
    cr_assert_eq(sa_trainer_create(ctx, llama(), NULL, &trainer), SA_OK);
    cr_expect_eq(sa_trainer_accumulate(NULL, trainer, &batch, &loss), SA_ERR_NULL);
    cr_expect_eq(sa_trainer_accumulate(ctx, NULL, &batch, &loss), SA_ERR_NULL);
    cr_expect_eq(sa_trainer_accumulate(ctx, trainer, NULL, &loss), SA_ERR_NULL);
    cr_expect_eq(sa_trainer_accumulate(ctx, trainer, &batch, NULL), SA_ERR_NULL);
    cr_expect_eq(sa_trainer_loss(ctx, NULL, &batch, &loss), SA_ERR_NULL);
    cr_expect_eq(sa_trainer_update(NULL, trainer, 1, NULL), SA_ERR_NULL);
    cr_expect_eq(sa_trainer_update(ctx, NULL, 1, NULL), SA_ERR_NULL);
    cr_expect_eq(sa_trainer_update(ctx, trainer, NAN, NULL), SA_ERR_VALUE);
    cr_expect_eq(sa_trainer_save(ctx, NULL, "."), SA_ERR_NULL);
    cr_expect_eq(sa_trainer_save(ctx, trainer, NULL), SA_ERR_NULL);
    cr_expect(sa_trainer_updates(NULL) == 0 && sa_trainer_parameters(NULL) == 0);
    cr_expect(!sa_trainer_parameter(NULL, 0, NULL, NULL, NULL) && !sa_trainer_parameter(trainer, -1, NULL, NULL, NULL));
    cr_expect(!sa_trainer_parameter(trainer, sa_trainer_parameters(trainer), NULL, NULL, NULL));
    sa_trainer_destroy(&trainer);
    sa_trainer_destroy(NULL);
    sa_ctx_destroy(&ctx);
}

/* Embeddings of such a model may be learned; its classes are not, and stay in its file. */
Test(refused, classes_behind_a_decoder) {
    const sa_training_batch batch = {
        .struct_size = sizeof batch, .batch = B, .tokens = T, .ids = ids, .labels = ids, .labels_per_sequence = 1};
    const sa_training_pairs pairs = {.struct_size = sizeof pairs, .pairs = 1, .tokens = T, .ids = ids};
    sa_ctx *ctx = ctx_open(NULL);
    sa_trainer *trainer;
    sa_model *model;
    struct folder folder = folder_make();
    double loss;
    cr_assert_eq(sa_trainer_create(ctx, architecture_path("bart_classifier"), NULL, &trainer), SA_OK, "%s",
                 sa_ctx_last_error(ctx));
    cr_expect_eq(sa_trainer_accumulate(ctx, trainer, &batch, &loss), SA_ERR_UNSUPPORTED);
    cr_expect_str_eq(sa_ctx_last_error(ctx), "training a classifier of a decoder's end (bart)");
    cr_assert_eq(sa_trainer_accumulate_pairs(ctx, trainer, &pairs, &loss), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_assert_eq(sa_trainer_update(ctx, trainer, 0.01, NULL), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_assert_eq(sa_trainer_save(ctx, trainer, folder.path), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_assert_eq(sa_model_open(ctx, folder.path, &model), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_expect_eq(sa_model_get(model, SA_MODEL_OUTPUTS), 3);
    cr_expect_eq(sa_model_get(model, SA_MODEL_TOKEN_LOGITS), 0);
    sa_model_destroy(&model);
    sa_trainer_destroy(&trainer);
    folder_remove(&folder);
    sa_ctx_destroy(&ctx);
}

/* Steps that were completed stay as they were; the failed one is said. */
Test(refused, every_allocation_may_fail) {
    const sa_training_batch batch = valid_batch();
    struct folder folder = folder_make();
    for (int64_t n = 0, failed = 1; failed; n++) {
        struct test_allocator memory = test_allocator_make();
        sa_ctx_options options = {.struct_size = sizeof options, .threads = 1};
        sa_ctx *ctx;
        sa_trainer *trainer = NULL;
        double loss;
        test_allocator_use(&memory, &options);
        if (sa_ctx_create(&options, &ctx) != SA_OK) continue;
        memory.fail_at = memory.calls + n;
        sa_status status = sa_trainer_create(ctx, llama(), CONFIG(.weights = SA_BF16), &trainer);
        for (int step = 0; step < 3 && status == SA_OK; step++)
            status = sa_trainer_accumulate(ctx, trainer, &batch, &loss);
        if (status == SA_OK) status = sa_trainer_save(ctx, trainer, folder.path);
        failed = memory.failures > 0;
        cr_expect(status == (failed ? SA_ERR_MEMORY : SA_OK), "allocation %lld: %s", (long long)n,
                  sa_ctx_last_error(ctx));
        sa_trainer_destroy(&trainer);
        sa_ctx_destroy(&ctx);
        cr_expect(memory.live == 0 && memory.faults == 0, "allocation %lld: %lld blocks left", (long long)n,
                  (long long)memory.live);
    }
    folder_remove(&folder);
}

/* A directory that cannot be written to: an error, and what was there stays. */
Test(refused, checkpoints_that_cannot_be_written) {
    sa_ctx *ctx = ctx_open(NULL);
    sa_trainer *trainer;
    cr_assert_eq(sa_trainer_create(ctx, llama(), NULL, &trainer), SA_OK);
    cr_expect_eq(sa_trainer_save(ctx, trainer, "/nonexistent/directory"), SA_ERR_FILE);
    cr_expect(strstr(sa_ctx_last_error(ctx), "/nonexistent/directory"), "%s", sa_ctx_last_error(ctx));
    sa_trainer_destroy(&trainer);
    sa_ctx_destroy(&ctx);
}

Test(refused, checkpoints_of_another_model) {
    sa_ctx *ctx = ctx_open(NULL);
    struct folder one = folder_make(), other = folder_make();
    sa_trainer *trainer;
    char from[600], to[600];
    cr_assert_eq(sa_trainer_create(ctx, llama(), NULL, &trainer), SA_OK);
    cr_assert_eq(sa_trainer_save(ctx, trainer, one.path), SA_OK, "%s", sa_ctx_last_error(ctx));
    sa_trainer_destroy(&trainer);
    cr_assert_eq(sa_trainer_create(ctx, data_path("architectures/gpt2"), NULL, &trainer), SA_OK);
    cr_assert_eq(sa_trainer_save(ctx, trainer, other.path), SA_OK, "%s", sa_ctx_last_error(ctx));
    sa_trainer_destroy(&trainer);
    snprintf(from, sizeof from, "%s/optimizer.safetensors", one.path);
    snprintf(to, sizeof to, "%s/optimizer.safetensors", other.path);
    cr_assert_eq(rename(from, to), 0);
    cr_expect_eq(sa_trainer_create(ctx, other.path, CONFIG(.resume = 1), &trainer), SA_ERR_FORMAT);
    cr_expect(strstr(sa_ctx_last_error(ctx), "is missing"), "%s", sa_ctx_last_error(ctx));
    folder_remove(&one);
    folder_remove(&other);
    sa_ctx_destroy(&ctx);
}
