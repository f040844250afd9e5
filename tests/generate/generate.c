/* sa_generate() against a loop that is written out: the whole text through the model for every token.
 * SPDX-License-Identifier: MIT */
#include "generate/sampling.h"
#include "support/allocator.h"
#include "support/paths.h"
#include "writer_model.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { V = 300, B = 3, T = 7, N = 20 };

static const int32_t prompts[B][T] = {{1, 17, 250, 3, 99, 40, 41}, {1, 5, 0, 0, 0, 0, 0}, {1, 200, 201, 202, 0, 0, 0}};
static const int64_t lengths[B] = {7, 2, 4};

struct result {
    int32_t generated[B][N], endings[B];
    int64_t counts[B];
    float log_probabilities[B][N];
};

static sa_generate_args args_for(struct result *r, const sa_sampling *sampling) {
    memset(r, 0xff, sizeof *r);
    return (sa_generate_args){.struct_size = sizeof(sa_generate_args),
                              .tokens = T,
                              .ids = prompts[0],
                              .lengths = lengths,
                              .max_tokens = N,
                              .sampling = sampling,
                              .generated = r->generated[0],
                              .counts = r->counts,
                              .endings = r->endings,
                              .log_probabilities = r->log_probabilities[0]};
}

static double log_softmax(const float *logits, int32_t token) {
    double sum = 0;
    for (int64_t i = 0; i < V; i++) sum += exp((double)logits[i] - (double)logits[token]);
    return -log(sum);
}

/* The next N tokens, one whole pass for each. */
static void expect_text(sa_ctx *ctx, const sa_model *model, const struct result *r, int64_t b, uint64_t seed,
                        const sa_sampling *s) {
    int32_t text[T + N], occurrences[V] = {0};
    float logits[V];
    struct candidate work[2 * V];
    memcpy(text, prompts[b], sizeof prompts[b]);
    for (int64_t t = 0; t < lengths[b]; t++) occurrences[text[t]]++;
    for (int64_t n = 0; n < r->counts[b]; n++) {
        logits_after(ctx, model, text, lengths[b] + n, logits);
        int32_t want = sampling_choose(s, logits, V, occurrences, sampling_uniform(seed, (uint64_t)n), work);
        cr_expect_eq(r->generated[b][n], want, "sequence %lld, token %lld is %d, want %d", (long long)b, (long long)n,
                     (int)r->generated[b][n], (int)want);
        cr_expect(fabs((double)r->log_probabilities[b][n] - log_softmax(logits, want)) < 1e-4);
        text[lengths[b] + n] = want;
        occurrences[want]++;
    }
}

Test(generate, greedy_and_drawn_texts_are_those_of_whole_passes) {
    const sa_sampling settings[] = {
        {.top_p = 1, .repetition_penalty = 1},
        {.top_p = 1, .repetition_penalty = 1.3, .presence_penalty = 0.5, .frequency_penalty = 0.2},
        {.top_p = 1, .repetition_penalty = 1, .temperature = 1, .seed = 77},
        {.top_p = 0.9, .repetition_penalty = 1.1, .temperature = 0.8, .seed = 5, .top_k = 40, .min_p = 0.02}};
    for (int w = 0; w < ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 1);
        if (!ctx) continue;
        sa_model *model = writer_model(ctx, V, -1, 3);
        for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
            struct result r;
            sa_session *session = session_of(ctx, model, B);
            sa_sampling s = settings[i];
            s.struct_size = sizeof s;
            sa_generate_args args = args_for(&r, &s);
            EXPECT_GENERATE(ctx, session, &args, SA_OK);
            for (int64_t b = 0; b < B; b++) {
                cr_expect(r.counts[b] == N && r.endings[b] == SA_END_MAX_TOKENS);
                cr_expect_eq(sa_session_length(session, b), lengths[b] + N - 1);
                expect_text(ctx, model, &r, b, s.seed + (uint64_t)b, &s);
            }
            sa_session_destroy(&session);
        }
        sa_model_destroy(&model);
        sa_ctx_destroy(&ctx);
    }
}

/* A sequence alone, with the seed that it has in the batch, gives the same text. */
Test(generate, a_ragged_batch_equals_its_sequences_alone) {
    struct result all, one;
    sa_ctx *ctx = one_thread();
    sa_model *model = writer_model(ctx, V, -1, 4);
    sa_session *together = session_of(ctx, model, B);
    sa_sampling s = {.struct_size = sizeof s, .temperature = 1.2, .seed = 1000, .top_p = 0.95};
    sa_generate_args args = args_for(&all, &s);
    EXPECT_GENERATE(ctx, together, &args, SA_OK);
    for (int64_t b = 0; b < B; b++) {
        sa_session *alone = session_of(ctx, model, 1);
        s.seed = 1000 + (uint64_t)b;
        args = args_for(&one, &s);
        args.tokens = lengths[b];
        args.ids = prompts[b];
        args.lengths = NULL;
        EXPECT_GENERATE(ctx, alone, &args, SA_OK);
        cr_expect_arr_eq(one.generated[0], all.generated[b], sizeof one.generated[0]);
        sa_session_destroy(&alone);
    }
    sa_session_destroy(&together);
    sa_model_destroy(&model);
    sa_ctx_destroy(&ctx);
}

/* The next call begins with the token that has not been run; so two halves are the whole. */
Test(generate, a_text_can_be_written_in_two_calls) {
    struct result whole, half;
    sa_ctx *ctx = one_thread();
    sa_model *model = writer_model(ctx, V, -1, 5);
    sa_session *once = session_of(ctx, model, B), *twice = session_of(ctx, model, B);
    sa_generate_args args = args_for(&whole, NULL);
    EXPECT_GENERATE(ctx, once, &args, SA_OK);
    args = args_for(&half, NULL);
    args.max_tokens = N / 2;
    EXPECT_GENERATE(ctx, twice, &args, SA_OK);
    int32_t last[B], *halves = half.generated[0];
    for (int64_t b = 0; b < B; b++) {
        cr_expect_arr_eq(halves + b * (N / 2), whole.generated[b], N / 2 * sizeof *halves);
        last[b] = halves[b * (N / 2) + N / 2 - 1];
    }
    args = args_for(&half, NULL);
    args.tokens = 1;
    args.ids = last;
    args.lengths = NULL;
    args.max_tokens = N / 2;
    EXPECT_GENERATE(ctx, twice, &args, SA_OK);
    for (int64_t b = 0; b < B; b++)
        cr_expect_arr_eq(halves + b * (N / 2), whole.generated[b] + N / 2, N / 2 * sizeof *halves);
    sa_session_destroy(&once);
    sa_session_destroy(&twice);
    sa_model_destroy(&model);
    sa_ctx_destroy(&ctx);
}

Test(generate, seeds_and_threads) {
    struct result first, other;
    sa_ctx *ctx = one_thread();
    sa_model *model = writer_model(ctx, V, -1, 6);
    for (int32_t threads = 1; threads < 5; threads++) {
        const sa_ctx_options options = {.struct_size = sizeof options, .threads = threads};
        sa_ctx *with = ctx_open(&options);
        sa_session *session = session_of(with, model, B);
        const sa_sampling s = {.struct_size = sizeof s, .temperature = 1.5, .seed = 3};
        sa_generate_args args = args_for(threads == 1 ? &first : &other, &s);
        EXPECT_GENERATE(with, session, &args, SA_OK);
        if (threads > 1) cr_expect_arr_eq(&first, &other, sizeof first, "%d threads", (int)threads);
        sa_session_destroy(&session);
        sa_ctx_destroy(&with);
    }
    sa_session *session = session_of(ctx, model, B);
    const sa_sampling s = {.struct_size = sizeof s, .temperature = 1.5, .seed = 1 << 20};
    sa_generate_args args = args_for(&other, &s);
    EXPECT_GENERATE(ctx, session, &args, SA_OK);
    cr_expect_arr_neq(first.generated, other.generated, sizeof first.generated);
    sa_session_destroy(&session);
    sa_model_destroy(&model);
    sa_ctx_destroy(&ctx);
}

/* Calls of the same sizes allocate nothing, neither for the prompt nor for a token. */
Test(generate, allocates_nothing_once_warm) {
    struct result r;
    struct test_allocator allocator = test_allocator_make();
    sa_ctx_options options = {.struct_size = sizeof options, .threads = 1};
    test_allocator_use(&allocator, &options);
    sa_ctx *ctx = ctx_open(&options);
    sa_model *model = writer_model(ctx, V, -1, 7);
    sa_session *session;
    const sa_session_config config = {.struct_size = sizeof config, .batch = B, .capacity = 2 * (T + N)};
    cr_assert_eq(sa_session_create(ctx, model, &config, &session), SA_OK, "%s", sa_ctx_last_error(ctx));
    const sa_sampling s = {.struct_size = sizeof s, .temperature = 1, .top_p = 0.9, .repetition_penalty = 1.1};
    int64_t calls = 0;
    for (int round = 0; round < 3; round++) {
        sa_generate_args args = args_for(&r, &s);
        cr_expect_eq(sa_session_truncate(session, -1, 0), SA_OK);
        calls = allocator.calls;
        EXPECT_GENERATE(ctx, session, &args, SA_OK);
        if (round > 0) cr_expect_eq(allocator.calls, calls, "%lld allocations", (long long)(allocator.calls - calls));
    }
    sa_session_destroy(&session);
    sa_model_destroy(&model);
    sa_ctx_destroy(&ctx);
    cr_expect(allocator.live == 0 && allocator.faults == 0);
}

Test(generate, every_allocation_may_fail) {
    struct result r;
    for (int64_t at = 0, failures = 1; failures; at++) {
        struct test_allocator allocator = test_allocator_make();
        sa_ctx_options options = {.struct_size = sizeof options, .threads = 1};
        test_allocator_use(&allocator, &options);
        sa_ctx *ctx = ctx_open(&options);
        sa_model *model = writer_model(ctx, V, -1, 7);
        sa_session *session = session_of(ctx, model, B);
        sa_generate_args args = args_for(&r, NULL);
        allocator.fail_at = allocator.calls + at;
        sa_status status = sa_generate(ctx, session, &args);
        failures = allocator.failures;
        cr_expect_eq(status, failures ? SA_ERR_MEMORY : SA_OK, "allocation %lld: %s", (long long)at,
                     sa_ctx_last_error(ctx));
        cr_expect(!failures || strstr(sa_ctx_last_error(ctx), "no memory"), "%s", sa_ctx_last_error(ctx));
        allocator.fail_at = -1;
        cr_expect_eq(sa_session_truncate(session, -1, 0), SA_OK);
        EXPECT_GENERATE(ctx, session, &args, SA_OK);
        sa_session_destroy(&session);
        sa_model_destroy(&model);
        sa_ctx_destroy(&ctx);
        cr_expect(allocator.live == 0 && allocator.faults == 0);
    }
}
