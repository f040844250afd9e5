/* Embeddings that learn from pairs of texts: the loss and its slopes, threads, and what is refused.
 * SPDX-License-Identifier: MIT */
#include "selfattn_models.h"
#include "support/allocator.h"
#include "support/paths.h"
#include "support/random.h"
#include "support/reference.h"
#include "train/slopes.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { N = 4, T = 8, MOST_WIDTH = 256 };
static const double temperature = 0.1;

/* Mean states: BERT's without modules.json; Llama's as a decoder. */
static const char *const families[] = {"bert", "mpnet", "modernbert", "llama"};
enum { FAMILIES = sizeof families / sizeof families[0] };

static const char *path_of(int family) {
    return architecture_path(families[family]);
}

static int32_t ids[2 * N * T];
static int64_t lengths[2 * N];

static sa_training_pairs pairs_of(uint64_t seed) {
    struct rng rng = {seed};
    for (int i = 0; i < 2 * N * T; i++) ids[i] = (int32_t)(3 + rng_below(&rng, 26));
    for (int i = 0; i < 2 * N; i++) lengths[i] = 2 + rng_below(&rng, T - 1);
    return (sa_training_pairs){.struct_size = sizeof(sa_training_pairs),
                               .pairs = N,
                               .tokens = T,
                               .ids = ids,
                               .lengths = lengths,
                               .temperature = temperature};
}

static sa_trainer *trainer_open(sa_ctx *ctx, const char *path, const sa_lora *lora) {
    sa_trainer *trainer = NULL;
    const sa_trainer_config config = {.struct_size = sizeof config, .clip_norm = 1, .lora = lora};
    cr_assert_eq(sa_trainer_create(ctx, path, &config, &trainer), SA_OK, "%s: %s", path, sa_ctx_last_error(ctx));
    return trainer;
}

static double accumulate(sa_ctx *ctx, sa_trainer *trainer, const sa_training_pairs *p) {
    double loss;
    cr_assert_eq(sa_trainer_accumulate_pairs(ctx, trainer, p, &loss), SA_OK, "%s", sa_ctx_last_error(ctx));
    return loss;
}

/* The formula of the header, of the embeddings that the model itself makes. */
Test(contrast, the_loss_is_that_of_the_models_embeddings) {
    for (int f = 0; f < FAMILIES; f++) {
        sa_ctx *ctx = ctx_open(NULL);
        sa_model *model;
        float e[2 * N * MOST_WIDTH];
        double want = 0, alone;
        const sa_training_pairs p = pairs_of(3);
        sa_trainer *trainer = trainer_open(ctx, path_of(f), NULL);
        cr_assert_eq(sa_model_open(ctx, path_of(f), &model), SA_OK);
        const int64_t E = sa_model_get(model, SA_MODEL_EMBEDDING_WIDTH);
        cr_assert(E > 0 && E <= MOST_WIDTH);
        sa_encode_args args = {.struct_size = sizeof args, .batch = 2 * N, .tokens = T, .ids = ids, .lengths = lengths};
        args.embedding = e;
        cr_assert_eq(sa_model_encode(ctx, model, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
        for (int i = 0; i < N; i++) {
            double sum = 0, own = 0;
            for (int j = 0; j < N; j++) {
                double dot = 0, a = 0, b = 0;
                for (int64_t k = 0; k < E; k++) {
                    const double x = (double)e[i * E + k], y = (double)e[(N + j) * E + k];
                    dot += x * y, a += x * x, b += y * y;
                }
                const double score = dot / sqrt(a * b) / temperature;
                sum += exp(score);
                if (i == j) own = score;
            }
            want += (log(sum) - own) / N;
        }
        const double got = accumulate(ctx, trainer, &p);
        cr_expect(fabs(got - want) < 1e-4, "%s: the loss is %.7f, not %.7f", families[f], got, want);
        cr_assert_eq(sa_trainer_pairs_loss(ctx, trainer, &p, &alone), SA_OK);
        cr_expect_eq(alone, got);
        sa_trainer_destroy(&trainer);
        sa_model_destroy(&model);
        sa_ctx_destroy(&ctx);
    }
}

/* Along the gradient g the loss rises by g . g for each unit; also that of adapters. */
Test(contrast, gradients_are_slopes_of_the_loss) {
    const sa_lora lora = {.struct_size = sizeof lora, .rank = 2, .targets = "*"};
    for (int f = 0; f < 2 * FAMILIES; f++) {
        sa_ctx *ctx = ctx_open(NULL);
        const sa_training_pairs p = pairs_of(7);
        const sa_lora *with = f < FAMILIES ? NULL : &lora;
        sa_trainer *still = trainer_open(ctx, path_of(f % FAMILIES), with),
                   *moved = trainer_open(ctx, path_of(f % FAMILIES), with);
        double above, below;
        accumulate(ctx, still, &p);
        const double slope = gradient_squares(still), step = 5e-3 / sqrt(slope) / sqrt(slope);
        move_along(moved, still, step);
        cr_assert_eq(sa_trainer_pairs_loss(ctx, moved, &p, &above), SA_OK);
        move_along(moved, still, -2 * step);
        cr_assert_eq(sa_trainer_pairs_loss(ctx, moved, &p, &below), SA_OK);
        const double got = (above - below) / (2 * step);
        cr_expect(fabs(got - slope) <= 0.02 * slope, "%s: the loss rises by %g, not %g", families[f % FAMILIES], got,
                  slope);
        sa_trainer_destroy(&still);
        sa_trainer_destroy(&moved);
        sa_ctx_destroy(&ctx);
    }
}

static double learn(sa_ctx *ctx, sa_trainer *trainer, int updates) {
    double loss = 0;
    for (int i = 0; i < updates; i++) {
        const sa_training_pairs p = pairs_of((uint64_t)(i % 2));
        loss = accumulate(ctx, trainer, &p);
        cr_assert_eq(sa_trainer_update(ctx, trainer, 5e-3, NULL), SA_OK);
    }
    return loss;
}

Test(contrast, any_number_of_threads_gives_the_same_bits) {
    static const int32_t threads[] = {1, 2, 3, 7};
    const sa_lora lora = {.struct_size = sizeof lora, .rank = 2};
    sa_trainer *trainers[4];
    sa_ctx *contexts[4];
    double losses[4];
    for (int i = 0; i < 4; i++) {
        contexts[i] = ctx_open(&(sa_ctx_options){.struct_size = sizeof(sa_ctx_options), .threads = threads[i]});
        trainers[i] = trainer_open(contexts[i], path_of(0), &lora);
        losses[i] = learn(contexts[i], trainers[i], 20);
        cr_expect_eq(losses[i], losses[0]);
        for (int64_t n = 0; n < sa_trainer_parameters(trainers[i]); n++) {
            float *x, *y;
            int64_t count;
            const char *name = sa_trainer_parameter(trainers[0], n, &x, NULL, &count);
            sa_trainer_parameter(trainers[i], n, &y, NULL, NULL);
            cr_expect(!memcmp(x, y, (size_t)count * sizeof *x), "%d threads: other bits in %s", (int)threads[i], name);
        }
    }
    for (int i = 0; i < 4; i++) sa_trainer_destroy(&trainers[i]), sa_ctx_destroy(&contexts[i]);
}

/* Two batches are learned by heart. */
Test(contrast, models_learn) {
    sa_ctx *ctx = ctx_open(NULL);
    const sa_training_pairs p = pairs_of(0);
    sa_trainer *trainer = trainer_open(ctx, path_of(0), NULL);
    double first;
    cr_assert_eq(sa_trainer_pairs_loss(ctx, trainer, &p, &first), SA_OK);
    const double last = learn(ctx, trainer, 60);
    cr_expect(last < first / 4, "the loss went from %g to %g", first, last);
    sa_trainer_destroy(&trainer);
    sa_ctx_destroy(&ctx);
}

static void expect_refused(const char *path, sa_status want, const char *words, sa_training_pairs p) {
    sa_ctx *ctx = ctx_open(NULL);
    double loss;
    sa_trainer *trainer = trainer_open(ctx, path, NULL);
    cr_expect_eq(sa_trainer_accumulate_pairs(ctx, trainer, &p, &loss), want, "%s", words);
    cr_expect(strstr(sa_ctx_last_error(ctx), words), "\"%s\" is not in \"%s\"", words, sa_ctx_last_error(ctx));
    sa_trainer_destroy(&trainer);
    sa_ctx_destroy(&ctx);
}

#define CHANGED(change)                                                                                                \
    ({                                                                                                                 \
        sa_training_pairs p = pairs_of(1);                                                                             \
        p.change;                                                                                                      \
        p;                                                                                                             \
    })

Test(contrast, refusals) {
    static const int64_t long_ones[2 * N] = {T, T + 1};
    expect_refused(path_of(0), SA_ERR_VALUE, "pairs is 0, must be 1 to", CHANGED(pairs = 0));
    expect_refused(path_of(0), SA_ERR_VALUE, "tokens is 0", CHANGED(tokens = 0));
    expect_refused(path_of(0), SA_ERR_NULL, "ids", CHANGED(ids = NULL));
    expect_refused(path_of(0), SA_ERR_VALUE, "lengths[1] is 9", CHANGED(lengths = long_ones));
    expect_refused(path_of(0), SA_ERR_VALUE, "temperature is -1", CHANGED(temperature = -1));
    expect_refused(path_of(0), SA_ERR_VALUE, "weight is nan", CHANGED(weight = NAN));
    expect_refused(path_of(0), SA_ERR_STRUCT_SIZE, "sa_training_pairs", CHANGED(struct_size = 4));
    expect_refused(architecture_path("vit"), SA_ERR_UNSUPPORTED, "training embeddings by images", pairs_of(1));
}

/* A model without logits and classes learns pairs, not labels. */
Test(contrast, a_model_without_outputs_has_no_loss_of_labels) {
    sa_ctx *ctx = ctx_open(NULL);
    const sa_training_pairs p = pairs_of(1);
    const sa_training_batch b = {.struct_size = sizeof b, .batch = 1, .tokens = T, .ids = ids};
    double loss;
    sa_trainer *trainer = trainer_open(ctx, path_of(1), NULL);
    cr_expect_eq(sa_trainer_accumulate(ctx, trainer, &b, &loss), SA_ERR_UNSUPPORTED);
    cr_expect(strstr(sa_ctx_last_error(ctx), "neither logits nor classes"), "%s", sa_ctx_last_error(ctx));
    accumulate(ctx, trainer, &p);
    sa_trainer_destroy(&trainer);
    sa_ctx_destroy(&ctx);
}

/* A trainer that is made, a batch of pairs, and an update. */
static sa_status learn_pairs(sa_ctx *ctx, const char *path, double *loss) {
    const sa_training_pairs p = pairs_of(3);
    const sa_trainer_config config = {.struct_size = sizeof config, .clip_norm = 1};
    sa_trainer *trainer;
    sa_status status = sa_trainer_create(ctx, path, &config, &trainer);
    if (status == SA_OK) status = sa_trainer_accumulate_pairs(ctx, trainer, &p, loss);
    if (status == SA_OK) status = sa_trainer_update(ctx, trainer, 1e-3, NULL);
    sa_trainer_destroy(&trainer);
    return status;
}

Test(contrast, every_allocation_may_fail) {
    char path[512];
    (void)snprintf(path, sizeof path, "%s", path_of(0));
    double want = 0;
    int64_t n = -1;
    for (int failed = 1; failed; n++) {
        struct test_allocator memory = test_allocator_make();
        sa_ctx_options options = {.struct_size = sizeof options, .threads = 2};
        double loss = 0;
        test_allocator_use(&memory, &options);
        sa_ctx *ctx = ctx_open(&options);
        if (n >= 0) memory.fail_at = memory.calls + n;
        const sa_status status = learn_pairs(ctx, path, &loss);
        failed = n < 0 || memory.failures > 0;
        cr_expect_eq(status, memory.failures ? SA_ERR_MEMORY : SA_OK, "allocation %lld: %s", (long long)n,
                     sa_ctx_last_error(ctx));
        if (memory.failures) cr_expect_eq(learn_pairs(ctx, path, &loss), SA_OK, "%s", sa_ctx_last_error(ctx));
        if (n < 0) want = loss;
        cr_expect_eq(loss, want, "allocation %lld failed: another loss", (long long)n);
        sa_ctx_destroy(&ctx);
        cr_expect(memory.live == 0 && memory.faults == 0, "allocation %lld: %lld blocks left", (long long)n,
                  (long long)memory.live);
    }
    cr_expect_gt(n, 20);
}
