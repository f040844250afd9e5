/* The rules of sa_tokenizer_decode().
 * SPDX-License-Identifier: MIT */
#include "support/paths.h"
#include "support/reference.h"

#include <criterion/criterion.h>
#include <string.h>

static sa_ctx *ctx;
static sa_tokenizer *tokenizer;

static void make(void) {
    ctx = ctx_open(NULL);
    cr_assert_eq(sa_tokenizer_open(ctx, data_path("tokenizer"), &tokenizer), SA_OK);
}

static void clean(void) {
    sa_tokenizer_destroy(&tokenizer);
    sa_ctx_destroy(&ctx);
}

TestSuite(decode, .init = make, .fini = clean);

Test(decode, writes_no_more_than_there_is_room) {
    static const char wanted[] = "the cats";
    int32_t ids[5];
    int64_t count, bytes = -1;
    char text[10];
    cr_assert_eq(sa_tokenizer_encode(ctx, tokenizer, wanted, 8, ids, 5, &count), SA_OK);
    cr_expect_eq(sa_tokenizer_decode(ctx, tokenizer, ids, count, NULL, 0, &bytes), SA_OK);
    cr_assert_eq(bytes, 8);
    for (int64_t capacity = 1; capacity < 10; capacity++) {
        memset(text, 'x', sizeof text);
        cr_expect_eq(sa_tokenizer_decode(ctx, tokenizer, ids, count, text, capacity, &bytes),
                     capacity < 8 ? SA_ERR_TEXT : SA_OK);
        cr_expect_eq(bytes, 8);
        cr_expect_arr_eq(text, wanted, (size_t)(capacity < 8 ? capacity : 8));
        cr_expect_eq(text[capacity < 8 ? capacity : 8], 'x');
    }
    cr_expect_eq(sa_tokenizer_decode(ctx, tokenizer, ids, count, text, 7, &bytes), SA_ERR_TEXT);
    cr_expect_str_eq(sa_ctx_last_error(ctx), "the text has 8 bytes, there is room for 7");
}

/* The text of the first n tokens is the beginning of the text of all. */
Test(decode, can_be_streamed) {
    static const char words[] = "[CLS] the cat's unbeliev, ca";
    int32_t ids[30];
    int64_t count, all, bytes = 0;
    char text[100], part[100];
    cr_assert_eq(sa_tokenizer_encode(ctx, tokenizer, words, sizeof words - 1, ids, 30, &count), SA_OK);
    cr_assert_eq(sa_tokenizer_decode(ctx, tokenizer, ids, count, text, 100, &all), SA_OK);
    for (int64_t n = 0; n <= count; n++) {
        cr_assert_eq(sa_tokenizer_decode(ctx, tokenizer, ids, n, part, 100, &bytes), SA_OK);
        cr_expect_leq(bytes, all);
        cr_expect_arr_eq(part, text, (size_t)bytes);
    }
    cr_expect_eq(bytes, all);
}

Test(decode, leaves_special_tokens_out) {
    int32_t mask, the;
    int64_t bytes = 0;
    char text[20];
    cr_assert_eq(sa_tokenizer_find(tokenizer, "[MASK]", &mask), SA_OK);
    cr_assert_eq(sa_tokenizer_find(tokenizer, "the", &the), SA_OK);
    const int32_t ids[] = {mask, the, mask, the, mask};
    cr_expect_eq(sa_tokenizer_decode(ctx, tokenizer, ids, 5, text, 20, &bytes), SA_OK);
    cr_expect_eq(bytes, 7);
    cr_expect_arr_eq(text, "the the", 7);
}

Test(decode, refuses_wrong_arguments) {
    const int32_t ids[] = {5, -1, (int32_t)sa_tokenizer_size(tokenizer)};
    int64_t bytes = 0;
    char text[10];
    cr_expect_eq(sa_tokenizer_decode(NULL, tokenizer, ids, 1, text, 10, &bytes), SA_ERR_NULL);
    cr_expect_eq(sa_tokenizer_decode(ctx, NULL, ids, 1, text, 10, &bytes), SA_ERR_NULL);
    cr_expect_eq(sa_tokenizer_decode(ctx, tokenizer, NULL, 1, text, 10, &bytes), SA_ERR_NULL);
    cr_expect_eq(sa_tokenizer_decode(ctx, tokenizer, ids, 1, NULL, 10, &bytes), SA_ERR_NULL);
    cr_expect_eq(sa_tokenizer_decode(ctx, tokenizer, ids, 1, text, 10, NULL), SA_ERR_NULL);
    cr_expect_eq(sa_tokenizer_decode(ctx, tokenizer, ids, -1, text, 10, &bytes), SA_ERR_VALUE);
    cr_expect_eq(sa_tokenizer_decode(ctx, tokenizer, ids, 1, text, -1, &bytes), SA_ERR_VALUE);
    cr_expect_eq(sa_tokenizer_decode(ctx, tokenizer, NULL, 0, NULL, 0, &bytes), SA_OK);
    cr_expect_eq(bytes, 0);
    cr_expect_eq(sa_tokenizer_decode(ctx, tokenizer, ids, 2, text, 10, &bytes), SA_ERR_VALUE);
    cr_expect_str_eq(sa_ctx_last_error(ctx), "ids[1] is -1, which is no token");
    cr_expect_eq(sa_tokenizer_decode(ctx, tokenizer, ids + 2, 1, text, 10, &bytes), SA_ERR_VALUE);
}
