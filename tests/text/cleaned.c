/* ALBERT's and XLNet's SentencePiece files against the tokenizer.json that Transformers converts them to
 * (convert_slow_tokenizer.py: AlbertConverter, XLNetConverter), whose sections are compared with Hugging Face's own.
 * SPDX-License-Identifier: MIT */
#include "selfattn_models.h"
#include "support/bytes.h"
#include "support/folder.h"
#include "support/paths.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Both files need a library. */
#if defined SELFATTN_PROTOBUF_C && defined SELFATTN_PCRE2
#define SPACE "\xe2\x96\x81"

/* Pieces with scores; the first five are control tokens or the unknown one. */
static const struct {
    const char *text;
    double score;
} pieces[] = {{"<pad>", 0},       {"<unk>", 0},      {"[CLS]", 0},        {"[SEP]", 0}, {"[MASK]", 0},
              {SPACE, -3},        {SPACE "the", -2}, {SPACE "cafe", -4},  {"e", -5},    {"a", -5},
              {"c", -5},          {"f", -5},         {",", -4},           {"9", -4},    {"9,", -3},
              {SPACE "9,", -3.5}, {"\"", -4},        {SPACE "\"", -4.5},  {"'", -4},    {SPACE "A", -4},
              {"T", -6},          {"h", -6},         {"\xc3\xa9", -4},    {"1", -4.5},  {"1,9", -5},
              {"t", -6},          {"fi", -6},        {SPACE "THE", -2.5}, {"E", -6},    {"H", -6}};
enum { PIECES = sizeof pieces / sizeof pieces[0], UNKNOWN = 1, CONTROLS = 5 };

/* What the two tokenizers have apart. */
struct kind {
    const char *class, *settings, *template;
    int lowers, keeps_accents, is_xlnet;
};

static const char *text_of(const struct kind *k, int i) {
    if (k->is_xlnet && i > UNKNOWN && i < CONTROLS) return (const char *[]){"<cls>", "<sep>", "<mask>"}[i - 2];
    return pieces[i].text;
}

/* The message of protocol buffers: field 1, a piece, of text, score and type. All lengths are below 128. */
static void write_model(const struct folder *folder, const struct kind *k) {
    struct bytes all = {0};
    for (int i = 0; i < PIECES; i++) {
        struct bytes piece = {0};
        put_number(&piece, 1 << 3 | 2, 1);
        put_number(&piece, strlen(text_of(k, i)), 1);
        put_bytes(&piece, text_of(k, i), strlen(text_of(k, i)));
        put_number(&piece, 2 << 3 | 5, 1);
        put_float(&piece, (float)pieces[i].score);
        put_number(&piece, 3 << 3, 1);
        put_number(&piece, i == UNKNOWN ? 2 : i < CONTROLS ? 3 : 1, 1);
        put_number(&all, 1 << 3 | 2, 1);
        put_number(&all, piece.size, 1);
        put_bytes(&all, piece.at, piece.size);
        free(piece.at);
    }
    folder_write(folder, "spiece.model", all.at, all.size);
    free(all.at);
}

static json_t *step(const char *type) {
    return json_pack("{ss}", "type", type);
}

static json_t *replace(const char *kind, const char *pattern, const char *content) {
    return json_pack("{ss s{ss} ss}", "type", "Replace", "pattern", kind, pattern, "content", content);
}

static void write_converted(const struct folder *folder, const struct kind *k) {
    json_t *steps = json_array(), *vocabulary = json_array(), *added = json_array();
    json_array_append_new(steps, replace("String", "``", "\""));
    json_array_append_new(steps, replace("String", "''", "\""));
    if (!k->keeps_accents) json_array_append_new(steps, step("NFKD"));
    if (!k->keeps_accents) json_array_append_new(steps, step("StripAccents"));
    if (k->lowers) json_array_append_new(steps, step("Lowercase"));
    json_array_append_new(steps, replace("Regex", " {2,}", " "));
    for (int i = 0; i < PIECES; i++) {
        const char *text = text_of(k, i), *end = text + strlen(text);
        const int has_comma = end - text > 1 && end[-1] == ',' && end[-2] >= '0' && end[-2] <= '9';
        json_array_append_new(vocabulary, json_pack("[sf]", text, pieces[i].score - (has_comma ? 100 : 0)));
        if (i < CONTROLS)
            json_array_append_new(added, json_pack("{si ss sb sb sb sb sb}", "id", i, "content", text, "single_word", 0,
                                                   "lstrip", !strcmp(text, "[MASK]"), "rstrip", 0, "normalized", 0,
                                                   "special", 1));
    }
    json_t *whole =
        json_pack("{so s{ss so} s{ss ss ss sb} s{ss si so} so}", "added_tokens", added, "normalizer", "type",
                  "Sequence", "normalizers", steps, "pre_tokenizer", "type", "Metaspace", "replacement", SPACE,
                  "prepend_scheme", "always", "split", 1, "model", "type", "Unigram", "unk_id", UNKNOWN, "vocab",
                  vocabulary, "post_processor", json_loads(k->template, 0, NULL));
    char *text = json_dumps(whole, 0);
    folder_write_text(folder, "tokenizer.json", text);
    free(text);
    json_decref(whole);
}

static sa_tokenizer *open_file(sa_ctx *ctx, const struct folder *folder, const char *name) {
    sa_tokenizer *t;
    cr_assert_eq(sa_tokenizer_open(ctx, folder_path(folder, name), &t), SA_OK, "%s", sa_ctx_last_error(ctx));
    return t;
}

/* Fragments without spaces, joined by one or two spaces or by nothing. */
static int64_t write_text(uint64_t *state, char *text) {
    static const char *const fragments[] = {
        "the", "THE", "cafe", "caf\xc3\xa9", "cafe\xcc\x81", "9,9",      "1,9", "9,",    ",", "``",
        "''",  "'",   "\"",   "A",           "\xef\xac\x81", "\xc3\x89", "x",   "[MASK]"};
    enum { FRAGMENTS = sizeof fragments / sizeof fragments[0] };
    int64_t at = 0;
    const int count = 1 + (int)((*state = *state * 6364136223846793005u + 1442695040888963407u) >> 33) % 8;
    for (int i = 0; i < count; i++) {
        *state = *state * 6364136223846793005u + 1442695040888963407u;
        const uint64_t draw = *state >> 33;
        const char *fragment = fragments[draw % FRAGMENTS];
        at += sprintf(text + at, "%.*s%s", i ? (int)(draw / FRAGMENTS % 3) : 0, "  ", fragment);
    }
    return at;
}

Test(cleaned, texts_become_what_the_converted_tokenizers_make_of_them) {
#define SPECIAL(name)    "{\"SpecialToken\":{\"id\":\"" name "\",\"type_id\":0}}"
#define NUMBER(name, id) "\"" name "\":{\"id\":\"" name "\",\"ids\":[" id "],\"tokens\":[\"" name "\"]}"
#define TEXT             "{\"Sequence\":{\"id\":\"A\",\"type_id\":0}}"
    static const char albert[] = "{\"type\":\"TemplateProcessing\",\"single\":[" SPECIAL("[CLS]") "," TEXT "," SPECIAL(
        "[SEP]") "],\"pair\":[],\"special_tokens\":{" NUMBER("[CLS]", "2") "," NUMBER("[SEP]", "3") "}}";
    static const char xlnet[] = "{\"type\":\"TemplateProcessing\",\"single\":[" TEXT "," SPECIAL("<sep>") "," SPECIAL(
        "<cls>") "],\"pair\":[],\"special_tokens\":{" NUMBER("<cls>", "2") "," NUMBER("<sep>", "3") "}}";
    static const struct kind kinds[] = {
        {"AlbertTokenizer", "", albert, 1, 0, 0},
        {"AlbertTokenizerFast", ", \"do_lower_case\": false", albert, 0, 0, 0},
        {"AlbertTokenizer", ", \"keep_accents\": true, \"do_lower_case\": true", albert, 1, 1, 0},
        {"AlbertTokenizer", ", \"keep_accents\": true, \"do_lower_case\": false", albert, 0, 1, 0},
        {"XLNetTokenizer", "", xlnet, 0, 0, 1},
        {"XLNetTokenizer", ", \"do_lower_case\": true", xlnet, 1, 0, 1}};
    sa_ctx *ctx = ctx_open(NULL);
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        struct folder folder = folder_make();
        char config[200], text[200];
        uint64_t state = k;
        int differ = 0;
        snprintf(config, sizeof config, "{\"tokenizer_class\": \"%s\"%s}", kinds[k].class, kinds[k].settings);
        folder_write_text(&folder, "tokenizer_config.json", config);
        write_model(&folder, &kinds[k]);
        write_converted(&folder, &kinds[k]);
        sa_tokenizer *own = open_file(ctx, &folder, "spiece.model"), *other = open_file(ctx, &folder, "tokenizer.json");
        for (int i = 0; i < 2000 && !differ; i++) {
            const int64_t bytes = write_text(&state, text);
            int32_t got[100], want[100];
            int64_t count, wanted;
            cr_assert_eq(sa_tokenizer_encode(ctx, own, text, bytes, got, 100, &count), SA_OK);
            cr_assert_eq(sa_tokenizer_encode(ctx, other, text, bytes, want, 100, &wanted), SA_OK);
            differ = count != wanted || memcmp(got, want, (size_t)count * sizeof *got) != 0;
            cr_expect(!differ, "%s: \"%s\"", config, text);
        }
        sa_tokenizer_destroy(&own), sa_tokenizer_destroy(&other);
        folder_remove(&folder);
    }
    sa_ctx_destroy(&ctx);
}

/* Every byte of the model changed, and every length: refused or opened, and a text is cut somehow. */
Test(cleaned, survives_damaged_files) {
    static const struct kind kind = {.class = "AlbertTokenizer"};
    static const char text[] = "``the'' caf\xc3\xa9 9,9 [MASK]";
    const sa_ctx_options options = {.struct_size = sizeof options, .threads = 1};
    sa_ctx *ctx = ctx_open(&options);
    struct folder folder = folder_make();
    size_t bytes;
    write_model(&folder, &kind);
    folder_write_text(&folder, "tokenizer_config.json", "{\"tokenizer_class\": \"AlbertTokenizer\"}");
    char *file = file_bytes(folder_path(&folder, "spiece.model"), &bytes);
    cr_assert(bytes > 0);
    for (size_t i = 0; i < 2 * bytes; i++) {
        const size_t at = i % bytes;
        sa_tokenizer *t;
        int32_t ids[100];
        int64_t count;
        const char change = (char)(i < bytes ? 1 << at % 8 : 0);
        file[at] = (char)(file[at] ^ change);
        folder_write(&folder, "spiece.model", file, i < bytes ? bytes : at);
        file[at] = (char)(file[at] ^ change);
        if (sa_tokenizer_open(ctx, folder_path(&folder, "spiece.model"), &t) != SA_OK) continue;
        const sa_status status = sa_tokenizer_encode(ctx, t, text, sizeof text - 1, ids, 100, &count);
        cr_expect(status == SA_OK || status == SA_ERR_TEXT, "%s", sa_ctx_last_error(ctx));
        sa_tokenizer_destroy(&t);
    }
    free(file);
    folder_remove(&folder);
    sa_ctx_destroy(&ctx);
}
#endif
