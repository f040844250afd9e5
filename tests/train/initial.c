/* Models of which there is only a config.json: the tensors that the family's files have, and what they hold.
 * SPDX-License-Identifier: MIT */
#include "selfattn_models.h"
#include "support/folder.h"
#include "support/paths.h"
#include "support/reference.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const sa_trainer_config drawn = {.struct_size = sizeof drawn, .initialize = 1, .seed = 7};

/* The config.json of one of tests/data/architectures, with nothing beside it. */
static struct folder folder_with_config(const char *model) {
    struct folder folder = folder_make();
    architecture_copy(model, "config.json", &folder);
    return folder;
}

static sa_trainer *trainer_open(sa_ctx *ctx, const char *path, const sa_trainer_config *config) {
    sa_trainer *trainer = NULL;
    cr_assert_eq(sa_trainer_create(ctx, path, config, &trainer), SA_OK, "%s: %s", path, sa_ctx_last_error(ctx));
    return trainer;
}

/* Names and sizes are those of files that Hugging Face's Transformers have written. */
Test(initial, has_the_tensors_of_files) {
    static const char *const families[] = {"llama",   "gpt2",    "gpt_neox", "bloom",
                                           "gemma2",  "opt",     "qwen3",    "phi3",
                                           "mistral", "olmo3",   "umt5",     "marian_no_output_bias",
                                           "cohere",  "granite", "nemotron", "opt_narrow"};
    for (size_t f = 0; f < sizeof families / sizeof families[0]; f++) {
        sa_ctx *ctx = ctx_open(NULL);
        struct folder folder = folder_with_config(families[f]);
        sa_trainer *read = trainer_open(ctx, architecture_path(families[f]), NULL),
                   *made = trainer_open(ctx, folder.path, &drawn);
        cr_expect_eq(sa_trainer_parameters(made), sa_trainer_parameters(read), "%s", families[f]);
        for (int64_t i = 0; i < sa_trainer_parameters(read); i++) {
            int64_t wanted, count = -1;
            const char *name = sa_trainer_parameter(read, i, NULL, NULL, &wanted),
                       *own = sa_trainer_parameter(made, i, NULL, NULL, &count);
            cr_expect(own && !strcmp(own, name) && count == wanted, "%s: %s of %lld, not %s of %lld", families[f], own,
                      (long long)count, name, (long long)wanted);
        }
        sa_trainer_destroy(&read);
        sa_trainer_destroy(&made);
        sa_ctx_destroy(&ctx);
        folder_remove(&folder);
    }
}

static void expect_all(const float *x, int64_t count, float want, const char *name) {
    for (int64_t i = 0; i < count; i++) cr_assert_eq(x[i], want, "%s[%lld] is %g", name, (long long)i, (double)x[i]);
}

/* Mean and deviation of n normal numbers of deviation s lie within 6 s / sqrt(n) of 0 and s, and none beyond 6 s. */
static void expect_normal(const float *x, int64_t n, double s, const char *name) {
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += (double)x[i], squares += (double)x[i] * (double)x[i];
        cr_assert(fabs((double)x[i]) <= 6 * s, "%s[%lld] is %g", name, (long long)i, (double)x[i]);
    }
    const double near = 6 * s / sqrt((double)n);
    cr_expect(fabs(sum / (double)n) <= near && fabs(sqrt(squares / (double)n) - s) <= near,
              "%s: mean %g and deviation %g", name, sum / (double)n, sqrt(squares / (double)n));
}

Test(initial, has_ones_zeros_and_normal_numbers) {
    static const struct {
        const char *family;
        double deviation;
        float norm;
    } cases[] = {{"gpt2", 0.3, 1}, {"gemma2", 0.02, 0}};
    for (int c = 0; c < 2; c++) {
        sa_ctx *ctx = ctx_open(NULL);
        struct folder folder = folder_with_config(cases[c].family);
        json_t *config = json_of(folder_path(&folder, "config.json"));
        if (cases[c].deviation == 0.02)
            json_object_del(config, "initializer_range");
        else
            json_object_set_new(config, "initializer_range", json_real(cases[c].deviation));
        char *text = json_dumps(config, 0);
        folder_write_text(&folder, "config.json", text);
        sa_trainer *t = trainer_open(ctx, folder_path(&folder, "config.json"), &drawn);
        for (int64_t i = 0; i < sa_trainer_parameters(t); i++) {
            float *x;
            int64_t count;
            const char *name = sa_trainer_parameter(t, i, &x, NULL, &count);
            if (strstr(name, "norm") || strstr(name, "ln_"))
                expect_all(x, count, strstr(name, "bias") ? 0 : cases[c].norm, name);
            else if (strstr(name, "bias"))
                expect_all(x, count, 0, name);
            else
                expect_normal(x, count, cases[c].deviation, name);
        }
        sa_trainer_destroy(&t);
        json_decref(config);
        free(text);
        sa_ctx_destroy(&ctx);
        folder_remove(&folder);
    }
}

static float first_of(const char *family, const char *tensor, uint64_t seed) {
    const sa_trainer_config config = {.struct_size = sizeof config, .initialize = 1, .seed = seed};
    sa_ctx *ctx = ctx_open(NULL);
    struct folder folder = folder_with_config(family);
    sa_trainer *t = trainer_open(ctx, folder.path, &config);
    float found = NAN, *x;
    for (int64_t i = 0; i < sa_trainer_parameters(t); i++)
        if (!strcmp(sa_trainer_parameter(t, i, &x, NULL, NULL), tensor)) found = *x;
    sa_trainer_destroy(&t);
    sa_ctx_destroy(&ctx);
    folder_remove(&folder);
    return found;
}

/* Numbers that are written here are the same on every machine. They are
 * 0.02 (w[0] + .. + w[11] - 6 (2^32 - 1)) / 2^32 of the words of Philox 4x32-10 with the key 7, 0 and the counters
 * 0, k, h, h >> 32 for k = 0, 1, 2 and the tensor's FNV-1a sum h. */
Test(initial, draws_the_same_numbers_everywhere) {
    const float one = first_of("llama", "model.embed_tokens.weight", 7);
    cr_expect_eq(one, 0x1.2e3a26p-7f, "%.9g", (double)one);
    cr_expect_neq(one, first_of("llama", "model.embed_tokens.weight", 8));
    cr_expect_neq(one, first_of("llama", "model.layers.0.mlp.up_proj.weight", 7));
}

/* What it learned is a model, which goes on as a checkpoint does. */
Test(initial, is_a_model_once_saved) {
    static int32_t ids[12] = {5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    sa_ctx *ctx = ctx_open(NULL);
    struct folder folder = folder_with_config("llama");
    const sa_training_batch batch = {.struct_size = sizeof batch, .batch = 1, .tokens = 12, .ids = ids};
    sa_trainer *t = trainer_open(ctx, folder.path, &drawn), *again;
    sa_model *model;
    double loss, same;
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(sa_trainer_accumulate(ctx, t, &batch, &loss), SA_OK, "%s", sa_ctx_last_error(ctx));
        cr_assert_eq(sa_trainer_update(ctx, t, 1e-3, NULL), SA_OK);
    }
    cr_assert_eq(sa_trainer_loss(ctx, t, &batch, &loss), SA_OK);
    cr_assert_eq(sa_trainer_save(ctx, t, folder.path), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_expect_eq(sa_model_open(ctx, folder.path, &model), SA_OK, "%s", sa_ctx_last_error(ctx));
    again = trainer_open(ctx, folder.path, &(sa_trainer_config){.struct_size = sizeof(sa_trainer_config), .resume = 1});
    cr_expect_eq(sa_trainer_updates(again), 3);
    cr_assert_eq(sa_trainer_loss(ctx, again, &batch, &same), SA_OK);
    cr_expect_eq(same, loss);
    sa_model_destroy(&model);
    sa_trainer_destroy(&t);
    sa_trainer_destroy(&again);
    sa_ctx_destroy(&ctx);
    folder_remove(&folder);
}

static void expect_refused(sa_status want, const char *words, const char *family, const char *key, json_t *value) {
    sa_ctx *ctx = ctx_open(NULL);
    struct folder folder = folder_with_config(family);
    json_t *config = json_of(folder_path(&folder, "config.json"));
    sa_trainer *trainer;
    if (key) json_object_set_new(config, key, value);
    char *text = json_dumps(config, 0);
    folder_write_text(&folder, "config.json", text);
    cr_expect_eq(sa_trainer_create(ctx, folder.path, &drawn, &trainer), want, "%s", words);
    cr_expect(strstr(sa_ctx_last_error(ctx), words), "\"%s\" is not in \"%s\"", words, sa_ctx_last_error(ctx));
    json_decref(config);
    free(text);
    sa_ctx_destroy(&ctx);
    folder_remove(&folder);
}

Test(initial, refuses) {
    expect_refused(SA_ERR_UNSUPPORTED, "experts", "mixtral", NULL, NULL);
    expect_refused(SA_ERR_UNSUPPORTED, "sound", "wav2vec2", NULL, NULL);
    expect_refused(SA_ERR_FORMAT, "initializer_range must be a number", "llama", "initializer_range",
                   json_string("wide"));
    expect_refused(SA_ERR_FORMAT, "initializer_range must be a number", "llama", "initializer_range", json_real(-1));
    sa_ctx *ctx = ctx_open(NULL);
    struct folder folder = folder_make();
    sa_trainer *trainer;
    cr_expect_eq(sa_trainer_create(ctx, folder.path, &drawn, &trainer), SA_ERR_FILE);
    const sa_trainer_config both = {.struct_size = sizeof both, .initialize = 1, .resume = 1};
    cr_expect_eq(sa_trainer_create(ctx, data_path("architectures/llama"), &both, &trainer), SA_ERR_VALUE);
    cr_expect(strstr(sa_ctx_last_error(ctx), "initialize is 1 and resume 1"), "%s", sa_ctx_last_error(ctx));
    const sa_lora lora = {.struct_size = sizeof lora, .rank = 2};
    const sa_trainer_config adapted = {.struct_size = sizeof adapted, .initialize = 1, .lora = &lora};
    cr_expect_eq(sa_trainer_create(ctx, data_path("architectures/llama"), &adapted, &trainer), SA_ERR_VALUE);
    cr_expect(strstr(sa_ctx_last_error(ctx), "lora adapts weights"), "%s", sa_ctx_last_error(ctx));
    folder_remove(&folder);
    sa_ctx_destroy(&ctx);
}
