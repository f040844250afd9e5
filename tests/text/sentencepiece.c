/* SentencePiece's model files against SentencePiece (tests/data/tokenizers/make_sentencepiece.py): small models are
 * written here from their pieces. And files that lie, and families.
 * SPDX-License-Identifier: MIT */
#include "kinds.h"
#include "support/allocator.h"
#include "support/paths.h"
#include "support/reference.h"
#include "text/characters.h"
#include "text/step/charsmap.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A message of protocol buffers that is being written. */
struct message {
    unsigned char bytes[40000];
    int64_t count;
};

static void put_bytes(struct message *m, const void *bytes, int64_t count) {
    cr_assert_leq(m->count + count, (int64_t)sizeof m->bytes);
    memcpy(m->bytes + m->count, bytes, (size_t)count);
    m->count += count;
}

static void put_little(struct message *m, uint32_t number) {
    for (int i = 0; i < 4; i++) {
        const unsigned char byte = (unsigned char)(number >> 8 * i);
        put_bytes(m, &byte, 1);
    }
}

static void put_float(struct message *m, float number) {
    uint32_t bits;
    memcpy(&bits, &number, sizeof bits);
    put_little(m, bits);
}

static void put_varint(struct message *m, uint64_t value) {
    do {
        const unsigned char byte = (unsigned char)((value & 127) | (value > 127 ? 128 : 0));
        put_bytes(m, &byte, 1);
    } while (value >>= 7);
}

static void put_number(struct message *m, int field, uint64_t value) {
    put_varint(m, (uint64_t)field << 3);
    put_varint(m, value);
}

static void put_block(struct message *m, int field, const void *bytes, int64_t count) {
    put_varint(m, (uint64_t)field << 3 | 2);
    put_varint(m, (uint64_t)count);
    put_bytes(m, bytes, count);
}

static void put_piece(struct message *m, const char *text, int64_t bytes, float score, int64_t type) {
    static struct message piece;
    piece.count = 0;
    put_block(&piece, 1, text, bytes);
    put_varint(&piece, 2 << 3 | 5);
    put_float(&piece, score);
    if (type != 1) put_number(&piece, 3, (uint64_t)type);
    put_block(m, 1, piece.bytes, piece.count);
}

/* A table in base 64, by the reader's own decoder, put together again. */
static void put_charsmap(struct message *m, const char *text) {
    struct report report = {""};
    struct charsmap map;
    static struct message table;
    if (!*text) return;
    cr_assert_eq(charsmap_of_base64(&default_allocator, &report, "", text, &map), SA_OK, "%s", report.text);
    table.count = 0;
    put_little(&table, (uint32_t)(map.unit_count * 4));
    for (int64_t i = 0; i < map.unit_count; i++) put_little(&table, map.units[i]);
    put_bytes(&table, map.texts, map.text_bytes);
    put_block(m, 2, table.bytes, table.count);
    charsmap_destroy(&default_allocator, &map);
}

static int is_set(const json_t *kind, const char *key) {
    return json_is_true(json_object_get(kind, key));
}

static void make_model(const json_t *kind, struct message *m) {
    static struct message inner;
    const json_t *pieces = json_object_get(kind, "pieces"), *piece;
    size_t i;
    m->count = inner.count = 0;
    json_array_foreach(pieces, i, piece) {
        const json_t *text = json_array_get(piece, 0);
        put_piece(m, json_string_value(text), (int64_t)json_string_length(text),
                  (float)json_number_value(json_array_get(piece, 1)), json_integer_value(json_array_get(piece, 2)));
    }
    put_number(&inner, 3, (uint64_t)json_integer_value(json_object_get(kind, "model_type")));
    put_number(&inner, 24, (uint64_t)is_set(kind, "treat_whitespace_as_suffix"));
    put_number(&inner, 35, (uint64_t)is_set(kind, "byte_fallback"));
    const json_t *unknown = json_object_get(kind, "unk_surface");
    if (unknown) put_block(&inner, 44, json_string_value(unknown), (int64_t)json_string_length(unknown));
    put_block(m, 2, inner.bytes, inner.count);
    inner.count = 0;
    put_charsmap(&inner, json_string_value(json_object_get(kind, "precompiled_charsmap")));
    put_number(&inner, 3, (uint64_t)is_set(kind, "add_dummy_prefix"));
    put_number(&inner, 4, (uint64_t)is_set(kind, "remove_extra_whitespaces"));
    put_block(m, 3, inner.bytes, inner.count);
}

static void write_file(const char *path, const void *bytes, int64_t count) {
    FILE *f = fopen(path, "wb");
    cr_assert(f && fwrite(bytes, 1, (size_t)count, f) == (size_t)count && !fclose(f), "%s", path);
}

static struct folder folder;
static sa_ctx *ctx;
static json_t *kinds;
static struct message model;

static void make(void) {
    folder = folder_make();
    ctx = ctx_open(NULL);
    kinds = json_of(data_path("tokenizers/sentencepiece.json"));
}

static void clean(void) {
    json_decref(kinds);
    sa_ctx_destroy(&ctx);
    folder_remove(&folder);
}

TestSuite(sentencepiece, .init = make, .fini = clean);

/* Writes a kind's model under this name. */
static void write_kind(const char *kind, const char *name) {
    make_model(json_object_get(kinds, kind), &model);
    write_file(folder_path(&folder, name), model.bytes, model.count);
}

#ifdef SELFATTN_PROTOBUF_C
static void write_text(const char *path, const char *text) {
    write_file(path, text, (int64_t)strlen(text));
}

static int is_control_in(const char *text, int64_t bytes) {
    static const char *const names[] = {"<s>", "</s>", "<unk>"};
    for (int64_t i = 0; i < bytes; i++)
        for (int n = 0; n < 3; n++)
            if (bytes - i >= (int64_t)strlen(names[n]) && !memcmp(text + i, names[n], strlen(names[n]))) return 1;
    return 0;
}

/* The reference shows a byte that is no UTF-8 as U+FFFD, the library as it is. */
static uint64_t decoded_digest(uint64_t hash, const sa_tokenizer *t, const int32_t *ids, int64_t count) {
    static char text[KINDS_MOST_DECODED];
    int64_t bytes;
    cr_assert_eq(sa_tokenizer_decode(ctx, t, ids, count, text, KINDS_MOST_DECODED, &bytes), SA_OK, "%s",
                 sa_ctx_last_error(ctx));
    for (int64_t at = 0, wrong; at < bytes; at += wrong) {
        wrong = invalid_utf8(text + at, bytes - at);
        if (wrong < 0) wrong = bytes - at;
        hash = kinds_digest(hash, text + at, wrong);
        if (at + wrong == bytes) break;
        hash = kinds_digest(hash, "\xef\xbf\xbd", 3);
        wrong++;
    }
    return kinds_digest(hash, "\n", 1);
}

/* Any token numbers: also unknown tokens, control tokens and bytes. */
static int64_t draw_ids(const sa_tokenizer *t, uint64_t *state, int32_t *ids) {
    const int64_t count = (int64_t)(kinds_next(state) % 13);
    for (int64_t i = 0; i < count; i++) ids[i] = (int32_t)(kinds_next(state) % (uint64_t)sa_tokenizer_size(t));
    return count;
}

static void expect_kind(const sa_tokenizer *t, const char *name, const json_t *fragments, const json_t *kind) {
    const json_t *digests = json_object_get(kind, "digests"), *decodings = json_object_get(kind, "decodings");
    static char text[KINDS_MOST_TEXT];
    static int32_t ids[KINDS_MOST_TOKENS];
    uint64_t state = 1, drawing = 4, hash = 0xcbf29ce484222325u, decoded = hash;
    int agrees = 1;
    for (int i = 0; i < KINDS_TEXTS && agrees; i++) {
        int64_t count;
        const int64_t bytes = kinds_text(fragments, &state, text);
        cr_expect(kinds_offsets_are_right(ctx, t, text, bytes), "%s: text %d", name, i);
        if (!is_control_in(text, bytes)) {
            cr_assert_eq(sa_tokenizer_encode(ctx, t, text, bytes, ids, KINDS_MOST_TOKENS, &count), SA_OK, "%s",
                         sa_ctx_last_error(ctx));
            hash = kinds_digest(kinds_digest_numbers(hash, ids, count), "\n", 1);
            decoded = decoded_digest(decoded, t, ids, count);
        }
        decoded = decoded_digest(decoded, t, ids, draw_ids(t, &drawing, ids));
        if (i % KINDS_GROUP != KINDS_GROUP - 1) continue;
        agrees = kinds_agree(hash, json_array_get(digests, (size_t)(i / KINDS_GROUP))) &&
                 kinds_agree(decoded, json_array_get(decodings, (size_t)(i / KINDS_GROUP)));
        cr_expect(agrees, "%s: texts %d to %d differ from the reference's", name, i + 1 - KINDS_GROUP, i);
    }
}

Test(sentencepiece, agrees_with_sentencepiece) {
    json_t *fragments = json_load_file(data_path("tokenizers/fragments.json"), JSON_ALLOW_NUL, NULL), *kind;
    const char *name;
    json_object_foreach(kinds, name, kind) {
        sa_tokenizer *t = NULL;
        write_kind(name, "tokenizer.model");
        cr_expect_eq(sa_tokenizer_open(ctx, folder.path, &t), SA_OK, "%s: %s", name, sa_ctx_last_error(ctx));
        if (t) expect_kind(t, name, fragments, kind);
        sa_tokenizer_destroy(&t);
    }
    json_decref(fragments);
}

static int64_t encode(const sa_tokenizer *t, const char *text, int32_t language, int32_t ids[40]) {
    int64_t count;
    cr_assert_eq(sa_tokenizer_encode_language(ctx, t, text, (int64_t)strlen(text), 0, language, ids, 40, &count), SA_OK,
                 "%s", sa_ctx_last_error(ctx));
    return count;
}

static sa_tokenizer *open_as(const char *file, const char *config) {
    sa_tokenizer *t = NULL;
    write_text(folder_path(&folder, "tokenizer_config.json"), config);
    cr_assert_eq(sa_tokenizer_open(ctx, folder_path(&folder, file), &t), SA_OK, "%s: %s", config,
                 sa_ctx_last_error(ctx));
    return t;
}

static int32_t find(const sa_tokenizer *t, const char *text) {
    int32_t id = -1;
    cr_expect_eq(sa_tokenizer_find(t, text, &id), SA_OK, "%s", text);
    return id;
}

/* Opened alone, as SentencePiece does; in a family, as Transformers does, which leaves special tokens out. */
Test(sentencepiece, shows_unknown_pieces_if_there_is_no_family) {
    static const char *const configs[] = {"{}", "{\"tokenizer_class\": \"T5Tokenizer\"}"};
    static const char *const wanted[] = {"cat \xe2\x81\x87  the", "cat the"};
    char text[40];
    int64_t bytes;
    write_kind("unigram", "m.model");
    for (int i = 0; i < 2; i++) {
        sa_tokenizer *t = open_as("m.model", configs[i]);
        const int32_t ids[] = {find(t, "<s>"),
                               find(t, "\xe2\x96\x81"
                                       "cat"),
                               find(t, "<unk>"), find(t, "\xe2\x96\x81the")};
        cr_assert_eq(sa_tokenizer_decode(ctx, t, ids, 4, text, sizeof text, &bytes), SA_OK);
        cr_expect(bytes == (int64_t)strlen(wanted[i]) && !memcmp(text, wanted[i], (size_t)bytes), "\"%.*s\"",
                  (int)bytes, text);
        sa_tokenizer_destroy(&t);
    }
}

/* The same pieces with the numbers and the frame of each family. */
Test(sentencepiece, numbers_pieces_as_the_family_does) {
    int32_t plain[40], ids[40], id;
    write_kind("unigram", "m.model");
    sa_tokenizer *t = open_as("m.model", "{}");
    const int64_t count = encode(t, "the cat", -1, plain);
    sa_tokenizer_destroy(&t);

    t = open_as("m.model", "{\"tokenizer_class\": \"T5TokenizerFast\"}");
    cr_expect_eq(encode(t, "the cat", -1, ids), count + 1);
    cr_expect(!memcmp(ids, plain, (size_t)count * sizeof *ids) && ids[count] == find(t, "</s>"));
    cr_expect_eq(find(t, "<extra_id_0>"), 240 + 99);
    cr_expect_eq(find(t, "<extra_id_99>"), 240);
    kinds_expect_pair(ctx, t, "A </s> B </s>", 0);
    sa_tokenizer_destroy(&t);

    t = open_as("m.model", "{\"tokenizer_class\": \"XLMRobertaTokenizer\"}");
    cr_expect_eq(encode(t, "the cat", -1, ids), count + 2);
    cr_expect(ids[0] == 0 && ids[count + 1] == 2 && ids[1] == plain[0] + 1);
    cr_expect_eq(find(t, "<pad>"), 1);
    cr_expect_eq(find(t, "<unk>"), 3);
    cr_expect_eq(find(t, "<mask>"), 241);
    kinds_expect_pair(ctx, t, "<s> A </s> </s> B </s>", 0);
    sa_tokenizer_destroy(&t);

    t = open_as("m.model", "{\"tokenizer_class\": \"NllbTokenizer\", \"src_lang\": \"fra_Latn\", "
                           "\"additional_special_tokens\": [\"eng_Latn\", {\"content\": \"fra_Latn\"}]}");
    cr_expect_eq(encode(t, "the cat", -1, ids), count + 2);
    cr_expect(ids[0] == 242 && ids[1] == plain[0] + 1 && ids[count + 1] == 2);
    cr_expect_eq(sa_tokenizer_language(t, "eng_Latn", &id), SA_OK);
    cr_expect_eq(id, 241);
    cr_expect_eq(encode(t, "the cat", id, ids), count + 2);
    cr_expect_eq(ids[0], 241);
    cr_expect_eq(sa_tokenizer_language(t, "deu_Latn", &id), SA_ERR_VALUE);
    cr_expect_eq(id, -1);
    kinds_expect_pair(ctx, t, "fra_Latn A B </s>", 0);
    sa_tokenizer_destroy(&t);

    t = open_as("m.model",
                "{\"tokenizer_class\": \"MBartTokenizer\", \"additional_special_tokens\": [\"de_DE\", \"en_XX\"]}");
    cr_expect_eq(encode(t, "the cat", find(t, "de_DE"), ids), count + 2);
    cr_expect(ids[0] == plain[0] + 1 && ids[count] == 2 && ids[count + 1] == 241);
    sa_tokenizer_destroy(&t);
}

/* CamemBERT puts four tokens in front of all pieces; XGLM seven behind. */
Test(sentencepiece, numbers_pieces_as_camembert_and_xglm_do) {
    int32_t ids[40];
    const int32_t pieces = (int32_t)json_array_size(json_object_get(json_object_get(kinds, "unigram"), "pieces"));
    write_kind("unigram", "m.model");
    sa_tokenizer *t = open_as("m.model", "{\"tokenizer_class\": \"CamembertTokenizer\"}");
    cr_expect_eq(find(t, "<s>NOTUSED"), 0);
    cr_expect_eq(find(t, "<pad>"), 1);
    cr_expect_eq(find(t, "</s>NOTUSED"), 2);
    cr_expect_eq(find(t, "<unk>"), 3);
    cr_expect_eq(find(t, "<s>"), 5);
    cr_expect_eq(find(t, "</s>"), 6);
    cr_expect_eq(find(t, "<mask>"), pieces + 4);
    int64_t count = encode(t, "a", -1, ids);
    cr_expect(count >= 3 && ids[0] == 5 && ids[count - 1] == 6);
    kinds_expect_pair(ctx, t, "<s> A </s> </s> B </s>", 0);
    sa_tokenizer_destroy(&t);
    t = open_as("m.model", "{\"tokenizer_class\": \"XGLMTokenizer\"}");
    cr_expect_eq(find(t, "<s>"), 0);
    cr_expect_eq(find(t, "</s>"), 2);
    cr_expect_eq(find(t, "<madeupword0>"), pieces + 1);
    cr_expect_eq(find(t, "<madeupword6>"), pieces + 7);
    count = encode(t, "a", -1, ids);
    cr_expect(count >= 2 && ids[0] == 2 && ids[count - 1] != 2);
    cr_expect_eq(sa_tokenizer_encode_pair(ctx, t, "a", 1, "b", 1, 0, 0, NULL, NULL, 0, &count), SA_ERR_UNSUPPORTED);
    sa_tokenizer_destroy(&t);
}

/* Marian and M2M-100 number pieces by vocab.json; what is not there is unknown. */
Test(sentencepiece, numbers_pieces_by_name) {
    int32_t plain[40], ids[40], id;
    write_kind("unigram", "source.spm");
    sa_tokenizer *t = open_as("source.spm", "{\"tokenizer_class\": \"T5Tokenizer\"}");
    const int64_t count = encode(t, "the cat", -1, plain) - 1;
    json_t *vocab = json_pack("{s:i,s:i,s:i,s:i}", "</s>", 0, "<unk>", 1, ">>deu<<", 2, "<pad>", 7);
    json_object_set_new(vocab, sa_tokenizer_token(t, plain[0]), json_integer(5));
    sa_tokenizer_destroy(&t);
    cr_assert_eq(json_dump_file(vocab, folder_path(&folder, "vocab.json"), 0), 0);
    t = open_as("source.spm", "{\"tokenizer_class\": \"MarianTokenizer\"}");
    cr_expect_eq(encode(t, "the cat", -1, ids), count + 1);
    cr_expect(ids[0] == 5 && ids[count] == 0);
    for (int64_t i = 1; i < count; i++) cr_expect(ids[i] == (plain[i] == plain[0] ? 5 : 1), "%d", (int)ids[i]);
    cr_expect_eq(sa_tokenizer_language(t, "deu", &id), SA_OK);
    cr_expect_eq(encode(t, "the cat", id, ids), count + 2);
    cr_expect_eq(ids[0], 2);
    sa_tokenizer_destroy(&t);
    t = open_as("source.spm", "{\"tokenizer_class\": \"Speech2TextTokenizer\", \"do_upper_case\": false}");
    cr_expect_eq(encode(t, "the cat", -1, ids), count + 1);
    cr_expect(ids[0] == 5 && ids[count] == 0);
    sa_tokenizer_destroy(&t);
    t = open_as("source.spm", "{\"do_upper_case\": false}");
    cr_expect_eq(encode(t, "the cat", -1, ids), count + 1);
    sa_tokenizer_destroy(&t);
    folder_write_text(&folder, "tokenizer_config.json",
                      "{\"tokenizer_class\": \"Speech2TextTokenizer\", \"do_upper_case\": true}");
    cr_expect_eq(sa_tokenizer_open(ctx, folder_path(&folder, "source.spm"), &t), SA_ERR_UNSUPPORTED);
    cr_expect(strstr(sa_ctx_last_error(ctx), "do_upper_case is true") != NULL, "%s", sa_ctx_last_error(ctx));
    json_decref(vocab);
}

Test(sentencepiece, checks_a_language) {
    int32_t ids[40];
    int64_t count;
    write_kind("unigram", "m.model");
    sa_tokenizer *t = open_as("m.model", "{}");
    cr_expect_eq(sa_tokenizer_encode_language(ctx, t, "a", 1, 0, 100000, ids, 40, &count), SA_ERR_VALUE);
    cr_expect_eq(sa_tokenizer_encode_language(ctx, t, "a", 1, 0, -2, ids, 40, &count), SA_ERR_VALUE);
    cr_expect_eq(sa_tokenizer_encode_language(ctx, t, "a", 1, SA_ENCODE_NO_TEMPLATE, 3, ids, 40, &count), SA_ERR_VALUE);
    cr_expect_eq(sa_tokenizer_language(NULL, "a", ids), SA_ERR_NULL);
    cr_expect_eq(sa_tokenizer_language(t, NULL, ids), SA_ERR_NULL);
    cr_expect_eq(sa_tokenizer_language(t, "a", NULL), SA_ERR_NULL);
    sa_tokenizer_destroy(&t);
}

static void expect_refused(sa_status wanted, const char *words) {
    sa_tokenizer *t;
    write_file(folder_path(&folder, "m.model"), model.bytes, model.count);
    cr_expect_eq(sa_tokenizer_open(ctx, folder_path(&folder, "m.model"), &t), wanted, "%s", words);
    cr_expect(strstr(sa_ctx_last_error(ctx), words) != NULL, "\"%s\" lacks \"%s\"", sa_ctx_last_error(ctx), words);
    cr_expect_null(t);
}

/* A model of Pegasus: <pad>, </s>, <unk>, then words. */
static void put_pegasus(void) {
    static const char *const words[] = {"\xe2\x96\x81", "\xe2\x96\x81the", "cat"};
    model.count = 0;
    put_piece(&model, "<pad>", 5, 0, 3);
    put_piece(&model, "</s>", 4, 0, 3);
    put_piece(&model, "<unk>", 5, 0, 2);
    for (int i = 0; i < 3; i++) put_piece(&model, words[i], (int)strlen(words[i]), -1 - (float)i, 1);
}

static void put_some(int count) {
    char text[8];
    model.count = 0;
    for (int i = 0; i < count; i++) put_piece(&model, text, snprintf(text, sizeof text, "p%d", i), -1, i ? 1 : 2);
}

/* Numbers are those of google/pegasus-xsum: <mask_1> 2, <mask_2> 3, <unk_2> 4, <unk_102> 104, <unk> 105. */
Test(sentencepiece, numbers_pieces_as_pegasus_does) {
    int32_t ids[40];
    put_pegasus();
    write_file(folder_path(&folder, "m.model"), model.bytes, model.count);
    sa_tokenizer *t = open_as("m.model", "{\"tokenizer_class\": \"PegasusTokenizer\", \"offset\": 103, "
                                         "\"additional_special_tokens\": [\"<mask_1>\", \"<unk_2>\", \"<unk_3>\"]}");
    cr_expect_eq(find(t, "<pad>"), 0);
    cr_expect_eq(find(t, "</s>"), 1);
    cr_expect_eq(find(t, "<mask_1>"), 2);
    cr_expect_eq(find(t, "<mask_2>"), 3);
    cr_expect_eq(find(t, "<unk_2>"), 4);
    cr_expect_eq(find(t, "<unk_102>"), 104);
    cr_expect_eq(find(t, "<unk>"), 105);
    cr_expect_eq(encode(t, "the cat", -1, ids), 4);
    cr_expect(ids[0] == 107 && ids[1] == 106 && ids[2] == 108 && ids[3] == 1);
    cr_expect_eq(encode(t, "thex", -1, ids), 3);
    cr_expect(ids[0] == 107 && ids[1] == 105);
    cr_expect_eq(encode(t, "<mask_2>", -1, ids), 2);
    cr_expect_eq(ids[0], 3);
    sa_tokenizer_destroy(&t);
    write_text(folder_path(&folder, "tokenizer_config.json"),
               "{\"tokenizer_class\": \"PegasusTokenizer\", \"offset\": 0}");
    expect_refused(SA_ERR_UNSUPPORTED, "offset of a PegasusTokenizer must be 103");
    write_text(folder_path(&folder, "tokenizer_config.json"),
               "{\"tokenizer_class\": \"PegasusTokenizer\", \"additional_special_tokens\": [\"<mask_1>\", \"<x>\"]}");
    expect_refused(SA_ERR_UNSUPPORTED, "additional_special_tokens has \"<x>\"");
    write_text(folder_path(&folder, "tokenizer_config.json"), "{\"tokenizer_class\": \"PegasusTokenizer\"}");
    put_some(5);
    expect_refused(SA_ERR_FORMAT, "piece 0 is no control token");
}

/* trainer_spec: {unk_surface: 32 bytes, or a NUL}. */
Test(sentencepiece, refuses_marks_that_it_cannot_show) {
    static const char *const marks[] = {"\xe2\x02 12345678901234567890123456789012", "\xe2\x02\x01"};
    for (int i = 0; i < 2; i++) {
        put_some(5);
        put_block(&model, 2, marks[i], i ? 4 : 35);
        expect_refused(SA_ERR_UNSUPPORTED, i ? "unk_surface has 1 bytes" : "unk_surface has 32 bytes");
    }
}

Test(sentencepiece, refuses_what_is_no_model) {
    model.count = 0;
    expect_refused(SA_ERR_FORMAT, "is no SentencePiece model");
    put_some(3);
    expect_refused(SA_ERR_FORMAT, "or one of 3 pieces");
    put_some(5);
    put_piece(&model, "\xff", 1, -1, 1);
    expect_refused(SA_ERR_FORMAT, "piece 5 is not UTF-8");
    put_some(5);
    put_piece(&model, "a\0b", 3, -1, 1);
    expect_refused(SA_ERR_FORMAT, "piece 5 is not UTF-8, or has a NUL");
    put_some(5);
    put_piece(&model, "", 0, -1, 1);
    expect_refused(SA_ERR_FORMAT, "piece 5 has no text");
    put_some(5);
    put_piece(&model, "a", 1, (float)INFINITY, 1);
    expect_refused(SA_ERR_FORMAT, "piece 5 has a score that is not finite");
    put_some(5);
    put_piece(&model, "p1", 2, -1, 1);
    expect_refused(SA_ERR_FORMAT, "token \"p1\" has two numbers, 1 and 5");
    put_some(5);
    put_block(&model, 2, "\x18\x03", 2);
    expect_refused(SA_ERR_UNSUPPORTED, "the model's type is 3");
    put_some(5);
    put_block(&model, 3,
              "\x12\x03"
              "abc",
              5);
    expect_refused(SA_ERR_FORMAT, "the table of replaced characters has 3 bytes");
    write_text(folder_path(&folder, "tokenizer_config.json"), "{\"tokenizer_class\": \"FunnelTokenizer\"}");
    put_some(5);
    expect_refused(SA_ERR_UNSUPPORTED, "tokenizer_class is \"FunnelTokenizer\"");
    write_text(folder_path(&folder, "tokenizer_config.json"), "{\"tokenizer_class\": \"AlbertTokenizer\"}");
    expect_refused(SA_ERR_FORMAT, "the model has no \"[CLS]\", which AlbertTokenizer puts beside a text");
    write_text(folder_path(&folder, "tokenizer_config.json"), "{\"tokenizer_class\": \"MarianTokenizer\"}");
    expect_refused(SA_ERR_FILE, "needs vocab.json beside it");
}

/* A file that is cut off, or has a wrong byte, is refused or opened; texts are then cut somehow, and nothing is read
 * outside. */
Test(sentencepiece, survives_damaged_files) {
    uint64_t state = 7;
    int32_t ids[200];
    int64_t count;
    write_kind("bpe", "m.model");
    const struct message whole = model;
    for (int round = 0; round < 600; round++) {
        sa_tokenizer *t = NULL;
        model = whole;
        if (round % 2)
            model.count = (int64_t)(kinds_next(&state) % (uint64_t)whole.count);
        else
            for (int i = 0; i < 3; i++)
                model.bytes[kinds_next(&state) % (uint64_t)whole.count] = (unsigned char)kinds_next(&state);
        write_file(folder_path(&folder, "m.model"), model.bytes, model.count);
        if (sa_tokenizer_open(ctx, folder_path(&folder, "m.model"), &t) == SA_OK) {
            const sa_status status =
                sa_tokenizer_encode(ctx, t, "the caf\xc3\xa9 \xef\xbc\xa1\xef\xbd\x82 cats", 19, ids, 200, &count);
            cr_expect(status == SA_OK || status == SA_ERR_TEXT, "%s", sa_ctx_last_error(ctx));
        }
        sa_tokenizer_destroy(&t);
    }
}

Test(sentencepiece, gives_back_what_it_took_when_an_allocation_fails) {
    write_kind("unigram_bytes", "m.model");
    write_text(folder_path(&folder, "tokenizer_config.json"), "{\"tokenizer_class\": \"XLMRobertaTokenizer\"}");
    for (int64_t n = 0, failed = 1; failed; n += 1 + n / 20) {
        struct test_allocator allocator = test_allocator_make();
        sa_ctx_options options = {.struct_size = sizeof options, .threads = 1};
        sa_tokenizer *t = NULL;
        int64_t count;
        test_allocator_use(&allocator, &options);
        sa_ctx *other = ctx_open(&options);
        allocator.fail_at = allocator.calls + n;
        sa_status status = sa_tokenizer_open(other, folder_path(&folder, "m.model"), &t);
        if (status == SA_OK) status = sa_tokenizer_encode(other, t, "the cat", 7, NULL, 0, &count);
        failed = allocator.failures > 0;
        cr_expect_eq(status, failed ? SA_ERR_MEMORY : SA_OK, "%d: %s", (int)n, sa_ctx_last_error(other));
        sa_tokenizer_destroy(&t);
        sa_ctx_destroy(&other);
        cr_expect_eq(allocator.live, 0);
        cr_expect_eq(allocator.faults, 0);
    }
}
#else
Test(sentencepiece, is_refused_by_name) {
    sa_tokenizer *t;
    write_kind("unigram", "m.model");
    cr_expect_eq(sa_tokenizer_open(ctx, folder_path(&folder, "m.model"), &t), SA_ERR_UNSUPPORTED);
    cr_expect(strstr(sa_ctx_last_error(ctx), "built without protobuf-c") != NULL, "%s", sa_ctx_last_error(ctx));
}
#endif

/* A table that turns the bytes `key` (one of a character, or a whole one) into what stands at `value` of the texts. */
static sa_status table_of(unsigned char key, uint32_t value, const char *texts, int64_t text_bytes,
                          struct charsmap *map) {
    enum { UNITS = 512 };
    unsigned char table[4 + UNITS * 4 + 16];
    uint32_t units[UNITS] = {[0] = 1u << 10};
    struct report report;
    const uint32_t node = 1u ^ key;
    units[node] = key | 1u << 8 | 0x100u << 10;
    units[node ^ 0x100] = 1u << 31 | value;
    for (uint32_t i = 0, number; i <= UNITS; i++) {
        number = i ? units[i - 1] : sizeof units;
        for (int byte = 0; byte < 4; byte++) table[4 * i + (uint32_t)byte] = (unsigned char)(number >> 8 * byte);
    }
    memcpy(table + 4 + sizeof units, texts, (size_t)text_bytes);
    return charsmap_create(&default_allocator, &report, "", table, (int64_t)(4 + sizeof units) + text_bytes, map);
}

Test(sentencepiece, a_table_replaces_whole_characters_by_whole_characters) {
    struct charsmap map;
    int64_t matched = 0;
    cr_assert_eq(table_of('a', 0, "\xc3\xa9", 3, &map), SA_OK);
    const char *found = charsmap_find(&map, 1, "ab", 2, &matched);
    cr_assert_str_eq(found, "\xc3\xa9");
    cr_assert_eq(matched, 1);
    charsmap_destroy(&default_allocator, &map);
    cr_assert_eq(table_of('a', 1, "\xc3\xa9", 3, &map), SA_OK);
    cr_assert_null(charsmap_find(&map, 1, "ab", 2, &matched), "the text begins inside of a character");
    charsmap_destroy(&default_allocator, &map);
    cr_assert_eq(table_of(0xc3, 0, "x", 2, &map), SA_OK);
    cr_assert_null(charsmap_find(&map, 1, "\xc3\xa9", 2, &matched), "the match ends inside of a character");
    charsmap_destroy(&default_allocator, &map);
    cr_assert_eq(table_of('a', 0, "\xff", 2, &map), SA_ERR_FORMAT, "the texts are not UTF-8");
    charsmap_destroy(&default_allocator, &map);
}
