/* SPDX-License-Identifier: MIT */
#include "train/steps.h"

#include "support/paths.h"
#include "support/random.h"
#include "support/reference.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const families[FAMILIES] = {"llama", "gpt2",   "gpt_neox", "bloom",  "gemma2", "opt",       "qwen3",
                                        "umt5",  "marian", "phi3",     "cohere", "olmo3",  "opt_narrow"};

const char *model_path(int family) {
    return architecture_path(families[family]);
}

void batch_make(struct batch *b, const char *path, uint64_t seed) {
    struct rng rng = {seed};
    sa_ctx *ctx = ctx_open(NULL);
    sa_model *model;
    cr_assert_eq(sa_model_open(ctx, path, &model), SA_OK, "%s", sa_ctx_last_error(ctx));
    const int both = sa_model_get(model, SA_MODEL_ENCODER) && sa_model_get(model, SA_MODEL_DECODER);
    const int64_t vocabulary = sa_model_get(model, SA_MODEL_VOCABULARY);
    for (int i = 0; i < MOST; i++) {
        b->ids[i] = (int32_t)(3 + rng_below(&rng, vocabulary - 3));
        b->labels[i] = rng_chance(&rng, .1) ? -100 : (int32_t)(3 + rng_below(&rng, vocabulary - 3));
    }
    for (int i = 0; i < B; i++) b->lengths[i] = i ? T - 2 * i : T;
    b->args = (sa_training_batch){
        .struct_size = sizeof b->args, .batch = B, .tokens = T, .ids = b->ids, .lengths = b->lengths};
    if (both) b->args.labels = b->labels, b->args.labels_per_sequence = LABELS;
    sa_model_destroy(&model);
    sa_ctx_destroy(&ctx);
}

sa_trainer *trainer_open(sa_ctx *ctx, const char *path, const sa_trainer_config *config) {
    sa_trainer *trainer = NULL;
    cr_assert_eq(sa_trainer_create(ctx, path, config, &trainer), SA_OK, "%s: %s", path, sa_ctx_last_error(ctx));
    return trainer;
}

double accumulate(sa_ctx *ctx, sa_trainer *trainer, const struct batch *b) {
    double loss;
    cr_assert_eq(sa_trainer_accumulate(ctx, trainer, &b->args, &loss), SA_OK, "%s", sa_ctx_last_error(ctx));
    return loss;
}

void run_updates(sa_ctx *ctx, sa_trainer *trainer, const char *path, int first, int last) {
    for (int i = first; i < last; i++) {
        struct batch b;
        batch_make(&b, path, 100 + (uint64_t)i);
        accumulate(ctx, trainer, &b);
        cr_assert_eq(sa_trainer_update(ctx, trainer, 1e-3, NULL), SA_OK, "%s", sa_ctx_last_error(ctx));
    }
}

void expect_same_bits(sa_trainer *a, sa_trainer *b, const char *what) {
    for (int64_t i = 0; i < sa_trainer_parameters(a); i++) {
        float *x, *y;
        int64_t count;
        const char *name = sa_trainer_parameter(a, i, &x, NULL, &count);
        sa_trainer_parameter(b, i, &y, NULL, NULL);
        cr_expect(!memcmp(x, y, (size_t)count * sizeof *x), "%s: other bits in %s", what, name);
    }
}

double model_loss(sa_ctx *ctx, const char *path, const struct batch *b) {
    sa_model *model;
    cr_assert_eq(sa_model_open(ctx, path, &model), SA_OK, "%s", sa_ctx_last_error(ctx));
    const int64_t V = sa_model_get(model, SA_MODEL_VOCABULARY);
    float *logits = malloc((size_t)(MOST * V) * sizeof *logits);
    const sa_encode_args args = {
        .struct_size = sizeof args, .batch = B, .tokens = T, .ids = b->ids, .lengths = b->lengths, .logits = logits};
    cr_assert_eq(sa_model_encode(ctx, model, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
    double all = 0, rows = 0;
    for (int64_t r = 0; r < MOST; r++) {
        if (r % T + 1 >= b->lengths[r / T]) continue;
        double sum = 0;
        for (int64_t v = 0; v < V; v++) sum += exp((double)logits[r * V + v]);
        all += log(sum) - (double)logits[r * V + b->ids[r + 1]];
        rows++;
    }
    free(logits);
    sa_model_destroy(&model);
    return all / rows;
}
