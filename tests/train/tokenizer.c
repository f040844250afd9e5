/* Learned tokenizers: merges against a plain count of all pairs, texts that come back, and what is refused.
 * SPDX-License-Identifier: MIT */
#include "selfattn_models.h"
#include "support/allocator.h"
#include "support/folder.h"
#include "support/paths.h"
#include "support/random.h"
#include "support/reference.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARGS(...)                                                                                                      \
    (sa_tokenizer_train_args) {                                                                                        \
        .struct_size = sizeof(sa_tokenizer_train_args), __VA_ARGS__                                                    \
    }

struct one {
    const char *text;
    int64_t bytes;
};

static struct one one_of(const char *text) {
    return (struct one){text, (int64_t)strlen(text)};
}

static sa_tokenizer_train_args args_of(const struct one *one, int64_t vocabulary) {
    return ARGS(.texts = &one->text, .bytes = &one->bytes, .count = 1, .vocabulary = vocabulary);
}

static int64_t learn(const struct folder *folder, const sa_tokenizer_train_args *args) {
    sa_ctx *ctx = ctx_open(NULL);
    int64_t count;
    cr_assert_eq(sa_tokenizer_train(ctx, args, folder_path(folder, "tokenizer.json"), &count), SA_OK, "%s",
                 sa_ctx_last_error(ctx));
    sa_ctx_destroy(&ctx);
    return count;
}

static sa_tokenizer *open_learned(sa_ctx *ctx, const struct folder *folder) {
    sa_tokenizer *t;
    cr_assert_eq(sa_tokenizer_open(ctx, folder->path, &t), SA_OK, "%s", sa_ctx_last_error(ctx));
    return t;
}

static void expect_merges(const struct folder *folder, const char *const *want, size_t count) {
    json_t *root = json_of(folder_path(folder, "tokenizer.json")),
           *merges = json_object_get(json_object_get(root, "model"), "merges");
    cr_assert_eq(json_array_size(merges), count, "%zu merges, not %zu", json_array_size(merges), count);
    for (size_t i = 0; i < count; i++) cr_expect_str_eq(json_string_value(json_array_get(merges, i)), want[i]);
    json_decref(root);
}

/* The words and the result of the test in tokenizers/src/models/bpe/trainer.rs of Hugging Face's tokenizers. */
Test(learned_tokenizer, has_the_merges_of_hugging_faces_own_test) {
    static const char *const want[] = {"r e", "a re", "i s"};
    const struct one one = one_of("roses\nare\nred\nvoilets\nare\nblue\nBERT\nis\nbig\nand\nso\nis\nGPT-2");
    const sa_tokenizer_train_args args = args_of(&one, 300);
    struct folder folder = folder_make();
    cr_expect_eq(learn(&folder, &args), 256 + 3);
    expect_merges(&folder, want, 3);
    folder_remove(&folder);
}

/* What BPE is, said plainly: all pairs are counted anew for each merge. Tokens are written as texts, in words of few
 * letters that are separated by line breaks. */
enum { MOST_LETTERS = 12, MOST_WORDS = 60, MOST_MERGES = 40 };

struct plain {
    int token[MOST_WORDS][MOST_LETTERS], length[MOST_WORDS], words;
    char texts[256 + MOST_MERGES][MOST_LETTERS + 1];
    int tokens;
    char merges[MOST_MERGES][2 * MOST_LETTERS + 2];
    int merge_count;
};

static void plain_begin(struct plain *p, const char *text) {
    *p = (struct plain){.tokens = 26};
    for (int i = 0; i < 26; i++) p->texts[i][0] = (char)('a' + i);
    for (; *text; text++) {
        if (*text == '\n')
            p->words++;
        else
            p->token[p->words][p->length[p->words]++] = *text - 'a';
    }
}

static int plain_count(const struct plain *p, int left, int right) {
    int count = 0;
    for (int w = 0; w < p->words; w++)
        for (int i = 0; i + 1 < p->length[w]; i++) count += p->token[w][i] == left && p->token[w][i + 1] == right;
    return count;
}

static void plain_join(struct plain *p, int left, int right) {
    char joined[2 * MOST_LETTERS + 1], merge[2 * MOST_LETTERS + 2];
    int token = 0;
    snprintf(joined, sizeof joined, "%s%s", p->texts[left], p->texts[right]);
    while (token < p->tokens && strcmp(p->texts[token], joined) != 0) token++;
    if (token == p->tokens) strcpy(p->texts[p->tokens++], joined);
    snprintf(merge, sizeof merge, "%s %s", p->texts[left], p->texts[right]);
    strcpy(p->merges[p->merge_count++], merge);
    for (int w = 0; w < p->words; w++) {
        int to = 0;
        for (int i = 0; i < p->length[w]; i++) {
            const int stands = i + 1 < p->length[w] && p->token[w][i] == left && p->token[w][i + 1] == right;
            p->token[w][to++] = stands ? token : p->token[w][i];
            i += stands;
        }
        p->length[w] = to;
    }
}

static void plain_learn(struct plain *p, int most) {
    while (p->tokens < 26 + most) {
        int best = 1, left = 0, right = 0;
        for (int a = 0; a < p->tokens; a++)
            for (int b = 0; b < p->tokens; b++)
                if (plain_count(p, a, b) > best) best = plain_count(p, left = a, right = b);
        if (best < 2) break;
        plain_join(p, left, right);
    }
}

Test(learned_tokenizer, has_the_merges_of_a_plain_count) {
    struct plain *plain = malloc(sizeof *plain);
    struct folder folder = folder_make();
    for (uint64_t seed = 0; seed < 40; seed++) {
        struct rng rng = {seed};
        char text[MOST_WORDS * (MOST_LETTERS + 1) + 1], *to = text;
        const int letters = 1 + (int)rng_below(&rng, 4);
        for (int w = 0; w < 1 + (int)(seed % MOST_WORDS); w++) {
            for (int64_t n = 1 + rng_below(&rng, MOST_LETTERS); n > 0; n--)
                *to++ = (char)('a' + rng_below(&rng, letters));
            *to++ = '\n';
        }
        *to = 0;
        const int most = 1 + (int)rng_below(&rng, MOST_MERGES / 2);
        plain_begin(plain, text);
        plain_learn(plain, most);
        const struct one one = {text, to - text};
        const sa_tokenizer_train_args args = args_of(&one, 256 + most);
        const char *want[MOST_MERGES];
        for (int i = 0; i < plain->merge_count; i++) want[i] = plain->merges[i];
        cr_expect_eq(learn(&folder, &args), 256 + plain->tokens - 26);
        expect_merges(&folder, want, (size_t)plain->merge_count);
    }
    folder_remove(&folder);
    free(plain);
}

static void expect_back(sa_ctx *ctx, const sa_tokenizer *t, const char *text, int64_t bytes) {
    int64_t count, length;
    int32_t *ids = malloc((size_t)(bytes + 1) * sizeof *ids);
    char *back = malloc((size_t)bytes + 1);
    cr_assert_eq(sa_tokenizer_encode(ctx, t, text, bytes, ids, bytes + 1, &count), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_assert_eq(sa_tokenizer_decode(ctx, t, ids, count, back, bytes + 1, &length), SA_OK, "%s",
                 sa_ctx_last_error(ctx));
    cr_expect(length == bytes && !memcmp(back, text, (size_t)bytes), "\"%.*s\"", (int)bytes, text);
    free(ids);
    free(back);
}

/* Each character below 0x3000, and texts of random characters, NUL too. */
Test(learned_tokenizer, gives_every_text_back) {
    const struct one one =
        one_of("the theatre is there, they say; the the  the\n\n 1999 \xc3\xa9t\xc3\xa9 \xe2\x82\xac");
    const sa_tokenizer_train_args args = args_of(&one, 300);
    struct folder folder = folder_make();
    learn(&folder, &args);
    sa_ctx *ctx = ctx_open(NULL);
    sa_tokenizer *t = open_learned(ctx, &folder);
    struct rng rng = {5};
    for (int n = 0; n < 400; n++) {
        char text[400];
        int64_t bytes = 0;
        while (bytes < 390) {
            const int32_t c = (int32_t)rng_below(&rng, n % 2 ? 0x80 : 0xd800);
            if (c < 0x80)
                text[bytes++] = (char)c;
            else if (c < 0x800)
                text[bytes++] = (char)(0xc0 | c >> 6), text[bytes++] = (char)(0x80 | (c & 0x3f));
            else
                text[bytes++] = (char)(0xe0 | c >> 12), text[bytes++] = (char)(0x80 | (c >> 6 & 0x3f)),
                text[bytes++] = (char)(0x80 | (c & 0x3f));
        }
        expect_back(ctx, t, text, bytes);
    }
    expect_back(ctx, t, one.text, one.bytes);
    sa_tokenizer_destroy(&t);
    sa_ctx_destroy(&ctx);
    folder_remove(&folder);
}

/* Special tokens have the first numbers, are found in a text, and stand around it; no merge joins parts of them. */
Test(learned_tokenizer, has_special_tokens) {
    static const char *const special[] = {"<pad>", "<s>", "</s>"};
    const struct one one = one_of("ab<s>ab<s>ab<s>ab<s>");
    sa_tokenizer_train_args args = args_of(&one, 300);
    args.special = special, args.special_count = 3, args.begin = "<s>", args.end = "</s>";
    struct folder folder = folder_make();
    cr_expect_eq(learn(&folder, &args), 3 + 256 + 1);
    sa_ctx *ctx = ctx_open(NULL);
    sa_tokenizer *t = open_learned(ctx, &folder);
    static const int32_t want[] = {1, 3 + 256, 0, 3 + 'b' - '!', 2};
    int32_t ids[8];
    int64_t count;
    cr_assert_eq(sa_tokenizer_encode(ctx, t, "ab<pad>b", 8, ids, 8, &count), SA_OK);
    cr_assert_eq(count, 5);
    cr_expect_arr_eq(ids, want, sizeof want);
    char text[8];
    cr_assert_eq(sa_tokenizer_decode(ctx, t, ids, count, text, 8, &count), SA_OK);
    cr_expect(count == 3 && !memcmp(text, "abb", 3));
    sa_tokenizer_destroy(&t);
    sa_ctx_destroy(&ctx);
    folder_remove(&folder);
}

Test(learned_tokenizer, does_not_depend_on_the_order_of_texts) {
    static const char *const texts[2][3] = {{"one two three two", "two one", "three"},
                                            {"three", "one two three two", "two one"}};
    static const int64_t bytes[2][3] = {{17, 7, 5}, {5, 17, 7}};
    char *files[2];
    size_t size;
    struct folder folder = folder_make();
    for (int i = 0; i < 2; i++) {
        const sa_tokenizer_train_args args = ARGS(.texts = texts[i], .bytes = bytes[i], .count = 3, .vocabulary = 300);
        learn(&folder, &args);
        files[i] = file_bytes(folder_path(&folder, "tokenizer.json"), &size);
    }
    cr_expect_str_eq(files[0], files[1]);
    free(files[0]), free(files[1]);
    folder_remove(&folder);
}

/* A run of equal letters is the worst for overlapping pairs: each of its joins once made the rest be walked. */
Test(learned_tokenizer, takes_long_runs) {
    enum { LENGTH = 1 << 18 };
    static char text[LENGTH];
    memset(text, 'a', LENGTH);
    const struct one one = {text, LENGTH};
    const sa_tokenizer_train_args args = args_of(&one, 300);
    struct folder folder = folder_make();
    /* aa, aaaa, ... until the word is two tokens, which stand there once. */
    cr_expect_eq(learn(&folder, &args), 256 + 17);
    folder_remove(&folder);
}

static void expect_refused(sa_status want, const char *words, sa_tokenizer_train_args args) {
    sa_ctx *ctx = ctx_open(NULL);
    struct folder folder = folder_make();
    int64_t count = -1;
    cr_expect_eq(sa_tokenizer_train(ctx, &args, folder_path(&folder, "tokenizer.json"), &count), want, "%s", words);
    cr_expect(strstr(sa_ctx_last_error(ctx), words), "\"%s\" is not in \"%s\"", words, sa_ctx_last_error(ctx));
    cr_expect_eq(count, 0);
    sa_ctx_destroy(&ctx);
    folder_remove(&folder);
}

Test(learned_tokenizer, refuses) {
    static const char *const twice[] = {"<s>", "<s>"}, *const byte[] = {"a"}, *const empty[] = {""},
                             *const wrong[] = {"\xff"};
    const struct one good = {"a text", 6}, broken = {"a \xc3", 3};
    const sa_tokenizer_train_args args = args_of(&good, 300);
    sa_tokenizer_train_args a = args;
    a.struct_size = 3, expect_refused(SA_ERR_STRUCT_SIZE, "sa_tokenizer_train_args", a);
    a = args, a.count = 0, expect_refused(SA_ERR_VALUE, "count is 0", a);
    a = args, a.texts = NULL, expect_refused(SA_ERR_NULL, "texts is NULL", a);
    a = args, a.bytes = NULL, expect_refused(SA_ERR_NULL, "bytes is NULL", a);
    a = args, a.vocabulary = 255, expect_refused(SA_ERR_VALUE, "vocabulary is 255, must be 256", a);
    a = args, a.vocabulary = 1 << 21, expect_refused(SA_ERR_VALUE, "vocabulary is 2097152", a);
    a = args, a.least = -1, expect_refused(SA_ERR_VALUE, "least is -1", a);
    a = args_of(&broken, 300), expect_refused(SA_ERR_TEXT, "texts[0] is not UTF-8 at byte 2", a);
    a = args, a.special_count = 1, expect_refused(SA_ERR_NULL, "special is NULL", a);
    a = args, a.special = twice, a.special_count = 2;
    expect_refused(SA_ERR_VALUE, "\"<s>\" is another special token", a);
    a = args, a.special = byte, a.special_count = 1, expect_refused(SA_ERR_VALUE, "\"a\" is a learned token", a);
    a = args, a.special = empty, a.special_count = 1, expect_refused(SA_ERR_VALUE, "special[0] is empty", a);
    a = args, a.special = wrong, a.special_count = 1, expect_refused(SA_ERR_TEXT, "special[0] is not UTF-8", a);
    a = args, a.end = "</s>", expect_refused(SA_ERR_VALUE, "end is \"</s>\"", a);
    sa_ctx *ctx = ctx_open(NULL);
    cr_expect_eq(sa_tokenizer_train(ctx, NULL, "x", NULL), SA_ERR_NULL);
    cr_expect_eq(sa_tokenizer_train(ctx, &args, NULL, NULL), SA_ERR_NULL);
    cr_expect_eq(sa_tokenizer_train(ctx, &args, "/nowhere/at/all", NULL), SA_ERR_FILE);
    sa_ctx_destroy(&ctx);
}

/* Whatever allocation fails, the file that was there stays. */
Test(learned_tokenizer, outlives_failed_allocations) {
    char text[6000];
    for (int i = 0; i < (int)sizeof text; i++) text[i] = (char)(i % 7 ? 'a' + i * i % 23 : ' ');
    const struct one one = {text, sizeof text};
    const sa_tokenizer_train_args args = args_of(&one, 700);
    struct folder folder = folder_make();
    folder_write_text(&folder, "tokenizer.json", "old");
    struct test_allocator allocator = test_allocator_make();
    sa_ctx_options options = {.struct_size = sizeof options, .threads = 1};
    test_allocator_use(&allocator, &options);
    sa_ctx *ctx = ctx_open(&options);
    sa_status status = SA_ERR_MEMORY;
    int n = 0;
    for (; status != SA_OK; n++) {
        const int64_t live = allocator.live;
        size_t size;
        allocator.fail_at = allocator.calls + n;
        status = sa_tokenizer_train(ctx, &args, folder_path(&folder, "tokenizer.json"), NULL);
        cr_assert(status == SA_OK || status == SA_ERR_MEMORY, "%s", sa_ctx_last_error(ctx));
        cr_expect_eq(allocator.live, live);
        char *bytes = file_bytes(folder_path(&folder, "tokenizer.json"), &size);
        cr_expect((status == SA_OK) == (size > 3));
        free(bytes);
    }
    cr_expect_gt(n, 10);
    cr_expect_eq(allocator.faults, 0);
    sa_ctx_destroy(&ctx);
    folder_remove(&folder);
}

static void cancel(void *user, const char *what, int64_t done, int64_t total) {
    cr_expect(!strcmp(what, "tokens") && done <= total);
    if (done > 260) sa_ctx_cancel(*(sa_ctx **)user);
}

Test(learned_tokenizer, is_cancelled_without_a_file) {
    const struct one one = one_of("one two three one two three aabbaabb ccddccdd one two three");
    const sa_tokenizer_train_args args = args_of(&one, 300);
    struct folder folder = folder_make();
    sa_ctx *ctx = ctx_open(NULL);
    sa_tokenizer *t;
    cr_assert_eq(sa_ctx_set_progress(ctx, cancel, &ctx), SA_OK);
    cr_expect_eq(sa_tokenizer_train(ctx, &args, folder_path(&folder, "tokenizer.json"), NULL), SA_ERR_CANCELLED);
    cr_expect_eq(sa_tokenizer_open(ctx, folder.path, &t), SA_ERR_FILE);
    sa_ctx_destroy(&ctx);
    folder_remove(&folder);
}
