/* Sessions: sequences that are forked, cut, exchanged and continued, and the rules of their arguments. What they
 * compute is compared with double precision in any.c.
 * SPDX-License-Identifier: MIT */
#include "support/paths.h"
#include "support/reference.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { V = 97, MARIAN_V = 41, MOST_V = 97, MOST_B = 4 };

static sa_ctx *ctx;

static void make(void) {
    const sa_ctx_options options = {.struct_size = sizeof options, .threads = 1};
    ctx = ctx_open(&options);
}

static void clean(void) {
    sa_ctx_destroy(&ctx);
}

TestSuite(session, .init = make, .fini = clean);

static sa_model *open_data(const char *name) {
    sa_model *model;
    cr_assert_eq(sa_model_open(ctx, architecture_path(name), &model), SA_OK, "%s", sa_ctx_last_error(ctx));
    return model;
}

static sa_session *start(const sa_model *model, const sa_session_config *config) {
    sa_session *session;
    cr_assert_eq(sa_session_create(ctx, model, config, &session), SA_OK, "%s", sa_ctx_last_error(ctx));
    return session;
}

static sa_session *start_batch(const sa_model *model, int64_t B) {
    const sa_session_config config = {.struct_size = sizeof config, .batch = B};
    return start(model, &config);
}

/* Gives T tokens to each sequence, lengths [B] or NULL, and takes the last logits. */
static void run(sa_session *session, int64_t T, const int32_t *ids, const int64_t *lengths, float *logits) {
    const sa_session_args a = {.struct_size = sizeof a, .tokens = T, .ids = ids, .lengths = lengths, .logits = logits};
    cr_assert_eq(sa_session_run(ctx, session, &a), SA_OK, "%s", sa_ctx_last_error(ctx));
}

/* The last logits of this text alone. */
static void run_alone(const sa_model *model, int64_t T, const int32_t *ids, float *logits) {
    sa_session *session = start(model, NULL);
    run(session, T, ids, NULL, logits);
    sa_session_destroy(&session);
}

static void expect_near(const float *got, const float *want, int64_t n, const char *what) {
    double off = largest_difference(got, want, n);
    cr_expect(off <= 1e-5, "%s: off by %g", what, off);
}

static const int32_t text[] = {5, 17, 3, 80, 44, 2, 91, 60, 33, 12, 7, 7, 50, 66, 1, 29};

Test(session, last_logits_are_those_of_all) {
    sa_model *model = open_data("gemma2");
    sa_session *session = start_batch(model, 2);
    float last[2 * V], all[2 * 8 * V], both[2 * V];
    const int64_t lengths[] = {8, 3};
    run(session, 8, text, lengths, last);
    cr_assert_eq(sa_session_truncate(session, -1, 0), SA_OK);
    const sa_session_args a = {
        .struct_size = sizeof a, .tokens = 8, .ids = text, .lengths = lengths, .logits = both, .logits_all = all};
    cr_assert_eq(sa_session_run(ctx, session, &a), SA_OK);
    for (int b = 0; b < 2; b++) {
        cr_expect_arr_eq(both + b * V, all + (b * 8 + lengths[b] - 1) * V, V * sizeof(float));
        expect_near(last + b * V, both + b * V, V, "last");
    }
    sa_session_destroy(&session);
    sa_model_destroy(&model);
}

/* Token by token, in two batches of a plan each, against the whole text at once. */
Test(session, hidden_states_are_those_of_the_whole_text) {
    enum { E = 64, T = 12 };
    sa_model *model = open_data("llama");
    cr_assert_eq(sa_model_get(model, SA_MODEL_WIDTH), E);
    sa_session *session = start_batch(model, 1);
    float want[T * E], got[T * E], logits[V];
    const sa_encode_args whole = {.struct_size = sizeof whole, .batch = 1, .tokens = T, .ids = text, .hidden = want};
    cr_assert_eq(sa_model_encode(ctx, model, &whole), SA_OK, "%s", sa_ctx_last_error(ctx));
    for (int t = 0; t < T; t += t < 6 ? 3 : 1) {
        const int64_t tokens = t < 6 ? 3 : 1;
        const sa_session_args a = {
            .struct_size = sizeof a, .tokens = tokens, .ids = text + t, .hidden = got + t * E, .logits = logits};
        cr_assert_eq(sa_session_run(ctx, session, &a), SA_OK, "%s", sa_ctx_last_error(ctx));
    }
    expect_near(got, want, T * E, "hidden");
    sa_session_destroy(&session);
    sa_model_destroy(&model);
}

/* What a session has decided for one context does not hold for another. */
Test(session, contexts_take_turns) {
    static const sa_ctx_options kinds[] = {
        {.struct_size = sizeof kinds[0], .threads = 1, .path = SA_PATH_PLAIN},
        {.struct_size = sizeof kinds[0], .threads = 3, .path = SA_PATH_BLAS},
        {.struct_size = sizeof kinds[0], .threads = 2, .path = SA_PATH_FUSED},
        {.struct_size = sizeof kinds[0], .threads = 1, .path = SA_PATH_FUSED},
    };
    enum { KINDS = sizeof kinds / sizeof kinds[0], T = 16 };
    sa_model *model = open_data("llama");
    sa_session *session = start(model, NULL);
    sa_ctx *with[KINDS];
    float got[V], want[V];
    for (int i = 0; i < KINDS; i++) with[i] = ctx_open(&kinds[i]);
    for (int t = 0; t < T; t++) {
        sa_ctx *one = with[t * 7 / 3 % KINDS];
        const sa_session_args a = {.struct_size = sizeof a, .tokens = 1, .ids = text + t, .logits = got};
        cr_assert_eq(sa_session_run(one, session, &a), SA_OK, "%s", sa_ctx_last_error(one));
    }
    run_alone(model, T, text, want);
    expect_near(got, want, V, "in turns");
    for (int i = 0; i < KINDS; i++) sa_ctx_destroy(&with[i]);
    sa_session_destroy(&session);
    sa_model_destroy(&model);
}

Test(session, a_sequence_without_tokens_stays_as_it_is) {
    sa_model *model = open_data("llama");
    sa_session *session = start_batch(model, 2);
    float logits[2 * V], alone[V];
    const int64_t first[] = {5, 3}, second[] = {0, 2};
    const int32_t ids[] = {9, 9, text[8 + 3], text[8 + 4]};
    run(session, 8, text, first, logits);
    for (int i = 0; i < V; i++) logits[i] = -77;
    run(session, 2, ids, second, logits);
    for (int i = 0; i < V; i++) cr_assert_eq(logits[i], -77);
    cr_expect_eq(sa_session_length(session, 0), 5);
    cr_expect_eq(sa_session_length(session, 1), 5);
    run_alone(model, 5, text + 8, alone);
    expect_near(logits + V, alone, V, "the other one");
    sa_session_destroy(&session);
    sa_model_destroy(&model);
}

Test(session, sequences_are_cut_and_continued) {
    sa_model *model = open_data("gpt_neox");
    sa_session *session = start(model, NULL);
    float again[V], want[V];
    run(session, 16, text, NULL, again);
    cr_assert_eq(sa_session_truncate(session, 0, 6), SA_OK);
    cr_expect_eq(sa_session_length(session, 0), 6);
    run(session, 3, text, NULL, again);
    int32_t both[9];
    memcpy(both, text, 6 * sizeof *both);
    memcpy(both + 6, text, 3 * sizeof *both);
    run_alone(model, 9, both, want);
    expect_near(again, want, V, "cut");
    sa_session_destroy(&session);
    sa_model_destroy(&model);
}

Test(session, forks_share_a_beginning_and_part) {
    sa_model *model = open_data("bloom");
    sa_session *session = start_batch(model, 3);
    float logits[3 * V], want[V];
    const int64_t first[] = {0, 10, 0}, second[] = {2, 1, 0};
    int32_t ids[30] = {0}, next[] = {20, 21, 30, 0, 0, 0}, own[12];
    memcpy(ids + 10, text, 10 * sizeof *ids);
    run(session, 10, ids, first, logits);
    cr_assert_eq(sa_session_fork(session, 1, 0), SA_OK);
    run(session, 2, next, second, logits);
    memcpy(own, text, 10 * sizeof *own);
    own[10] = 20, own[11] = 21;
    run_alone(model, 12, own, want);
    expect_near(logits, want, V, "the fork");
    own[10] = 30;
    run_alone(model, 11, own, want);
    expect_near(logits + V, want, V, "its origin");
    cr_expect_eq(sa_session_length(session, 2), 0);
    sa_session_destroy(&session);
    sa_model_destroy(&model);
}

/* An encoder's inputs of two sentences, the second shorter. */
static void encode(sa_session *session, int swapped) {
    int32_t ids[] = {5, 17, 3, 30, 40, 2, 9, 31, 20, 2, 0, 0};
    int64_t lengths[] = {6, 4};
    if (swapped) {
        memmove(ids, (const int32_t[]){9, 31, 20, 2, 0, 0, 5, 17, 3, 30, 40, 2}, sizeof ids);
        lengths[0] = 4, lengths[1] = 6;
    }
    const sa_encode_args a = {.struct_size = sizeof a, .batch = 2, .tokens = 6, .ids = ids, .lengths = lengths};
    cr_assert_eq(sa_session_encode(ctx, session, &a), SA_OK, "%s", sa_ctx_last_error(ctx));
}

Test(session, reordering_takes_the_encoder_along) {
    sa_model *model = open_data("marian");
    sa_session *session = start_batch(model, 2);
    float got[2 * MARIAN_V], want[2 * MARIAN_V];
    const int32_t ids[] = {0, 7, 12, 0, 8, 13}, other[] = {0, 8, 13, 0, 7, 12}, next[] = {4, 6};
    encode(session, 1);
    run(session, 3, other, NULL, want);
    run(session, 1, next, NULL, want);
    encode(session, 0);
    cr_expect_eq(sa_session_length(session, 0), 0);
    run(session, 3, ids, NULL, got);
    cr_assert_eq(sa_session_reorder(session, (const int64_t[]){1, 0}), SA_OK);
    run(session, 1, next, NULL, got);
    expect_near(got, want, 2 * MARIAN_V, "exchanged");
    cr_assert_eq(sa_session_reorder(session, (const int64_t[]){1, 1}), SA_OK);
    run(session, 1, (const int32_t[]){9, 9}, NULL, got);
    expect_near(got, got + MARIAN_V, MARIAN_V, "doubled");
    sa_session_destroy(&session);
    sa_model_destroy(&model);
}

/* Copies a model of the data, with an architecture.json of its own. */
static sa_model *open_changed(const char *name, const char *architecture) {
    struct folder folder = folder_make();
    sa_model *model;
    architecture_take(name, &folder);
    folder_write_text(&folder, "architecture.json", architecture);
    cr_assert_eq(sa_model_open(ctx, folder.path, &model), SA_OK, "%s", sa_ctx_last_error(ctx));
    folder_remove(&folder);
    return model;
}

/* Llama's weights, run as a model with a window and in a session with one. */
Test(session, a_window_is_that_of_a_model) {
    sa_model *model = open_data("llama");
    sa_model *windowed =
        open_changed("llama", "{\"like\": \"llama\", \"decoder\": {\"attention\": {\"window\": {\"size\": 6}}}}");
    const sa_session_config config = {.struct_size = sizeof config, .window = 6, .capacity = 300};
    sa_session *session = start(model, &config), *whole = start(windowed, NULL);
    float got[V], want[V];
    int32_t ids[400];
    for (int i = 0; i < 400; i++) ids[i] = text[i % 16] + i / 100;
    run(whole, 400, ids, NULL, want);
    for (int i = 0; i < 400; i += 10) run(session, 10, ids + i, NULL, got);
    expect_near(got, want, V, "window");
    cr_expect_eq(sa_session_length(session, 0), 400);
    sa_session_destroy(&session);
    sa_session_destroy(&whole);
    sa_model_destroy(&model);
    sa_model_destroy(&windowed);
}

/* Mistral's blocks have a window of 5 tokens of their own, which the session's 3 and 2 kept ones do not leave. */
Test(session, kept_tokens_are_seen_within_a_models_own_window) {
    const sa_session_config config = {.struct_size = sizeof config, .window = 3, .keep_first = 2};
    sa_model *model = open_data("mistral"),
             *whole =
                 open_changed("mistral", "{\"like\": \"mistral\", \"decoder\": {\"attention\": {\"window\": null}}}");
    sa_session *session = start(model, &config), *other = start(whole, &config);
    const int64_t vocabulary = sa_model_get(model, SA_MODEL_OUTPUTS);
    float *logits = calloc((size_t)(2 * vocabulary), sizeof *logits);
    for (int t = 0; t < 16; t++) {
        run(session, 1, text + t, NULL, logits);
        run(other, 1, text + t, NULL, logits + vocabulary);
        expect_near(logits, logits + vocabulary, vocabulary, "kept tokens");
    }
    free(logits);
    sa_session_destroy(&session);
    sa_session_destroy(&other);
    sa_model_destroy(&model);
    sa_model_destroy(&whole);
}

/* With kept tokens, in architectures with rotary positions in all blocks, or (smollm3) in all but the last: one by one,
 * in chunks, or at once. */
Test(session, a_window_does_not_depend_on_chunks) {
    static const char *const names[] = {"llama", "mistral", "qwen2", "qwen3", "gemma2", "gpt_neox", "smollm3"};
    const int64_t chunks[] = {1, 7, 25, 100};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (int64_t keep = 0; keep <= 4; keep += 2) {
            sa_model *model = open_data(names[i]);
            int64_t vocabulary = sa_model_get(model, SA_MODEL_OUTPUTS), most = sa_model_get(model, SA_MODEL_VOCABULARY);
            float *logits = calloc((size_t)(4 * vocabulary), sizeof *logits);
            int32_t ids[100];
            for (int t = 0; t < 100; t++) ids[t] = (text[t % 16] + t / 16) % (int32_t)most;
            for (int c = 0; c < 4; c++) {
                const sa_session_config config = {.struct_size = sizeof config, .window = 6, .keep_first = keep};
                sa_session *session = start(model, &config);
                for (int64_t t = 0; t < 100; t += chunks[c]) {
                    int64_t count = t + chunks[c] < 100 ? chunks[c] : 100 - t;
                    run(session, count, ids + t, NULL, logits + c * vocabulary);
                }
                sa_session_destroy(&session);
                expect_near(logits + c * vocabulary, logits, vocabulary, names[i]);
            }
            free(logits);
            sa_model_destroy(&model);
        }
}

Test(session, smaller_storage_is_smaller_and_near) {
    static const struct {
        int32_t dtype;
        double error, share;
    } kinds[] = {{SA_BF16, 0.05, 0.6}, {SA_F16, 0.01, 0.6}, {SA_I8, 0.1, 0.4}};
    sa_model *model = open_data("llama");
    sa_session *session = start(model, NULL);
    float want[V], got[V];
    run(session, 16, text, NULL, want);
    const uint64_t bytes = sa_session_bytes(session);
    sa_session_destroy(&session);
    for (int i = 0; i < 3; i++) {
        const sa_session_config config = {.struct_size = sizeof config, .cache_dtype = kinds[i].dtype};
        session = start(model, &config);
        run(session, 16, text, NULL, got);
        double off = largest_difference(got, want, V);
        cr_expect(off > 0 && off < kinds[i].error, "type %d is off by %g", (int)kinds[i].dtype, off);
        cr_expect_lt((double)sa_session_bytes(session), kinds[i].share * (double)bytes);
        sa_session_destroy(&session);
    }
    sa_model_destroy(&model);
}

/* ---- rules */

static void expect_refused(sa_session *session, const sa_session_args *a, sa_status wanted, const char *words) {
    int64_t before = sa_session_length(session, 0);
    cr_expect_eq(sa_session_run(ctx, session, a), wanted, "want \"%s\", got \"%s\"", words, sa_ctx_last_error(ctx));
    cr_expect(strstr(sa_ctx_last_error(ctx), words) != NULL, "\"%s\" lacks \"%s\"", sa_ctx_last_error(ctx), words);
    cr_expect_eq(sa_session_length(session, 0), before);
}

Test(session, refuses_what_is_out_of_range) {
    sa_model *model = open_data("gpt2");
    const sa_session_config config = {.struct_size = sizeof config, .batch = 2};
    sa_session *session = start(model, &config);
    int32_t ids[200] = {0}, wrong[4] = {1, 97, 1, 1};
    int64_t lengths[] = {1, 5};
    float out[MOST_V];
    const sa_session_args good = {.struct_size = sizeof good, .tokens = 2, .ids = text};
    sa_session_args a = good;
    a.struct_size = 8, expect_refused(session, &a, SA_ERR_STRUCT_SIZE, "struct_size");
    a = good, a.ids = NULL, expect_refused(session, &a, SA_ERR_NULL, "ids");
    a = good, a.tokens = 0, expect_refused(session, &a, SA_ERR_VALUE, "tokens is 0");
    a = good, a.lengths = lengths, expect_refused(session, &a, SA_ERR_VALUE, "lengths[1] is 5, must be 0 to 2");
    a = good, a.ids = wrong, expect_refused(session, &a, SA_ERR_VALUE, "the id of sequence 0, token 1 is 97");
    a = good, a.types = ids, expect_refused(session, &a, SA_ERR_UNSUPPORTED, "(gpt2) has no types");
    a = good, a.cross_attention = out, expect_refused(session, &a, SA_ERR_UNSUPPORTED, "has no cross-attention");
    a = good, a.ids = ids, a.tokens = 97;
    expect_refused(session, &a, SA_ERR_SHAPE, "sequence 0 would have 97 tokens, the model's longest has 96");
    a = good, a.tokens = INT64_MAX / 64, expect_refused(session, &a, SA_ERR_SHAPE, "would have");
    a = good, a.ids = ids, a.tokens = 96;
    cr_expect_eq(sa_session_run(ctx, session, &a), SA_OK);
    expect_refused(session, &good, SA_ERR_SHAPE, "would have 98 tokens");
    cr_expect_eq(sa_session_run(ctx, NULL, &good), SA_ERR_NULL);
    cr_expect_eq(sa_session_run(NULL, session, &good), SA_ERR_NULL);
    cr_expect_eq(sa_session_run(ctx, session, NULL), SA_ERR_NULL);
    sa_session_destroy(&session);
    sa_model_destroy(&model);
}

Test(session, sums_of_lengths_do_not_overflow) {
    sa_model *model = open_data("llama");
    sa_session *session = start(model, NULL);
    float logits[V];
    run(session, 2, text, NULL, logits);
    sa_session_args a = {.struct_size = sizeof a, .tokens = INT64_MAX, .ids = text};
    expect_refused(session, &a, SA_ERR_OVERFLOW, "the length of a sequence does not fit into 63 bits");
    a.tokens = (int64_t)1 << 59;
    expect_refused(session, &a, SA_ERR_OVERFLOW, "the outputs do not fit an address");
    run(session, 2, text, NULL, logits);
    sa_session_destroy(&session);
    sa_model_destroy(&model);
}

Test(session, keeps_to_its_capacity) {
    sa_model *model = open_data("llama");
    const sa_session_config config = {.struct_size = sizeof config, .capacity = 10};
    sa_session *session = start(model, &config);
    float logits[V];
    const uint64_t bytes = sa_session_bytes(session);
    const sa_session_args more = {.struct_size = sizeof more, .tokens = 3, .ids = text};
    run(session, 8, text, NULL, logits);
    expect_refused(session, &more, SA_ERR_SHAPE, "would hold 11 tokens, the session's capacity is 10");
    run(session, 2, text, NULL, logits);
    cr_expect_eq(sa_session_bytes(session), bytes);
    sa_session_destroy(&session);
    sa_model_destroy(&model);
}

/* Of a window the capacity counts what is held: 3 new tokens and the window before the first of them. */
Test(session, keeps_to_its_capacity_with_a_window) {
    sa_model *model = open_data("llama");
    sa_session_config config = {.struct_size = sizeof config, .capacity = 10, .window = 8, .keep_first = 2};
    sa_session *session = start(model, &config);
    float logits[V];
    const sa_session_args more = {.struct_size = sizeof more, .tokens = 4, .ids = text};
    for (int i = 0; i < 12; i++) run(session, 1, text + i, NULL, logits);
    expect_refused(session, &more, SA_ERR_SHAPE, "would hold 13 tokens, the session's capacity is 10");
    run(session, 1, text, NULL, logits);
    sa_session_destroy(&session);
    sa_model_destroy(&model);
}

static void expect_no_session(const sa_model *model, const sa_session_config *config, sa_status wanted,
                              const char *words) {
    sa_session *session = (sa_session *)&ctx;
    cr_expect_eq(sa_session_create(ctx, model, config, &session), wanted, "%s", sa_ctx_last_error(ctx));
    cr_expect(strstr(sa_ctx_last_error(ctx), words) != NULL, "\"%s\" lacks \"%s\"", sa_ctx_last_error(ctx), words);
    cr_expect_null(session);
}

Test(session, is_not_made_of_nothing) {
    sa_model *bert = open_data("bert"), *llama = open_data("llama");
    sa_session_config c = {.struct_size = sizeof c, .batch = -1};
    expect_no_session(NULL, NULL, SA_ERR_NULL, "model");
    expect_no_session(bert, NULL, SA_ERR_UNSUPPORTED, "this model (bert) has no decoder");
    expect_no_session(llama, &c, SA_ERR_VALUE, "batch is -1, must be at least 0");
    c.batch = 1, c.reserved = 1, expect_no_session(llama, &c, SA_ERR_VALUE, "reserved is 1");
    c.reserved = 0, c.cache_dtype = 17, expect_no_session(llama, &c, SA_ERR_VALUE, "17");
    c.cache_dtype = 0, c.struct_size = 4, expect_no_session(llama, &c, SA_ERR_STRUCT_SIZE, "sa_session_config");
    cr_expect_eq(sa_session_create(ctx, llama, NULL, NULL), SA_ERR_NULL);
    c = (sa_session_config){.struct_size = sizeof c, .capacity = 9, .window = 8, .keep_first = 2};
    expect_no_session(llama, &c, SA_ERR_VALUE,
                      "capacity is 9, must be 0, or at least window + keep_first, which is 10");
    sa_session *none = NULL;
    sa_session_destroy(&none);
    sa_session_destroy(NULL);
    cr_expect_eq(sa_session_length(NULL, 0), -1);
    cr_expect_eq(sa_session_batch(NULL), -1);
    cr_expect_eq(sa_session_bytes(NULL), 0);
    cr_expect_eq(sa_session_truncate(NULL, 0, 0), SA_ERR_NULL);
    cr_expect_eq(sa_session_fork(NULL, 0, 0), SA_ERR_NULL);
    cr_expect_eq(sa_session_reorder(NULL, (const int64_t[]){0}), SA_ERR_NULL);
    sa_model_destroy(&bert);
    sa_model_destroy(&llama);
}

Test(session, of_an_encoder_and_decoder_wants_something_to_look_at) {
    sa_model *marian = open_data("marian"), *llama = open_data("llama");
    sa_session *session = start_batch(marian, 2), *alone = start(llama, NULL);
    const sa_session_args step = {.struct_size = sizeof step, .tokens = 1, .ids = text};
    sa_encode_args a = {.struct_size = sizeof a, .batch = 2, .tokens = 2, .ids = text};
    expect_refused(session, &step, SA_ERR_VALUE, "nothing has been encoded");
    a.batch = 1;
    cr_expect_eq(sa_session_encode(ctx, session, &a), SA_ERR_SHAPE);
    a.batch = 2, a.targets = 1, a.target_ids = text;
    cr_expect_eq(sa_session_encode(ctx, session, &a), SA_ERR_VALUE);
    a.targets = 0, a.target_ids = NULL, a.ids = (const int32_t[]){1, 2, 3, 41};
    cr_expect_eq(sa_session_encode(ctx, session, &a), SA_ERR_VALUE);
    expect_refused(session, &step, SA_ERR_VALUE, "nothing has been encoded");
    a.batch = 1;
    cr_expect_eq(sa_session_encode(ctx, alone, &a), SA_ERR_UNSUPPORTED, "%s", sa_ctx_last_error(ctx));
    sa_session_destroy(&session);
    sa_session_destroy(&alone);
    sa_model_destroy(&marian);
    sa_model_destroy(&llama);
}

Test(session, refuses_sequences_that_there_are_not) {
    sa_model *model = open_data("llama");
    sa_session *session = start_batch(model, 2);
    cr_expect_eq(sa_session_batch(session), 2);
    cr_expect_eq(sa_session_length(session, 2), -1);
    cr_expect_eq(sa_session_truncate(session, 2, 0), SA_ERR_VALUE);
    cr_expect_eq(sa_session_fork(session, 0, 2), SA_ERR_VALUE);
    cr_expect_eq(sa_session_reorder(session, (const int64_t[]){0, 2}), SA_ERR_VALUE);
    sa_session_destroy(&session);
    sa_model_destroy(&model);
}
