/* Models and tokenizers with any number of threads: the same bits, and one of each for all.
 * SPDX-License-Identifier: MIT */
#include "support/paths.h"
#include "support/random.h"
#include "support/reference.h"
#include "support/tiny.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { B = 3, T = 20, E = 300, L = 1, H = 5, CALLERS = 4, REPEATS = 20 };

struct result {
    float all[(L + 1) * B * T * E], attention[L * B * H * T * T], embedding[B * E];
};

static int32_t ids[B * T];
static const int64_t lengths[B] = {20, 7, 13};
static const struct tiny_shape shape = {.L = L, .E = E, .H = H, .F = 700, .V = 50, .P = T, .Y = 1};

static sa_model *open_model(sa_ctx *ctx) {
    struct tiny tiny;
    struct rng rng = {4};
    for (int i = 0; i < B * T; i++) ids[i] = (int32_t)rng_below(&rng, shape.V);
    tiny_make(&tiny, &shape, "F32", 8);
    sa_model *model = tiny_open(ctx, &tiny);
    tiny_free(&tiny);
    return model;
}

static sa_status encode(sa_ctx *ctx, const sa_model *model, struct result *r) {
    const sa_encode_args a = {.struct_size = sizeof a,
                              .batch = B,
                              .tokens = T,
                              .ids = ids,
                              .lengths = lengths,
                              .hidden_all = r->all,
                              .attention = r->attention,
                              .embedding = r->embedding};
    return sa_model_encode(ctx, model, &a);
}

/* In the opposite order, one after another: a legal parallel-for. */
static void backwards(void *user, int64_t count, sa_body_fn body, void *arg) {
    (void)user;
    for (int64_t i = count - 1; i >= 0; i--) body(arg, i);
}

Test(threads, bits_do_not_depend_on_their_number) {
    static struct result first, other;
    const sa_ctx_options settings[] = {{.parallel = SA_PARALLEL_SERIAL},
                                       {.threads = 1},
                                       {.threads = 2},
                                       {.threads = 3},
                                       {.threads = 7},
                                       {.threads = 7},
                                       {.threads = 5, .parallel_for = backwards}};
    for (int w = 0; w < ways_count; w++) {
        sa_ctx *maker = way_open(&ways[w], 1);
        if (!maker) continue;
        sa_model *model = open_model(maker);
        cr_assert_eq(encode(maker, model, &first), SA_OK, "%s", sa_ctx_last_error(maker));
        for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
            sa_ctx_options options = settings[i];
            options.struct_size = sizeof options;
            options.path = ways[w].path, options.isa = ways[w].isa, options.precision = ways[w].precision;
            sa_ctx *ctx = ctx_open(&options);
            cr_assert_eq(encode(ctx, model, &other), SA_OK, "%s", sa_ctx_last_error(ctx));
            cr_expect(memcmp(&first, &other, sizeof first) == 0, "%s, setting %zu: other bits", ways[w].name, i);
            sa_ctx_destroy(&ctx);
        }
        sa_model_destroy(&model);
        sa_ctx_destroy(&maker);
    }
}

/* What callers share, and what one of them has seen. */
struct caller {
    const sa_model *model;
    const sa_tokenizer *tokenizer;
    const struct result *wanted;
    int64_t different, failed;
};

static void *call(void *arg) {
    static const char text[] = "the unbelievable [MASK] cats";
    struct caller *c = arg;
    struct result *r = malloc(sizeof *r);
    const sa_ctx_options options = {.struct_size = sizeof options, .threads = 2};
    sa_ctx *ctx = ctx_open(&options);
    for (int i = 0; i < REPEATS; i++) {
        int32_t tokens[40];
        int64_t count;
        c->failed += encode(ctx, c->model, r) != SA_OK;
        c->different += memcmp(r, c->wanted, sizeof *r) != 0;
        c->failed += sa_tokenizer_encode(ctx, c->tokenizer, text, sizeof text - 1, tokens, 40, &count) != SA_OK;
        c->different += count != 8;
    }
    sa_ctx_destroy(&ctx);
    free(r);
    return NULL;
}

Test(threads, many_use_one_model_at_once) {
    static struct result wanted;
    pthread_t thread[CALLERS];
    struct caller caller[CALLERS];
    sa_ctx *ctx = ctx_open(NULL);
    sa_model *model = open_model(ctx);
    sa_tokenizer *tokenizer = NULL;
    cr_assert_eq(sa_tokenizer_open(ctx, data_path("tokenizer"), &tokenizer), SA_OK);
    cr_assert_eq(encode(ctx, model, &wanted), SA_OK);
    sa_ctx_destroy(&ctx);
    for (int i = 0; i < CALLERS; i++) {
        caller[i] = (struct caller){model, tokenizer, &wanted, 0, 0};
        cr_assert_eq(pthread_create(&thread[i], NULL, call, &caller[i]), 0);
    }
    for (int i = 0; i < CALLERS; i++) {
        pthread_join(thread[i], NULL);
        cr_expect_eq(caller[i].failed, 0);
        cr_expect_eq(caller[i].different, 0);
    }
    sa_tokenizer_destroy(&tokenizer);
    sa_model_destroy(&model);
}

/* A parallel-for that calls the library again on the context that is at work. */
struct intruder {
    sa_ctx *ctx;
    const sa_model *model;
    const sa_tokenizer *tokenizer;
    int calls;
};

static void intrude(void *user, int64_t count, sa_body_fn body, void *arg) {
    struct intruder *x = user;
    int64_t tokens;
    sa_model *model;
    sa_tokenizer *tokenizer;
    uint64_t bytes;
    const sa_encode_args a = {.struct_size = sizeof a, .batch = 1, .tokens = 1, .ids = ids};
    for (int64_t i = 0; i < count; i++) body(arg, i);
    if (x->calls++) return;
    cr_expect_eq(sa_model_encode(x->ctx, x->model, &a), SA_ERR_BUSY);
    cr_expect_eq(sa_model_encode_workspace_size(x->ctx, x->model, &a, &bytes), SA_ERR_BUSY);
    cr_expect_eq(sa_tokenizer_encode(x->ctx, x->tokenizer, "a", 1, NULL, 0, &tokens), SA_ERR_BUSY);
    cr_expect_eq(sa_model_open(x->ctx, "x", &model), SA_ERR_BUSY);
    cr_expect_eq(sa_tokenizer_open(x->ctx, "x", &tokenizer), SA_ERR_BUSY);
}

Test(threads, a_context_at_work_is_busy) {
    static struct result result;
    struct intruder x = {0};
    const sa_ctx_options options = {
        .struct_size = sizeof options, .threads = 2, .parallel_for = intrude, .parallel_user = &x};
    x.ctx = ctx_open(&options);
    sa_ctx *maker = ctx_open(NULL);
    sa_model *model = open_model(maker);
    sa_tokenizer *tokenizer = NULL;
    cr_assert_eq(sa_tokenizer_open(maker, data_path("tokenizer"), &tokenizer), SA_OK);
    x.model = model, x.tokenizer = tokenizer;
    cr_expect_eq(encode(x.ctx, model, &result), SA_OK, "%s", sa_ctx_last_error(x.ctx));
    cr_expect_gt(x.calls, 0);
    sa_tokenizer_destroy(&tokenizer);
    sa_model_destroy(&model);
    sa_ctx_destroy(&maker);
    sa_ctx_destroy(&x.ctx);
}
