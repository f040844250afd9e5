/* Training of models of images: special tokens and registers, layer scales, positions that are stretched to another
 * size, classes of patches. The loss is that of the model's own logits, and its gradients are its slopes.
 * SPDX-License-Identifier: MIT */
#include "selfattn_models.h"
#include "support/folder.h"
#include "support/paths.h"
#include "support/random.h"
#include "support/reference.h"
#include "train/slopes.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { B = 2, CLASSES = 3, MOST_SIDE = 40 };
static const char *const names[CLASSES] = {"a", "b", "c"};
static const int32_t labels[B] = {2, 0};

/* A model of tests/data/architectures, the side of its patches, and an architecture.json beside it, if any. */
struct seeing {
    const char *model;
    int64_t patch;
    const char *architecture;
};

static const struct seeing models[] = {
    {"vit", 8, NULL},
    {"dinov2", 4, NULL},
    {"dinov2_gated", 4, NULL}, /* with registers, and an average where the table becomes smaller */
    {"beit_absolute", 4, NULL},
    {"siglip_vision", 4, NULL},
    {"dinov2_gated", 4, "{\"like\": \"dinov2_with_registers\", \"classifier_of\": \"special_tokens\"}"},
};

/* Rows of patches: as config.json says, more, others, one. */
static const int64_t rows[] = {0, 5, 3, 1};

static const float *pixels(void) {
    static float drawn[B * 3 * MOST_SIDE * MOST_SIDE];
    struct rng rng = {5};
    for (size_t i = 0; i < sizeof drawn / sizeof *drawn; i++) drawn[i] = (float)rng_normal(&rng);
    return drawn;
}

static void copy_model(const struct seeing *m, const struct folder *folder) {
    architecture_copy(m->model, "config.json", folder);
    architecture_copy(m->model, "model.safetensors", folder);
    if (m->architecture) folder_write_text(folder, "architecture.json", m->architecture);
}

static sa_trainer *trainer_of(sa_ctx *ctx, const char *path, int64_t side) {
    const sa_trainer_config config = {
        .struct_size = sizeof config, .seed = 5, .classes = names, .class_count = CLASSES, .image_size = side};
    sa_trainer *trainer;
    cr_assert_eq(sa_trainer_create(ctx, path, &config, &trainer), SA_OK, "%s", sa_ctx_last_error(ctx));
    return trainer;
}

static double take(sa_ctx *ctx, sa_trainer *trainer) {
    const sa_training_batch batch = {
        .struct_size = sizeof batch, .batch = B, .features = pixels(), .labels = labels, .labels_per_sequence = 1};
    double loss;
    cr_assert_eq(sa_trainer_accumulate(ctx, trainer, &batch, &loss), SA_OK, "%s", sa_ctx_last_error(ctx));
    return loss;
}

/* The loss by the logits of the model in a folder, opened for images of this side. */
static double loss_of(sa_ctx *ctx, const char *path, int64_t side) {
    const sa_model_options options = {.struct_size = sizeof options, .image_size = (int32_t)side};
    float logits[B * CLASSES];
    sa_model *model;
    double loss = 0;
    const sa_encode_args args = {.struct_size = sizeof args, .batch = B, .features = pixels(), .logits = logits};
    cr_assert_eq(sa_model_open_with(ctx, path, &options, &model), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_assert_eq(sa_model_encode(ctx, model, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
    for (int b = 0; b < B; b++) {
        double sum = 0;
        for (int i = 0; i < CLASSES; i++) sum += exp((double)logits[b * CLASSES + i]);
        loss += (log(sum) - (double)logits[b * CLASSES + labels[b]]) / B;
    }
    sa_model_destroy(&model);
    return loss;
}

/* Larger weights of the classifier, so that what is before it matters. */
static sa_trainer *trainer_of_slopes(sa_ctx *ctx, const char *path, int64_t side) {
    sa_trainer *trainer = trainer_of(ctx, path, side);
    float *values;
    const char *name;
    for (int64_t i = 0, count; (name = sa_trainer_parameter(trainer, i, &values, NULL, &count)); i++)
        for (int64_t n = 0; !strcmp(name, "classifier.weight") && n < count; n++) values[n] *= 30;
    return trainer;
}

/* Each tensor is moved on its own, by a two-hundredth along its gradient. */
static void expect_slopes(sa_ctx *ctx, const char *path, int64_t side, const char *what) {
    sa_trainer *still = trainer_of_slopes(ctx, path, side), *moved = trainer_of_slopes(ctx, path, side);
    const char *name;
    (void)take(ctx, still);
    for (int64_t i = 0; (name = sa_trainer_parameter(still, i, NULL, NULL, NULL)); i++) {
        const double slope = gradient_squares_of(still, i), step = 5e-3 / sqrt(slope);
        if (slope < 1e-4) continue; /* keys' biases, queries and keys of a lone patch, a pooler */
        move_one_along(moved, still, i, step);
        const double above = take(ctx, moved);
        move_one_along(moved, still, i, -2 * step);
        const double below = take(ctx, moved), got = (above - below) / (2 * step);
        move_one_along(moved, still, i, step);
        cr_expect(fabs(got - slope) <= 0.01 * slope, "%s, %lld: %s: the loss rises by %g, not %g", what,
                  (long long)side, name, got, slope);
    }
    sa_trainer_destroy(&still);
    sa_trainer_destroy(&moved);
}

static void expect_loss(sa_ctx *ctx, const char *path, int64_t side, const char *what) {
    struct folder written = folder_make();
    sa_trainer *trainer = trainer_of(ctx, path, side);
    cr_assert_eq(sa_trainer_save(ctx, trainer, written.path), SA_OK, "%s", sa_ctx_last_error(ctx));
    const double loss = take(ctx, trainer), want = loss_of(ctx, written.path, side);
    cr_expect(fabs(loss - want) < 1e-5 * (1 + want), "%s, %lld: the loss is %.7f, not %.7f", what, (long long)side,
              loss, want);
    sa_trainer_destroy(&trainer);
    folder_remove(&written);
}

Test(images, losses_are_those_of_the_logits_and_gradients_their_slopes) {
    sa_ctx *ctx = ctx_open(NULL);
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
        struct folder folder = folder_make();
        copy_model(&models[i], &folder);
        for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
            const int64_t side = rows[r] * models[i].patch;
            if (!models[i].architecture) expect_loss(ctx, folder.path, side, models[i].model);
            expect_slopes(ctx, folder.path, side, models[i].model);
        }
        folder_remove(&folder);
    }
    sa_ctx_destroy(&ctx);
}

/* But SigLIP's pooler, which classes have not. */
Test(images, gradients_reach_all_numbers) {
    sa_ctx *ctx = ctx_open(NULL);
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
        struct folder folder = folder_make();
        copy_model(&models[i], &folder);
        sa_trainer *trainer = trainer_of(ctx, folder.path, 16);
        (void)take(ctx, trainer);
        float *gradients;
        const char *name;
        for (int64_t p = 0, count; (name = sa_trainer_parameter(trainer, p, NULL, &gradients, &count)); p++) {
            int64_t reached = 0;
            for (int64_t k = 0; k < count; k++) reached += gradients[k] != 0;
            cr_expect_eq(reached, strstr(name, "_model.head.") ? 0 : count, "%s: %s", models[i].model, name);
        }
        sa_trainer_destroy(&trainer);
        folder_remove(&folder);
    }
    sa_ctx_destroy(&ctx);
}

/* Some updates with dropout, blocks computed again or not. Returns all weights, one behind the other. */
static int64_t learn(int32_t threads, int64_t recompute, int updates, const char *from, const char *to, float *weights,
                     int64_t room) {
    const sa_ctx_options options = {.struct_size = sizeof options, .threads = threads};
    sa_trainer_config config = {.struct_size = sizeof config,
                                .seed = 5,
                                .classes = names,
                                .class_count = CLASSES,
                                .image_size = 12,
                                .hidden_dropout = 0.1,
                                .recompute = recompute};
    if (to && from) config.classes = NULL, config.class_count = 0, config.resume = 1;
    sa_ctx *ctx = ctx_open(&options);
    sa_trainer *trainer;
    int64_t taken = 0;
    cr_assert_eq(sa_trainer_create(ctx, from ? from : architecture_path("dinov2_gated"), &config, &trainer), SA_OK,
                 "%s", sa_ctx_last_error(ctx));
    for (int i = 0; i < updates; i++) {
        (void)take(ctx, trainer);
        cr_assert_eq(sa_trainer_update(ctx, trainer, 1e-3, NULL), SA_OK, "%s", sa_ctx_last_error(ctx));
    }
    if (to) cr_assert_eq(sa_trainer_save(ctx, trainer, to), SA_OK, "%s", sa_ctx_last_error(ctx));
    float *values;
    for (int64_t p = 0, count; sa_trainer_parameter(trainer, p, &values, NULL, &count); p++, taken += count) {
        cr_assert(taken + count <= room);
        memcpy(weights + taken, values, (size_t)count * sizeof *values);
    }
    sa_trainer_destroy(&trainer);
    sa_ctx_destroy(&ctx);
    return taken;
}

Test(images, same_bits_for_any_threads_recomputed_or_resumed) {
    enum { MOST = 20000 };
    static float want[MOST], got[MOST];
    const int64_t count = learn(1, 0, 6, NULL, NULL, want, MOST);
    static const struct {
        int32_t threads;
        int64_t recompute;
    } cases[] = {{2, 0}, {3, 0}, {7, 0}, {1, 1}, {3, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_assert_eq(learn(cases[i].threads, cases[i].recompute, 6, NULL, NULL, got, MOST), count);
        cr_expect_eq(memcmp(got, want, (size_t)count * sizeof *got), 0, "%d threads", (int)cases[i].threads);
    }
    struct folder folder = folder_make();
    (void)learn(2, 0, 4, NULL, folder.path, got, MOST);
    cr_assert_eq(learn(3, 1, 2, folder.path, folder.path, got, MOST), count);
    cr_expect_eq(memcmp(got, want, (size_t)count * sizeof *got), 0, "resumed");
    folder_remove(&folder);
}

static void expect_refused(const char *path, sa_trainer_config config, sa_status want, const char *words) {
    sa_ctx *ctx = ctx_open(NULL);
    sa_trainer *trainer;
    config.struct_size = sizeof config;
    cr_expect_eq(sa_trainer_create(ctx, path, &config, &trainer), want, "%s", words);
    cr_expect(strstr(sa_ctx_last_error(ctx), words), "\"%s\" is not in \"%s\"", words, sa_ctx_last_error(ctx));
    cr_expect_null(trainer);
    sa_ctx_destroy(&ctx);
}

Test(images, refused) {
    const char *dinov2 = architecture_path("dinov2");
    expect_refused(dinov2, (sa_trainer_config){.image_size = -1}, SA_ERR_VALUE, "image_size is -1, must be 0 to 32767");
    expect_refused(dinov2, (sa_trainer_config){.image_size = (int64_t)1 << 32}, SA_ERR_VALUE,
                   "image_size is 4294967296, must be 0 to 32767");
    expect_refused(dinov2, (sa_trainer_config){.image_size = 13}, SA_ERR_VALUE,
                   "image_size is 13, which patches of 4 pixels do not fill");
    expect_refused(dinov2, (sa_trainer_config){.initialize = 1}, SA_ERR_UNSUPPORTED,
                   "weights of a model with layer scale cannot be drawn, only read");
    expect_refused(architecture_path("bert"), (sa_trainer_config){.image_size = 8}, SA_ERR_VALUE,
                   "image_size is 8, but the model takes no images");
    expect_refused(architecture_path("dinov3_vit"), (sa_trainer_config){0}, SA_ERR_UNSUPPORTED,
                   "training a model with rotary positions in images (dinov3_vit)");
    expect_refused(architecture_path("beit"), (sa_trainer_config){0}, SA_ERR_UNSUPPORTED,
                   "training a model with relative positions in images (beit)");
}
