/* Where tokens stand in a text: sa_tokenizer_encode_offsets().
 * SPDX-License-Identifier: MIT */
#include "kinds.h"
#include "support/paths.h"
#include "support/reference.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <string.h>

static int32_t ids[KINDS_MOST_TOKENS];
static int64_t offsets[KINDS_MOST_TOKENS][2];

struct range {
    int64_t first, last;
};

/* Tokens have the space before a word or not, as the tokenizer's kind is; so has the reference. */
static struct range without_space(const char *text, struct range r) {
    while (r.first < r.last && isspace((unsigned char)text[r.first])) r.first++;
    while (r.last > r.first && isspace((unsigned char)text[r.last - 1])) r.last--;
    return r;
}

static int64_t encode(sa_ctx *ctx, const sa_tokenizer *t, const char *text, int64_t bytes, int32_t flags) {
    int64_t count;
    cr_assert_eq(sa_tokenizer_encode_offsets(ctx, t, text, bytes, flags, ids, offsets[0], KINDS_MOST_TOKENS, &count),
                 SA_OK, "%s", sa_ctx_last_error(ctx));
    return count;
}

/* Whether a byte is not the first of a character. */
static int continues(char c) {
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* For the reference, a space that was put in front of a text stands for the text's first character. Here it stands for
 * nothing, as does a token of it alone. And the reference gives a token of bytes all bytes of the character, or of the
 * run of unknown ones. */
static void expect_ranges(sa_ctx *ctx, const sa_tokenizer *t, const char *name, const char *text, const json_t *want) {
    const int64_t count = encode(ctx, t, text, (int64_t)strlen(text), SA_ENCODE_NO_TEMPLATE);
    cr_assert_eq((size_t)(2 * count), json_array_size(want), "%s: %s", name, text);
    for (int64_t i = 0; i < count; i++) {
        const struct range whole = {json_integer_value(json_array_get(want, (size_t)(2 * i))),
                                    json_integer_value(json_array_get(want, (size_t)(2 * i + 1)))},
                           r = without_space(text, whole),
                           got = without_space(text, (struct range){offsets[i][0], offsets[i][1]});
        const int is_same = got.first == r.first && got.last == r.last,
                  is_nothing = got.first == got.last && got.first == r.first,
                  is_part = got.first >= r.first && got.last <= r.last && got.first < got.last &&
                            (got.last == got.first + 1 || continues(text[got.first]) || continues(text[got.last]));
        cr_expect(is_same || is_nothing || is_part, "%s: token %lld of \"%s\" is at %lld to %lld, not %lld to %lld",
                  name, (long long)i, text, (long long)got.first, (long long)got.last, (long long)r.first,
                  (long long)r.last);
    }
}

Test(offsets, agree_with_hugging_face) {
    json_t *kinds = json_of(data_path("tokenizers/kinds.json")), *known = json_of(data_path("tokenizers/offsets.json"));
    const json_t *texts = json_object_get(known, "texts"), *all = json_object_get(known, "kinds");
    sa_ctx *ctx = ctx_open(NULL);
    const char *name;
    json_t *kind;
    cr_assert_eq(json_object_size(all), json_object_size(kinds));
    json_object_foreach(kinds, name, kind) {
        sa_tokenizer *t = kinds_open(ctx, name, kind);
        for (size_t i = 0; t && i < json_array_size(texts); i++)
            expect_ranges(ctx, t, name, json_string_value(json_array_get(texts, i)),
                          json_array_get(json_object_get(all, name), i));
        sa_tokenizer_destroy(&t);
    }
    sa_ctx_destroy(&ctx);
    json_decref(known);
    json_decref(kinds);
}

/* Tokens of a template stand nowhere, and what does not fit is counted. */
Test(offsets, beside_a_template) {
    static const char text[] = "the  mat";
    json_t *kinds = json_of(data_path("tokenizers/kinds.json"));
    sa_ctx *ctx = ctx_open(NULL);
    sa_tokenizer *t = kinds_open(ctx, "xlm_roberta", json_object_get(kinds, "xlm_roberta"));
    int64_t count = 0, place[2] = {-1, -1};
    const int64_t framed = encode(ctx, t, text, 8, 0);
    cr_assert_gt(framed, 3);
    cr_expect(offsets[0][0] == 0 && offsets[0][1] == 0);
    cr_expect(offsets[framed - 1][0] == 0 && offsets[framed - 1][1] == 0);
    cr_expect(offsets[1][0] == 0 && offsets[framed - 2][1] == 8);
    cr_expect_eq(sa_tokenizer_encode_offsets(ctx, t, text, 8, 0, ids, place, 1, &count), SA_ERR_TEXT);
    cr_expect(count == framed && place[0] == 0 && place[1] == 0);
    cr_expect_eq(sa_tokenizer_encode_offsets(ctx, t, text, 8, 0, NULL, NULL, 0, &count), SA_OK);
    cr_expect_eq(count, framed);
    cr_expect_eq(sa_tokenizer_encode_offsets(ctx, t, text, 8, 0, ids, NULL, KINDS_MOST_TOKENS, &count), SA_OK);
    cr_expect_eq(count, framed);
    sa_tokenizer_destroy(&t);
    sa_ctx_destroy(&ctx);
    json_decref(kinds);
}

Test(offsets, of_hostile_texts) {
    static char text[KINDS_MOST_TEXT];
    json_t *kinds = json_of(data_path("tokenizers/kinds.json")), *kind;
    json_t *fragments = json_load_file(data_path("tokenizers/fragments.json"), JSON_ALLOW_NUL, NULL);
    sa_ctx *ctx = ctx_open(NULL);
    const char *name;
    json_object_foreach(kinds, name, kind) {
        sa_tokenizer *t = kinds_open(ctx, name, kind);
        uint64_t state = 1;
        for (int i = 0; t && i < KINDS_TEXTS; i++) {
            const int64_t bytes = kinds_text(fragments, &state, text);
            cr_assert(kinds_offsets_are_right(ctx, t, text, bytes), "%s: text %d, \"%.*s\"", name, i, (int)bytes, text);
        }
        sa_tokenizer_destroy(&t);
    }
    sa_ctx_destroy(&ctx);
    json_decref(fragments);
    json_decref(kinds);
}
