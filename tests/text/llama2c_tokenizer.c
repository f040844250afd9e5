/* llama2.c's tokenizer: what it does to a text and back, and files that are cut or lie.
 * SPDX-License-Identifier: MIT */
#include "selfattn_models.h"
#include "support/allocator.h"
#include "support/bytes.h"
#include "support/folder.h"
#include "support/paths.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

TestSuite(llama2c_tokenizer, .init = make, .fini = clean);

/* Pieces from number 259 on, with scores that prefer "ab" to "bc", and of equal ones none. */
static const struct {
    const char *text;
    float score;
} pieces[] = {{" ", -9},  {"a", -9},   {"b", -9},     {"c", -9},  {"ab", -1},
              {"bc", -2}, {"abc", -3}, {" a", -0.5f}, {"aa", -1}, {"\xc3\xa9", -9}};
enum { PIECE = 259, SPACE = PIECE, A, B, C, AB, BC, ABC, SPACE_A, AA, E_ACUTE, TOKENS };

static void put_token(struct bytes *b, float score, const char *text, size_t size) {
    put_float(b, score);
    put_number(b, size, 4);
    put_bytes(b, text, size);
}

/* Older files have the character with this number where newer ones have "<0xE4>". */
static struct bytes file_of(int older) {
    struct bytes b = {0};
    put_number(&b, 6, 4);
    put_token(&b, 0, "<unk>", 5);
    put_token(&b, 0, "\n<s>\n", 5);
    put_token(&b, 0, "\n</s>\n", 6);
    for (int i = 0; i < 256; i++) {
        char text[10];
        size_t size = (size_t)snprintf(text, sizeof text, "<0x%02X>", (unsigned)i);
        if (older && i < 0x80) text[0] = (char)i, size = 1;
        if (older && i >= 0x80) text[0] = (char)(0xc0 | i >> 6), text[1] = (char)(0x80 | (i & 0x3f)), size = 2;
        put_token(&b, 0, text, size);
    }
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++)
        put_token(&b, pieces[i].score, pieces[i].text, strlen(pieces[i].text));
    return b;
}

static sa_status open_bytes(const struct bytes *b, sa_tokenizer **t) {
    folder_write(&folder, "tokenizer.bin", b->at, b->size);
    return sa_tokenizer_open(ctx, folder.path, t);
}

static sa_tokenizer *open_tokenizer(int older) {
    struct bytes b = file_of(older);
    sa_tokenizer *t = NULL;
    cr_assert_eq(open_bytes(&b, &t), SA_OK, "%s", sa_ctx_last_error(ctx));
    free(b.at);
    return t;
}

static void expect_refused(const struct bytes *b, sa_status status, const char *words) {
    sa_tokenizer *t;
    cr_expect_eq(open_bytes(b, &t), status, "want \"%s\", got \"%s\"", words, sa_ctx_last_error(ctx));
    cr_expect(strstr(sa_ctx_last_error(ctx), words) != NULL, "\"%s\" lacks \"%s\"", sa_ctx_last_error(ctx), words);
    cr_expect_null(t);
}

static void expect_ids(const sa_tokenizer *t, const char *text, int count, const int32_t *wanted) {
    int32_t ids[40];
    int64_t got;
    cr_assert_eq(sa_tokenizer_encode(ctx, t, text, (int64_t)strlen(text), ids, 40, &got), SA_OK);
    cr_expect(got == count && !memcmp(ids, wanted, (size_t)count * sizeof *ids), "\"%s\"", text);
}

static void expect_text(const sa_tokenizer *t, int count, const int32_t *ids, const char *wanted) {
    char text[40];
    int64_t bytes;
    cr_assert_eq(sa_tokenizer_decode(ctx, t, ids, count, text, 40, &bytes), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_expect(bytes == (int64_t)strlen(wanted) && !memcmp(text, wanted, (size_t)bytes), "\"%.*s\", must be \"%s\"",
              (int)bytes, text, wanted);
}

#define EXPECT_IDS(t, text, ...)                                                                                       \
    expect_ids(t, text, sizeof((int32_t[]){__VA_ARGS__}) / sizeof(int32_t), (const int32_t[]){__VA_ARGS__})
#define EXPECT_TEXT(t, text, ...)                                                                                      \
    expect_text(t, sizeof((int32_t[]){__VA_ARGS__}) / sizeof(int32_t), (const int32_t[]){__VA_ARGS__}, text)

Test(llama2c_tokenizer, merges_the_best_score_first) {
    for (int older = 0; older < 2; older++) {
        sa_tokenizer *t = open_tokenizer(older);
        EXPECT_IDS(t, "", 1);
        EXPECT_IDS(t, "a", 1, SPACE_A);
        EXPECT_IDS(t, "b", 1, SPACE, B);
        EXPECT_IDS(t, "babc", 1, SPACE, B, ABC);
        EXPECT_IDS(t, "bbc", 1, SPACE, B, BC);
        EXPECT_IDS(t, "abc", 1, SPACE_A, BC);
        EXPECT_IDS(t, "baaa", 1, SPACE, B, AA, A);
        EXPECT_IDS(t, "baab", 1, SPACE, B, AA, B);
        EXPECT_IDS(t, " a", 1, SPACE, SPACE_A);
        sa_tokenizer_destroy(&t);
    }
}

Test(llama2c_tokenizer, takes_unknown_characters_as_bytes) {
    for (int older = 0; older < 2; older++) {
        sa_tokenizer *t = open_tokenizer(older);
        EXPECT_IDS(t, "\xc3\xa9", 1, SPACE, E_ACUTE);
        EXPECT_IDS(t, "\n", 1, SPACE, 3 + '\n');
        EXPECT_IDS(t, "\xe4\xbd\xa0", 1, SPACE, 3 + 0xe4, 3 + 0xbd, 3 + 0xa0);
        EXPECT_IDS(t, "<s>", 1, SPACE, 3 + '<', 3 + 's', 3 + '>');
        EXPECT_TEXT(t, " \xe4\xbd\xa0", SPACE, 3 + 0xe4, 3 + 0xbd, 3 + 0xa0);
        EXPECT_TEXT(t, "\xe4", 3 + 0xe4);
        sa_tokenizer_destroy(&t);
    }
}

Test(llama2c_tokenizer, shows_no_space_behind_the_beginning) {
    sa_tokenizer *t = open_tokenizer(0);
    EXPECT_TEXT(t, "a", 1, SPACE_A);
    EXPECT_TEXT(t, " a", SPACE_A);
    EXPECT_TEXT(t, "a a", 1, SPACE_A, SPACE_A);
    EXPECT_TEXT(t, "b", 1, SPACE, B, 2);
    EXPECT_TEXT(t, " ", 1, SPACE, SPACE);
    EXPECT_TEXT(t, "", 1, 2);
    sa_tokenizer_destroy(&t);
}

Test(llama2c_tokenizer, knows_its_tokens) {
    for (int older = 0; older < 2; older++) {
        sa_tokenizer *t = open_tokenizer(older);
        int32_t id;
        cr_expect_eq(sa_tokenizer_size(t), TOKENS);
        cr_expect_str_eq(sa_tokenizer_token(t, 1), "<s>");
        cr_expect_str_eq(sa_tokenizer_token(t, 3 + 0xe4), "<0xE4>");
        cr_expect_eq(sa_tokenizer_find(t, "</s>", &id), SA_OK);
        cr_expect_eq(id, 2);
        cr_expect_eq(sa_tokenizer_find(t, "abc", &id), SA_OK);
        cr_expect_eq(id, ABC);
        sa_tokenizer_destroy(&t);
    }
}

Test(llama2c_tokenizer, leaves_out_the_beginning_when_asked) {
    sa_tokenizer *t = open_tokenizer(0);
    int32_t ids[4];
    int64_t count;
    cr_expect_eq(sa_tokenizer_encode_with(ctx, t, "a", 1, SA_ENCODE_NO_TEMPLATE, ids, 4, &count), SA_OK);
    cr_expect(count == 1 && ids[0] == SPACE_A);
    sa_tokenizer_destroy(&t);
}

/* A file is right only where a token ends, and has all its bytes. */
Test(llama2c_tokenizer, refuses_a_file_cut_anywhere) {
    struct bytes b = file_of(0);
    for (size_t n = 0; n < b.size; n++) {
        const struct bytes cut = {b.at, n};
        sa_tokenizer *t;
        sa_status status = open_bytes(&cut, &t);
        if (status == SA_OK ? sa_tokenizer_size(t) < PIECE : status != SA_ERR_FORMAT)
            cr_assert_fail("%zu: %s", n, sa_ctx_last_error(ctx));
        sa_tokenizer_destroy(&t);
    }
    const struct bytes few = {b.at, 4 + 8 + 5};
    expect_refused(&few, SA_ERR_FORMAT, "tokenizer.bin: has 1 tokens, must have 259 to");
    free(b.at);
}

Test(llama2c_tokenizer, refuses_lengths_that_lie) {
    static const uint64_t lengths[] = {7, 1000, INT32_MAX, 0x80000000u, UINT32_MAX};
    struct bytes b = file_of(0);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        set_number(&b, 8, lengths[i], 4);
        expect_refused(&b, SA_ERR_FORMAT, "token 0 has");
        set_number(&b, 0, UINT32_MAX, 4);
        if (lengths[i] > b.size) expect_refused(&b, SA_ERR_FORMAT, "are left");
        set_number(&b, 0, 6, 4);
    }
    free(b.at);
}

Test(llama2c_tokenizer, refuses_what_makes_no_sense) {
    struct bytes b = file_of(0);
    static const uint32_t wrong[] = {0x7fc00000, 0x7f800000, 0xff800000}; /* NaN and infinities */
    for (int i = 0; i < 3; i++) {
        set_number(&b, 4, wrong[i], 4);
        expect_refused(&b, SA_ERR_FORMAT, "token 0 has the score");
    }
    set_number(&b, 4, 0, 4);
    const size_t first_byte = 4 + 3 * 8 + 5 + 5 + 6 + 8;
    cr_assert_eq(memcmp(b.at + first_byte, "<0x00>", 6), 0);
    b.at[first_byte + 4] = '1';
    expect_refused(&b, SA_ERR_FORMAT, "token 3 is not <0x00>: only tokenizers with bytes are supported");
    b.at[first_byte + 4] = '0';
    put_token(&b, 0, "abc", 3);
    expect_refused(&b, SA_ERR_FORMAT, "token \"abc\" has two numbers, 265 and 269");
    free(b.at);
}

Test(llama2c_tokenizer, survives_every_changed_byte) {
    static const unsigned char with[] = {0, 1, 0x7f, 0x80, 0xff};
    struct bytes b = file_of(1);
    for (size_t at = 0; at < b.size; at += at < 300 || at > b.size - 100 ? 1 : 7)
        for (size_t i = 0; i < sizeof with; i++) {
            sa_tokenizer *t;
            const unsigned char right = b.at[at];
            b.at[at] = with[i];
            sa_status status = open_bytes(&b, &t);
            if (status != SA_OK && status != SA_ERR_FORMAT) cr_assert_fail("%zu: %s", at, sa_ctx_last_error(ctx));
            sa_tokenizer_destroy(&t);
            b.at[at] = right;
        }
    free(b.at);
}

Test(llama2c_tokenizer, gives_back_what_it_took_when_an_allocation_fails) {
    struct bytes b = file_of(0);
    folder_write(&folder, "tokenizer.bin", b.at, b.size);
    for (int64_t n = 0, failed = 1; failed; n++) {
        struct test_allocator allocator = test_allocator_make();
        sa_ctx_options options = {.struct_size = sizeof options, .threads = 1};
        sa_tokenizer *t = NULL;
        int64_t count;
        test_allocator_use(&allocator, &options);
        sa_ctx *other = ctx_open(&options);
        allocator.fail_at = allocator.calls + n;
        sa_status status = sa_tokenizer_open(other, folder.path, &t);
        if (status == SA_OK) status = sa_tokenizer_encode(other, t, "abc abc", 7, NULL, 0, &count);
        failed = allocator.failures > 0;
        cr_expect_eq(status, failed ? SA_ERR_MEMORY : SA_OK, "%s", sa_ctx_last_error(other));
        sa_tokenizer_destroy(&t);
        sa_ctx_destroy(&other);
        cr_expect_eq(allocator.live, 0);
        cr_expect_eq(allocator.faults, 0);
    }
    free(b.at);
}

/* One word of many characters. */
Test(llama2c_tokenizer, is_not_slowed_down_by_long_texts, .timeout = 60) {
    enum { BYTES = 300000 };
    char *text = malloc(BYTES);
    sa_tokenizer *t = open_tokenizer(0);
    int64_t count;
    for (int i = 0; i < BYTES; i++) text[i] = "aab"[i % 3];
    cr_expect_eq(sa_tokenizer_encode(ctx, t, text, BYTES, NULL, 0, &count), SA_OK);
    cr_expect_gt(count, BYTES / 2);
    sa_tokenizer_destroy(&t);
    free(text);
}
