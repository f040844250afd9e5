/* Token numbers against Hugging Face's tokenizers (tests/data/tokenizer/make.js), and the rules of the call.
 * SPDX-License-Identifier: MIT */
#include "support/paths.h"
#include "support/reference.h"
#include "text/characters.h"
#include "text/step/bert_text.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

static sa_tokenizer *open_tokenizer(sa_ctx *ctx) {
    sa_tokenizer *t = NULL;
    cr_assert_eq(sa_tokenizer_open(ctx, data_path("tokenizer"), &t), SA_OK, "%s", sa_ctx_last_error(ctx));
    return t;
}

/* Each variant of a folder's tokenizer.json with its cases. Returns the number of cases. */
static size_t expect_variants(const char *file, const char *cases_file) {
    json_t *variants = json_of(data_path(cases_file));
    sa_ctx *ctx = ctx_open(NULL);
    size_t v, cases = 0;
    const json_t *variant;
    json_array_foreach(variants, v, variant) {
        char *changes = json_dumps(json_object_get(variant, "changes"), JSON_COMPACT);
        sa_tokenizer *t = open_variant(ctx, data_path(file), json_object_get(variant, "changes"));
        cases += expect_ids(ctx, t, json_object_get(variant, "cases"), changes);
        sa_tokenizer_destroy(&t);
        free(changes);
    }
    sa_ctx_destroy(&ctx);
    json_decref(variants);
    return cases;
}

Test(tokenizer, agrees_with_hugging_face) {
    cr_expect_gt(expect_variants("tokenizer/tokenizer.json", "tokenizer/cases.json"), 800);
}

Test(tokenizer, agrees_with_hugging_face_at_byte_level) {
    cr_expect_gt(expect_variants("byte-level/tokenizer.json", "byte-level/cases.json"), 800);
}

Test(tokenizer, knows_its_vocabulary) {
    sa_ctx *ctx = ctx_open(NULL);
    sa_tokenizer *t = open_tokenizer(ctx);
    cr_expect_str_eq(sa_tokenizer_token(t, 0), "[PAD]");
    cr_expect_str_eq(sa_tokenizer_token(t, 2), "[CLS]");
    int64_t size = sa_tokenizer_size(t);
    cr_expect_str_eq(sa_tokenizer_token(t, (int32_t)size - 1), "<right>");
    for (int32_t id = 0; id < size; id++) cr_expect_not_null(sa_tokenizer_token(t, id));
    cr_expect_null(sa_tokenizer_token(t, (int32_t)size));
    cr_expect_null(sa_tokenizer_token(t, -1));
    cr_expect_null(sa_tokenizer_token(NULL, 0));
    cr_expect_eq(sa_tokenizer_size(NULL), 0);
    int32_t id;
    cr_expect_eq(sa_tokenizer_find(t, "[MASK]", &id), SA_OK);
    cr_expect_str_eq(sa_tokenizer_token(t, id), "[MASK]");
    cr_expect_eq(sa_tokenizer_find(t, "##ab", &id), SA_OK);
    cr_expect_str_eq(sa_tokenizer_token(t, id), "##ab");
    cr_expect_eq(sa_tokenizer_find(t, "none", &id), SA_ERR_VALUE);
    cr_expect_eq(id, -1);
    cr_expect_eq(sa_tokenizer_find(t, NULL, &id), SA_ERR_NULL);
    cr_expect_eq(sa_tokenizer_find(t, "a", NULL), SA_ERR_NULL);
    cr_expect_eq(sa_tokenizer_find(NULL, "a", &id), SA_ERR_NULL);
    sa_tokenizer_destroy(&t);
    cr_expect_null(t);
    sa_tokenizer_destroy(&t);
    sa_tokenizer_destroy(NULL);
    sa_ctx_destroy(&ctx);
}

Test(tokenizer, writes_no_more_than_there_is_room) {
    const char text[] = "the cats";
    sa_ctx *ctx = ctx_open(NULL);
    sa_tokenizer *t = open_tokenizer(ctx);
    int32_t all[5], ids[6];
    int64_t count = -1;
    cr_expect_eq(sa_tokenizer_encode(ctx, t, text, 8, NULL, 0, &count), SA_OK);
    cr_assert_eq(count, 5);
    cr_assert_eq(sa_tokenizer_encode(ctx, t, text, 8, all, 5, &count), SA_OK);
    for (int64_t capacity = 1; capacity < 5; capacity++) {
        memset(ids, 0x7f, sizeof ids);
        cr_expect_eq(sa_tokenizer_encode(ctx, t, text, 8, ids, capacity, &count), SA_ERR_TEXT);
        cr_expect_eq(count, 5);
        cr_expect(strstr(sa_ctx_last_error(ctx), "has 5 tokens, ids has room for") != NULL, "%s",
                  sa_ctx_last_error(ctx));
        cr_expect_arr_eq(ids, all, (size_t)capacity * sizeof *ids);
        cr_expect_eq(ids[capacity], 0x7f7f7f7f);
    }
    cr_expect_eq(sa_tokenizer_encode(ctx, t, text, 8, ids, 6, &count), SA_OK);
    cr_expect_eq(count, 5);
    sa_tokenizer_destroy(&t);
    sa_ctx_destroy(&ctx);
}

Test(tokenizer, refuses_wrong_arguments) {
    sa_ctx *ctx = ctx_open(NULL);
    sa_tokenizer *t = open_tokenizer(ctx), *other;
    int32_t id;
    int64_t count;
    cr_expect_eq(sa_tokenizer_encode(NULL, t, "a", 1, &id, 1, &count), SA_ERR_NULL);
    cr_expect_eq(sa_tokenizer_encode(ctx, NULL, "a", 1, &id, 1, &count), SA_ERR_NULL);
    cr_expect_eq(sa_tokenizer_encode(ctx, t, NULL, 1, &id, 1, &count), SA_ERR_NULL);
    cr_expect_eq(sa_tokenizer_encode(ctx, t, "a", 1, NULL, 1, &count), SA_ERR_NULL);
    cr_expect_eq(sa_tokenizer_encode(ctx, t, "a", 1, &id, 1, NULL), SA_ERR_NULL);
    cr_expect_eq(sa_tokenizer_encode(ctx, t, "a", -1, &id, 1, &count), SA_ERR_VALUE);
    cr_expect_eq(sa_tokenizer_encode(ctx, t, "a", 1, &id, -1, &count), SA_ERR_VALUE);
    cr_expect_eq(sa_tokenizer_encode(ctx, t, NULL, 0, NULL, 0, &count), SA_OK);
    cr_expect_eq(count, 2);
    cr_expect_eq(sa_tokenizer_open(NULL, "x", &other), SA_ERR_NULL);
    cr_expect_eq(sa_tokenizer_open(ctx, NULL, &other), SA_ERR_NULL);
    cr_expect_eq(sa_tokenizer_open(ctx, "x", NULL), SA_ERR_NULL);
    cr_expect_eq(sa_tokenizer_open(ctx, data_path("no such file"), &other), SA_ERR_FILE);
    cr_expect_null(other);
    sa_tokenizer_destroy(&t);
    sa_ctx_destroy(&ctx);
}

Test(tokenizer, refuses_what_is_not_utf8) {
    static const struct {
        const char *text;
        int64_t bytes, at;
        const char *byte;
    } wrong[] = {
        {"\xff", 1, 0, "0xff"},
        {"ab\x80", 3, 2, "0x80"},
        {"\xc3\xa9\xc3", 3, 2, "0xc3"},
        {"a\xc0\x80", 3, 1, "0xc0"},
        {"\xe4\xb8", 2, 0, "0xe4"},
        {"ok \xed\xa0\x80", 6, 3, "0xed"},
        {"\xf4\x90\x80\x80", 4, 0, "0xf4"},
        {"[MASK]\xf0\x9f\x98", 9, 6, "0xf0"},
    };
    sa_ctx *ctx = ctx_open(NULL);
    sa_tokenizer *t = open_tokenizer(ctx);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char words[80];
        int64_t count;
        snprintf(words, sizeof words, "not UTF-8 at byte %d, which is %s", (int)wrong[i].at, wrong[i].byte);
        cr_expect_eq(sa_tokenizer_encode(ctx, t, wrong[i].text, wrong[i].bytes, NULL, 0, &count), SA_ERR_TEXT);
        cr_expect(strstr(sa_ctx_last_error(ctx), words) != NULL, "\"%s\" lacks \"%s\"", sa_ctx_last_error(ctx), words);
    }
    sa_tokenizer_destroy(&t);
    sa_ctx_destroy(&ctx);
}

/* Repeats a pattern over the text. */
static void fill(char *text, int bytes, const char *pattern, int period) {
    for (int i = 0; i < bytes; i++) text[i] = pattern[i % period];
}

/* Long words and long runs of marks cost no more than their length. */
Test(tokenizer, is_not_slowed_down_by_hostile_texts, .timeout = 60) {
    enum { BYTES = 2400000 };
    char *text = malloc(BYTES);
    sa_ctx *ctx = ctx_open(NULL);
    sa_tokenizer *t = open_tokenizer(ctx);
    int64_t count;
    fill(text, BYTES, "a", 1);
    cr_expect_eq(sa_tokenizer_encode(ctx, t, text, BYTES, NULL, 0, &count), SA_OK);
    cr_expect_eq(count, 3);
    fill(text, BYTES,
         "\xe3\x80\xae\xf0\x9d\x85\xa5"
         "b",
         8);
    cr_expect_eq(sa_tokenizer_encode(ctx, t, text, BYTES, NULL, 0, &count), SA_OK);
    fill(text, BYTES, "\xe3\x80\xae", 3);
    cr_expect_eq(sa_tokenizer_encode(ctx, t, text, BYTES, NULL, 0, &count), SA_OK);
    fill(text, BYTES, "[", 1);
    cr_expect_eq(sa_tokenizer_encode(ctx, t, text, BYTES, NULL, 0, &count), SA_OK);
    cr_expect_eq(count, BYTES + 2);
    sa_tokenizer_destroy(&t);
    sa_ctx_destroy(&ctx);
    free(text);
}

/* Asking for the length and writing agree for every character, under all rules; and writing stays valid UTF-8. */
Test(tokenizer, normalises_every_character) {
    for (int bits = 0; bits < 16; bits++) {
        const struct bert_rules rules = {bits & 1, bits >> 1 & 1, bits >> 2 & 1, bits >> 3 & 1};
        for (int32_t c = 1; c < 0x110000; c++) {
            if (c == 0xd800) c = 0xe000;
            char text[4], out[32];
            const int64_t bytes = utf8proc_encode_char(c, (utf8proc_uint8_t *)text);
            int64_t length = bert_normalise(&rules, (struct text){text, bytes, NULL}, NULL, NULL);
            /* An assertion is a message to another process: too dear for each of 18 million characters. */
            int right = length <= (int64_t)sizeof out &&
                        bert_normalise(&rules, (struct text){text, bytes, NULL}, out, NULL) == length &&
                        invalid_utf8(out, length) == -1;
            if (!right) cr_assert_fail("U+%04X with rules %d", (unsigned)c, bits);
        }
    }
}
