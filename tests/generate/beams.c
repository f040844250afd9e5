/* sa_beam_search() against all texts that there are, of a model with so few tokens that they can be counted out.
 * SPDX-License-Identifier: MIT */
#include "support/allocator.h"
#include "support/paths.h"
#include "writer_model.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* With V^2 beams nothing is lost in three steps. */
enum { V = 6, N = 3, ALL_BEAMS = V * V, T = 4, END = 2, MOST_TEXTS = V * V * V + V * V + V };

static const int32_t prompt[T] = {1, 3, 0, 5};

struct text {
    int32_t id[N];
    int64_t count;
    double sum, score;
};

struct list {
    struct text text[MOST_TEXTS];
    int64_t count;
};

/* All texts that begin with text[0 .. count). */
static void list_texts(sa_ctx *ctx, const sa_model *model, const int32_t *text, int64_t count, double sum,
                       struct list *list) {
    int32_t whole[T + N];
    float logits[V];
    double total = 0;
    memcpy(whole, prompt, sizeof prompt);
    for (int64_t i = 0; i < count; i++) whole[T + i] = text[i];
    logits_after(ctx, model, whole, T + count, logits);
    for (int i = 0; i < V; i++) total += exp((double)logits[i]);
    for (int32_t id = 0; id < V; id++) {
        double longer = sum + (double)logits[id] - log(total);
        int32_t next[N] = {0};
        for (int64_t i = 0; i < count; i++) next[i] = text[i];
        next[count] = id;
        if (id != END && count + 1 < N) {
            list_texts(ctx, model, next, count + 1, longer, list);
            continue;
        }
        struct text *t = &list->text[list->count++];
        *t = (struct text){.count = count + 1, .sum = longer};
        memcpy(t->id, next, sizeof next);
    }
}

static int compare(const void *left, const void *right) {
    const struct text *a = left, *b = right;
    return a->score < b->score ? 1 : a->score > b->score ? -1 : 0;
}

static void sort_texts(struct list *list, double penalty) {
    for (int64_t i = 0; i < list->count; i++)
        list->text[i].score = list->text[i].sum / pow((double)list->text[i].count, penalty);
    qsort(list->text, (size_t)list->count, sizeof list->text[0], compare);
}

struct found {
    int32_t generated[MOST_TEXTS][N];
    int64_t counts[MOST_TEXTS];
    double scores[MOST_TEXTS];
};

static sa_beam_args args_for(struct found *f, int64_t results, double penalty) {
    memset(f, 0xff, sizeof *f);
    return (sa_beam_args){.struct_size = sizeof(sa_beam_args),
                          .tokens = T,
                          .ids = prompt,
                          .max_tokens = N,
                          .results = results,
                          .length_penalty = penalty,
                          .generated = f->generated[0],
                          .counts = f->counts,
                          .scores = f->scores};
}

static void expect_best(const struct found *found, const struct list *list, uint64_t seed, double penalty) {
    for (int64_t r = 0; r < ALL_BEAMS; r++) {
        const struct text *t = &list->text[r];
        /* Sums of logits of a size of 10 that were computed in float, with a cache and without. */
        double tolerance = 1e-6 * (1 + fabs(t->score)) * 10;
        cr_expect(found->counts[r] == t->count && fabs(found->scores[r] - t->score) < tolerance &&
                      !memcmp(found->generated[r], t->id, (size_t)t->count * sizeof t->id[0]),
                  "seed %d, penalty %g: text %d has score %.7f, want %.7f", (int)seed, penalty, (int)r,
                  found->scores[r], t->score);
    }
}

Test(beams, enough_of_them_find_the_best_texts_of_all) {
    static const double penalties[] = {0, 1, 2, 0.5, -0.5, -2};
    static struct list list;
    static struct found found;
    sa_ctx *ctx = one_thread();
    for (uint64_t seed = 1; seed < 6; seed++) {
        sa_model *model = writer_model(ctx, V, END, seed);
        sa_session *session = session_of(ctx, model, ALL_BEAMS);
        list.count = 0;
        list_texts(ctx, model, NULL, 0, 0, &list);
        for (size_t p = 0; p < sizeof penalties / sizeof penalties[0]; p++) {
            sort_texts(&list, penalties[p]);
            sa_beam_args args = args_for(&found, ALL_BEAMS, penalties[p]);
            cr_expect_eq(sa_session_truncate(session, -1, 0), SA_OK);
            cr_assert_eq(sa_beam_search(ctx, session, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
            expect_best(&found, &list, seed, penalties[p]);
        }
        sa_session_destroy(&session);
        sa_model_destroy(&model);
    }
    sa_ctx_destroy(&ctx);
}

/* The best text alone, for which the search may end early. */
Test(beams, one_result_is_the_best_of_many) {
    static struct found many, one;
    sa_ctx *ctx = one_thread();
    for (uint64_t seed = 1; seed < 20; seed++) {
        sa_model *model = writer_model(ctx, V, END, seed);
        sa_session *session = session_of(ctx, model, ALL_BEAMS);
        sa_beam_args args = args_for(&many, ALL_BEAMS, 1);
        cr_assert_eq(sa_beam_search(ctx, session, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
        args = args_for(&one, 0, 1);
        cr_expect_eq(sa_session_truncate(session, -1, 0), SA_OK);
        cr_assert_eq(sa_beam_search(ctx, session, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
        cr_expect(one.counts[0] == many.counts[0] && fabs(one.scores[0] - many.scores[0]) < 1e-6);
        cr_expect_arr_eq(one.generated[0], many.generated[0], (size_t)one.counts[0] * sizeof(int32_t));
        cr_expect(one.counts[1] == -1 && one.generated[1][0] == -1, "nothing is written behind the results");
        sa_session_destroy(&session);
        sa_model_destroy(&model);
    }
    sa_ctx_destroy(&ctx);
}

Test(beams, one_beam_is_greedy) {
    enum { LONG = 12 };
    int32_t beam[LONG], greedy[LONG];
    int64_t beam_count, greedy_count;
    sa_ctx *ctx = one_thread();
    for (uint64_t seed = 1; seed < 10; seed++) {
        sa_model *model = writer_model(ctx, 50, END, seed);
        sa_session *session = session_of(ctx, model, 1);
        const sa_beam_args b = {.struct_size = sizeof b,
                                .tokens = T,
                                .ids = prompt,
                                .max_tokens = LONG,
                                .generated = beam,
                                .counts = &beam_count};
        const sa_generate_args g = {.struct_size = sizeof g,
                                    .tokens = T,
                                    .ids = prompt,
                                    .max_tokens = LONG,
                                    .generated = greedy,
                                    .counts = &greedy_count};
        cr_assert_eq(sa_beam_search(ctx, session, &b), SA_OK, "%s", sa_ctx_last_error(ctx));
        cr_expect_eq(sa_session_truncate(session, -1, 0), SA_OK);
        EXPECT_GENERATE(ctx, session, &g, SA_OK);
        cr_expect_eq(beam_count, greedy_count);
        cr_expect_arr_eq(beam, greedy, (size_t)greedy_count * sizeof *beam);
        sa_session_destroy(&session);
        sa_model_destroy(&model);
    }
    sa_ctx_destroy(&ctx);
}

/* More beams than texts of one token: the rest stays idle, and results that do not exist are empty. */
Test(beams, fewer_texts_than_results) {
    static struct found found;
    sa_ctx *ctx = one_thread();
    sa_model *model = writer_model(ctx, V, END, 1);
    sa_session *session = session_of(ctx, model, ALL_BEAMS);
    sa_beam_args args = args_for(&found, ALL_BEAMS, 0);
    args.max_tokens = 1;
    cr_assert_eq(sa_beam_search(ctx, session, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
    for (int64_t r = 0; r < ALL_BEAMS; r++) {
        cr_expect_eq(found.counts[r], r < V);
        cr_expect(r < V ? found.scores[r] < 0 : found.scores[r] == -HUGE_VAL);
    }
    sa_session_destroy(&session);
    sa_model_destroy(&model);
    sa_ctx_destroy(&ctx);
}

Test(beams, every_allocation_may_fail) {
    static struct found found;
    for (int64_t at = 0, failures = 1; failures; at++) {
        struct test_allocator allocator = test_allocator_make();
        sa_ctx_options options = {.struct_size = sizeof options, .threads = 1};
        test_allocator_use(&allocator, &options);
        sa_ctx *ctx = ctx_open(&options);
        sa_model *model = writer_model(ctx, V, END, 7);
        sa_session *session = session_of(ctx, model, V);
        sa_beam_args args = args_for(&found, 2, 0);
        allocator.fail_at = allocator.calls + at;
        sa_status status = sa_beam_search(ctx, session, &args);
        failures = allocator.failures;
        cr_expect_eq(status, failures ? SA_ERR_MEMORY : SA_OK, "allocation %lld", (long long)at);
        cr_expect(!failures || strstr(sa_ctx_last_error(ctx), "no memory"), "%s", sa_ctx_last_error(ctx));
        allocator.fail_at = -1;
        cr_expect_eq(sa_session_truncate(session, -1, 0), SA_OK);
        cr_expect_eq(sa_beam_search(ctx, session, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
        sa_session_destroy(&session);
        sa_model_destroy(&model);
        sa_ctx_destroy(&ctx);
        cr_expect(allocator.live == 0 && allocator.faults == 0);
    }
}

Test(beams, logits_have_to_be_finite) {
    static struct found found;
    sa_ctx *ctx = one_thread();
    sa_model *model = model_without_start(ctx, V, 1);
    sa_session *session = session_of(ctx, model, 2);
    const sa_beam_args args = args_for(&found, 1, 0);
    cr_expect_eq(sa_beam_search(ctx, session, &args), SA_ERR_VALUE);
    cr_expect_str_eq(sa_ctx_last_error(ctx), "the logits of beam 0 are not finite");
    sa_session_destroy(&session);
    sa_model_destroy(&model);
    sa_ctx_destroy(&ctx);
}

Test(beams, from_nothing_need_a_start_token) {
    static struct found found;
    sa_ctx *ctx = one_thread();
    sa_model *model = model_without_start(ctx, V, 0);
    sa_session *session = session_of(ctx, model, 2);
    sa_beam_args args = args_for(&found, 1, 0);
    args.tokens = 0, args.ids = NULL;
    cr_expect_eq(sa_beam_search(ctx, session, &args), SA_ERR_VALUE);
    cr_expect_str_eq(sa_ctx_last_error(ctx), "tokens is 0, but the model names no token that a text begins with");
    sa_session_destroy(&session);
    sa_model_destroy(&model);
    sa_ctx_destroy(&ctx);
}

#define REFUSED(change, status, sentence)                                                                              \
    do {                                                                                                               \
        sa_beam_args args = args_for(&found, 1, 0);                                                                    \
        change;                                                                                                        \
        cr_expect_eq(sa_beam_search(ctx, session, &args), status, "%s", sa_ctx_last_error(ctx));                       \
        cr_expect_str_eq(sa_ctx_last_error(ctx), sentence);                                                            \
    } while (0)

Test(beams, refusals) {
    static struct found found;
    sa_ctx *ctx = one_thread();
    sa_model *model = writer_model(ctx, V, END, 1);
    sa_session *session = session_of(ctx, model, 2);
    REFUSED(args.struct_size = 8, SA_ERR_STRUCT_SIZE,
            "sa_beam_args.struct_size is 8, at least 64 is needed; set it to sizeof(sa_beam_args)");
    REFUSED(args.tokens = -1, SA_ERR_VALUE, "tokens is -1, must be at least 0");
    REFUSED(args.tokens = 0, SA_ERR_VALUE, "tokens is 0, but ids is given");
    REFUSED(args.ids = NULL, SA_ERR_NULL, "ids is NULL");
    REFUSED(args.max_tokens = 0, SA_ERR_VALUE, "max_tokens is 0, must be at least 1");
    REFUSED(args.max_tokens = INT64_MAX, SA_ERR_OVERFLOW,
            "2 beams of max_tokens 9223372036854775807 do not fit an address");
    REFUSED(args.results = 3, SA_ERR_VALUE, "results is 3, must be 1 to the session's 2 sequences");
    REFUSED(args.results = -1, SA_ERR_VALUE, "results is -1, must be 1 to the session's 2 sequences");
    REFUSED(args.length_penalty = INFINITY, SA_ERR_VALUE, "length_penalty is inf, must be finite");
    REFUSED(args.early_stopping = 3, SA_ERR_VALUE, "early_stopping is 3, which is no SA_EARLY_STOPPING_...");
    REFUSED(args.early_stopping = -1, SA_ERR_VALUE, "early_stopping is -1, which is no SA_EARLY_STOPPING_...");
    REFUSED(args.generated = NULL, SA_ERR_NULL, "generated is NULL");
    REFUSED(args.counts = NULL, SA_ERR_NULL, "counts is NULL");
    REFUSED(args.stop_token_count = 1, SA_ERR_NULL, "stop_tokens is NULL");
    cr_expect_eq(sa_beam_search(ctx, session, NULL), SA_ERR_NULL);
    cr_expect_eq(sa_beam_search(ctx, NULL, NULL), SA_ERR_NULL);
    sa_session_destroy(&session);
    sa_model_destroy(&model);
    sa_ctx_destroy(&ctx);
}
