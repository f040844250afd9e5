/* The tokenizer in a GGUF file: the same as the one it was made of, and settings that contradict each other.
 * SPDX-License-Identifier: MIT */
#include "support/allocator.h"
#include "support/folder.h"
#include "support/gguf_writer.h"
#include "support/paths.h"
#include "support/reference.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { U32 = 4, I32 = 5, F32 = 6, BOOL = 7, TEXT = 8 };
enum { NORMAL = 1, UNKNOWN = 2, CONTROL = 3, USER = 4, BYTE = 6 };

static sa_ctx *ctx;
static struct folder folder;

static void make(void) {
    ctx = ctx_open(NULL);
    folder = folder_make();
}

static void clean(void) {
    folder_remove(&folder);
    sa_ctx_destroy(&ctx);
}

TestSuite(gguf_tokenizer, .init = make, .fini = clean);

static sa_status open_writer(struct gguf_writer *w, sa_tokenizer **t) {
    struct bytes b = gguf_finish(w, 3);
    folder_write(&folder, "x.gguf", b.at, b.size);
    free(b.at);
    return sa_tokenizer_open(ctx, folder.path, t);
}

static sa_tokenizer *opened(struct gguf_writer *w) {
    sa_tokenizer *t = NULL;
    cr_assert_eq(open_writer(w, &t), SA_OK, "%s", sa_ctx_last_error(ctx));
    return t;
}

static void expect_refused(struct gguf_writer *w, sa_status status, const char *words) {
    sa_tokenizer *t;
    cr_expect_eq(open_writer(w, &t), status, "want \"%s\", got \"%s\"", words, sa_ctx_last_error(ctx));
    cr_expect(strstr(sa_ctx_last_error(ctx), words) != NULL, "\"%s\" lacks \"%s\"", sa_ctx_last_error(ctx), words);
    cr_expect_null(t);
}

/* A list of numbers of four bytes. */
static void put_numbers(struct gguf_writer *w, const char *key, uint32_t type, const uint32_t *numbers,
                        uint64_t count) {
    gguf_put_array(w, key, type, count);
    for (uint64_t i = 0; i < count; i++) put_number(&w->settings, numbers[i], 4);
}

/* tests/data/byte-level/tokenizer.json in the words of GGUF. */
static struct gguf_writer byte_level(const char *way) {
    json_t *root = json_of(data_path("byte-level/tokenizer.json")), *model = json_object_get(root, "model");
    const char *texts[1000] = {0}, *text;
    uint32_t kinds[1000];
    uint64_t count = 0;
    size_t i;
    json_t *value;
    struct gguf_writer w = {0};
    json_object_foreach(json_object_get(model, "vocab"), text, value) texts[json_integer_value(value)] = text;
    while (texts[count]) kinds[count++] = NORMAL;
    json_array_foreach(json_object_get(root, "added_tokens"), i, value) {
        const int64_t id = json_integer_value(json_object_get(value, "id"));
        texts[id] = json_string_value(json_object_get(value, "content"));
        kinds[id] = json_is_true(json_object_get(value, "special")) ? CONTROL : USER;
        if ((uint64_t)id >= count) count = (uint64_t)id + 1;
    }
    gguf_put_text(&w, "tokenizer.ggml.model", "gpt2");
    gguf_put_text(&w, "tokenizer.ggml.pre", way);
    gguf_put_array(&w, "tokenizer.ggml.tokens", TEXT, count);
    for (i = 0; i < count; i++) gguf_put_item(&w, texts[i]);
    put_numbers(&w, "tokenizer.ggml.token_type", I32, kinds, count);
    gguf_put_array(&w, "tokenizer.ggml.merges", TEXT, json_array_size(json_object_get(model, "merges")));
    json_array_foreach(json_object_get(model, "merges"), i, value) gguf_put_item(&w, json_string_value(value));
    json_decref(root);
    return w;
}

/* Whether a text has a token that takes away whitespace beside it, or is looked for in normalised text: GGUF has no
 * words for these. */
static int has_other_rules(const char *text) {
    return strstr(text, "[MASK]") || strstr(text, "au lait");
}

/* The cases of the variant of cases.json that cuts words as GGUF's name says. */
static void expect_cases(const char *way, size_t variant) {
    struct gguf_writer w = byte_level(way);
    gguf_put_integer(&w, "tokenizer.ggml.add_bos_token", BOOL, 0);
    sa_tokenizer *t = opened(&w);
    json_t *variants = json_of(data_path("byte-level/cases.json"));
    json_t *cases = json_object_get(json_array_get(variants, variant), "cases"), *chosen = json_array();
    for (size_t i = 0; i < json_array_size(cases); i++) {
        json_t *item = json_array_get(cases, i);
        if (!has_other_rules(json_string_value(json_object_get(item, "text")))) json_array_append(chosen, item);
    }
    cr_expect_gt(expect_ids(ctx, t, chosen, way), 80);
    json_decref(chosen);
    json_decref(variants);
    sa_tokenizer_destroy(&t);
}

Test(gguf_tokenizer, is_the_byte_level_one_that_it_was_made_of) {
    expect_cases("gpt-2", 0);
    expect_cases("llama-bpe", 3);
    expect_cases("qwen2", 4);
    expect_cases("smollm", 6);
}

static int64_t encode(const sa_tokenizer *t, const char *text, int32_t ids[20]) {
    int64_t count = 0;
    cr_assert_eq(sa_tokenizer_encode(ctx, t, text, (int64_t)strlen(text), ids, 20, &count), SA_OK);
    return count;
}

/* Tokens whose merges show where a text was cut. Space is \u0120, newline \u010a. */
static struct gguf_writer telling(const char *way) {
    static const char *const texts[] = {"a",
                                        "1",
                                        "!",
                                        "\xc4\xa0",
                                        "\xc4\x8a",
                                        "11",
                                        "111",
                                        "1111",
                                        "a\xc4\xa0",
                                        "a\304\240a",
                                        "!\xc4\x8a",
                                        "\xc4\xa0\xc4\xa0",
                                        "\xc4\xa0\xc4\xa0\xc4\xa0"};
    static const char *const merges[] = {"1 1",
                                         "11 1",
                                         "111 1",
                                         "a \xc4\xa0",
                                         "a\xc4\xa0 a",
                                         "! \xc4\x8a",
                                         "\xc4\xa0 \xc4\xa0",
                                         "\xc4\xa0\xc4\xa0 \xc4\xa0"};
    enum { TEXTS = sizeof texts / sizeof texts[0], MERGES = sizeof merges / sizeof merges[0] };
    uint32_t kinds[TEXTS];
    struct gguf_writer w = {0};
    for (int i = 0; i < TEXTS; i++) kinds[i] = NORMAL;
    gguf_put_text(&w, "tokenizer.ggml.model", "gpt2");
    gguf_put_text(&w, "tokenizer.ggml.pre", way);
    gguf_put_array(&w, "tokenizer.ggml.tokens", TEXT, TEXTS);
    for (int i = 0; i < TEXTS; i++) gguf_put_item(&w, texts[i]);
    put_numbers(&w, "tokenizer.ggml.token_type", I32, kinds, TEXTS);
    gguf_put_array(&w, "tokenizer.ggml.merges", TEXT, MERGES);
    for (int i = 0; i < MERGES; i++) gguf_put_item(&w, merges[i]);
    gguf_put_integer(&w, "tokenizer.ggml.add_bos_token", BOOL, 0);
    return w;
}

#ifdef SELFATTN_PCRE2
/* What distinguishes newer ways, by their makers' expressions. */
Test(gguf_tokenizer, cuts_words_as_newer_names_say) {
    enum { A_, ONE, MARK, GAP, LINE, ONES2, ONES3, ONES4, A_GAP, A_GAP_A, MARK_LINE, GAPS2, GAPS3 };
    static const struct {
        const char *way, *text;
        int count;
        int32_t ids[6];
    } cases[] = {
        {"gpt-4o", "1111", 2, {ONES3, ONE}},
        {"minimax-m2", "1111", 2, {ONES3, ONE}},
        {"granite-embed-multi-97m", "1111", 2, {ONES3, ONE}},
        {"tiny_aya", "1111", 2, {ONE, ONES3}},
        {"cohere2moe", "11111", 2, {ONES2, ONES3}},
        {"minicpm5", "1111", 2, {ONES3, ONE}},
        {"joyai-llm", "1111", 2, {ONES3, ONE}},
        {"mellum2", "11", 2, {ONE, ONE}},
        {"qwen2", "!\n", 1, {MARK_LINE}},
        {"laguna", "!\n", 2, {MARK, LINE}},
        {"laguna", "11", 2, {ONE, ONE}},
        {"llama-bpe", "   ", 1, {GAPS3}},
        {"jais-2", "   ", 2, {GAPS2, GAP}},
        {"jais-2", "1111", 2, {ONES3, ONE}},
        {"qwen2", "a a", 3, {A_, GAP, A_}},
        {"exaone-moe", "a a", 1, {A_GAP_A}},
        {"exaone-moe", "11", 2, {ONE, ONE}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct gguf_writer w = telling(cases[i].way);
        sa_tokenizer *t = opened(&w);
        int32_t ids[20];
        const int64_t count = encode(t, cases[i].text, ids);
        cr_expect(count == cases[i].count && !memcmp(ids, cases[i].ids, (size_t)count * sizeof *ids),
                  "%s: \"%s\" became %d tokens, the first is %d", cases[i].way, cases[i].text, (int)count, (int)ids[0]);
        sa_tokenizer_destroy(&t);
    }
}
#endif

/* Ways that are not byte-level. */
Test(gguf_tokenizer, names_ways_that_it_does_not_have) {
    static const char *const names[] = {"gemma4", "sarvam-moe", "granite-embed-multi-311m", "whitespace"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char words[80];
        struct gguf_writer w = telling(names[i]);
        snprintf(words, sizeof words, "tokenizer.ggml.pre is \"%s\"; gpt-2, llama-bpe, ", names[i]);
        expect_refused(&w, SA_ERR_UNSUPPORTED, words);
    }
}

Test(gguf_tokenizer, puts_tokens_around_a_text_as_its_flags_say) {
    int32_t ids[20];
    struct gguf_writer w = byte_level("llama-bpe");
    gguf_put_integer(&w, "tokenizer.ggml.bos_token_id", U32, 1);
    sa_tokenizer *t = opened(&w);
    cr_expect_eq(encode(t, "the", ids), 2);
    cr_expect_eq(ids[0], 1);
    sa_tokenizer_destroy(&t);
    w = byte_level("gpt-2");
    gguf_put_integer(&w, "tokenizer.ggml.bos_token_id", U32, 1);
    gguf_put_integer(&w, "tokenizer.ggml.eos_token_id", U32, 3);
    gguf_put_integer(&w, "tokenizer.ggml.add_eos_token", BOOL, 1);
    t = opened(&w);
    cr_expect_eq(encode(t, "the", ids), 2);
    cr_expect_eq(ids[1], 3);
    sa_tokenizer_destroy(&t);
    w = byte_level("llama-bpe");
    expect_refused(&w, SA_ERR_FORMAT, "the setting \"tokenizer.ggml.bos_token_id\" is missing");
    w = byte_level("llama-bpe");
    gguf_put_integer(&w, "tokenizer.ggml.bos_token_id", U32, 100000);
    expect_refused(&w, SA_ERR_FORMAT, "\"tokenizer.ggml.bos_token_id\" is 100000, must be 0 to");
    w = byte_level("gpt-2");
    gguf_put_integer(&w, "tokenizer.ggml.add_bos_token", U32, 1);
    expect_refused(&w, SA_ERR_FORMAT, "\"tokenizer.ggml.add_bos_token\" is a 32-bit integer, must be a flag");
}

Test(gguf_tokenizer, has_the_chat_template_of_its_file) {
    struct gguf_writer w = byte_level("gpt-2");
    sa_tokenizer *t = opened(&w);
    cr_expect_null(sa_tokenizer_chat_template(t));
    cr_expect_null(sa_tokenizer_chat_template(NULL));
    sa_tokenizer_destroy(&t);
    w = byte_level("gpt-2");
    gguf_put_text(&w, "tokenizer.chat_template", "{{ bos_token }}");
    t = opened(&w);
    cr_expect_str_eq(sa_tokenizer_chat_template(t), "{{ bos_token }}");
    sa_tokenizer_destroy(&t);
    w = byte_level("gpt-2");
    gguf_put_text(&w, "tokenizer.chat_template", "a\xff");
    expect_refused(&w, SA_ERR_FORMAT, "\"tokenizer.chat_template\" is not UTF-8");
    w = byte_level("gpt-2");
    gguf_put_integer(&w, "tokenizer.chat_template", U32, 1);
    expect_refused(&w, SA_ERR_FORMAT, "\"tokenizer.chat_template\" is a 32-bit integer, must be");
}

/* Llama's order of tokens, with these pieces from number 259 on and another control token at the end. */
static const struct {
    const char *text;
    float score;
} pieces[] = {{"\xe2\x96\x81", -9},
              {"a", -9},
              {"b", -9},
              {"ab", -1},
              {"\xe2\x96\x81"
               "a",
               -0.5f},
              {"<|end|>", 0}};
enum { SPACE = 259, A, B, AB, SPACE_A, END, TOKENS };

struct scored_file {
    char texts[TOKENS][16];
    uint32_t kinds[TOKENS];
    float scores[TOKENS];
};

static struct scored_file scored_file(void) {
    struct scored_file f = {.texts = {"<unk>", "<s>", "</s>"}, .kinds = {UNKNOWN, CONTROL, CONTROL}};
    for (int i = 0; i < 256; i++) {
        snprintf(f.texts[3 + i], sizeof f.texts[0], "<0x%02X>", (unsigned)i);
        f.kinds[3 + i] = BYTE;
    }
    for (int i = 0; i < TOKENS - SPACE; i++) {
        snprintf(f.texts[SPACE + i], sizeof f.texts[0], "%s", pieces[i].text);
        f.kinds[SPACE + i] = SPACE + i == END ? CONTROL : NORMAL;
        f.scores[SPACE + i] = pieces[i].score;
    }
    return f;
}

static struct gguf_writer write_scored(const struct scored_file *f) {
    struct gguf_writer w = {0};
    uint32_t bits[TOKENS];
    memcpy(bits, f->scores, sizeof bits);
    gguf_put_text(&w, "tokenizer.ggml.model", "llama");
    gguf_put_array(&w, "tokenizer.ggml.tokens", TEXT, TOKENS);
    for (int i = 0; i < TOKENS; i++) gguf_put_item(&w, f->texts[i]);
    put_numbers(&w, "tokenizer.ggml.token_type", I32, f->kinds, TOKENS);
    put_numbers(&w, "tokenizer.ggml.scores", F32, bits, TOKENS);
    gguf_put_integer(&w, "tokenizer.ggml.bos_token_id", U32, 1);
    return w;
}

static void expect_numbers(const sa_tokenizer *t, const char *text, int count, const int32_t *wanted) {
    int32_t ids[20];
    cr_expect(encode(t, text, ids) == count && !memcmp(ids, wanted, (size_t)count * sizeof *ids), "\"%s\"", text);
}

#define EXPECT_IDS(t, text, ...)                                                                                       \
    expect_numbers(t, text, sizeof((int32_t[]){__VA_ARGS__}) / sizeof(int32_t), (const int32_t[]){__VA_ARGS__})

Test(gguf_tokenizer, goes_by_scores) {
    const struct scored_file f = scored_file();
    struct gguf_writer w = write_scored(&f);
    sa_tokenizer *t = opened(&w);
    EXPECT_IDS(t, "", 1);
    EXPECT_IDS(t, "a", 1, SPACE_A);
    EXPECT_IDS(t, "bab", 1, SPACE, B, AB);
    EXPECT_IDS(t, "ab a", 1, SPACE_A, B, SPACE_A);
    EXPECT_IDS(t, "c", 1, SPACE, 3 + 'c');
    EXPECT_IDS(t, "a<|end|>a</s>", 1, SPACE_A, END, SPACE_A, 2);
    cr_expect_str_eq(sa_tokenizer_token(t, SPACE_A), " a");
    char text[20];
    int64_t bytes;
    cr_assert_eq(sa_tokenizer_decode(ctx, t, (const int32_t[]){1, SPACE_A, END, SPACE, B}, 5, text, 20, &bytes), SA_OK);
    cr_expect(bytes == 3 && !memcmp(text, "a b", 3));
    sa_tokenizer_destroy(&t);
    w = write_scored(&f);
    gguf_put_integer(&w, "tokenizer.ggml.add_space_prefix", BOOL, 0);
    gguf_put_integer(&w, "tokenizer.ggml.add_bos_token", BOOL, 0);
    t = opened(&w);
    EXPECT_IDS(t, "ab a", AB, SPACE_A);
    sa_tokenizer_destroy(&t);
}

Test(gguf_tokenizer, refuses_scored_tokens_that_make_no_sense) {
    struct scored_file f = scored_file();
    struct gguf_writer w;
    f.scores[7] = NAN;
    w = write_scored(&f);
    expect_refused(&w, SA_ERR_FORMAT, "x.gguf: token 7 has a score that is not finite");
    f = scored_file();
    strcpy(f.texts[4], "x");
    w = write_scored(&f);
    expect_refused(&w, SA_ERR_FORMAT, "token 4 is not that of a byte");
    f = scored_file();
    strcpy(f.texts[A], "b");
    w = write_scored(&f);
    expect_refused(&w, SA_ERR_FORMAT, "token \"b\" has two numbers");
    f = scored_file();
    strcpy(f.texts[A], "\xff");
    w = write_scored(&f);
    expect_refused(&w, SA_ERR_FORMAT, "token 260 is not UTF-8");
    gguf_put_text(&w, "tokenizer.ggml.model", "llama");
    gguf_put_array(&w, "tokenizer.ggml.tokens", TEXT, 1);
    gguf_put_item(&w, "a");
    put_numbers(&w, "tokenizer.ggml.scores", F32, (const uint32_t[]){0}, 1);
    expect_refused(&w, SA_ERR_FORMAT, "token 1 is missing");
    gguf_put_text(&w, "tokenizer.ggml.model", "llama");
    gguf_put_array(&w, "tokenizer.ggml.tokens", TEXT, 0);
    expect_refused(&w, SA_ERR_FORMAT, "\"tokenizer.ggml.scores\" is missing");
}

Test(gguf_tokenizer, refuses_settings_that_contradict_each_other) {
    struct gguf_writer w = byte_level("gpt-17");
    expect_refused(&w, SA_ERR_UNSUPPORTED, "tokenizer.ggml.pre is \"gpt-17\"; gpt-2, llama-bpe, qwen2, ");
    w = byte_level("gpt-2");
    put_numbers(&w, "tokenizer.ggml.scores", F32, (const uint32_t[]){0}, 1);
    expect_refused(&w, SA_ERR_FORMAT, "but \"tokenizer.ggml.scores\" has 1 items");
    gguf_put_text(&w, "tokenizer.ggml.model", "rwkv");
    gguf_put_array(&w, "tokenizer.ggml.tokens", TEXT, 0);
    expect_refused(&w, SA_ERR_UNSUPPORTED, "tokenizer.ggml.model is \"rwkv\"; llama, gpt2, t5 and bert are supported");
    expect_refused(&w, SA_ERR_FORMAT, "the setting \"tokenizer.ggml.model\" is missing");
    gguf_put_text(&w, "tokenizer.ggml.model", "gpt2");
    expect_refused(&w, SA_ERR_FORMAT, "the setting \"tokenizer.ggml.tokens\" is missing");
    static const char *const merges[] = {"", " ", "a", "a ", " a", "a c", "x b", "a b c"};
    for (size_t i = 0; i < sizeof merges / sizeof merges[0]; i++) {
        gguf_put_text(&w, "tokenizer.ggml.model", "gpt2");
        gguf_put_text(&w, "tokenizer.ggml.pre", "gpt-2");
        gguf_put_array(&w, "tokenizer.ggml.tokens", TEXT, 3);
        gguf_put_item(&w, "a");
        gguf_put_item(&w, "b");
        gguf_put_item(&w, "ab");
        gguf_put_array(&w, "tokenizer.ggml.merges", TEXT, 2);
        gguf_put_item(&w, "a b");
        gguf_put_item(&w, merges[i]);
        expect_refused(&w, SA_ERR_FORMAT, "is not two tokens that join to a token");
    }
}

Test(gguf_tokenizer, gives_back_what_it_took_when_an_allocation_fails) {
    const struct scored_file f = scored_file();
    for (int scored = 0; scored < 2; scored++) {
        struct gguf_writer w = scored ? write_scored(&f) : byte_level("gpt-2");
        struct bytes b = gguf_finish(&w, 3);
        folder_write(&folder, "x.gguf", b.at, b.size);
        free(b.at);
        for (int64_t n = 0, failed = 1; failed; n++) {
            struct test_allocator allocator = test_allocator_make();
            sa_ctx_options options = {.struct_size = sizeof options, .threads = 1};
            sa_tokenizer *t = NULL;
            test_allocator_use(&allocator, &options);
            sa_ctx *other = ctx_open(&options);
            allocator.fail_at = allocator.calls + n;
            sa_status status = sa_tokenizer_open(other, folder.path, &t);
            failed = allocator.failures > 0;
            cr_expect_eq(status, failed ? SA_ERR_MEMORY : SA_OK, "%s", sa_ctx_last_error(other));
            sa_tokenizer_destroy(&t);
            sa_ctx_destroy(&other);
            cr_expect_eq(allocator.live, 0);
            cr_expect_eq(allocator.faults, 0);
        }
    }
}

/* No byte can be changed into something that crashes or takes memory without bound. */
Test(gguf_tokenizer, survives_changed_bytes) {
    static const unsigned char with[] = {0, 0x80, 0xff};
    const struct scored_file f = scored_file();
    for (int scored = 0; scored < 2; scored++) {
        struct gguf_writer w = scored ? write_scored(&f) : byte_level("gpt-2");
        struct bytes b = gguf_finish(&w, 3);
        for (size_t at = 0; at < b.size; at += at < 200 ? 1 : 13)
            for (size_t i = 0; i < sizeof with; i++) {
                struct test_allocator allocator = test_allocator_make();
                sa_ctx_options options = {.struct_size = sizeof options, .threads = 1};
                const unsigned char right = b.at[at];
                sa_tokenizer *t;
                test_allocator_use(&allocator, &options);
                sa_ctx *other = ctx_open(&options);
                allocator.most_bytes = 1000000;
                b.at[at] = with[i];
                folder_write(&folder, "x.gguf", b.at, b.size);
                sa_status status = sa_tokenizer_open(other, folder.path, &t);
                if (status != SA_OK && status != SA_ERR_FORMAT && status != SA_ERR_UNSUPPORTED)
                    cr_assert_fail("byte %zu is %d: %s", at, with[i], sa_ctx_last_error(other));
                sa_tokenizer_destroy(&t);
                sa_ctx_destroy(&other);
                if (allocator.live) cr_assert_fail("byte %zu is %d", at, with[i]);
                b.at[at] = right;
            }
        free(b.at);
    }
}
