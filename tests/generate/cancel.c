/* Cancelled calls of models: a session is as before the step, or at a token's end; a model that was being opened is not
 * there. What is told has an end.
 * SPDX-License-Identifier: MIT */
#include "support/paths.h"
#include "support/tiny.h"
#include "writer_model.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { V = 40, B = 2, T = 9, N = 6 };

static const int32_t ids[B * T] = {1, 3, 5, 7, 9, 11, 13, 15, 17, 2, 4, 6, 8, 10, 12, 14, 16, 18};

/* Cancels when it is told for the `at`th time. */
struct canceller {
    sa_ctx *ctx;
    int at, told, tokens;
};

static void cancel_at(void *user, const char *what, int64_t done, int64_t total) {
    struct canceller *c = user;
    cr_expect(done >= 0 && done <= total, "%s: %lld of %lld", what, (long long)done, (long long)total);
    if (!strcmp(what, "tokens")) c->tokens++;
    if (c->told++ == c->at) cr_expect_eq(sa_ctx_cancel(c->ctx), 1);
}

static void watch(struct canceller *c, sa_ctx *ctx, int at) {
    *c = (struct canceller){.ctx = ctx, .at = at};
    cr_assert_eq(sa_ctx_set_progress(ctx, cancel_at, c), SA_OK);
}

/* A window, so that a step drops what it no longer needs. */
static sa_session *open_session(sa_ctx *ctx, const sa_model *model, int64_t batch) {
    const sa_session_config config = {.struct_size = sizeof config, .batch = batch, .window = 5};
    sa_session *session;
    cr_assert_eq(sa_session_create(ctx, model, &config, &session), SA_OK, "%s", sa_ctx_last_error(ctx));
    return session;
}

Test(cancel, a_session_stays_as_it_was) {
    sa_ctx *ctx = one_thread();
    sa_model *model = writer_model(ctx, V, -1, 3);
    sa_session *session = open_session(ctx, model, B), *other = open_session(ctx, model, B);
    float right[B * V], logits[B * V];
    struct canceller c;
    sa_session_args args = {.struct_size = sizeof args, .tokens = T, .ids = ids};
    for (int step = 0; step < 5; step++) {
        args.logits = right;
        watch(&c, ctx, -1);
        cr_assert_eq(sa_session_run(ctx, other, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
        const int told = c.told;
        cr_expect_eq(told, sa_model_get(model, SA_MODEL_LAYERS) + 1);
        args.logits = logits;
        for (int at = 0; at <= told; at++) {
            watch(&c, ctx, at);
            const sa_status status = sa_session_run(ctx, session, &args);
            cr_expect_eq(status, at == told ? SA_OK : SA_ERR_CANCELLED, "%s", sa_ctx_last_error(ctx));
            cr_expect_eq(sa_session_length(session, 1), (step + (at == told)) * T);
        }
        cr_expect_arr_eq(logits, right, sizeof right, "step %d", step);
    }
    sa_session_destroy(&other);
    sa_session_destroy(&session);
    sa_model_destroy(&model);
    sa_ctx_destroy(&ctx);
}

/* Listens to a text, and cancels at a token. */
struct listener {
    sa_ctx *ctx;
    int tokens, cancel_at;
};

static int32_t hear(void *user, int64_t sequence, int32_t token, float log_probability) {
    struct listener *x = user;
    (void)sequence, (void)token, (void)log_probability;
    if (++x->tokens == x->cancel_at) cr_expect_eq(sa_ctx_cancel(x->ctx), 1, "a call that has lent its context runs");
    return 0;
}

Test(cancel, a_text_ends_at_a_token) {
    sa_ctx *ctx = one_thread();
    sa_model *model = writer_model(ctx, V, -1, 3);
    int32_t right[N], made[N];
    int64_t count;
    struct listener x = {.ctx = ctx};
    sa_generate_args args = {.struct_size = sizeof args,
                             .tokens = T,
                             .ids = ids,
                             .max_tokens = N,
                             .generated = right,
                             .counts = &count,
                             .on_token = hear,
                             .user = &x};
    sa_session *session = session_of(ctx, model, 1);
    EXPECT_GENERATE(ctx, session, &args, SA_OK);
    sa_session_destroy(&session);
    args.generated = made;
    for (int at = 1; at <= N; at++) {
        session = session_of(ctx, model, 1);
        x = (struct listener){.ctx = ctx, .cancel_at = at};
        /* Behind the last token there is nothing to leave out. */
        EXPECT_GENERATE(ctx, session, &args, at < N ? SA_ERR_CANCELLED : SA_OK);
        cr_expect_eq(count, at);
        cr_expect_arr_eq(made, right, (size_t)at * sizeof *made);
        cr_expect_eq(sa_session_length(session, 0), T + at - 1);
        /* The rest is written behind the last token. */
        if (at < N) {
            const int64_t before = at;
            sa_generate_args rest = args;
            rest.tokens = 1, rest.ids = made + at - 1, rest.generated = made + at, rest.max_tokens = N - at;
            EXPECT_GENERATE(ctx, session, &rest, SA_OK);
            cr_expect_eq(count, N - before);
            cr_expect_arr_eq(made, right, sizeof made);
        }
        sa_session_destroy(&session);
    }
    sa_model_destroy(&model);
    sa_ctx_destroy(&ctx);
}

Test(cancel, texts_are_told) {
    sa_ctx *ctx = one_thread();
    sa_model *model = writer_model(ctx, V, -1, 3);
    int32_t made[B * N];
    int64_t counts[B];
    struct canceller c;
    const sa_generate_args args = {
        .struct_size = sizeof args, .tokens = T, .ids = ids, .max_tokens = N, .generated = made, .counts = counts};
    const sa_beam_args beams = {
        .struct_size = sizeof beams, .tokens = T, .ids = ids, .max_tokens = N, .generated = made, .counts = counts};
    for (int at = 0; at < 100; at++) {
        sa_session *session = session_of(ctx, model, B);
        watch(&c, ctx, at);
        const sa_status status = sa_generate(ctx, session, &args);
        cr_expect_eq(status, c.told > at ? SA_ERR_CANCELLED : SA_OK, "%d: %s", at, sa_ctx_last_error(ctx));
        watch(&c, ctx, at);
        cr_expect_eq(sa_session_truncate(session, -1, 0), SA_OK);
        const sa_status searched = sa_beam_search(ctx, session, &beams);
        cr_expect_eq(searched, c.told > at ? SA_ERR_CANCELLED : SA_OK, "%d: %s", at, sa_ctx_last_error(ctx));
        sa_session_destroy(&session);
        if (status != SA_OK || searched != SA_OK) continue;
        cr_expect_gt(c.tokens, 1);
        break;
    }
    sa_model_destroy(&model);
    sa_ctx_destroy(&ctx);
}

Test(cancel, a_model_that_is_being_opened) {
    sa_ctx *ctx = one_thread();
    struct folder folder = tiny_folder_make();
    const sa_model_options options = {.struct_size = sizeof options, .convert = 1, .weights = SA_BF16};
    struct canceller c;
    sa_model *model = NULL;
    for (int at = 0; at < 1000; at++) {
        watch(&c, ctx, at);
        const sa_status status = sa_model_open_with(ctx, folder.path, &options, &model);
        cr_expect_eq(status, c.told > at ? SA_ERR_CANCELLED : SA_OK, "%d: %s", at, sa_ctx_last_error(ctx));
        cr_expect((status == SA_OK) == (model != NULL), "no handle of a cancelled call");
        if (status == SA_OK) break;
    }
    cr_expect_gt(c.told, 2);
    sa_model_destroy(&model);
    folder_remove(&folder);
    sa_ctx_destroy(&ctx);
}

Test(cancel, a_file_that_is_being_written) {
    sa_ctx *ctx = one_thread();
    const char *model = SELFATTN_SOURCE_DIR "/tests/data/architectures/llama";
    struct folder folder = folder_make();
    char to[400], text[8];
    struct canceller c;
    snprintf(to, sizeof to, "%s/written.gguf", folder.path);
    for (int at = 0; at < 1000; at++) {
        watch(&c, ctx, at);
        const sa_status status = sa_model_write(ctx, model, NULL, to);
        FILE *file = fopen(to, "rb");
        cr_expect_eq(status, c.told > at ? SA_ERR_CANCELLED : SA_OK, "%d: %s", at, sa_ctx_last_error(ctx));
        cr_expect((status == SA_OK) == (file != NULL), "%d: no file of a cancelled call", at);
        if (!file) continue;
        cr_expect(fread(text, 1, 4, file) == 4 && !memcmp(text, "GGUF", 4));
        fclose(file);
        break;
    }
    folder_remove(&folder);
    sa_ctx_destroy(&ctx);
}
