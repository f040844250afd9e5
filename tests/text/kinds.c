/* Small tokenizers of many kinds, on 3,000 hostile texts: token numbers and decoded texts are those of Hugging Face's
 * tokenizers (tests/data/tokenizers/make.py).
 * SPDX-License-Identifier: MIT */
#include "kinds.h"
#include "base/little_endian.h"
#include "support/paths.h"
#include "support/reference.h"
#include "text/characters.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t kinds_digest(uint64_t hash, const void *data, int64_t bytes) {
    const unsigned char *p = data;
    for (int64_t i = 0; i < bytes; i++) hash = (hash ^ p[i]) * 0x100000001b3u;
    return hash;
}

uint64_t kinds_digest_numbers(uint64_t hash, const int32_t *numbers, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        unsigned char bytes[4];
        store_little(bytes, (uint32_t)numbers[i], sizeof bytes);
        hash = kinds_digest(hash, bytes, sizeof bytes);
    }
    return hash;
}

int kinds_agree(uint64_t hash, const json_t *digest) {
    char written[17];
    snprintf(written, sizeof written, "%016llx", (unsigned long long)hash);
    return !strcmp(written, json_string_value(digest));
}

uint64_t kinds_next(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

int64_t kinds_text(const json_t *fragments, uint64_t *state, char *text) {
    const uint64_t parts = kinds_next(state) % 13;
    int64_t bytes = 0;
    for (uint64_t i = 0; i < parts; i++) {
        const json_t *part = json_array_get(fragments, (size_t)(kinds_next(state) % json_array_size(fragments)));
        memcpy(text + bytes, json_string_value(part), json_string_length(part));
        bytes += (int64_t)json_string_length(part);
    }
    return bytes;
}

/* The reference replaces what is no UTF-8; such texts count as empty. */
static int64_t decode(sa_ctx *ctx, const sa_tokenizer *t, const int32_t *ids, int64_t count, char *text) {
    int64_t bytes;
    cr_assert_eq(sa_tokenizer_decode(ctx, t, ids, count, text, KINDS_MOST_DECODED, &bytes), SA_OK, "%s",
                 sa_ctx_last_error(ctx));
    if (invalid_utf8(text, bytes) >= 0) return 0;
    for (int64_t i = 0; i + 2 < bytes; i++)
        if (!memcmp(text + i, "\xef\xbf\xbd", 3)) return 0;
    return bytes;
}

/* SELFATTN_KIND=name prints the texts of a kind, as make.py does, to find out where they differ. */
static void print(const int32_t *ids, int64_t count, const char *text, int64_t bytes, const char *back,
                  int64_t back_bytes) {
    json_t *list = json_array(), *line = json_array();
    for (int64_t i = 0; i < count; i++) json_array_append_new(list, json_integer(ids[i]));
    json_array_append_new(line, json_stringn(text, (size_t)bytes));
    json_array_append_new(line, list);
    json_array_append_new(line, json_stringn(back, (size_t)back_bytes));
    json_dumpf(line, stdout, JSON_ENSURE_ASCII);
    putchar('\n');
    json_decref(line);
}

void kinds_expect(sa_ctx *ctx, const sa_tokenizer *t, const char *name, const json_t *fragments,
                  const json_t *digests) {
    static char text[KINDS_MOST_TEXT], back[KINDS_MOST_DECODED];
    static int32_t ids[KINDS_MOST_TOKENS];
    const char *shown = getenv("SELFATTN_KIND");
    uint64_t state = 1, hash = 0xcbf29ce484222325u;
    int agrees = 1;
    for (int i = 0; i < KINDS_TEXTS; i++) {
        int64_t count;
        const int64_t bytes = kinds_text(fragments, &state, text);
        cr_assert_eq(sa_tokenizer_encode(ctx, t, text, bytes, ids, KINDS_MOST_TOKENS, &count), SA_OK, "%s: %s", name,
                     sa_ctx_last_error(ctx));
        const int64_t back_bytes = decode(ctx, t, ids, count, back);
        if (shown && !strcmp(shown, name)) print(ids, count, text, bytes, back, back_bytes);
        hash = kinds_digest_numbers(hash, ids, count);
        hash = kinds_digest(kinds_digest(hash, back, back_bytes), "\n", 1);
        if (i % KINDS_GROUP != KINDS_GROUP - 1 || !agrees) continue;
        agrees = kinds_agree(hash, json_array_get(digests, (size_t)(i / KINDS_GROUP)));
        cr_expect(agrees, "%s: texts %d to %d differ from the reference's", name, i + 1 - KINDS_GROUP, i);
    }
}

int kinds_offsets_are_right(sa_ctx *ctx, const sa_tokenizer *t, const char *text, int64_t bytes) {
    static int32_t ids[KINDS_MOST_TOKENS], same_ids[KINDS_MOST_TOKENS];
    static int64_t offsets[KINDS_MOST_TOKENS][2];
    const int32_t flags = SA_ENCODE_NO_TEMPLATE;
    int64_t count, same_count, least = 0;
    if (sa_tokenizer_encode_offsets(ctx, t, text, bytes, flags, ids, offsets[0], KINDS_MOST_TOKENS, &count) != SA_OK ||
        sa_tokenizer_encode_with(ctx, t, text, bytes, flags, same_ids, KINDS_MOST_TOKENS, &same_count) != SA_OK ||
        same_count != count || memcmp(ids, same_ids, (size_t)count * sizeof *ids) != 0)
        return 0;
    for (int64_t i = 0; i < count; i++) {
        if (offsets[i][0] < least || offsets[i][1] < offsets[i][0] || offsets[i][1] > bytes) return 0;
        least = offsets[i][0];
    }
    return 1;
}

static int32_t find(const sa_tokenizer *t, const char *name) {
    for (int32_t id = 0; id < 2000; id++) {
        const char *token = sa_tokenizer_token(t, id);
        if (token && !strcmp(token, name)) return id;
    }
    cr_assert_fail("no token %s", name);
    return -1;
}

void kinds_expect_pair(sa_ctx *ctx, const sa_tokenizer *t, const char *frame, int32_t last_type) {
    static const char *const texts[] = {"the cat", "mat on"};
    int32_t want[64], ids[64], types[64];
    int64_t wanted = 0, count;
    char copy[80];
    snprintf(copy, sizeof copy, "%s", frame);
    for (char *at = strtok(copy, " "); at; at = strtok(NULL, " ")) {
        const int which = *at == 'B';
        if (strcmp(at, "A") != 0 && strcmp(at, "B") != 0) {
            want[wanted++] = find(t, at);
            continue;
        }
        cr_assert_eq(sa_tokenizer_encode_with(ctx, t, texts[which], (int64_t)strlen(texts[which]),
                                              SA_ENCODE_NO_TEMPLATE, want + wanted, 20, &count),
                     SA_OK);
        cr_assert_gt(count, 0);
        wanted += count;
    }
    cr_assert_eq(sa_tokenizer_encode_pair(ctx, t, texts[0], 7, texts[1], 6, 0, 0, ids, types, 64, &count), SA_OK, "%s",
                 sa_ctx_last_error(ctx));
    cr_assert_eq(count, wanted, "%s: %lld tokens", frame, (long long)count);
    cr_expect_arr_eq(ids, want, (size_t)count * sizeof *ids, "%s", frame);
    cr_expect_eq(types[0], 0, "%s", frame);
    cr_expect_eq(types[count - 1], last_type, "%s", frame);
}

/* A library without PCRE2 refuses most expressions, and says why. */
static int is_for_want_of_pcre2(const sa_ctx *ctx, sa_status status) {
#ifdef SELFATTN_PCRE2
    (void)ctx, (void)status;
    return 0;
#else
    return status == SA_ERR_UNSUPPORTED && strstr(sa_ctx_last_error(ctx), "built without PCRE2") != NULL;
#endif
}

sa_tokenizer *kinds_open(sa_ctx *ctx, const char *name, const json_t *kind) {
    struct folder folder = folder_make();
    sa_tokenizer *t = NULL;
    cr_assert_eq(json_dump_file(json_object_get(kind, "tokenizer"), folder_path(&folder, "tokenizer.json"), 0), 0);
    const sa_status status = sa_tokenizer_open(ctx, folder.path, &t);
    cr_expect(status == SA_OK || is_for_want_of_pcre2(ctx, status), "%s: %s", name, sa_ctx_last_error(ctx));
    folder_remove(&folder);
    return t;
}

Test(kinds, agree_with_hugging_face) {
    json_t *kinds = json_of(data_path("tokenizers/kinds.json")), *kind;
    json_t *fragments = json_load_file(data_path("tokenizers/fragments.json"), JSON_ALLOW_NUL, NULL);
    sa_ctx *ctx = ctx_open(NULL);
    const char *name;
    cr_assert(fragments && json_object_size(kinds) > 20);
    json_object_foreach(kinds, name, kind) {
        sa_tokenizer *t = kinds_open(ctx, name, kind);
        if (t) kinds_expect(ctx, t, name, fragments, json_object_get(kind, "digests"));
        sa_tokenizer_destroy(&t);
    }
    sa_ctx_destroy(&ctx);
    json_decref(fragments);
    json_decref(kinds);
}

/* Whether Metaspace puts a space in front of a text whose first character the normaliser drops: numbers are those of
 * Hugging Face's tokenizers, which see the end of BERT's cleaning, but not that of a table. */
Test(kinds, a_first_character_that_is_dropped) {
    static const char text[] = "\xc2\xadthe cat";
    static const struct {
        const char *normaliser;
        int32_t count, ids[3];
    } cases[] = {{"{\"type\": \"BertNormalizer\", \"clean_text\": true, \"handle_chinese_chars\": true, "
                  "\"strip_accents\": null, \"lowercase\": true}",
                  3,
                  {5, 80, 12}},
                 {NULL, 2, {4, 12}}};
    json_t *kinds = json_of(data_path("tokenizers/kinds.json"));
    json_t *table = json_object_get(json_object_get(json_object_get(kinds, "t5"), "tokenizer"), "normalizer");
    sa_ctx *ctx = ctx_open(NULL);
    cr_assert_str_eq(json_string_value(json_object_get(table, "type")), "Precompiled");
    for (int i = 0; i < 2; i++) {
        json_t *kind = json_deep_copy(json_object_get(kinds, "mbart")), *tokenizer = json_object_get(kind, "tokenizer");
        json_object_set_new(tokenizer, "normalizer",
                            cases[i].normaliser ? json_loads(cases[i].normaliser, 0, NULL) : json_deep_copy(table));
        sa_tokenizer *t = kinds_open(ctx, "mbart", kind);
        int32_t ids[8];
        int64_t count;
        cr_assert_eq(
            sa_tokenizer_encode_with(ctx, t, text, (int64_t)strlen(text), SA_ENCODE_NO_TEMPLATE, ids, 8, &count),
            SA_OK);
        cr_expect(count == cases[i].count && !memcmp(ids, cases[i].ids, (size_t)count * sizeof *ids), "case %d", i);
        sa_tokenizer_destroy(&t);
        json_decref(kind);
    }
    sa_ctx_destroy(&ctx);
    json_decref(kinds);
}
