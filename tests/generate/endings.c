/* How texts end, with a model whose every token is dictated through on_logits.
 * SPDX-License-Identifier: MIT */
#include "support/paths.h"
#include "writer_model.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { V = 280, B = 2, N = 6, AB = FIRST_PIECE, CD, EF, X, BYTE = 3 };

static const char *const pieces[] = {"ab", "cd", "ef", " x", NULL};
static const int32_t prompts[B][2] = {{1, AB}, {1, AB}};

/* The tokens that come, sequence by sequence, and what on_token saw. */
struct script {
    const int32_t *tokens[B];
    int64_t at[B];
    int32_t seen[B][N];
    float log_probability;
    int32_t stop_at; /* on_token ends a sequence with this token; -1: none */
};

static void dictate(void *user, int64_t sequence, float *logits, int64_t count) {
    struct script *s = user;
    for (int64_t i = 0; i < count; i++) logits[i] = -INFINITY;
    logits[s->tokens[sequence][s->at[sequence]]] = -3;
}

static int32_t note(void *user, int64_t sequence, int32_t token, float log_probability) {
    struct script *s = user;
    s->seen[sequence][s->at[sequence]++] = token;
    s->log_probability = log_probability;
    return token == s->stop_at;
}

struct bench {
    sa_ctx *ctx;
    sa_model *model;
    sa_tokenizer *tokenizer;
    sa_session *session;
    struct script script;
    sa_generate_args args;
    int32_t generated[B][N], endings[B];
    int64_t counts[B];
};

static void setup(struct bench *b, int64_t capacity) {
    *b = (struct bench){.ctx = one_thread(), .script = {.stop_at = -1}};
    b->model = writer_model(b->ctx, V, 2, 1);
    const sa_session_config config = {.struct_size = sizeof config, .batch = B, .capacity = capacity};
    cr_assert_eq(sa_session_create(b->ctx, b->model, &config, &b->session), SA_OK, "%s", sa_ctx_last_error(b->ctx));
    b->args = (sa_generate_args){.struct_size = sizeof b->args,
                                 .tokens = 2,
                                 .ids = prompts[0],
                                 .max_tokens = N,
                                 .generated = b->generated[0],
                                 .counts = b->counts,
                                 .endings = b->endings,
                                 .on_token = note,
                                 .on_logits = dictate,
                                 .user = &b->script};
}

static void teardown(struct bench *b) {
    sa_session_destroy(&b->session);
    sa_tokenizer_destroy(&b->tokenizer);
    sa_model_destroy(&b->model);
    sa_ctx_destroy(&b->ctx);
}

/* Sequence 0 gets `tokens`, sequence 1 six times " x". */
static void play(struct bench *b, const int32_t *tokens) {
    static const int32_t dull[] = {X, X, X, X, X, X};
    b->script.tokens[0] = tokens;
    b->script.tokens[1] = dull;
    memset(b->script.at, 0, sizeof b->script.at);
    cr_expect_eq(sa_session_truncate(b->session, -1, 0), SA_OK);
    EXPECT_GENERATE(b->ctx, b->session, &b->args, SA_OK);
}

static void expect_end(const struct bench *b, int64_t sequence, int64_t count, int32_t ending, const char *what) {
    cr_expect(b->counts[sequence] == count && b->endings[sequence] == ending,
              "%s: sequence %lld has %lld tokens and ending %d, want %lld and %d", what, (long long)sequence,
              (long long)b->counts[sequence], (int)b->endings[sequence], (long long)count, (int)ending);
    cr_expect_eq(b->script.at[sequence], count, "%s: on_token saw %lld", what, (long long)b->script.at[sequence]);
    cr_expect_arr_eq(b->generated[sequence], b->script.seen[sequence], (size_t)count * sizeof(int32_t));
    /* The last token has not been run. */
    cr_expect_eq(sa_session_length(b->session, sequence), 2 + count - 1);
}

Test(endings, stop_strings_lie_across_tokens) {
    static const struct {
        int32_t tokens[N];
        const char *stop;
        int64_t count; /* 0: it does not stop */
    } cases[] = {
        {{AB, CD, EF, AB, CD, EF}, "bcde", 3},
        {{AB, CD, EF, AB, CD, EF}, "d", 2},
        {{AB, CD, EF, AB, CD, EF}, "ab", 1},
        {{AB, CD, EF, AB, CD, EF}, "efabcdef", 6},
        {{AB, CD, EF, AB, CD, EF}, "fa", 4},
        {{AB, CD, EF, AB, CD, EF}, "ce", 0},
        {{CD, EF, AB, CD, EF, AB}, "abcdab", 0}, /* the prompt's "ab" does not count */
        {{CD, EF, AB, CD, EF, AB}, "abcdefab", 6},
        {{AB, BYTE + 0xc3, BYTE + 0xa9, AB, AB, AB}, "\xC3\xA9", 3}, /* é in two tokens */
        {{BYTE + 'a', BYTE + 'a', BYTE + 'b', AB, AB, AB}, "aab", 3},
        {{BYTE + 'a', AB, AB, AB, AB, AB}, "aab", 2},
        {{X, X, X, X, X, X}, "x x", 2},
        {{AB, 1, CD, AB, AB, AB}, "bc", 3}, /* special tokens have no text */
    };
    struct bench b;
    setup(&b, 0);
    b.tokenizer = piece_tokenizer(b.ctx, pieces);
    b.args.tokenizer = b.tokenizer;
    b.args.stop_string_count = 2;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *stops[] = {"never", cases[i].stop};
        b.args.stop_strings = stops;
        play(&b, cases[i].tokens);
        expect_end(&b, 0, cases[i].count ? cases[i].count : N, cases[i].count ? SA_END_STRING : SA_END_MAX_TOKENS,
                   cases[i].stop);
        if (strcmp(cases[i].stop, "x x") != 0) expect_end(&b, 1, N, SA_END_MAX_TOKENS, cases[i].stop);
    }
    teardown(&b);
}

/* Behind token 1 a word's space is not text, and the first new token stands behind the prompt's last one. */
Test(endings, stop_strings_know_the_prompts_last_token) {
    static const int32_t own[B][2] = {{AB, 1}, {1, AB}}, tokens[] = {X, X, X, X, X, X};
    static const char *const stops[] = {" x"};
    struct bench b;
    setup(&b, 0);
    b.tokenizer = piece_tokenizer(b.ctx, pieces);
    b.args.tokenizer = b.tokenizer;
    b.args.stop_string_count = 1;
    b.args.stop_strings = stops;
    b.args.ids = own[0];
    play(&b, tokens);
    expect_end(&b, 0, 2, SA_END_STRING, "behind token 1");
    expect_end(&b, 1, 1, SA_END_STRING, "behind a word");
    teardown(&b);
}

Test(endings, stop_tokens) {
    static const int32_t tokens[] = {AB, 2, CD, EF, AB, AB}, own[] = {EF, CD};
    struct bench b;
    setup(&b, 0);
    play(&b, tokens); /* 2 is config.json's eos_token_id */
    expect_end(&b, 0, 2, SA_END_TOKEN, "the model's");
    expect_end(&b, 1, N, SA_END_MAX_TOKENS, "the model's");
    b.args.stop_tokens = own;
    b.args.stop_token_count = 2;
    play(&b, tokens);
    expect_end(&b, 0, 3, SA_END_TOKEN, "own");
    b.args.stop_token_count = 0;
    play(&b, tokens);
    expect_end(&b, 0, N, SA_END_MAX_TOKENS, "none");
    teardown(&b);
}

Test(endings, the_caller_ends_one_sequence) {
    static const int32_t tokens[] = {AB, CD, EF, AB, AB, AB};
    struct bench b;
    setup(&b, 0);
    b.script.stop_at = EF;
    play(&b, tokens);
    expect_end(&b, 0, 3, SA_END_CALLER, "cancelled");
    expect_end(&b, 1, N, SA_END_MAX_TOKENS, "goes on");
    cr_expect_eq(b.script.log_probability, 0, "a token that alone is left is certain");
    teardown(&b);
}

Test(endings, no_room_left) {
    static const int32_t tokens[] = {AB, CD, EF, AB, AB, AB};
    struct bench b;
    setup(&b, 5);
    play(&b, tokens); /* two tokens of prompt, three that are run, one that is not */
    expect_end(&b, 0, 4, SA_END_FULL, "capacity 5");
    expect_end(&b, 1, 4, SA_END_FULL, "capacity 5");
    teardown(&b);
}

Test(endings, sequences_without_a_prompt_take_no_part) {
    static const int32_t tokens[] = {AB, CD, EF, AB, AB, AB};
    static const int64_t lengths[] = {0, 2}, none[] = {0, 0};
    struct bench b;
    setup(&b, 0);
    b.args.lengths = lengths;
    play(&b, tokens);
    cr_expect(b.counts[0] == 0 && b.endings[0] == SA_END_NONE && sa_session_length(b.session, 0) == 0);
    expect_end(&b, 1, N, SA_END_MAX_TOKENS, "alone");
    b.args.lengths = none;
    play(&b, tokens);
    cr_expect(b.counts[0] == 0 && b.counts[1] == 0 && b.endings[1] == SA_END_NONE);
    teardown(&b);
}

Test(endings, texts_from_nothing_begin_with_the_start_token) {
    static const int32_t start[B] = {1, 1};
    struct bench b;
    int32_t want[B][N];
    setup(&b, 0);
    b.args.on_token = NULL, b.args.on_logits = NULL, b.args.user = NULL;
    b.args.tokens = 1;
    b.args.ids = start;
    EXPECT_GENERATE(b.ctx, b.session, &b.args, SA_OK);
    memcpy(want, b.generated, sizeof want);
    b.args.tokens = 0;
    b.args.ids = NULL;
    cr_expect_eq(sa_session_truncate(b.session, -1, 0), SA_OK);
    EXPECT_GENERATE(b.ctx, b.session, &b.args, SA_OK);
    cr_expect_arr_eq(b.generated, want, sizeof want);
    teardown(&b);
}

static void spoil(void *user, int64_t sequence, float *logits, int64_t count) {
    for (int64_t i = 0; i < count && sequence == 1; i++) logits[i] = *(float *)user;
}

Test(endings, logits_without_a_choice_are_an_error) {
    float bad[] = {NAN, -INFINITY, INFINITY};
    struct bench b;
    setup(&b, 0);
    b.args.on_token = NULL;
    b.args.on_logits = spoil;
    for (size_t i = 0; i < 3; i++) {
        b.args.user = &bad[i];
        EXPECT_GENERATE(b.ctx, b.session, &b.args, SA_ERR_VALUE);
        cr_expect_str_eq(sa_ctx_last_error(b.ctx),
                         "no token of sequence 1 can be chosen: no logit is finite, or one is "
                         "infinite");
    }
    float good = 0;
    b.args.user = &good;
    EXPECT_GENERATE(b.ctx, b.session, &b.args, SA_OK);
    teardown(&b);
}

Test(endings, texts_from_nothing_need_a_start_token) {
    int32_t written[N];
    int64_t count;
    sa_ctx *ctx = one_thread();
    sa_model *model = model_without_start(ctx, V, 0);
    sa_session *session = session_of(ctx, model, 1);
    const sa_generate_args args = {.struct_size = sizeof args, .max_tokens = N, .generated = written, .counts = &count};
    EXPECT_GENERATE(ctx, session, &args, SA_ERR_VALUE);
    cr_expect_str_eq(sa_ctx_last_error(ctx), "tokens is 0, but the model names no token that a text begins with");
    sa_session_destroy(&session);
    sa_model_destroy(&model);
    sa_ctx_destroy(&ctx);
}

/* Wrong arguments, one at a time. */
#define REFUSED(change, status, sentence)                                                                              \
    do {                                                                                                               \
        sa_generate_args good = b.args;                                                                                \
        change;                                                                                                        \
        EXPECT_GENERATE(b.ctx, b.session, &b.args, status);                                                            \
        cr_expect_str_eq(sa_ctx_last_error(b.ctx), sentence);                                                          \
        b.args = good;                                                                                                 \
    } while (0)

Test(endings, refusals) {
    static const int64_t long_one[] = {1, 3};
    static const int32_t wrong[B][2] = {{1, V}, {1, 1}};
    static const int32_t unknown[] = {2, V}, negative[] = {-1};
    const char *stops[] = {"a", ""}, *missing[] = {NULL}, *latin[] = {"caf\xE9"};
    const sa_sampling hot = {.struct_size = sizeof hot, .temperature = -1};
    struct bench b;
    setup(&b, 0);
    b.tokenizer = piece_tokenizer(b.ctx, pieces);
    REFUSED(b.args.struct_size = 8, SA_ERR_STRUCT_SIZE,
            "sa_generate_args.struct_size is 8, at least 64 is needed; set it to sizeof(sa_generate_args)");
    REFUSED(b.args.tokens = -1, SA_ERR_VALUE, "tokens is -1, must be at least 0");
    REFUSED(b.args.tokens = 0, SA_ERR_VALUE, "tokens is 0, but ids is given");
    REFUSED(b.args.ids = NULL, SA_ERR_NULL, "ids is NULL");
    REFUSED(b.args.lengths = long_one, SA_ERR_VALUE, "lengths[1] is 3, must be 0 to tokens = 2");
    REFUSED(b.args.max_tokens = 0, SA_ERR_VALUE, "max_tokens is 0, must be at least 1");
    REFUSED(b.args.max_tokens = INT64_MAX / 4, SA_ERR_OVERFLOW,
            "2 sequences of max_tokens 2305843009213693951: the outputs do not fit an address");
    REFUSED(b.args.generated = NULL, SA_ERR_NULL, "generated is NULL");
    REFUSED(b.args.counts = NULL, SA_ERR_NULL, "counts is NULL");
    REFUSED(b.args.sampling = &hot, SA_ERR_VALUE, "temperature is -1, must be 0 or more");
    REFUSED(b.args.stop_token_count = 3, SA_ERR_NULL, "stop_tokens is NULL");
    REFUSED(b.args.stop_token_count = -3, SA_ERR_VALUE, "stop_token_count is -3, must be at least 0");
    REFUSED((b.args.stop_tokens = negative, b.args.stop_token_count = 1), SA_ERR_VALUE,
            "stop_tokens[0] is -1, must be 0 to 279");
    REFUSED((b.args.stop_tokens = unknown, b.args.stop_token_count = 2), SA_ERR_VALUE,
            "stop_tokens[1] is 280, must be 0 to 279");
    REFUSED(b.args.stop_string_count = 1, SA_ERR_NULL, "stop_strings is NULL");
    REFUSED(b.args.stop_string_count = -1, SA_ERR_VALUE, "stop_string_count is -1, must be at least 0");
    REFUSED((b.args.stop_strings = stops, b.args.stop_string_count = 1), SA_ERR_NULL,
            "tokenizer, which stop_strings need, is NULL");
    REFUSED((b.args.stop_strings = stops, b.args.stop_string_count = 2), SA_ERR_VALUE, "stop_strings[1] is empty");
    REFUSED((b.args.stop_strings = latin, b.args.stop_string_count = 1), SA_ERR_TEXT,
            "stop_strings[0] is not UTF-8 at byte 3, which is 0xe9");
    REFUSED((b.args.stop_strings = missing, b.args.stop_string_count = 1), SA_ERR_NULL, "stop_strings[0] is NULL");
    EXPECT_GENERATE(b.ctx, b.session, NULL, SA_ERR_NULL);
    EXPECT_GENERATE(b.ctx, NULL, &b.args, SA_ERR_NULL);
    cr_expect_eq(sa_generate(NULL, b.session, &b.args), SA_ERR_NULL);
    b.args.ids = wrong[0];
    EXPECT_GENERATE(b.ctx, b.session, &b.args, SA_ERR_VALUE);
    cr_expect(sa_session_length(b.session, 0) == 0 && sa_session_length(b.session, 1) == 0);
    teardown(&b);
}
