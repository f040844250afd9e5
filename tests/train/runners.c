/* A caller's own loop may run its bodies in any order, on any threads, one at a time: training and writing give the
 * bits that one thread gives.
 * SPDX-License-Identifier: MIT */
#include "support/paths.h"
#include "support/reference.h"
#include "threads/pool.h"
#include "train/steps.h"

#include <criterion/criterion.h>
#include <string.h>

static uint64_t seed;

static sa_ctx *open_context(sa_parallel_for_fn loop, int32_t threads) {
    const sa_ctx_options options = {
        .struct_size = sizeof options, .threads = threads, .parallel_for = loop, .parallel_user = loop ? &seed : NULL};
    return ctx_open(&options);
}

static sa_trainer *train(const char *path, sa_parallel_for_fn loop, int32_t threads) {
    sa_ctx *ctx = open_context(loop, threads);
    sa_trainer *trainer = trainer_open(ctx, path, NULL);
    run_updates(ctx, trainer, path, 0, 3);
    sa_ctx_destroy(&ctx);
    return trainer;
}

enum { TEXT = 9, NEW = 12 };

Test(runners, any_order_and_any_threads_train_the_same_weights) {
    for (int f = 0; f < FAMILIES; f += 3) {
        char path[512];
        (void)snprintf(path, sizeof path, "%s", model_path(f));
        sa_trainer *want = train(path, NULL, 1);
        for (int l = 0; l < LOOPS; l++) {
            sa_trainer *got = train(path, loops[l], 3 + l);
            expect_same_bits(want, got, families[f]);
            sa_trainer_destroy(&got);
        }
        sa_trainer_destroy(&want);
    }
    cr_expect_gt(seed, 100, "the loops are used");
}

/* Log-probabilities of what is written in two texts at once. */
static void write_texts(const char *family, sa_parallel_for_fn loop, int32_t threads, float scores[2 * NEW]) {
    int32_t ids[2 * TEXT], written[2 * NEW];
    int64_t counts[2];
    sa_ctx *ctx = open_context(loop, threads);
    sa_model *model;
    sa_session *session;
    const sa_session_config config = {.struct_size = sizeof config, .batch = 2};
    const sa_generate_args args = {.struct_size = sizeof args,
                                   .tokens = TEXT,
                                   .ids = ids,
                                   .max_tokens = NEW,
                                   .generated = written,
                                   .counts = counts,
                                   .log_probabilities = scores};
    for (int i = 0; i < 2 * TEXT; i++) ids[i] = 3 + i * 7 % 23;
    cr_assert_eq(sa_model_open(ctx, architecture_path(family), &model), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_assert_eq(sa_session_create(ctx, model, &config, &session), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_assert_eq(sa_generate(ctx, session, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
    sa_session_destroy(&session);
    sa_model_destroy(&model);
    sa_ctx_destroy(&ctx);
}

Test(runners, any_order_and_any_threads_write_the_same_texts) {
    static const char *const decoders[] = {"llama", "gpt2", "gemma2", "mixtral"};
    for (size_t d = 0; d < sizeof decoders / sizeof decoders[0]; d++) {
        float want[2 * NEW] = {0}, got[2 * NEW];
        write_texts(decoders[d], NULL, 1, want);
        for (int l = 0; l < LOOPS; l++) {
            memset(got, 0, sizeof got);
            write_texts(decoders[d], loops[l], 3 + l, got);
            cr_expect_arr_eq(got, want, sizeof got, "%s, loop %d: other bits", decoders[d], l);
        }
    }
}
