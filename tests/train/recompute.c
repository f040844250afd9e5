/* Blocks that are computed again for their gradients: the same bits, in less memory.
 * SPDX-License-Identifier: MIT */
#include "selfattn_models.h"
#include "support/allocator.h"
#include "support/paths.h"
#include "support/random.h"
#include "support/reference.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { B = 24, T = 16, LABELS = 5, UPDATES = 6 };

/* A training and the bytes that it holds at its end. */
struct training {
    struct test_allocator memory;
    sa_ctx *ctx;
    sa_trainer *trainer;
    int64_t bytes;
};

static void run(struct training *t, const char *name, int recompute) {
    static int32_t ids[B * T], labels[B * LABELS];
    sa_ctx_options options = {.struct_size = sizeof options, .threads = 1};
    sa_trainer_config config = {.struct_size = sizeof config, .attention_dropout = 0.2, .hidden_dropout = 0.1};
    sa_training_batch b = {.struct_size = sizeof b, .batch = B, .tokens = T, .ids = ids};
    struct rng rng = {5};
    double loss;
    t->memory = test_allocator_make();
    test_allocator_use(&t->memory, &options);
    cr_assert_eq(sa_ctx_create(&options, &t->ctx), SA_OK);
    config.recompute = recompute;
    cr_assert_eq(sa_trainer_create(t->ctx, architecture_path(name), &config, &t->trainer), SA_OK, "%s",
                 sa_ctx_last_error(t->ctx));
    const int64_t before = t->memory.live_bytes;
    if (!strcmp(name, "marian") || !strcmp(name, "umt5")) b.labels = labels, b.labels_per_sequence = LABELS;
    for (int u = 0; u < UPDATES; u++) {
        for (int i = 0; i < B * T; i++) ids[i] = (int32_t)(3 + rng_below(&rng, 26));
        for (int i = 0; i < B * LABELS; i++) labels[i] = (int32_t)(3 + rng_below(&rng, 26));
        cr_assert_eq(sa_trainer_accumulate(t->ctx, t->trainer, &b, &loss), SA_OK, "%s", sa_ctx_last_error(t->ctx));
        cr_assert_eq(sa_trainer_accumulate(t->ctx, t->trainer, &b, &loss), SA_OK, "%s", sa_ctx_last_error(t->ctx));
        cr_assert_eq(sa_trainer_update(t->ctx, t->trainer, 1e-3, NULL), SA_OK);
    }
    t->bytes = t->memory.live_bytes - before;
}

static void end(struct training *t) {
    sa_trainer_destroy(&t->trainer);
    sa_ctx_destroy(&t->ctx);
    cr_expect(t->memory.live == 0 && t->memory.faults == 0);
}

Test(recompute, the_same_bits_in_less_memory) {
    static const char *const families[] = {"llama", "gpt2", "gpt_neox", "marian", "umt5", "phi3", "olmo3"};
    for (size_t f = 0; f < sizeof families / sizeof families[0]; f++) {
        static struct training kept, again;
        run(&kept, families[f], 0);
        run(&again, families[f], 1);
        for (int64_t i = 0; i < sa_trainer_parameters(kept.trainer); i++) {
            float *x, *y;
            int64_t count;
            const char *name = sa_trainer_parameter(kept.trainer, i, &x, NULL, &count);
            sa_trainer_parameter(again.trainer, i, &y, NULL, NULL);
            cr_expect(!memcmp(x, y, (size_t)count * sizeof *x), "%s: other bits in %s", families[f], name);
        }
        cr_expect(10 * again.bytes < 7 * kept.bytes, "%s: %lld bytes, kept %lld", families[f], (long long)again.bytes,
                  (long long)kept.bytes);
        end(&kept);
        end(&again);
    }
}
