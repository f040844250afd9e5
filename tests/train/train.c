/* Training of the tiny models in tests/data: gradients against differences, the same bits in any way, checkpoints.
 * SPDX-License-Identifier: MIT */
#include "base/memory.h"
#include "base/report.h"
#include "file/tensors.h"
#include "selfattn_models.h"
#include "support/folder.h"
#include "support/paths.h"
#include "support/reference.h"
#include "train/slopes.h"
#include "train/steps.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Along the gradient g the loss rises by g . g for each unit. */
Test(train, gradients_are_slopes_of_the_loss) {
    for (int f = 0; f < FAMILIES; f++) {
        sa_ctx *ctx = ctx_open(NULL);
        struct batch b;
        char path[512];
        snprintf(path, sizeof path, "%s", model_path(f));
        batch_make(&b, path, 3);
        sa_trainer *still = trainer_open(ctx, path, NULL), *moved = trainer_open(ctx, path, NULL);
        accumulate(ctx, still, &b);
        const double slope = gradient_squares(still), step = 2e-2 / sqrt(slope) / sqrt(slope);
        move_along(moved, still, step);
        const double above = accumulate(ctx, moved, &b);
        move_along(moved, still, -2 * step);
        const double below = accumulate(ctx, moved, &b), got = (above - below) / (2 * step);
        cr_expect(fabs(got - slope) <= 0.01 * slope, "%s: the loss rises by %g, not %g", families[f], got, slope);
        sa_trainer_destroy(&still);
        sa_trainer_destroy(&moved);
        sa_ctx_destroy(&ctx);
    }
}

/* The loss is that of the logits which the model itself gives. */
Test(train, the_loss_is_that_of_the_models_logits) {
    sa_ctx *ctx = ctx_open(NULL);
    struct batch b;
    char path[512];
    snprintf(path, sizeof path, "%s", model_path(0));
    batch_make(&b, path, 5);
    sa_trainer *trainer = trainer_open(ctx, path, NULL);
    const double got = accumulate(ctx, trainer, &b), want = model_loss(ctx, path, &b);
    cr_expect(fabs(got - want) < 1e-5, "the loss is %.8f, not %.8f", got, want);
    sa_trainer_destroy(&trainer);
    sa_ctx_destroy(&ctx);
}

Test(train, any_number_of_threads_gives_the_same_bits) {
    static const int32_t threads[] = {2, 3, 7};
    const sa_trainer_config config = {.struct_size = sizeof config,
                                      .weight_decay = 0.1,
                                      .clip_norm = 1,
                                      .attention_dropout = 0.2,
                                      .hidden_dropout = 0.1};
    for (int f = 0; f < FAMILIES; f += 2) {
        char path[512];
        snprintf(path, sizeof path, "%s", model_path(f));
        sa_ctx *one = ctx_open(&(sa_ctx_options){.struct_size = sizeof(sa_ctx_options), .threads = 1});
        sa_trainer *first = trainer_open(one, path, &config);
        run_updates(one, first, path, 0, 20);
        for (int i = 0; i < 3; i++) {
            sa_ctx *ctx = ctx_open(&(sa_ctx_options){.struct_size = sizeof(sa_ctx_options), .threads = threads[i]});
            sa_trainer *other = trainer_open(ctx, path, &config);
            run_updates(ctx, other, path, 0, 20);
            expect_same_bits(first, other, families[f]);
            sa_trainer_destroy(&other);
            sa_ctx_destroy(&ctx);
        }
        sa_trainer_destroy(&first);
        sa_ctx_destroy(&one);
    }
}

/* Ten updates, a checkpoint, ten more from it: the same bits as twenty. And the checkpoint is a model. */
Test(train, a_resumed_checkpoint_goes_on_with_the_same_bits) {
    sa_trainer_config config = {.struct_size = sizeof config,
                                .weight_decay = 0.1,
                                .clip_norm = 1,
                                .attention_dropout = 0.2,
                                .hidden_dropout = 0.1,
                                .seed = 17};
    for (int f = 0; f < FAMILIES; f++) {
        struct folder folder = folder_make();
        sa_ctx *ctx = ctx_open(NULL);
        sa_model *model;
        char path[512];
        snprintf(path, sizeof path, "%s", model_path(f));
        config.resume = 0;
        sa_trainer *whole = trainer_open(ctx, path, &config), *half = trainer_open(ctx, path, &config);
        run_updates(ctx, whole, path, 0, 20);
        run_updates(ctx, half, path, 0, 10);
        cr_assert_eq(sa_trainer_save(ctx, half, folder.path), SA_OK, "%s", sa_ctx_last_error(ctx));
        sa_trainer_destroy(&half);
        config.resume = 1;
        half = trainer_open(ctx, folder.path, &config);
        cr_expect_eq(sa_trainer_updates(half), 10);
        run_updates(ctx, half, path, 10, 20);
        expect_same_bits(whole, half, families[f]);
        cr_expect_eq(sa_model_open(ctx, folder.path, &model), SA_OK, "%s", sa_ctx_last_error(ctx));
        sa_model_destroy(&model);
        sa_trainer_destroy(&whole);
        sa_trainer_destroy(&half);
        sa_ctx_destroy(&ctx);
        folder_remove(&folder);
    }
}

static void read_constant(const char *directory, float *numbers, int64_t count) {
    char path[1200];
    struct report report;
    struct tensor_file file;
    snprintf(path, sizeof path, "%s/model.safetensors", directory);
    cr_assert_eq(safetensors_open(&default_allocator, &report, path, 0, &file), SA_OK, "%s", report.text);
    const struct tensor *tensor = tensors_find(&file, "final_logits_bias");
    cr_assert(tensor && tensor->elements == count);
    tensor_floats(tensor, 0, count, numbers);
    tensors_close(&file);
}

/* Marian's bias of logits is not learned, as in Transformers, but it is in the checkpoint. */
Test(train, constants_stay_as_they_are) {
    enum { V = 41 };
    const char *path = architecture_path("marian");
    const sa_trainer_config config = {.struct_size = sizeof config, .weight_decay = 0.1};
    float before[V], after[V], merged[V], largest = 0;
    struct folder folder = folder_make(), other = folder_make();
    sa_ctx *ctx = ctx_open(NULL);
    sa_trainer *trainer = trainer_open(ctx, path, &config);
    run_updates(ctx, trainer, path, 0, 3);
    for (int64_t i = 0; i < sa_trainer_parameters(trainer); i++)
        cr_expect_str_neq(sa_trainer_parameter(trainer, i, NULL, NULL, NULL), "final_logits_bias");
    cr_assert_eq(sa_trainer_save(ctx, trainer, folder.path), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_assert_eq(sa_trainer_save_merged(ctx, trainer, other.path), SA_OK, "%s", sa_ctx_last_error(ctx));
    read_constant(path, before, V);
    read_constant(folder.path, after, V);
    read_constant(other.path, merged, V);
    cr_expect_arr_eq(after, before, sizeof before);
    cr_expect_arr_eq(merged, before, sizeof before);
    for (int i = 0; i < V; i++) largest = fmaxf(largest, fabsf(before[i]));
    cr_expect(largest > 0, "there is a bias");
    sa_trainer_destroy(&trainer);
    sa_ctx_destroy(&ctx);
    folder_remove(&folder);
    folder_remove(&other);
}

/* The loss of one sequence by marian's weights, with other settings or another description. */
static double loss_of_marian(const char *start, const char *description, const int32_t *labels, int64_t count) {
    static const int32_t ids[] = {5, 9, 11, 3};
    char config[2000], source[1000];
    size_t size;
    double loss;
    struct folder folder = folder_make();
    sa_ctx *ctx = ctx_open(NULL);
    char *original = file_bytes(data_path("architectures/marian/config.json"), &size);
    const char *key = strstr(original, "\"decoder_start_token_id\": 0");
    cr_assert_not_null(key);
    snprintf(config, sizeof config, "%.*s\"decoder_start_token_id\": %s%s", (int)(key - original), original, start,
             key + strlen("\"decoder_start_token_id\": 0"));
    free(original);
    folder_write_text(&folder, "config.json", config);
    if (description) folder_write_text(&folder, "architecture.json", description);
    snprintf(source, sizeof source, "%s", data_path("architectures/marian/model.safetensors"));
    cr_assert_eq(symlink(source, folder_path(&folder, "model.safetensors")), 0);
    sa_trainer *trainer = trainer_open(ctx, folder.path, NULL);
    const sa_training_batch batch = {.struct_size = sizeof batch,
                                     .batch = 1,
                                     .tokens = 4,
                                     .ids = ids,
                                     .labels = labels,
                                     .labels_per_sequence = count};
    cr_assert_eq(sa_trainer_accumulate(ctx, trainer, &batch, &loss), SA_OK, "%s", sa_ctx_last_error(ctx));
    sa_trainer_destroy(&trainer);
    sa_ctx_destroy(&ctx);
    folder_remove(&folder);
    return loss;
}

/* mBART's texts end with their language, which its decoder reads first. */
Test(train, labels_may_begin_with_the_last_one) {
    static const char last[] = "{\"like\": \"marian\", \"output\": {\"labels_start\": \"last\"}}";
    static const int32_t labels[] = {7, 8, 30, -100, -100};
    cr_expect_eq(loss_of_marian("0", last, labels, 5), loss_of_marian("30", NULL, labels, 5));
    cr_expect_eq(loss_of_marian("0", last, labels, 2), loss_of_marian("8", NULL, labels, 2));
    cr_expect_neq(loss_of_marian("0", NULL, labels, 5), loss_of_marian("30", NULL, labels, 5));
}

/* A model learns a batch by heart. */
static void expect_learns(const sa_trainer_config *config, double rate, const char *what) {
    sa_ctx *ctx = ctx_open(NULL);
    struct batch b;
    char path[512];
    double first = 0, last = 0, norm;
    snprintf(path, sizeof path, "%s", model_path(0));
    batch_make(&b, path, 7);
    sa_trainer *trainer = trainer_open(ctx, path, config);
    for (int i = 0; i < 60; i++) {
        last = accumulate(ctx, trainer, &b);
        if (i == 0) first = last;
        cr_assert_eq(sa_trainer_update(ctx, trainer, sa_learning_rate(SA_SCHEDULE_COSINE, i, 5, 60, rate), &norm),
                     SA_OK);
    }
    cr_expect(last < first / 4, "%s: the loss went from %g to %g", what, first, last);
    sa_trainer_destroy(&trainer);
    sa_ctx_destroy(&ctx);
}

Test(train, models_learn) {
    expect_learns(&(sa_trainer_config){.struct_size = sizeof(sa_trainer_config), .clip_norm = 1}, 1e-2, "AdamW");
    expect_learns(
        &(sa_trainer_config){
            .struct_size = sizeof(sa_trainer_config), .optimizer = SA_OPTIMIZER_SGD, .beta1 = 0.9, .clip_norm = 1},
        1e-1, "SGD");
}

Test(train, a_loss_alone_changes_nothing) {
    sa_ctx *ctx = ctx_open(NULL);
    struct batch b;
    char path[512];
    double alone;
    snprintf(path, sizeof path, "%s", model_path(0));
    batch_make(&b, path, 11);
    sa_trainer *trainer = trainer_open(ctx, path, NULL);
    cr_assert_eq(sa_trainer_loss(ctx, trainer, &b.args, &alone), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_expect_eq(gradient_squares(trainer), 0);
    cr_expect_eq(accumulate(ctx, trainer, &b), alone);
    sa_trainer_destroy(&trainer);
    sa_ctx_destroy(&ctx);
}

/* Two batches of half the weight have the gradients of one of both. */
Test(train, batches_add_up) {
    sa_ctx *ctx = ctx_open(NULL);
    struct batch b;
    char path[512];
    snprintf(path, sizeof path, "%s", model_path(0));
    batch_make(&b, path, 9);
    sa_trainer *once = trainer_open(ctx, path, NULL), *twice = trainer_open(ctx, path, NULL);
    accumulate(ctx, once, &b);
    b.args.weight = 0.5;
    accumulate(ctx, twice, &b);
    accumulate(ctx, twice, &b);
    cr_expect(fabs(gradient_squares(once) - gradient_squares(twice)) <= 1e-6 * gradient_squares(once));
    sa_trainer_destroy(&once);
    sa_trainer_destroy(&twice);
    sa_ctx_destroy(&ctx);
}

Test(train, learning_rates) {
    cr_expect_float_eq(sa_learning_rate(SA_SCHEDULE_CONSTANT, 0, 10, 100, 1), 0.1, 1e-12);
    cr_expect_float_eq(sa_learning_rate(SA_SCHEDULE_CONSTANT, 50, 10, 100, 1), 1, 1e-12);
    cr_expect_float_eq(sa_learning_rate(SA_SCHEDULE_LINEAR, 55, 10, 100, 1), 0.5, 1e-12);
    cr_expect_float_eq(sa_learning_rate(SA_SCHEDULE_COSINE, 55, 10, 100, 1), 0.5, 1e-12);
    cr_expect_float_eq(sa_learning_rate(SA_SCHEDULE_COSINE, 100, 10, 100, 1), 0, 1e-12);
}

/* Cancels when it is told for the `at`th time. */
struct canceller {
    sa_ctx *ctx;
    int at, told;
};

static void cancel_at(void *user, const char *what, int64_t done, int64_t total) {
    struct canceller *c = user;
    cr_expect(done >= 0 && done <= total, "%s: %lld of %lld", what, (long long)done, (long long)total);
    if (c->told++ == c->at) sa_ctx_cancel(c->ctx);
}

static void clear_gradients(sa_trainer *trainer) {
    for (int64_t i = 0; i < sa_trainer_parameters(trainer); i++) {
        float *gradients;
        int64_t count;
        sa_trainer_parameter(trainer, i, NULL, &gradients, &count);
        memset(gradients, 0, (size_t)count * sizeof *gradients);
    }
}

/* Whether two trainers have the same bits in their weights and gradients. */
static int are_equal(sa_trainer *a, sa_trainer *b) {
    int equal = 1;
    for (int64_t i = 0; i < sa_trainer_parameters(a); i++) {
        float *values[2], *gradients[2];
        int64_t count;
        sa_trainer_parameter(a, i, &values[0], &gradients[0], &count);
        sa_trainer_parameter(b, i, &values[1], &gradients[1], &count);
        equal &= !memcmp(values[0], values[1], (size_t)count * sizeof(float));
        equal &= !memcmp(gradients[0], gradients[1], (size_t)count * sizeof(float));
    }
    return equal;
}

/* What a cancelled step leaves are gradients: whoever clears them is where he was. */
Test(train, a_cancelled_step_changes_no_weight) {
    const sa_ctx_options options = {.struct_size = sizeof options, .threads = 1};
    sa_ctx *ctx = ctx_open(&options);
    struct batch b;
    char path[512];
    double loss;
    snprintf(path, sizeof path, "%s", model_path(0));
    batch_make(&b, path, 3);
    sa_trainer *right = trainer_open(ctx, path, NULL), *trainer = trainer_open(ctx, path, NULL);
    accumulate(ctx, right, &b);
    struct canceller c = {.ctx = ctx};
    cr_assert_eq(sa_ctx_set_progress(ctx, cancel_at, &c), SA_OK);
    for (;; c.at++) {
        c.told = 0;
        const sa_status status = sa_trainer_accumulate(ctx, trainer, &b.args, &loss);
        if (status == SA_OK) break;
        cr_assert_eq(status, SA_ERR_CANCELLED, "%s", sa_ctx_last_error(ctx));
        clear_gradients(trainer);
    }
    cr_expect_gt(c.at, 10);
    cr_expect(are_equal(trainer, right));
    sa_trainer_destroy(&trainer);
    sa_trainer_destroy(&right);
    sa_ctx_destroy(&ctx);
}

/* A parallel-for that cancels before its first body. */
static void cancel_first(void *user, int64_t count, sa_body_fn body, void *arg) {
    sa_ctx **ctx = user;
    if (*ctx) sa_ctx_cancel(*ctx);
    for (int64_t i = 0; i < count; i++) body(arg, i);
}

Test(train, an_update_goes_on_to_its_end) {
    sa_ctx *cancelled = NULL;
    const sa_ctx_options options = {
        .struct_size = sizeof options, .threads = 2, .parallel_for = cancel_first, .parallel_user = &cancelled};
    sa_ctx *ctx = ctx_open(&options);
    struct batch b;
    char path[512];
    snprintf(path, sizeof path, "%s", model_path(0));
    batch_make(&b, path, 3);
    sa_trainer *right = trainer_open(ctx, path, NULL), *trainer = trainer_open(ctx, path, NULL);
    accumulate(ctx, right, &b), accumulate(ctx, trainer, &b);
    cr_assert_eq(sa_trainer_update(ctx, right, 1e-3, NULL), SA_OK);
    cancelled = ctx;
    cr_expect_eq(sa_trainer_update(ctx, trainer, 1e-3, NULL), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_expect(are_equal(trainer, right));
    sa_trainer_destroy(&trainer);
    sa_trainer_destroy(&right);
    sa_ctx_destroy(&ctx);
}

/* The dropped loss as a function of the weights has the gradient that is computed. Two trainers in the same place draw
 * the same. */
Test(train, gradients_with_dropout_are_slopes_of_the_dropped_loss) {
    const sa_trainer_config config = {
        .struct_size = sizeof config, .attention_dropout = 0.3, .hidden_dropout = 0.2, .seed = 5};
    for (int f = 0; f < FAMILIES; f++) {
        struct batch b;
        char path[512];
        double losses[3];
        snprintf(path, sizeof path, "%s", model_path(f));
        batch_make(&b, path, 3);
        sa_ctx *ctx = ctx_open(NULL);
        sa_trainer *still = trainer_open(ctx, path, &config);
        losses[0] = accumulate(ctx, still, &b);
        const double slope = gradient_squares(still), step = 2e-2 / sqrt(slope) / sqrt(slope);
        for (int side = 1; side <= 2; side++) {
            sa_trainer *moved = trainer_open(ctx, path, &config);
            move_along(moved, still, side == 1 ? step : -step);
            losses[side] = accumulate(ctx, moved, &b);
            sa_trainer_destroy(&moved);
        }
        const double got = (losses[1] - losses[2]) / (2 * step);
        cr_expect(fabs(got - slope) <= 0.02 * slope, "%s: the loss rises by %g, not %g", families[f], got, slope);
        sa_trainer_destroy(&still);
        sa_ctx_destroy(&ctx);
    }
}

/* Another seed, another batch and another update drop something else; a loss alone drops nothing. */
Test(train, what_is_dropped_depends_on_seed_batch_and_update) {
    sa_ctx *ctx = ctx_open(NULL);
    struct batch b;
    char path[512];
    double plain, dropped[5], alone;
    snprintf(path, sizeof path, "%s", model_path(0));
    batch_make(&b, path, 11);
    sa_trainer_config config = {.struct_size = sizeof config};
    sa_trainer *without = trainer_open(ctx, path, &config);
    plain = accumulate(ctx, without, &b);
    config.attention_dropout = 0.3, config.hidden_dropout = 0.3;
    sa_trainer *with = trainer_open(ctx, path, &config);
    cr_assert_eq(sa_trainer_loss(ctx, with, &b.args, &alone), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_expect_eq(alone, plain);
    for (int i = 0; i < 2; i++) dropped[i] = accumulate(ctx, with, &b);
    cr_assert_eq(sa_trainer_update(ctx, with, 0, NULL), SA_OK);
    dropped[2] = accumulate(ctx, with, &b);
    config.seed = 1;
    sa_trainer *other = trainer_open(ctx, path, &config), *again = trainer_open(ctx, path, &config);
    dropped[3] = accumulate(ctx, other, &b);
    cr_expect_eq(dropped[3], accumulate(ctx, again, &b));
    dropped[4] = plain;
    for (int i = 0; i < 5; i++)
        for (int j = 0; j < i; j++) cr_expect_neq(dropped[i], dropped[j], "%d and %d", i, j);
    sa_trainer_destroy(&without);
    sa_trainer_destroy(&with);
    sa_trainer_destroy(&other);
    sa_trainer_destroy(&again);
    sa_ctx_destroy(&ctx);
}
