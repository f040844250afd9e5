/* What few files combine: small tokenizer.json whose numbers are those of Hugging Face's tokenizers 0.23.1, and orders
 * of steps that are refused.
 * SPDX-License-Identifier: MIT */
#include "support/paths.h"
#include "support/reference.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct folder folder;
static sa_ctx *ctx;

static void make(void) {
    folder = folder_make();
    ctx = ctx_open(NULL);
}

static void clean(void) {
    sa_ctx_destroy(&ctx);
    folder_remove(&folder);
}

TestSuite(combinations, .init = make, .fini = clean);

#define WORDS "\"type\": \"WordLevel\", \"unk_token\": \"?\", \"vocab\": "
#define UNIGRAM                                                                                                        \
    "\"type\": \"Unigram\", \"unk_id\": null, \"vocab\": [[\"a\", -1], [\"ab\", -1], [\"abc\", -9], [\"c\", -1]]"
#define BPE(rest)                                                                                                      \
    "\"type\": \"BPE\", \"byte_fallback\": true, \"merges\": [], \"vocab\": {\"<0x41>\": 0, \"a\": 1}, " rest
#define REPLACE(regex, content)                                                                                        \
    "{\"type\": \"Replace\", \"pattern\": {\"Regex\": \"" regex "\"}, \"content\": \"" content "\"}"
#define SPLIT(regex)                                                                                                   \
    "{\"type\": \"Split\", \"pattern\": {\"Regex\": \"" regex "\"}, \"behavior\": \"Isolated\", \"invert\": false}"
#define ADDED(id, text, left, right)                                                                                   \
    "{\"id\": " id ", \"content\": \"" text "\", \"single_word\": false, \"lstrip\": " left ", \"rstrip\": " right     \
    ", \"normalized\": false, \"special\": false}"
#define FILE_OF(model, added, normalizer, splitter, decoder)                                                           \
    "{\"added_tokens\": [" added "], \"normalizer\": " normalizer ", \"pre_tokenizer\": " splitter                     \
    ", \"decoder\": " decoder ", \"model\": {" model "}}"

static sa_status open_file(const char *json, sa_tokenizer **t) {
    folder_write_text(&folder, "tokenizer.json", json);
    return sa_tokenizer_open(ctx, folder.path, t);
}

/* A library without PCRE2 has no tokenizer of an expression. */
static int is_for_want_of_pcre2(void) {
    return strstr(sa_ctx_last_error(ctx), "built without PCRE2") != NULL;
}

static void expect_numbers(const char *json, const char *text, const int32_t *wanted, int64_t count) {
    sa_tokenizer *t;
    int32_t ids[16] = {0};
    int64_t got;
    if (open_file(json, &t) != SA_OK) {
        cr_expect(is_for_want_of_pcre2(), "%s: %s", json, sa_ctx_last_error(ctx));
        return;
    }
    cr_expect_eq(sa_tokenizer_encode(ctx, t, text, (int64_t)strlen(text), ids, 16, &got), SA_OK, "\"%s\": %s", text,
                 sa_ctx_last_error(ctx));
    cr_expect(got == count && (!count || !memcmp(ids, wanted, (size_t)count * sizeof *ids)),
              "\"%s\": %lld tokens, the first is %d", text, (long long)got, (int)*ids);
    sa_tokenizer_destroy(&t);
}

#define EXPECT_NUMBERS(json, text, ...)                                                                                \
    expect_numbers(json, text, (const int32_t[]){__VA_ARGS__}, sizeof((const int32_t[]){__VA_ARGS__}) / sizeof(int32_t))

/* A token that takes the spaces behind it leaves the tokens that stand in them; a token that takes those before it,
 * too, finds nothing left. */
Test(combinations, added_tokens_in_the_spaces_of_others) {
#define SPACES                                                                                                         \
    FILE_OF(WORDS "{\"?\": 0, \"b\": 1}", ADDED("2", "x", "false", "true") "," ADDED("3", " ", "false", "false"),      \
            "null", "null", "null")
    EXPECT_NUMBERS(SPACES, "x  b", 2, 3, 3, 1);
    EXPECT_NUMBERS(SPACES, "x\n b", 2, 3, 1);
    EXPECT_NUMBERS(SPACES, "x \nb", 2, 3, 0);
#define SPACE(left) FILE_OF(WORDS "{\"?\": 0, \"b\": 1}", ADDED("2", " ", left, "true"), "null", "null", "null")
    EXPECT_NUMBERS(SPACE("false"), "b   b", 1, 2, 2, 2, 1);
    EXPECT_NUMBERS(SPACE("true"), "b   b", 1, 2, 1);
}

Test(combinations, spaces_that_are_tokens_are_not_slow, .timeout = 60) {
    enum { BLANKS = 300000 };
    static char text[BLANKS];
    sa_tokenizer *t;
    int64_t count;
    memset(text, ' ', sizeof text);
    cr_assert_eq(open_file(SPACE("false"), &t), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_assert_eq(sa_tokenizer_encode(ctx, t, text, BLANKS, NULL, 0, &count), SA_OK);
    cr_expect_eq(count, BLANKS);
    sa_tokenizer_destroy(&t);
}

/* Nothing is replaced in a text that a step before has emptied. */
Test(combinations, an_expression_finds_nothing_in_an_empty_text) {
    static const char json[] =
        FILE_OF(WORDS "{\"?\": 0, \"x\": 1}", "",
                "{\"type\": \"Sequence\", \"normalizers\": [{\"type\": \"Strip\", \"strip_left\": true, "
                "\"strip_right\": true}, " REPLACE("y?", "x") "]}",
                "null", "null");
    EXPECT_NUMBERS(json, "y", 1);
    expect_numbers(json, " ", NULL, 0);
}

/* In a set, small digits and fractions of Latin-1 are no part of a word; outside of sets they are. */
Test(combinations, a_set_has_fewer_word_characters) {
#define CUT(regex)                                                                                                     \
    FILE_OF(WORDS "{\"?\": 0, \"a\": 1, \"a\\u00bd\": 2, \"\\u00bd\": 3}", "", "null", SPLIT(regex), "null")
    EXPECT_NUMBERS(CUT("\\\\w+"), "a\xc2\xbd", 2);
    EXPECT_NUMBERS(CUT("[\\\\w]+"), "a\xc2\xbd", 1, 3);
    EXPECT_NUMBERS(CUT("[^\\\\w\\\\s]+"), "a\xc2\xbd", 1, 3);
}

/* No unknown token is asked for where another way is better. */
Test(combinations, an_unknown_character_that_a_better_way_passes) {
    sa_tokenizer *t;
    int64_t count;
    EXPECT_NUMBERS(FILE_OF(UNIGRAM, "", "null", "null", "null"), "ab", 1);
    EXPECT_NUMBERS(FILE_OF(UNIGRAM, "", "null", "null", "null"), "abc", 1, 3);
    cr_assert_eq(open_file(FILE_OF(UNIGRAM, "", "null", "null", "null"), &t), SA_OK);
    cr_expect_eq(sa_tokenizer_encode(ctx, t, "cb", 2, NULL, 0, &count), SA_ERR_TEXT);
    cr_expect(strstr(sa_ctx_last_error(ctx), "the character U+0062, which has no token"), "%s", sa_ctx_last_error(ctx));
    sa_tokenizer_destroy(&t);
}

static void expect_refusal(const char *json, const char *words) {
    sa_tokenizer *t;
    cr_expect_eq(open_file(json, &t), SA_ERR_UNSUPPORTED, "%s", words);
    cr_expect(strstr(sa_ctx_last_error(ctx), words) || is_for_want_of_pcre2(), "\"%s\" lacks \"%s\"",
              sa_ctx_last_error(ctx), words);
    sa_tokenizer_destroy(&t);
}

Test(combinations, bytes_of_characters_with_a_prefix_are_refused) {
    sa_tokenizer *t;
    expect_refusal(FILE_OF(BPE("\"end_of_word_suffix\": \"</w>\""), "", "null", "null", "null"),
                   "model.byte_fallback is true, and characters have a suffix");
    expect_refusal(FILE_OF(BPE("\"continuing_subword_prefix\": \"##\""), "", "null", "null", "null"), "have a prefix");
    cr_expect_eq(open_file(FILE_OF(BPE("\"end_of_word_suffix\": \"\""), "", "null", "null", "null"), &t), SA_OK, "%s",
                 sa_ctx_last_error(ctx));
    sa_tokenizer_destroy(&t);
}

/* A character that becomes no token is in no token's range, unless tokens on both sides of it were merged. */
Test(combinations, what_is_left_out_has_no_place) {
    static const char json[] =
        FILE_OF("\"type\": \"BPE\", \"merges\": [[\"a\", \"b\"]], \"vocab\": {\"a\": 0, \"b\": 1, \"ab\": 2, "
                "\"\u00e9\": 3}",
                "", "null", "null", "null");
    static const char text[] = "xaxxbx\xc3\xa9y\xc3\xa9";
    static const int32_t wanted[] = {2, 3, 3};
    static const int64_t places[] = {1, 5, 6, 8, 9, 11};
    sa_tokenizer *t;
    int32_t ids[8];
    int64_t offsets[16], count;
    cr_assert_eq(open_file(json, &t), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_assert_eq(sa_tokenizer_encode_offsets(ctx, t, text, sizeof text - 1, 0, ids, offsets, 8, &count), SA_OK);
    cr_assert_eq(count, 3);
    cr_expect_arr_eq(ids, wanted, sizeof wanted);
    cr_expect_arr_eq(offsets, places, sizeof places);
    sa_tokenizer_destroy(&t);
}

#define FALLBACK  "{\"type\": \"ByteFallback\"}"
#define CTC       "{\"type\": \"CTC\", \"pad_token\": \"-\", \"word_delimiter_token\": \"|\", \"cleanup\": true}"
#define SUFFIX    "{\"type\": \"BPEDecoder\", \"suffix\": \"</w>\"}"
#define WORDPIECE "{\"type\": \"WordPiece\", \"prefix\": \"##\", \"cleanup\": false}"
#define META      "{\"type\": \"Metaspace\", \"replacement\": \"_\", \"prepend_scheme\": \"always\"}"
#define STRIP     "{\"type\": \"Strip\", \"content\": \" \", \"start\": 1, \"stop\": 0}"
#define FUSE      "{\"type\": \"Fuse\"}"
#define DECODERS(steps)                                                                                                \
    FILE_OF(WORDS "{\"?\": 0, \"h\": 1, \"-\": 2, \"i\": 3}", "", "null", "null",                                      \
            "{\"type\": \"Sequence\", \"decoders\": [" steps "]}")

/* Steps that look at the tokens beside one see them as the vocabulary has them, or are refused. */
Test(combinations, steps_of_a_decoder_that_do_not_fit_are_named) {
    static const char *const refused[][2] = {
        {DECODERS(REPLACE("h", "i") "," CTC), "decoder has the step \"CTC\" after another step"},
        {DECODERS(FALLBACK "," CTC), "decoder has the step \"CTC\" after ByteFallback"},
        {DECODERS(SUFFIX "," SUFFIX), "decoder has the step \"BPEDecoder\" after another step"},
        {DECODERS(CTC "," WORDPIECE), "decoder has the step \"WordPiece\" after CTC"},
        {DECODERS(CTC "," META), "decoder has the step \"Metaspace\" after CTC"},
        {DECODERS(FALLBACK "," WORDPIECE), "decoder has the step \"WordPiece\" after ByteFallback"},
        {DECODERS(FALLBACK "," STRIP), "decoder has the step \"Strip\" after ByteFallback"},
        {DECODERS(FUSE "," STRIP "," STRIP), "decoder has the step \"Strip\" after Strip of a whole text"},
    };
    static const char *const taken[] = {DECODERS(FALLBACK "," META), DECODERS(META "," FALLBACK "," FUSE "," STRIP),
                                        DECODERS(CTC "," FALLBACK "," FUSE)};
    sa_tokenizer *t;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) expect_refusal(refused[i][0], refused[i][1]);
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        cr_expect_eq(open_file(taken[i], &t), SA_OK, "%s", sa_ctx_last_error(ctx));
        sa_tokenizer_destroy(&t);
    }
}

/* CTC leaves "-" out; an expression that matches nothing writes nothing there. */
Test(combinations, a_token_that_is_left_out_stays_out) {
    static const int32_t ids[] = {1, 1, 2, 3};
    sa_tokenizer *t;
    char text[16];
    int64_t bytes;
    if (open_file(DECODERS(CTC "," REPLACE("x?$", "!")), &t) != SA_OK) {
        cr_expect(is_for_want_of_pcre2(), "%s", sa_ctx_last_error(ctx));
        return;
    }
    cr_assert_eq(sa_tokenizer_decode(ctx, t, ids, 4, text, 16, &bytes), SA_OK);
    cr_expect(bytes == 4 && !memcmp(text, "h!i!", 4), "%.*s", (int)bytes, text);
    sa_tokenizer_destroy(&t);
}
