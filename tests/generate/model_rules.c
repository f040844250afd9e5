/* model_rules of sa_generate() and sa_beam_search() against all texts of a model with so few tokens that they can be
 * counted out, with rules that are written here once more, on probabilities in double.
 * SPDX-License-Identifier: MIT */
#include "writer_model.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { V = 5, N = 3, BEAMS = V * V, START = 1, END = 2, MOST_TEXTS = V * V * V + V * V + V };

/* The rules of a file, in the form in which the oracle has them. */
struct rules {
    const char *file;
    int never[V], not_first[V]; /* by token */
    int forced_first, forced_last, min_new, min_length, no_repeat;
};

static const struct rules cases[] = {
    {"{}", {0}, {0}, -1, -1, 0, 0, 0},
    {"{\"suppress_tokens\": [3, 400]}", {0, 0, 0, 1, 0}, {0}, -1, -1, 0, 0, 0},
    {"{\"bad_words_ids\": [[0], [4]]}", {1, 0, 0, 0, 1}, {0}, -1, -1, 0, 0, 0},
    {"{\"begin_suppress_tokens\": [2, 4]}", {0}, {0, 0, 1, 0, 1}, -1, -1, 0, 0, 0},
    {"{\"forced_bos_token_id\": 3}", {0}, {0}, 3, -1, 0, 0, 0},
    {"{\"forced_bos_token_id\": 3, \"begin_suppress_tokens\": [3, 0]}", {0}, {1, 0, 0, 1, 0}, 3, -1, 0, 0, 0},
    {"{\"forced_eos_token_id\": 2, \"suppress_tokens\": [2]}", {0, 0, 1, 0, 0}, {0}, -1, 2, 0, 0, 0},
    {"{\"min_new_tokens\": 2}", {0}, {0}, -1, -1, 2, 0, 0},
    {"{\"min_length\": 3}", {0}, {0}, -1, -1, 0, 3, 0},
    {"{\"min_length\": 5}", {0}, {0}, -1, -1, 0, 5, 0},
    {"{\"no_repeat_ngram_size\": 1}", {0}, {0}, -1, -1, 0, 0, 1},
    {"{\"no_repeat_ngram_size\": 2}", {0}, {0}, -1, -1, 0, 0, 2},
    {"{\"no_repeat_ngram_size\": 9}", {0}, {0}, -1, -1, 0, 0, 9},
};

struct text {
    int32_t id[N];
    int64_t count;
    double sum;
};

struct list {
    struct text text[MOST_TEXTS];
    int64_t count;
};

/* Whether the text's last `size` tokens stand in it before, too. */
static int ends_with_repetition(const int32_t *text, int64_t count, int64_t size) {
    for (int64_t begin = 0; begin + size < count; begin++)
        if (!memcmp(text + begin, text + count - size, (size_t)size * sizeof *text)) return 1;
    return 0;
}

/* `text` [prompt + made] with one token more; the model's own probability of that is exp(own). */
static double probability(const struct rules *r, const int32_t *text, int64_t prompt, int64_t made, double own) {
    const int32_t id = text[prompt + made];
    const int begins = r->forced_first >= 0 && prompt == 1;
    if (begins && made == 0) return id == r->forced_first ? 0 : -HUGE_VAL;
    if (r->forced_last >= 0 && made == N - 1) return id == r->forced_last ? 0 : -HUGE_VAL;
    if (r->never[id] || (made == begins && r->not_first[id])) return -HUGE_VAL;
    if (id == END && (made < r->min_new || prompt + made < r->min_length)) return -HUGE_VAL;
    if (r->no_repeat && ends_with_repetition(text, prompt + made + 1, r->no_repeat)) return -HUGE_VAL;
    return own;
}

static void list_texts(sa_ctx *ctx, const sa_model *model, const struct rules *r, const int32_t *text, int64_t prompt,
                       int64_t made, double sum, struct list *list) {
    int32_t longer[4 + N];
    float logits[V];
    double total = 0;
    memcpy(longer, text, (size_t)(prompt + made) * sizeof *text);
    logits_after(ctx, model, text, prompt + made, logits);
    for (int i = 0; i < V; i++) total += exp((double)logits[i]);
    for (int32_t id = 0; id < V; id++) {
        longer[prompt + made] = id;
        const double next = sum + probability(r, longer, prompt, made, (double)logits[id] - log(total));
        if (next == -HUGE_VAL) continue;
        if (id != END && made + 1 < N) {
            list_texts(ctx, model, r, longer, prompt, made + 1, next, list);
            continue;
        }
        struct text *t = &list->text[list->count++];
        *t = (struct text){.count = made + 1, .sum = next};
        memcpy(t->id, longer + prompt, (size_t)(made + 1) * sizeof *longer);
    }
}

static int compare(const void *left, const void *right) {
    const struct text *a = left, *b = right;
    return a->sum < b->sum ? 1 : a->sum > b->sum ? -1 : 0;
}

/* Greedy: from the prompt on the most probable token. */
static void greedy(sa_ctx *ctx, const sa_model *model, const struct rules *r, const int32_t *prompt, int64_t count,
                   struct text *t) {
    int32_t text[4 + N];
    memcpy(text, prompt, (size_t)count * sizeof *text);
    for (t->count = 0; t->count < N;) {
        float logits[V];
        double best = -HUGE_VAL;
        int32_t chosen = -1;
        logits_after(ctx, model, text, count + t->count, logits);
        for (int32_t id = 0; id < V; id++) {
            text[count + t->count] = id;
            const double p = probability(r, text, count, t->count, (double)logits[id]);
            if (p > best) best = p, chosen = id;
        }
        text[count + t->count] = t->id[t->count] = chosen;
        t->count++;
        if (chosen == END) return;
    }
}

static void expect_beams(sa_ctx *ctx, const sa_model *model, const struct rules *r, const int32_t *prompt, int64_t T,
                         int start_is_given) {
    static struct list list;
    static int32_t generated[BEAMS][N];
    int64_t counts[BEAMS];
    double scores[BEAMS];
    list.count = 0;
    list_texts(ctx, model, r, prompt, T, 0, 0, &list);
    qsort(list.text, (size_t)list.count, sizeof list.text[0], compare);
    sa_session *session = session_of(ctx, model, BEAMS);
    const sa_beam_args args = {.struct_size = sizeof args,
                               .tokens = start_is_given ? T : 0,
                               .ids = start_is_given ? prompt : NULL,
                               .max_tokens = N,
                               .results = BEAMS,
                               .generated = generated[0],
                               .counts = counts,
                               .scores = scores,
                               .model_rules = 1};
    cr_assert_eq(sa_beam_search(ctx, session, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
    for (int64_t b = 0; b < BEAMS; b++) {
        const struct text *t = &list.text[b];
        if (b >= list.count) {
            cr_expect_eq(counts[b], 0, "%s: text %d is one too many", r->file, (int)b);
            continue;
        }
        cr_expect(counts[b] == t->count && fabs(scores[b] - t->sum) < 1e-5 * (1 + fabs(t->sum)) &&
                      !memcmp(generated[b], t->id, (size_t)t->count * sizeof t->id[0]),
                  "%s: text %d has score %.7f, want %.7f", r->file, (int)b, scores[b], t->sum);
    }
    sa_session_destroy(&session);
}

static void expect_greedy(sa_ctx *ctx, const sa_model *model, const struct rules *r, const int32_t *prompt, int64_t T,
                          int start_is_given) {
    struct text want;
    int32_t generated[N];
    int64_t count;
    greedy(ctx, model, r, prompt, T, &want);
    sa_session *session = session_of(ctx, model, 1);
    const sa_generate_args args = {.struct_size = sizeof args,
                                   .tokens = start_is_given ? T : 0,
                                   .ids = start_is_given ? prompt : NULL,
                                   .max_tokens = N,
                                   .generated = generated,
                                   .counts = &count,
                                   .model_rules = 1};
    EXPECT_GENERATE(ctx, session, &args, SA_OK);
    cr_expect_eq(count, want.count, "%s", r->file);
    cr_expect_arr_eq(generated, want.id, (size_t)want.count * sizeof *generated, "%s", r->file);
    sa_session_destroy(&session);
}

Test(model_rules, are_obeyed_by_beams_and_greedy) {
    static const int32_t prompt[] = {START, 3, 3};
    sa_ctx *ctx = one_thread();
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++)
        for (uint64_t seed = 1; seed < 4; seed++) {
            sa_model *model = ruled_model(ctx, V, END, seed, cases[c].file);
            expect_beams(ctx, model, &cases[c], prompt, 1, 0);
            expect_greedy(ctx, model, &cases[c], prompt, 1, 0);
            expect_greedy(ctx, model, &cases[c], prompt, 1, 1);
            expect_beams(ctx, model, &cases[c], prompt, 3, 1);
            expect_greedy(ctx, model, &cases[c], prompt, 3, 1);
            sa_model_destroy(&model);
        }
    sa_ctx_destroy(&ctx);
}

/* A second call goes on with a text: its first token is not the text's first one. */
Test(model_rules, know_what_the_session_has) {
    int32_t generated[1];
    int64_t count;
    sa_ctx *ctx = one_thread();
    sa_model *model = ruled_model(ctx, V, -1, 1, "{\"forced_bos_token_id\": 3, \"suppress_tokens\": [3]}");
    sa_session *session = session_of(ctx, model, 1);
    const sa_generate_args args = {
        .struct_size = sizeof args, .max_tokens = 1, .generated = generated, .counts = &count, .model_rules = 1};
    EXPECT_GENERATE(ctx, session, &args, SA_OK);
    cr_expect_eq(generated[0], 3);
    EXPECT_GENERATE(ctx, session, &args, SA_OK);
    cr_expect_neq(generated[0], 3);
    sa_session_destroy(&session);
    sa_model_destroy(&model);
    sa_ctx_destroy(&ctx);
}

/* A text is cut off where the session has no more room. */
Test(model_rules, force_the_end_where_the_room_ends) {
    enum { ROOM = 20 };
    int32_t generated[100];
    int64_t count;
    sa_ctx *ctx = one_thread();
    sa_model *model = ruled_model(ctx, V, -1, 1, "{\"forced_eos_token_id\": 4, \"suppress_tokens\": [4]}");
    const sa_session_config config = {.struct_size = sizeof config, .batch = 1, .capacity = ROOM};
    sa_session *session;
    cr_assert_eq(sa_session_create(ctx, model, &config, &session), SA_OK, "%s", sa_ctx_last_error(ctx));
    const sa_generate_args g = {
        .struct_size = sizeof g, .max_tokens = 100, .generated = generated, .counts = &count, .model_rules = 1};
    EXPECT_GENERATE(ctx, session, &g, SA_OK);
    cr_expect_eq(count, ROOM);
    for (int64_t i = 0; i < count; i++) cr_expect_eq(generated[i] == 4, i == count - 1, "token %d", (int)i);
    cr_expect_eq(sa_session_truncate(session, -1, 0), SA_OK);
    const sa_beam_args b = {
        .struct_size = sizeof b, .max_tokens = 100, .generated = generated, .counts = &count, .model_rules = 1};
    cr_assert_eq(sa_beam_search(ctx, session, &b), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_expect_eq(count, ROOM);
    for (int64_t i = 0; i < count; i++) cr_expect_eq(generated[i] == 4, i == count - 1, "token %d", (int)i);
    sa_session_destroy(&session);
    sa_model_destroy(&model);
    sa_ctx_destroy(&ctx);
}

static void refuse_reserved(sa_ctx *ctx, sa_session *session) {
    int32_t generated[N];
    int64_t count;
    const sa_generate_args args = {
        .struct_size = sizeof args, .max_tokens = N, .generated = generated, .counts = &count, .reserved = 7};
    EXPECT_GENERATE(ctx, session, &args, SA_ERR_VALUE);
    cr_expect_str_eq(sa_ctx_last_error(ctx), "reserved is 7, must be 0");
}

static void refuse(sa_ctx *ctx, sa_session *session, int32_t rules, const char *sentence) {
    int32_t generated[N];
    int64_t count;
    const sa_beam_args b = {
        .struct_size = sizeof b, .max_tokens = N, .generated = generated, .counts = &count, .model_rules = rules};
    const sa_generate_args g = {
        .struct_size = sizeof g, .max_tokens = N, .generated = generated, .counts = &count, .model_rules = rules};
    EXPECT_GENERATE(ctx, session, &g, SA_ERR_VALUE);
    cr_expect_str_eq(sa_ctx_last_error(ctx), sentence);
    cr_expect_eq(sa_beam_search(ctx, session, &b), SA_ERR_VALUE);
    cr_expect_str_eq(sa_ctx_last_error(ctx), sentence);
}

Test(model_rules, refusals) {
    static const char *const files[] = {"{\"forced_bos_token_id\": 5}", "{\"forced_eos_token_id\": 5}"};
    static const char *const sentences[] = {
        "model_rules is 1, but forced_bos_token_id is 5, and the model has 5 tokens",
        "model_rules is 1, but forced_eos_token_id is 5, and the model has 5 tokens"};
    sa_ctx *ctx = one_thread();
    for (int i = 0; i < 2; i++) {
        sa_model *model = ruled_model(ctx, V, END, 1, files[i]);
        sa_session *session = session_of(ctx, model, 1);
        refuse(ctx, session, 1, sentences[i]);
        refuse(ctx, session, 2, "model_rules is 2, must be 0 or 1");
        refuse_reserved(ctx, session);
        sa_session_destroy(&session);
        sa_model_destroy(&model);
    }
    sa_ctx_destroy(&ctx);
}
