/* Byte-level tokenizers: the sections of their files that can be missing, of another kind or malformed; long words; and
 * what their parts promise. (Token numbers are compared in tokenizer.c.)
 * SPDX-License-Identifier: MIT */
#include "support/allocator.h"
#include "support/paths.h"
#include "support/reference.h"
#include "text/characters.h"
#include "text/step/byte_alphabet.h"
#include "text/step/split.h"
#include "text/step/unicode_form.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

static sa_ctx *ctx;
static struct folder folder;
static json_t *root;

static void make(void) {
    ctx = ctx_open(NULL);
    folder = folder_make();
    root = json_of(data_path("byte-level/tokenizer.json"));
}

static void clean(void) {
    json_decref(root);
    folder_remove(&folder);
    sa_ctx_destroy(&ctx);
}

TestSuite(byte_bpe, .init = make, .fini = clean);

/* The member of a section becomes `text`, parsed as JSON; section "" is the file itself. */
static void expect_with(const char *section, const char *member, const char *text, sa_status wanted,
                        const char *words) {
    json_t *copy = json_deep_copy(root), *at = *section ? json_object_get(copy, section) : copy;
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
    sa_tokenizer *t;
    cr_assert(at && value, "%s", text);
    json_object_set_new(at, member, value);
    cr_assert_eq(json_dump_file(copy, folder_path(&folder, "tokenizer.json"), 0), 0);
    cr_expect_eq(sa_tokenizer_open(ctx, folder.path, &t), wanted, "want \"%s\", got \"%s\"", words,
                 sa_ctx_last_error(ctx));
    if (wanted != SA_OK)
        cr_expect(strstr(sa_ctx_last_error(ctx), words) != NULL, "\"%s\" lacks \"%s\"", sa_ctx_last_error(ctx), words);
    sa_tokenizer_destroy(&t);
    json_decref(copy);
}

#define GPT2(prefix, cuts) "{\"type\":\"ByteLevel\",\"add_prefix_space\":" prefix ",\"use_regex\":" cuts "}"
#define SPLIT(regex, behavior, invert)                                                                                 \
    "{\"type\":\"Split\",\"pattern\":{\"Regex\":\"" regex "\"},\"behavior\":\"" behavior "\",\"invert\":" invert "}"
#define KNOWN                                                                                                          \
    "'s|'t|'re|'ve|'m|'ll|'d| ?\\\\p{L}+| ?\\\\p{N}+"                                                                  \
    "| ?[^\\\\s\\\\p{L}\\\\p{N}]+|\\\\s+(?!\\\\S)|\\\\s+"
#define DIGITS(individual) "{\"type\":\"Digits\",\"individual_digits\":" individual "}"
#define SEQUENCE(steps)    "{\"type\":\"Sequence\",\"pretokenizers\":[" steps "]}"

static void expect_pre_tokenizer(const char *text, sa_status wanted, const char *words) {
    expect_with("", "pre_tokenizer", text, wanted, words);
}

Test(byte_bpe, takes_the_ways_of_cutting_that_it_has) {
    expect_pre_tokenizer("{\"type\":\"ByteLevel\",\"add_prefix_space\":false}", SA_OK, "");
    expect_pre_tokenizer(SEQUENCE(GPT2("true", "true")), SA_OK, "");
    expect_pre_tokenizer(SEQUENCE(SPLIT(KNOWN, "Isolated", "false") "," GPT2("false", "false")), SA_OK, "");
    expect_pre_tokenizer(SEQUENCE(DIGITS("true") "," SPLIT(KNOWN, "Removed", "true") "," GPT2("false", "false")), SA_OK,
                         "");
    expect_with("model", "ignore_merges", "null", SA_OK, "");
    expect_with("model", "unk_token", "\"\"", SA_OK, "");
    expect_with("model", "dropout", "0.0", SA_OK, "");
    expect_with("model", "continuing_subword_prefix", "\"\"", SA_OK, "");
    expect_with("", "post_processor", "{\"type\":\"Sequence\",\"processors\":[]}", SA_OK, "");
}

Test(byte_bpe, names_what_it_does_not_have) {
    expect_pre_tokenizer("{\"type\":\"UnicodeScripts\"}", SA_ERR_UNSUPPORTED,
                         "pre_tokenizer is of type \"UnicodeScripts\"; ByteLevel, Split, ");
    expect_pre_tokenizer(SEQUENCE(SPLIT("\\\\d", "Joined", "false")), SA_ERR_UNSUPPORTED, "behavior is \"Joined\"");
#ifdef SELFATTN_PCRE2
    expect_pre_tokenizer(SEQUENCE(SPLIT("[a&&b]", "Isolated", "false")), SA_ERR_UNSUPPORTED,
                         "the expression \"[a&&b]\" has an intersection of sets");
    expect_pre_tokenizer(SEQUENCE(SPLIT("(a", "Isolated", "false")), SA_ERR_FORMAT,
                         "the expression \"(a\" cannot be used: missing closing parenthesis");
#else
    expect_pre_tokenizer(SEQUENCE(SPLIT("a+", "Isolated", "false")), SA_ERR_UNSUPPORTED, "built without PCRE2");
#endif
    expect_with("", "normalizer", "{\"type\":\"Upper\"}", SA_ERR_UNSUPPORTED, "normalizer is of type \"Upper\"");
    expect_with("", "decoder", "{\"type\":\"Upper\"}", SA_ERR_UNSUPPORTED, "decoder is of type \"Upper\"");
    expect_with("model", "dropout", "0.1", SA_ERR_UNSUPPORTED, "model.dropout is set");
    expect_with("model", "end_of_word_suffix", "\"0123456789abcdef\"", SA_ERR_UNSUPPORTED, "has more than 15 bytes");
    expect_with("", "post_processor",
                "{\"type\":\"Sequence\",\"processors\":[{\"type\":\"BertProcessing\",\"cls\":[\"a\",1],"
                "\"sep\":[\"b\",2]},{\"type\":\"BertProcessing\",\"cls\":[\"a\",1],\"sep\":[\"b\",2]}]}",
                SA_ERR_UNSUPPORTED, "adds tokens twice; the second time by \"BertProcessing\"");
}

Test(byte_bpe, refuses_what_is_malformed) {
    expect_pre_tokenizer("{\"type\":\"ByteLevel\"}", SA_ERR_FORMAT, "add_prefix_space is missing");
    expect_pre_tokenizer("{\"type\":\"Sequence\"}", SA_ERR_FORMAT, "pre_tokenizer.pretokenizers is missing");
    expect_pre_tokenizer(SEQUENCE("3"), SA_ERR_FORMAT, "type is missing");
    expect_pre_tokenizer(SEQUENCE(SEQUENCE("3")), SA_ERR_FORMAT, "type is missing");
    expect_with("model", "merges", "{}", SA_ERR_FORMAT, "model.merges is an object");
    expect_with("model", "merges", "[\"ab\"]", SA_ERR_FORMAT, "model.merges[0] is not two tokens");
    expect_with("model", "merges", "[\"a b c\"]", SA_ERR_FORMAT, "model.merges[0] is not two tokens");
    expect_with("model", "merges", "[[\"a\"]]", SA_ERR_FORMAT, "model.merges[0] is not two tokens");
    expect_with("model", "merges", "[[\"a\",\"b\",\"c\"]]", SA_ERR_FORMAT, "model.merges[0] is not two tokens");
    expect_with("model", "merges", "[[\"a\",1]]", SA_ERR_FORMAT, "model.merges[0] is not two tokens");
    expect_with("model", "merges", "[7]", SA_ERR_FORMAT, "model.merges[0] is not two tokens");
    expect_with("model", "merges", "[\"xy z\"]", SA_ERR_FORMAT,
                "is \"xy\" and \"z\", and the vocabulary lacks the first");
    expect_with("model", "merges", "[\"x yz\"]", SA_ERR_FORMAT, "the vocabulary lacks the second");
    expect_with("model", "merges", "[[\"x\",\"z\"]]", SA_ERR_FORMAT, "the vocabulary lacks the two joined");
    expect_with("model", "unk_token", "\"none\"", SA_ERR_FORMAT, "model.unk_token \"none\" is not in the vocabulary");
    expect_with("model", "unk_token", "3", SA_ERR_FORMAT, "model.unk_token is an integer");
    expect_with("model", "fuse_unk", "3", SA_ERR_FORMAT, "model.fuse_unk is an integer");
    expect_with("model", "byte_fallback", "3", SA_ERR_FORMAT, "model.byte_fallback is an integer");
    expect_with("model", "continuing_subword_prefix", "3", SA_ERR_FORMAT, "continuing_subword_prefix is an integer");
    expect_with("model", "ignore_merges", "3", SA_ERR_FORMAT, "model.ignore_merges is an integer");
}

static sa_tokenizer *open_root(void) {
    sa_tokenizer *t = NULL;
    cr_assert_eq(json_dump_file(root, folder_path(&folder, "tokenizer.json"), 0), 0);
    cr_assert_eq(sa_tokenizer_open(ctx, folder.path, &t), SA_OK, "%s", sa_ctx_last_error(ctx));
    return t;
}

static int64_t encode(const sa_tokenizer *t, const char *text, int32_t flags, int32_t ids[20]) {
    int64_t count = 0;
    cr_assert_eq(sa_tokenizer_encode_with(ctx, t, text, (int64_t)strlen(text), flags, ids, 20, &count), SA_OK, "%s",
                 sa_ctx_last_error(ctx));
    return count;
}

/* Bytes that the vocabulary lacks are left out, or the token for what is unknown. */
Test(byte_bpe, lacks_bytes_as_its_file_says) {
    int32_t ids[20], unknown;
    json_t *model = json_object_get(root, "model");
    json_object_del(json_object_get(model, "vocab"), "q");
    sa_tokenizer *t = open_root();
    cr_expect_eq(encode(t, "qqXqY", 0, ids), 2);
    sa_tokenizer_destroy(&t);
    json_object_set_new(model, "unk_token", json_string("<|endoftext|>"));
    t = open_root();
    cr_expect_eq(sa_tokenizer_find(t, "<|endoftext|>", &unknown), SA_OK);
    cr_expect_eq(encode(t, "qqXqY", 0, ids), 5);
    cr_expect(ids[0] == unknown && ids[1] == unknown && ids[3] == unknown && ids[2] != unknown);
    sa_tokenizer_destroy(&t);
}

Test(byte_bpe, of_a_merge_that_is_there_twice_the_later_counts) {
    int32_t first[20], second[20];
    json_object_set_new(json_object_get(root, "model"), "merges", json_pack("[s,s]", "t h", "h e"));
    json_t *vocab = json_object_get(json_object_get(root, "model"), "vocab");
    json_object_set_new(vocab, "he", json_integer(9000));
    sa_tokenizer *t = open_root();
    cr_expect_eq(encode(t, "the", 0, first), 2);
    sa_tokenizer_destroy(&t);
    json_object_set_new(json_object_get(root, "model"), "merges", json_pack("[s,s,s]", "t h", "h e", "t h"));
    t = open_root();
    cr_expect_eq(encode(t, "the", 0, second), 2);
    cr_expect_neq(first[0], second[0]);
    cr_expect_eq(second[1], 9000);
    sa_tokenizer_destroy(&t);
}

Test(byte_bpe, leaves_out_template_and_special_tokens_when_asked) {
    int32_t ids[20], begin, end;
    json_t *template = json_pack("{s:s, s:[s,i], s:[s,i]}", "type", "BertProcessing", "cls", "x", 1, "sep", "y", 3);
    json_object_set_new(root, "post_processor", template);
    sa_tokenizer *t = open_root();
    cr_expect_eq(sa_tokenizer_find(t, "<|begin|>", &begin), SA_OK);
    cr_expect_eq(sa_tokenizer_find(t, "<|im_end|>", &end), SA_OK);
    cr_expect_eq(encode(t, "the<|im_end|>", 0, ids), 4);
    cr_expect(ids[0] == begin && ids[2] == end && ids[3] == end);
    cr_expect_eq(encode(t, "the<|im_end|>", SA_ENCODE_NO_TEMPLATE, ids), 2);
    cr_expect_eq(ids[1], end);
    cr_expect_gt(encode(t, "the<|im_end|>", SA_ENCODE_NO_TEMPLATE | SA_ENCODE_NO_SPECIAL, ids), 4);
    for (int i = 0; i < 4; i++) cr_expect_neq(ids[i], end);
    /* An added token that is not special is found all the same. */
    cr_expect_eq(encode(t, "<think>", SA_ENCODE_NO_TEMPLATE | SA_ENCODE_NO_SPECIAL, ids), 1);
    int64_t count;
    cr_expect_eq(sa_tokenizer_encode_with(ctx, t, "a", 1, 4, ids, 20, &count), SA_ERR_VALUE);
    cr_expect_eq(sa_tokenizer_encode_with(ctx, t, "a", 1, -1, ids, 20, &count), SA_ERR_VALUE);
    sa_tokenizer_destroy(&t);
}

/* Any bytes come back as they were, token by token too. */
Test(byte_bpe, decodes_bytes_as_they_come) {
    static const char text[] = "the caf\xc3\xa9 \xe4\xbd\xa0\xf0\x9f\x98\x80 \x01\x7f\xc2\xa0\xc2\xad";
    int32_t ids[100];
    int64_t count, bytes, at = 0;
    char got[100];
    sa_tokenizer *t = open_root();
    cr_assert_eq(sa_tokenizer_encode(ctx, t, text, sizeof text - 1, ids, 100, &count), SA_OK);
    cr_expect_eq(sa_tokenizer_decode(ctx, t, ids, count, got, 100, &bytes), SA_OK);
    cr_expect_eq(bytes, sizeof text - 1);
    cr_expect_arr_eq(got, text, sizeof text - 1);
    for (int64_t i = 0; i < count; i++, at += bytes) {
        cr_expect_eq(sa_tokenizer_decode(ctx, t, ids + i, 1, got, 100, &bytes), SA_OK);
        cr_expect_arr_eq(got, text + at, (size_t)bytes);
    }
    cr_expect_eq(at, sizeof text - 1);
    sa_tokenizer_destroy(&t);
}

/* Repeats a pattern over the text. */
static void fill(char *text, int bytes, const char *pattern) {
    const int period = (int)strlen(pattern);
    for (int i = 0; i < bytes; i++) text[i] = pattern[i % period];
}

/* Long words, runs of spaces and runs of marks cost no more than a little above their length. */
Test(byte_bpe, is_not_slowed_down_by_hostile_texts, .timeout = 100) {
    enum { BYTES = 300000 };
    static const char *const patterns[] = {
        "a", "the", " ", "\n ", "  \n", "!", "1", "x1", "\xcc\x81\xcc\xa3", "\xe3\x80\x80", "<", "the cat "};
    static const char *const variants[] = {
        "{}",
        "{\"pre_tokenizer\":" GPT2("true", "false") ",\"normalizer\":{\"type\":\"NFC\"}}",
        "{\"pre_tokenizer\":" SEQUENCE(DIGITS("true") "," GPT2("false", "true")) "}",
        "{\"pre_tokenizer\":" SEQUENCE(SPLIT("(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\\\r\\\\n\\\\p{L}\\\\p{N}]?\\\\p{L}+|"
                                             "\\\\p{N}| ?[^\\\\s\\\\p{L}\\\\p{N}]+[\\\\r\\\\n]*|\\\\s*[\\\\r\\\\n]+|"
                                             "\\\\s+(?!\\\\S)|\\\\s+",
                                             "Isolated", "false") "," GPT2("false", "false")) "}",
    };
    char *text = malloc(BYTES);
    for (size_t v = 0; v < sizeof variants / sizeof variants[0]; v++) {
        json_t *changes = json_loads(variants[v], 0, NULL);
        cr_assert_not_null(changes);
        json_object_update(root, changes);
        sa_tokenizer *t = open_root();
        for (size_t p = 0; p < sizeof patterns / sizeof patterns[0]; p++) {
            int64_t count;
            fill(text, BYTES, patterns[p]);
            cr_expect_eq(sa_tokenizer_encode(ctx, t, text, BYTES, NULL, 0, &count), SA_OK, "%s",
                         sa_ctx_last_error(ctx));
            cr_expect(count > 0 && count <= BYTES + 1);
        }
        sa_tokenizer_destroy(&t);
        json_decref(changes);
    }
    free(text);
}

/* The tenth call of a text takes no memory that the first did not. */
Test(byte_bpe, allocates_once_for_a_text) {
    struct test_allocator allocator = test_allocator_make();
    sa_ctx_options options = {.struct_size = sizeof options, .threads = 1};
    sa_tokenizer *t = open_root();
    int64_t count;
    test_allocator_use(&allocator, &options);
    sa_ctx *other = ctx_open(&options);
    const int64_t before = allocator.calls;
    for (int64_t calls = 0, i = 0; i < 10; i++) {
        cr_expect_eq(sa_tokenizer_encode(other, t, "the cat unbelievable", 20, NULL, 0, &count), SA_OK);
        if (i == 0) calls = allocator.calls;
        cr_expect_eq(allocator.calls, calls);
    }
    cr_expect_leq(allocator.calls - before, 4);
    cr_expect_lt(allocator.live_bytes, 10000);
    sa_ctx_destroy(&other);
    sa_tokenizer_destroy(&t);
    cr_expect_eq(allocator.live, 0);
}

Test(byte_bpe, gives_back_what_it_took_when_an_allocation_fails) {
    cr_assert_eq(json_dump_file(root, folder_path(&folder, "tokenizer.json"), 0), 0);
    for (int64_t n = 0, failed = 1; failed; n++) {
        struct test_allocator allocator = test_allocator_make();
        sa_ctx_options options = {.struct_size = sizeof options, .threads = 1};
        sa_tokenizer *t = NULL;
        int64_t count;
        test_allocator_use(&allocator, &options);
        sa_ctx *other = ctx_open(&options);
        allocator.fail_at = allocator.calls + n;
        sa_status status = sa_tokenizer_open(other, folder.path, &t);
        if (status == SA_OK) status = sa_tokenizer_encode(other, t, "the cat unbelievable", 20, NULL, 0, &count);
        failed = allocator.failures > 0;
        cr_expect_eq(status, failed ? SA_ERR_MEMORY : SA_OK, "%s", sa_ctx_last_error(other));
        sa_tokenizer_destroy(&t);
        sa_ctx_destroy(&other);
        cr_expect_eq(allocator.live, 0);
        cr_expect_eq(allocator.faults, 0);
    }
}

Test(byte_alphabet, has_a_character_for_each_byte) {
    int seen[512] = {0};
    for (int byte = 0; byte < 256; byte++) {
        char out[ALPHABET_MOST_BYTES];
        int32_t c;
        const int64_t bytes = alphabet_character((unsigned char)byte, out);
        cr_assert_eq(next_character(out, bytes, &c), bytes);
        cr_expect_eq(alphabet_byte(c), byte);
        cr_expect(c < 512 && !seen[c]++);
    }
    for (int32_t c = 0; c < 512; c++) cr_expect_eq(alphabet_byte(c) >= 0, seen[c]);
    cr_expect_eq(alphabet_byte(0x120), ' ');
    cr_expect_eq(alphabet_byte(0x10a), '\n');
    cr_expect_eq(alphabet_byte(0x10ffff), -1);
}

/* What utf8proc gives for a whole text at once. */
static void expect_nfc(const char *text, int64_t bytes) {
    utf8proc_uint8_t *wanted;
    char got[400];
    const int64_t length = utf8proc_map((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)bytes, &wanted,
                                        UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    const int64_t needed = unicode_normalise(FORM_C, text, bytes, NULL);
    if (needed != length || needed > (int64_t)sizeof got || unicode_normalise(FORM_C, text, bytes, got) != length ||
        memcmp(got, wanted, (size_t)length) != 0)
        cr_assert_fail("%.*s", (int)bytes, text);
    free(wanted);
}

Test(nfc, agrees_with_a_whole_text_at_once) {
    char text[300];
    for (int32_t c = 0; c < 0x110000; c++) {
        if (c == 0xd800) c = 0xe000;
        const int64_t bytes = utf8proc_encode_char(c, (utf8proc_uint8_t *)text);
        expect_nfc(text, bytes);
    }
    /* Characters that combine, decompose or are put in order, in random rows. */
    static const int32_t some[] = {'a',   'E',    'o',    ' ',     0x300,   0x301,  0x323,  0x345,  0x31b,
                                   0x41,  0x30a,  0x1100, 0x1161,  0x11a8,  0xac00, 0xac01, 0x9c7,  0x9be,
                                   0x9d7, 0xb47,  0xb3e,  0xdd9,   0xdca,   0xdcf,  0x1025, 0x102e, 0x212b,
                                   0x958, 0x1e9b, 0x344,  0x11131, 0x11127, 0x1d165};
    uint32_t state = 1;
    for (int round = 0; round < 20000; round++) {
        int64_t bytes = 0;
        for (int i = 0; i < 20; i++) {
            state = state * 1664525u + 1013904223u;
            bytes += utf8proc_encode_char(some[(state >> 8) % (sizeof some / sizeof some[0])],
                                          (utf8proc_uint8_t *)text + bytes);
        }
        expect_nfc(text, bytes);
    }
}

Test(split, knows_only_what_it_has) {
    struct split_rules rules;
    cr_expect_eq(split_rules_of("", &rules), 0);
    cr_expect_eq(split_rules_of("\\s+", &rules), 0);
}
