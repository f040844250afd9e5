/* When sa_beam_search() ends, against a search as Transformers describes it, plainly: every beam is read anew for every
 * token.
 * SPDX-License-Identifier: MIT */
#include "writer_model.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { V = 6, T = 4, END = 2, FEW = 3, STEPS = 8 };

static const int32_t prompt[T] = {1, 3, 0, 5};

struct open_text {
    int32_t id[STEPS];
    double sum;
};

struct closed_text {
    struct open_text text;
    int64_t count;
    double score;
};

static int by_sum(const void *left, const void *right) {
    const struct open_text *a = left, *b = right;
    return a->sum < b->sum ? 1 : a->sum > b->sum ? -1 : 0;
}

static int by_score(const void *left, const void *right) {
    const struct closed_text *a = left, *b = right;
    return a->score < b->score ? 1 : a->score > b->score ? -1 : 0;
}

/* All continuations of `beams` texts of `made` tokens, best first. */
static int64_t list_continuations(sa_ctx *ctx, const sa_model *model, const struct open_text *text, int64_t beams,
                                  int64_t made, struct open_text *next) {
    int32_t whole[T + STEPS];
    float logits[V];
    memcpy(whole, prompt, sizeof prompt);
    for (int64_t b = 0; b < beams; b++) {
        double total = 0;
        memcpy(whole + T, text[b].id, sizeof text[b].id);
        logits_after(ctx, model, whole, T + made, logits);
        for (int i = 0; i < V; i++) total += exp((double)logits[i]);
        for (int32_t id = 0; id < V; id++) {
            struct open_text *one = &next[b * V + id];
            *one = text[b];
            one->id[made] = id;
            one->sum += (double)logits[id] - log(total);
        }
    }
    qsort(next, (size_t)(beams * V), sizeof *next, by_sum);
    return beams * V;
}

static int ends_early(int32_t stopping, double penalty, const struct closed_text *closed, int64_t count, double best,
                      int64_t made) {
    if (count < FEW) return 0;
    if (stopping == SA_EARLY_STOPPING_TRUE) return 1;
    const int64_t length = stopping == SA_EARLY_STOPPING_NEVER && penalty > 0 ? STEPS : made;
    return best / pow((double)length, penalty) <= closed[FEW - 1].score;
}

static void search_plainly(sa_ctx *ctx, const sa_model *model, double penalty, int32_t stopping,
                           struct closed_text closed[2 * FEW]) {
    struct open_text beams[FEW] = {{.sum = 0}}, next[FEW * V] = {{.sum = 0}};
    int64_t open = 1, count = 0;
    for (int64_t made = 1; made <= STEPS; made++) {
        const int64_t all = list_continuations(ctx, model, beams, open, made - 1, next);
        open = 0;
        for (int64_t i = 0; i < all; i++) {
            const int ends = next[i].id[made - 1] == END;
            if (i < FEW && (ends || made == STEPS))
                closed[count++] = (struct closed_text){next[i], made, next[i].sum / pow((double)made, penalty)};
            if (!ends && open < FEW) beams[open++] = next[i];
        }
        qsort(closed, (size_t)count, sizeof *closed, by_score);
        count = count < FEW ? count : FEW;
        if (ends_early(stopping, penalty, closed, count, beams[0].sum, made)) return;
    }
}

static void expect_search(sa_ctx *ctx, const sa_model *model, int64_t results, double penalty, int32_t stopping,
                          const struct closed_text *want) {
    int32_t got[FEW][STEPS];
    int64_t counts[FEW];
    double scores[FEW];
    sa_session *session = session_of(ctx, model, FEW);
    const sa_beam_args args = {.struct_size = sizeof args,
                               .tokens = T,
                               .ids = prompt,
                               .max_tokens = STEPS,
                               .results = results,
                               .length_penalty = penalty,
                               .generated = got[0],
                               .counts = counts,
                               .scores = scores,
                               .early_stopping = stopping};
    cr_assert_eq(sa_beam_search(ctx, session, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
    for (int64_t r = 0; r < results; r++)
        cr_expect(counts[r] == want[r].count && fabs(scores[r] - want[r].score) < 1e-5 &&
                      !memcmp(got[r], want[r].text.id, (size_t)counts[r] * sizeof got[r][0]),
                  "early_stopping %d, penalty %g, text %d of %d: score %.7f, want %.7f", (int)stopping, penalty, (int)r,
                  (int)results, scores[r], want[r].score);
    sa_session_destroy(&session);
}

Test(early_stopping, ends_where_transformers_ends) {
    static const double penalties[] = {0, 1, 2, -1};
    int differ[3] = {0};
    sa_ctx *ctx = one_thread();
    for (uint64_t seed = 1; seed < 25; seed++) {
        sa_model *model = writer_model(ctx, V, END, seed);
        for (size_t p = 0; p < sizeof penalties / sizeof penalties[0]; p++) {
            struct closed_text want[3][2 * FEW] = {{{.count = 0}}};
            for (int32_t stopping = SA_EARLY_STOPPING_NEVER; stopping <= SA_EARLY_STOPPING_FALSE; stopping++) {
                search_plainly(ctx, model, penalties[p], stopping, want[stopping]);
                expect_search(ctx, model, FEW, penalties[p], stopping, want[stopping]);
                expect_search(ctx, model, 1, penalties[p], stopping, want[stopping]);
                const struct closed_text *a = &want[0][FEW - 1], *b = &want[stopping][FEW - 1];
                differ[stopping] += a->score > b->score;
            }
        }
        sa_model_destroy(&model);
    }
    sa_ctx_destroy(&ctx);
    cr_expect(differ[SA_EARLY_STOPPING_TRUE] && differ[SA_EARLY_STOPPING_FALSE], "%d, %d searches find less",
              differ[SA_EARLY_STOPPING_TRUE], differ[SA_EARLY_STOPPING_FALSE]);
}
