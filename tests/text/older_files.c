/* Tokenizers from before tokenizer.json give the numbers of the tokenizer.json that was made of them; files of other
 * kinds are named for what they are.
 * SPDX-License-Identifier: MIT */
#include "kinds.h"
#include "support/allocator.h"
#include "support/paths.h"
#include "support/reference.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct folder folder, other;
static sa_ctx *ctx;

static void make(void) {
    folder = folder_make();
    other = folder_make();
    ctx = ctx_open(NULL);
}

static void clean(void) {
    sa_ctx_destroy(&ctx);
    folder_remove(&other);
    folder_remove(&folder);
}

TestSuite(older_files, .init = make, .fini = clean);

static sa_tokenizer *open_in(const struct folder *where) {
    sa_tokenizer *t = NULL;
    cr_assert_eq(sa_tokenizer_open(ctx, where->path, &t), SA_OK, "%s", sa_ctx_last_error(ctx));
    return t;
}

/* Both give the same numbers for all texts of kinds.c. */
static void expect_same(const sa_tokenizer *a, const sa_tokenizer *b) {
    static char text[KINDS_MOST_TEXT];
    static int32_t first[KINDS_MOST_TOKENS], second[KINDS_MOST_TOKENS];
    json_t *fragments = json_load_file(data_path("tokenizers/fragments.json"), JSON_ALLOW_NUL, NULL);
    uint64_t state = 1;
    cr_assert_not_null(fragments);
    for (int i = 0; i < 300; i++) {
        int64_t count, wanted;
        const int64_t bytes = kinds_text(fragments, &state, text);
        cr_assert_eq(sa_tokenizer_encode(ctx, a, text, bytes, first, KINDS_MOST_TOKENS, &wanted), SA_OK);
        cr_assert_eq(sa_tokenizer_encode(ctx, b, text, bytes, second, KINDS_MOST_TOKENS, &count), SA_OK);
        cr_assert_eq(count, wanted, "text %d", i);
        cr_assert_arr_eq(first, second, (size_t)count * sizeof *first);
    }
    json_decref(fragments);
}

static json_t *kind_of(const char *name) {
    json_t *kinds = json_of(data_path("tokenizers/kinds.json"));
    json_t *kind = json_deep_copy(json_object_get(json_object_get(kinds, name), "tokenizer"));
    cr_assert_not_null(kind);
    json_decref(kinds);
    return kind;
}

static void write_json(const struct folder *where, const char *name, const json_t *json) {
    cr_assert_eq(json_dump_file(json, folder_path(where, name), 0), 0);
}

/* vocab.json and merges.txt of a kind's model. */
static void write_pair(const json_t *kind) {
    const json_t *model = json_object_get(kind, "model"), *merge;
    size_t i;
    write_json(&folder, "vocab.json", json_object_get(model, "vocab"));
    FILE *f = fopen(folder_path(&folder, "merges.txt"), "w");
    cr_assert_not_null(f);
    fputs("#version: 0.2\n", f);
    json_array_foreach(json_object_get(model, "merges"), i, merge) fprintf(f, "%s\n", json_string_value(merge));
    fclose(f);
}

Test(older_files, vocab_json_and_merges_txt) {
    json_t *kind = kind_of("starcoder");
    json_object_set_new(kind, "pre_tokenizer", json_pack("{s:s,s:b}", "type", "ByteLevel", "add_prefix_space", 0));
    write_json(&other, "tokenizer.json", kind);
    write_pair(kind);
    folder_write_text(&folder, "added_tokens.json", "{\"<|endoftext|>\": 420}");
    sa_tokenizer *a = open_in(&other), *b = open_in(&folder);
    cr_expect_eq(sa_tokenizer_size(a), 421);
    expect_same(a, b);
    sa_tokenizer_destroy(&a);
    sa_tokenizer_destroy(&b);
    json_decref(kind);
}

Test(older_files, vocab_json_and_merges_txt_of_clip) {
    json_t *kind = kind_of("clip"), *vocab = json_object_get(json_object_get(kind, "model"), "vocab");
    json_object_set_new(vocab, "<|startoftext|>", json_integer(700));
    json_object_set_new(vocab, "<|endoftext|>", json_integer(0));
    write_json(&other, "tokenizer.json", kind);
    write_pair(kind);
    folder_write_text(&folder, "tokenizer_config.json",
                      "{\"tokenizer_class\": \"CLIPTokenizer\", \"bos_token\": \"<|startoftext|>\", "
                      "\"eos_token\": \"<|endoftext|>\"}");
    sa_tokenizer *a = open_in(&other), *b = open_in(&folder);
    expect_same(a, b);
    sa_tokenizer_destroy(&a);
    sa_tokenizer_destroy(&b);
    json_decref(kind);
}

/* Two tokens in front of a text, which added_tokens.json has. */
Test(older_files, vocab_json_and_merges_txt_of_whisper) {
    static const int32_t want[] = {500, 501, -1, 499};
    json_t *kind = kind_of("starcoder");
    int32_t ids[20];
    int64_t count;
    write_pair(kind);
    folder_write_text(&folder, "tokenizer_config.json", "{\"tokenizer_class\": \"WhisperTokenizer\"}");
    folder_write_text(&folder, "added_tokens.json",
                      "{\"<|endoftext|>\": 499, \"<|startoftranscript|>\": 500, \"<|notimestamps|>\": 501}");
    sa_tokenizer *t = open_in(&folder);
    cr_expect_eq(sa_tokenizer_encode(ctx, t, "!", 1, ids, 20, &count), SA_OK);
    cr_assert_eq(count, 4);
    for (int i = 0; i < 4; i++) cr_expect(want[i] < 0 || ids[i] == want[i], "token %d is %d", i, (int)ids[i]);
    sa_tokenizer_destroy(&t);
    json_decref(kind);
}

Test(older_files, the_family_says_what_stands_around_a_text) {
    json_t *kind = kind_of("starcoder"), *vocab = json_object_get(json_object_get(kind, "model"), "vocab");
    int32_t ids[20];
    int64_t count;
    json_object_set_new(vocab, "<s>", json_integer(500));
    json_object_set_new(vocab, "</s>", json_integer(502));
    write_pair(kind);
    folder_write_text(&folder, "tokenizer_config.json",
                      "{\"tokenizer_class\": \"RobertaTokenizer\", \"bos_token\": {\"content\": \"<s>\"}}");
    sa_tokenizer *t = open_in(&folder);
    cr_expect_eq(sa_tokenizer_encode(ctx, t, "!<s>", 4, ids, 20, &count), SA_OK);
    cr_expect(count == 4 && ids[0] == 500 && ids[2] == 500 && ids[3] == 502);
    sa_tokenizer_destroy(&t);
    folder_write_text(&folder, "tokenizer_config.json", "{\"tokenizer_class\": \"OddTokenizer\"}");
    cr_expect_eq(sa_tokenizer_open(ctx, folder.path, &t), SA_ERR_UNSUPPORTED);
    cr_expect(strstr(sa_ctx_last_error(ctx), "tokenizer_class is \"OddTokenizer\"") != NULL);
    json_decref(kind);
}

/* The tokens of an object of numbers, one a line, in their order. */
static void write_lines(const json_t *vocab) {
    const size_t count = json_object_size(vocab);
    const char **lines = calloc(count, sizeof *lines), *text;
    json_t *id;
    json_object_foreach((json_t *)(uintptr_t)vocab, text, id) {
        cr_assert(json_integer_value(id) < (json_int_t)count);
        lines[json_integer_value(id)] = text;
    }
    FILE *f = fopen(folder_path(&folder, "vocab.txt"), "w");
    cr_assert_not_null(f);
    for (size_t i = 0; i < count; i++) fprintf(f, "%s\r\n", lines[i]);
    fclose(f);
    free(lines);
}

/* Of the added tokens, BERT's alone, found as they are written. */
static void keep_specials(json_t *root) {
    static const char *const names[] = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};
    const json_t *vocab = json_object_get(json_object_get(root, "model"), "vocab");
    json_t *added = json_object_get(root, "added_tokens");
    json_array_clear(added);
    for (int i = 0; i < 5; i++)
        json_array_append_new(added, json_pack("{s:O,s:s,s:b,s:b,s:b,s:b,s:b}", "id", json_object_get(vocab, names[i]),
                                               "content", names[i], "single_word", 0, "lstrip", 0, "rstrip", 0,
                                               "normalized", 0, "special", 1));
}

Test(older_files, vocab_txt_of_bert) {
    json_t *root = json_of(data_path("tokenizer/tokenizer.json"));
    write_lines(json_object_get(json_object_get(root, "model"), "vocab"));
    keep_specials(root);
    json_object_set_new(json_object_get(root, "model"), "max_input_chars_per_word", json_integer(100));
    write_json(&other, "tokenizer.json", root);
    sa_tokenizer *a = open_in(&other), *b = open_in(&folder);
    expect_same(a, b);
    sa_tokenizer_destroy(&b);
    json_object_set_new(json_object_get(root, "normalizer"), "lowercase", json_false());
    write_json(&other, "tokenizer.json", root);
    sa_tokenizer_destroy(&a);
    folder_write_text(&folder, "tokenizer_config.json", "{\"do_lower_case\": false}");
    a = open_in(&other);
    b = open_in(&folder);
    expect_same(a, b);
    sa_tokenizer_destroy(&a);
    sa_tokenizer_destroy(&b);
    json_decref(root);
}

static void expect_list(const char *lines, const char *text, const int32_t *wanted, int64_t wanted_count,
                        const char *decoded) {
    int32_t ids[20];
    int64_t count, bytes;
    char got[100];
    sa_tokenizer *t = NULL;
    folder_write_text(&folder, "words.txt", lines);
    cr_assert_eq(sa_tokenizer_open(ctx, folder_path(&folder, "words.txt"), &t), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_expect_eq(sa_tokenizer_encode(ctx, t, text, (int64_t)strlen(text), ids, 20, &count), SA_OK);
    cr_assert_eq(count, wanted_count);
    cr_expect_arr_eq(ids, wanted, (size_t)count * sizeof *ids);
    cr_expect_eq(sa_tokenizer_decode(ctx, t, ids, count, got, 100, &bytes), SA_OK);
    cr_expect(bytes == (int64_t)strlen(decoded) && !memcmp(got, decoded, (size_t)bytes), "%.*s", (int)bytes, got);
    sa_tokenizer_destroy(&t);
}

Test(older_files, lists_of_words_and_of_characters) {
    const int32_t words[] = {3, 5, 4}, characters[] = {3, 4, 4, 5};
    expect_list("<blank>\n<s>\n</s>\nthe\ncat\n", "the dog  cat", words, 3, "the cat");
    expect_list("<blank>\n<s>\n</s>\na\n\xd9\x8a\n", "a\xd9\x8a \xd9\x8a\x7a", characters, 4, "a\xd9\x8a\xd9\x8a");
}

static void expect_refused(const char *name, const void *bytes, size_t size, sa_status wanted, const char *words) {
    sa_tokenizer *t;
    folder_write(&folder, name, bytes, size);
    cr_expect_eq(sa_tokenizer_open(ctx, folder_path(&folder, name), &t), wanted, "%s", words);
    cr_expect(strstr(sa_ctx_last_error(ctx), words) != NULL, "\"%s\" lacks \"%s\"", sa_ctx_last_error(ctx), words);
    cr_expect_null(t);
}

Test(older_files, files_of_other_kinds_are_named) {
    static const char ctranslate2[] = "\x06\0\0\0\x10\0TransformerSpec\0\x02\0\0\0";
    expect_refused("model.bin", ctranslate2, sizeof ctranslate2, SA_ERR_UNSUPPORTED, "is a model of CTranslate2");
    expect_refused("pytorch_model.bin", "PK\3\4\0\0\0\0\0\0", 10, SA_ERR_UNSUPPORTED, "is an archive of PyTorch's");
    expect_refused("words.txt", "a\nb\xff\n", 5, SA_ERR_FORMAT, "is no list of texts: byte 3 is not UTF-8");
    expect_refused("words.txt", "a\n\0b", 4, SA_ERR_FORMAT, "is no list of texts: it has a NUL");
    expect_refused("vocab.txt", "", 0, SA_ERR_FORMAT, "vocab.txt: has no tokens: it is empty");
    expect_refused("vocab.json", "{}", 2, SA_ERR_FILE, "merges.txt");
    folder_write_text(&folder, "merges.txt", "a b c\n");
    expect_refused("vocab.json", "{}", 2, SA_ERR_FORMAT, "vocab.json: model.merges[0] is not two tokens");
    folder_write_text(&folder, "merges.txt", "a b\n");
    expect_refused("vocab.json", "{\"a\": \"x\"}", 10, SA_ERR_FORMAT, "model.vocab.a is a string");
    expect_refused("vocab.json", "[1]", 3, SA_ERR_FORMAT, "must be an object");
}

/* The numbers are those of Transformers' EsmTokenizer for the same file. */
Test(older_files, read_residues_of_proteins) {
    static const char vocab[] = "<cls>\n<pad>\n<eos>\n<unk>\nL\nA\nG\nV\nS\nE\nR\nT\nI\nD\nP\nN\nK\nQ\nF\nY\nM\nH\nW\n"
                                "C\nX\nB\nU\nZ\nO\n.\n-\n<null_1>\n<mask>";
    static const struct {
        const char *text, *decoded;
        int64_t count;
        int32_t ids[12];
    } cases[] = {{"MKTAYIAK", "MKTAYIAK", 10, {0, 20, 16, 11, 5, 19, 12, 5, 16, 2}},
                 {"MK<mask>AY", "MKAY", 7, {0, 20, 16, 32, 5, 19, 2}},
                 {"mk TA", "TA", 5, {0, 3, 11, 5, 2}},
                 {"MKJJT J K", "MKTK", 8, {0, 20, 16, 3, 11, 3, 16, 2}},
                 {"<cls>MK<eos>", "MK", 6, {0, 0, 20, 16, 2, 2}},
                 {"", "", 2, {0, 2}},
                 {"M K\tT\nA", "MKTA", 6, {0, 20, 16, 11, 5, 2}},
                 {"<null_1>K-.", "<null_1>K-.", 6, {0, 31, 16, 30, 29, 2}},
                 {"<mas", "", 3, {0, 3, 2}},
                 {"K\xc3\xa9\x41", "KA", 5, {0, 16, 3, 5, 2}}};
    folder_write_text(&folder, "vocab.txt", vocab);
    sa_tokenizer *t = open_in(&folder);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int32_t ids[12];
        int64_t count, bytes;
        char text[40] = "";
        cr_assert_eq(sa_tokenizer_encode(ctx, t, cases[i].text, (int64_t)strlen(cases[i].text), ids, 12, &count), SA_OK,
                     "%s", sa_ctx_last_error(ctx));
        cr_expect(count == cases[i].count && !memcmp(ids, cases[i].ids, (size_t)count * sizeof *ids), "\"%s\"",
                  cases[i].text);
        cr_assert_eq(sa_tokenizer_decode(ctx, t, ids, count, text, 40, &bytes), SA_OK);
        cr_expect_str_eq(text, cases[i].decoded);
    }
    sa_tokenizer_destroy(&t);
}

Test(older_files, give_back_what_they_took_when_an_allocation_fails) {
    static const char *const names[] = {"words.txt", "vocab.json", "residues.txt"};
    folder_write_text(&folder, "words.txt", "<s>\nthe\ncat\n");
    folder_write_text(&folder, "residues.txt", "<cls>\n<eos>\n<unk>\nL\nA\n");
    json_t *kind = kind_of("starcoder");
    write_pair(kind);
    json_decref(kind);
    for (int file = 0; file < 3; file++)
        for (int64_t n = 0, failed = 1; failed; n++) {
            struct test_allocator allocator = test_allocator_make();
            sa_ctx_options options = {.struct_size = sizeof options, .threads = 1};
            sa_tokenizer *t = NULL;
            test_allocator_use(&allocator, &options);
            sa_ctx *made = ctx_open(&options);
            allocator.fail_at = allocator.calls + n;
            sa_status status = sa_tokenizer_open(made, folder_path(&folder, names[file]), &t);
            failed = allocator.failures > 0;
            cr_expect_eq(status, failed ? SA_ERR_MEMORY : SA_OK, "%d: %s", (int)n, sa_ctx_last_error(made));
            sa_tokenizer_destroy(&t);
            sa_ctx_destroy(&made);
            cr_expect_eq(allocator.live, 0);
            cr_expect_eq(allocator.faults, 0);
        }
}
