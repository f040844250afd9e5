/* Unigram models and WordPiece in GGUF files: the same as SentencePiece's and tokenizer.json's; and files that lie.
 * SPDX-License-Identifier: MIT */
#include "kinds.h"
#include "support/allocator.h"
#include "support/folder.h"
#include "support/gguf_writer.h"
#include "support/paths.h"
#include "support/reference.h"
#include "text/step/charsmap.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { I32 = 5, U8 = 0, F32 = 6, BOOL = 7, TEXT = 8, NORMAL = 1, CONTROL = 3 };

static sa_ctx *ctx;
static struct folder folder;
static json_t *kinds;

static void make(void) {
    ctx = ctx_open(NULL);
    folder = folder_make();
    kinds = json_of(data_path("tokenizers/sentencepiece.json"));
}

static void clean(void) {
    json_decref(kinds);
    folder_remove(&folder);
    sa_ctx_destroy(&ctx);
}

TestSuite(gguf_other_tokenizers, .init = make, .fini = clean);

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

static void put_numbers(struct gguf_writer *w, const char *key, uint32_t type, const uint32_t *numbers,
                        uint64_t count) {
    gguf_put_array(w, key, type, count);
    for (uint64_t i = 0; i < count; i++) put_number(&w->settings, numbers[i], 4);
}

/* A table in base 64, by the reader's own decoder, put together again. */
static void put_charsmap(struct gguf_writer *w, const char *text) {
    struct report report = {""};
    struct charsmap map;
    if (!*text) return;
    cr_assert_eq(charsmap_of_base64(&default_allocator, &report, "", text, &map), SA_OK, "%s", report.text);
    const uint64_t units = (uint64_t)map.unit_count * 4;
    gguf_put_array(w, "tokenizer.ggml.precompiled_charsmap", U8, 4 + units + (uint64_t)map.text_bytes);
    put_number(&w->settings, units, 4);
    for (int64_t i = 0; i < map.unit_count; i++) put_number(&w->settings, map.units[i], 4);
    put_bytes(&w->settings, map.texts, (size_t)map.text_bytes);
    charsmap_destroy(&default_allocator, &map);
}

/* A unigram model of tests/data in the words of GGUF. */
static struct gguf_writer unigram(const char *name) {
    const json_t *kind = json_object_get(kinds, name), *pieces = json_object_get(kind, "pieces"), *piece;
    const uint64_t count = json_array_size(pieces);
    struct gguf_writer w = {0};
    size_t i;
    gguf_put_text(&w, "tokenizer.ggml.model", "t5");
    gguf_put_array(&w, "tokenizer.ggml.tokens", TEXT, count);
    json_array_foreach(pieces, i, piece) gguf_put_item(&w, json_string_value(json_array_get(piece, 0)));
    gguf_put_array(&w, "tokenizer.ggml.token_type", I32, count);
    json_array_foreach(pieces, i, piece)
        put_number(&w.settings, (uint64_t)json_integer_value(json_array_get(piece, 2)), 4);
    gguf_put_array(&w, "tokenizer.ggml.scores", F32, count);
    json_array_foreach(pieces, i, piece) put_float(&w.settings, (float)json_number_value(json_array_get(piece, 1)));
    gguf_put_integer(&w, "tokenizer.ggml.add_space_prefix", BOOL,
                     json_is_true(json_object_get(kind, "add_dummy_prefix")));
    gguf_put_integer(&w, "tokenizer.ggml.remove_extra_whitespaces", BOOL,
                     json_is_true(json_object_get(kind, "remove_extra_whitespaces")));
    gguf_put_integer(&w, "tokenizer.ggml.add_eos_token", BOOL, 0);
    put_charsmap(&w, json_string_value(json_object_get(kind, "precompiled_charsmap")));
    return w;
}

static int is_control_in(const char *text, int64_t bytes) {
    static const char *const names[] = {"<s>", "</s>", "<unk>"};
    for (int64_t i = 0; i < bytes; i++)
        for (int n = 0; n < 3; n++)
            if (bytes - i >= (int64_t)strlen(names[n]) && !memcmp(text + i, names[n], strlen(names[n]))) return 1;
    return 0;
}

static void expect_kind(const sa_tokenizer *t, const char *name, const json_t *fragments) {
    static char text[KINDS_MOST_TEXT];
    static int32_t ids[KINDS_MOST_TOKENS];
    const json_t *digests = json_object_get(json_object_get(kinds, name), "digests");
    uint64_t state = 1, hash = 0xcbf29ce484222325u;
    for (int i = 0; i < KINDS_TEXTS; i++) {
        int64_t count;
        const int64_t bytes = kinds_text(fragments, &state, text);
        if (!is_control_in(text, bytes)) {
            cr_assert_eq(sa_tokenizer_encode(ctx, t, text, bytes, ids, KINDS_MOST_TOKENS, &count), SA_OK, "%s",
                         sa_ctx_last_error(ctx));
            hash = kinds_digest(kinds_digest_numbers(hash, ids, count), "\n", 1);
        }
        if (i % KINDS_GROUP == KINDS_GROUP - 1)
            cr_assert(kinds_agree(hash, json_array_get(digests, (size_t)(i / KINDS_GROUP))),
                      "%s: texts up to %d differ from SentencePiece's", name, i);
    }
}

Test(gguf_other_tokenizers, unigram_models_agree_with_sentencepiece) {
    static const char *const names[] = {"unigram", "unigram_bytes"};
    json_t *fragments = json_load_file(data_path("tokenizers/fragments.json"), JSON_ALLOW_NUL, NULL);
    for (int i = 0; i < 2; i++) {
        struct gguf_writer w = unigram(names[i]);
        sa_tokenizer *t = opened(&w);
        expect_kind(t, names[i], fragments);
        sa_tokenizer_destroy(&t);
    }
    json_decref(fragments);
}

#ifdef SELFATTN_PCRE2
/* A byte-level tokenizer of tokenizer.json as a GGUF file has it; `way` is the name of its pre-tokenizer. */
static struct gguf_writer byte_level(const json_t *tokenizer, const char *way) {
    const json_t *bpe = json_object_get(tokenizer, "model"), *merges = json_object_get(bpe, "merges"), *item;
    json_t *vocabulary = json_object_get(bpe, "vocab"), *number;
    static const char *text[600];
    const char *token;
    size_t i, count = json_object_size(vocabulary), added;
    struct gguf_writer w = {0};
    json_object_foreach(vocabulary, token, number) text[json_integer_value(number)] = token;
    json_array_foreach(json_object_get(tokenizer, "added_tokens"), i, item) {
        text[json_integer_value(json_object_get(item, "id"))] = json_string_value(json_object_get(item, "content"));
    }
    added = json_array_size(json_object_get(tokenizer, "added_tokens"));
    gguf_put_text(&w, "general.architecture", "llama");
    gguf_put_text(&w, "tokenizer.ggml.model", "gpt2");
    gguf_put_text(&w, "tokenizer.ggml.pre", way);
    gguf_put_array(&w, "tokenizer.ggml.tokens", TEXT, count + added);
    for (i = 0; i < count + added; i++) gguf_put_item(&w, text[i]);
    gguf_put_array(&w, "tokenizer.ggml.token_type", I32, count + added);
    for (i = 0; i < count + added; i++) put_number(&w.settings, i < count ? 1 : 3, 4);
    gguf_put_array(&w, "tokenizer.ggml.merges", TEXT, json_array_size(merges));
    json_array_foreach(merges, i, item) {
        char both[200];
        snprintf(both, sizeof both, "%s %s", json_string_value(json_array_get(item, 0)),
                 json_string_value(json_array_get(item, 1)));
        gguf_put_item(&w, json_is_string(item) ? json_string_value(item) : both);
    }
    gguf_put_integer(&w, "tokenizer.ggml.add_bos_token", BOOL, 0);
    return w;
}

/* What kinds.c expects of tokenizer.json holds for the same tokenizers in GGUF. */
Test(gguf_other_tokenizers, byte_level_ones_agree_with_hugging_face) {
    static const char *const pairs[][2] = {
        {"falcon", "falcon"},        {"starcoder", "starcoder"},           {"bloom", "bloom"},
        {"deepseek", "deepseek-v3"}, {"deepseek_coder", "deepseek-coder"}, {"o200k", "gpt-4o"}};
    json_t *fragments = json_load_file(data_path("tokenizers/fragments.json"), JSON_ALLOW_NUL, NULL),
           *all = json_of(data_path("tokenizers/kinds.json"));
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        const json_t *kind = json_object_get(all, pairs[i][0]);
        struct gguf_writer w = byte_level(json_object_get(kind, "tokenizer"), pairs[i][1]);
        sa_tokenizer *t = opened(&w);
        kinds_expect(ctx, t, pairs[i][1], fragments, json_object_get(kind, "digests"));
        sa_tokenizer_destroy(&t);
    }
    json_decref(all);
    json_decref(fragments);
}

/* One tokenizer whose merges cross all words, with words cut in many ways: as Hugging Face's tokenizers cut them by the
 * expressions of the models' own files (tests/data/tokenizers/make_ways.mjs). */
Test(gguf_other_tokenizers, words_are_cut_as_by_hugging_face) {
    json_t *fragments = json_load_file(data_path("tokenizers/fragments.json"), JSON_ALLOW_NUL, NULL),
           *all = json_of(data_path("tokenizers/ways.json")), *digests;
    const char *way;
    cr_assert_geq(json_object_size(json_object_get(all, "ways")), 8);
    json_object_foreach(json_object_get(all, "ways"), way, digests) {
        struct gguf_writer w = byte_level(json_object_get(all, "tokenizer"), way);
        sa_tokenizer *t = opened(&w);
        kinds_expect(ctx, t, way, fragments, digests);
        sa_tokenizer_destroy(&t);
    }
    json_decref(all);
    json_decref(fragments);
}
#endif

/* tests/data/tokenizer's WordPiece in the words of GGUF, and behind it a token more. */
static struct gguf_writer wordpiece(const char *more) {
    static const char *texts[60000];
    static uint32_t types[60000];
    json_t *root = json_of(data_path("tokenizer/tokenizer.json")), *value;
    uint64_t count = 0;
    const char *text;
    struct gguf_writer w = {0};
    json_object_foreach(json_object_get(json_object_get(root, "model"), "vocab"), text, value) {
        const uint64_t id = (uint64_t)json_integer_value(value);
        texts[id] = text;
        if (id >= count) count = id + 1;
    }
    gguf_put_text(&w, "tokenizer.ggml.model", "bert");
    gguf_put_array(&w, "tokenizer.ggml.tokens", TEXT, count + 1);
    for (uint64_t i = 0; i < count; i++) {
        char phantom[200];
        const size_t length = strlen(texts[i]);
        const int is_control = *texts[i] == '[' && length > 1 && texts[i][length - 1] == ']',
                  continues = !strncmp(texts[i], "##", 2);
        types[i] = is_control ? CONTROL : NORMAL;
        snprintf(phantom, sizeof phantom, "%s%s", is_control || continues ? "" : "\xe2\x96\x81",
                 texts[i] + (continues ? 2 : 0));
        gguf_put_item(&w, phantom);
    }
    gguf_put_item(&w, more);
    types[count] = NORMAL;
    put_numbers(&w, "tokenizer.ggml.token_type", I32, types, count + 1);
    json_decref(root);
    return w;
}

static int64_t encode(const sa_tokenizer *t, const char *text, int32_t ids[60]) {
    int64_t count;
    cr_assert_eq(sa_tokenizer_encode(ctx, t, text, (int64_t)strlen(text), ids, 60, &count), SA_OK, "%s",
                 sa_ctx_last_error(ctx));
    return count;
}

Test(gguf_other_tokenizers, wordpiece_is_the_one_that_it_was_made_of) {
    static const char *const texts[] = {"",
                                        "The Animal didn't cross the road.",
                                        "caf\xc3\xa9 na\xc3\xafve UNBELIEVABLY",
                                        "[CLS] a [MASK] b",
                                        "\xe4\xbd\xa0\xe5\xa5\xbd, 12,345!",
                                        "zqxj\xf0\x9f\x98\x80"};
    int32_t want[60], got[60];
    sa_tokenizer *json;
    cr_assert_eq(sa_tokenizer_open(ctx, data_path("tokenizer"), &json), SA_OK);
    struct gguf_writer w = wordpiece("\xe2\x96\x81zzzzzz");
    gguf_put_integer(&w, "tokenizer.ggml.normalizer.lowercase", BOOL, 1);
    gguf_put_integer(&w, "tokenizer.ggml.normalizer.strip_accents", BOOL, 1);
    sa_tokenizer *t = opened(&w);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const int64_t count = encode(json, texts[i], want);
        cr_assert_eq(encode(t, texts[i], got), count, "\"%s\"", texts[i]);
        for (int64_t k = 0; k < count; k++) cr_expect_eq(got[k], want[k], "\"%s\", token %d", texts[i], (int)k);
    }
    sa_tokenizer_destroy(&t);
    sa_tokenizer_destroy(&json);
}

/* A vocabulary with capitals tells them apart, unless the file says otherwise. */
Test(gguf_other_tokenizers, wordpiece_with_capitals_keeps_them) {
    int32_t ids[60], other[60];
    struct gguf_writer w = wordpiece("\xe2\x96\x81ZZ");
    sa_tokenizer *t = opened(&w);
    cr_expect_eq(encode(t, "ZZ", ids), 3);
    cr_expect_eq(ids[1], sa_tokenizer_size(t) - 1);
    sa_tokenizer_destroy(&t);
    w = wordpiece("\xe2\x96\x81ZZ");
    gguf_put_integer(&w, "tokenizer.ggml.normalizer.lowercase", BOOL, 1);
    t = opened(&w);
    encode(t, "ZZ", other);
    cr_expect_neq(other[1], ids[1]);
    sa_tokenizer_destroy(&t);
}

static struct gguf_writer of_one_token(const char *model, const char *token) {
    struct gguf_writer w = {0};
    gguf_put_text(&w, "tokenizer.ggml.model", model);
    gguf_put_array(&w, "tokenizer.ggml.tokens", TEXT, 1);
    gguf_put_item(&w, token);
    return w;
}

static void expect_refused(struct gguf_writer w, const char *words) {
    sa_tokenizer *t;
    cr_expect_eq(open_writer(&w, &t), SA_ERR_FORMAT, "want \"%s\", got \"%s\"", words, sa_ctx_last_error(ctx));
    cr_expect(strstr(sa_ctx_last_error(ctx), words) != NULL, "\"%s\" lacks \"%s\"", sa_ctx_last_error(ctx), words);
    cr_expect_null(t);
}

Test(gguf_other_tokenizers, refuses_what_makes_no_sense) {
    static const uint32_t infinite[] = {0x7f800000}, zero[] = {0};
    expect_refused(of_one_token("bert", "a"), "without the tokens [UNK] and [CLS]");
    expect_refused(of_one_token("bert", "\xff"), "token 0 is not UTF-8");
    expect_refused(of_one_token("t5", "a"), "\"tokenizer.ggml.scores\" is missing");
    struct gguf_writer w = of_one_token("t5", "a");
    put_numbers(&w, "tokenizer.ggml.scores", F32, infinite, 1);
    expect_refused(w, "token 0 has a score that is not finite");
    w = of_one_token("t5", "a");
    put_numbers(&w, "tokenizer.ggml.scores", F32, zero, 1);
    put_numbers(&w, "tokenizer.ggml.precompiled_charsmap", F32, zero, 1);
    expect_refused(w, "precompiled_charsmap\" must be an array of 8-bit integers");
}

Test(gguf_other_tokenizers, give_back_what_they_took_when_an_allocation_fails) {
    struct gguf_writer w = unigram("unigram");
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

/* No byte can be changed into something that crashes or takes memory without bound. */
Test(gguf_other_tokenizers, survive_changed_bytes) {
    static const unsigned char with[] = {0, 0x80, 0xff};
    struct gguf_writer w = unigram("unigram_bytes");
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
