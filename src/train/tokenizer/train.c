/* sa_tokenizer_train(): a byte-level tokenizer learned from texts, as a tokenizer.json of Hugging Face's.
 * SPDX-License-Identifier: MIT */
#include "api/context.h"
#include "selfattn_models.h"
#include "text/characters.h"
#include "text/step/byte_alphabet.h"
#include "train/tokenizer/merges.h"
#include "write/file.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_TOKENS = 1 << 20, MOST_SPECIAL = 1 << 16, LAST_CHARACTER = 512 };

static int64_t length_of(const char *text) {
    return (int64_t)strlen(text);
}

static sa_status check_texts(struct report *report, const sa_tokenizer_train_args *a) {
    if (a->count < 1) return fail(report, SA_ERR_VALUE, "count is %lld, must be at least 1", (long long)a->count);
    if (!a->texts || !a->bytes) return fail_null(report, a->texts ? "bytes" : "texts");
    for (int64_t i = 0; i < a->count; i++) {
        if (a->bytes[i] < 0)
            return fail(report, SA_ERR_VALUE, "bytes[%lld] is %lld, must be at least 0", (long long)i,
                        (long long)a->bytes[i]);
        if (a->bytes[i] && !a->texts[i]) return fail(report, SA_ERR_NULL, "texts[%lld] is NULL", (long long)i);
        const int64_t wrong = invalid_utf8(a->texts[i], a->bytes[i]);
        if (wrong >= 0)
            return fail(report, SA_ERR_TEXT, "texts[%lld] is not UTF-8 at byte %lld, which is 0x%02x", (long long)i,
                        (long long)wrong, (unsigned char)a->texts[i][wrong]);
    }
    return SA_OK;
}

static int is_special(const sa_tokenizer_train_args *a, const char *text) {
    for (int64_t i = 0; i < a->special_count; i++)
        if (!strcmp(a->special[i], text)) return 1;
    return 0;
}

static sa_status check_special(struct report *report, const sa_tokenizer_train_args *a) {
    if (a->special_count < 0 || a->special_count > MOST_SPECIAL)
        return fail(report, SA_ERR_VALUE, "special_count is %lld, must be 0 to %d", (long long)a->special_count,
                    MOST_SPECIAL);
    if (a->special_count && !a->special) return fail_null(report, "special");
    for (int64_t i = 0; i < a->special_count; i++) {
        if (!a->special[i]) return fail(report, SA_ERR_NULL, "special[%lld] is NULL", (long long)i);
        if (!*a->special[i]) return fail(report, SA_ERR_VALUE, "special[%lld] is empty", (long long)i);
        if (invalid_utf8(a->special[i], length_of(a->special[i])) >= 0)
            return fail(report, SA_ERR_TEXT, "special[%lld] is not UTF-8", (long long)i);
    }
    if (a->begin && !is_special(a, a->begin))
        return fail(report, SA_ERR_VALUE, "begin is \"%.60s\", which is none of the special tokens", a->begin);
    if (a->end && !is_special(a, a->end))
        return fail(report, SA_ERR_VALUE, "end is \"%.60s\", which is none of the special tokens", a->end);
    return SA_OK;
}

static sa_status check(struct report *report, const sa_tokenizer_train_args *a, const char *path) {
    if (!path) return fail_null(report, "path");
    sa_status status = check_special(report, a);
    if (status != SA_OK) return status;
    const int64_t least = BYTE_TOKENS + a->special_count;
    if (a->vocabulary < least || a->vocabulary > MOST_TOKENS)
        return fail(report, SA_ERR_VALUE, "vocabulary is %lld, must be %lld (256 bytes and %lld special tokens) to %d",
                    (long long)a->vocabulary, (long long)least, (long long)a->special_count, MOST_TOKENS);
    if (a->least < 0) return fail(report, SA_ERR_VALUE, "least is %lld, must be at least 0", (long long)a->least);
    return check_texts(report, a);
}

/* Bytes in the order of their characters in the alphabet. */
static void order_bytes(unsigned char bytes[BYTE_TOKENS]) {
    int64_t count = 0;
    for (int32_t c = 0; c < LAST_CHARACTER && count < BYTE_TOKENS; c++)
        if (alphabet_byte(c) >= 0) bytes[count++] = (unsigned char)alphabet_byte(c);
}

static sa_status count_words(sa_ctx *ctx, const sa_tokenizer_train_args *a, struct words *words) {
    struct added_tokens special = {0};
    int64_t bytes = 0;
    for (int64_t i = 0; i < a->special_count; i++) bytes += length_of(a->special[i]);
    sa_status status = added_tokens_create(&ctx->memory, &ctx->report, a->special_count, bytes, &special);
    for (int64_t i = 0; i < a->special_count && status == SA_OK; i++) {
        const struct added_token token = {.bytes = length_of(a->special[i]), .id = (int32_t)i, .special = 1};
        memcpy(added_tokens_end(&special), a->special[i], (size_t)token.bytes);
        added_tokens_add(&special, token);
    }
    words_open(&ctx->memory, words);
    for (int64_t i = 0; i < a->count && status == SA_OK && !watch_stops(&ctx->watch); i++)
        status = words_count(words, &ctx->report, &special, a->texts[i], a->bytes[i]);
    added_tokens_destroy(&special);
    return status;
}

/* A file that is being put together. */
struct writing {
    struct report *report;
    const sa_tokenizer_train_args *args;
    const struct merges *merges;
    char *word; /* room for a token in the alphabet, or two */
};

/* Writes a token in the alphabet of bytes; returns its end. */
static char *write_token(const struct merges *m, int32_t token, char *to) {
    const struct learned_token *t = &m->tokens[token];
    for (int64_t i = 0; i < t->bytes; i++) to += alphabet_character((unsigned char)m->text[t->start + i], to);
    *to = 0;
    return to;
}

static json_t *special_tokens(const struct writing *w) {
    json_t *list = json_array();
    for (int64_t i = 0; i < w->args->special_count; i++)
        json_array_append_new(list, json_pack("{s:I, s:s, s:b, s:b, s:b, s:b, s:b}", "id", (json_int_t)i, "content",
                                              w->args->special[i], "single_word", 0, "lstrip", 0, "rstrip", 0,
                                              "normalized", 0, "special", 1));
    return list;
}

static sa_status put_vocabulary(const struct writing *w, json_t *vocabulary) {
    const struct merges *m = w->merges;
    for (int64_t i = 0; i < w->args->special_count + m->token_count; i++) {
        const int64_t token = i - w->args->special_count;
        const char *text = token < 0 ? w->args->special[i] : w->word;
        if (token >= 0) write_token(m, (int32_t)token, w->word);
        if (json_object_get(vocabulary, text))
            return fail(w->report, SA_ERR_VALUE, "the special token \"%.60s\" is %s token, too", text,
                        token < 0 ? "another special" : "a learned");
        if (json_object_set_new(vocabulary, text, json_integer(i))) return fail_memory_for(w->report, "a vocabulary");
    }
    return SA_OK;
}

static json_t *merges_of(const struct writing *w) {
    json_t *list = json_array();
    for (int64_t i = 0; i < w->merges->count; i++) {
        char *end = write_token(w->merges, w->merges->list[i].left, w->word);
        *end++ = ' ';
        write_token(w->merges, w->merges->list[i].right, end);
        json_array_append_new(list, json_string(w->word));
    }
    return list;
}

static json_t *template_of(const sa_tokenizer_train_args *a, int texts) {
    static const char names[] = "AB";
    json_t *list = json_array();
    for (int i = 0; i < texts; i++) {
        if (a->begin)
            json_array_append_new(list, json_pack("{s:{s:s, s:i}}", "SpecialToken", "id", a->begin, "type_id", 0));
        json_array_append_new(list, json_pack("{s:{s:s#, s:i}}", "Sequence", "id", &names[i], 1, "type_id", 0));
        if (a->end)
            json_array_append_new(list, json_pack("{s:{s:s, s:i}}", "SpecialToken", "id", a->end, "type_id", 0));
    }
    return list;
}

static json_t *post_processor(const sa_tokenizer_train_args *a) {
    if (!a->begin && !a->end) return json_null();
    json_t *tokens = json_object();
    for (int64_t i = 0; i < a->special_count; i++)
        if ((a->begin && !strcmp(a->special[i], a->begin)) || (a->end && !strcmp(a->special[i], a->end)))
            json_object_set_new(
                tokens, a->special[i],
                json_pack("{s:s, s:[I], s:[s]}", "id", a->special[i], "ids", (json_int_t)i, "tokens", a->special[i]));
    return json_pack("{s:s, s:o, s:o, s:o}", "type", "TemplateProcessing", "single", template_of(a, 1), "pair",
                     template_of(a, 2), "special_tokens", tokens);
}

static json_t *byte_level(void) {
    return json_pack("{s:s, s:b, s:b, s:b}", "type", "ByteLevel", "add_prefix_space", 0, "trim_offsets", 0, "use_regex",
                     1);
}

/* The whole file; *text is to be freed. */
static sa_status put_together(const struct writing *w, char **text) {
    json_t *vocabulary = json_object();
    sa_status status = put_vocabulary(w, vocabulary);
    if (status != SA_OK) {
        json_decref(vocabulary);
        return status;
    }
    json_t *model = json_pack("{s:s, s:n, s:n, s:n, s:n, s:b, s:b, s:b, s:o, s:o}", "type", "BPE", "dropout",
                              "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk", 0,
                              "byte_fallback", 0, "ignore_merges", 0, "vocab", vocabulary, "merges", merges_of(w));
    json_t *root = json_pack("{s:s, s:n, s:n, s:o, s:n, s:o, s:o, s:o, s:o}", "version", "1.0", "truncation", "padding",
                             "added_tokens", special_tokens(w), "normalizer", "pre_tokenizer", byte_level(),
                             "post_processor", post_processor(w->args), "decoder", byte_level(), "model", model);
    *text = json_dumps(root, JSON_INDENT(2));
    json_decref(root);
    return *text ? SA_OK : fail_memory_for(w->report, "a tokenizer.json");
}

static sa_status write_all(sa_ctx *ctx, const sa_tokenizer_train_args *a, const struct merges *m, const char *path) {
    struct new_file file;
    int64_t longest = 1;
    char *text = NULL;
    for (int64_t i = 0; i < m->token_count; i++)
        if (m->tokens[i].bytes > longest) longest = m->tokens[i].bytes;
    /* Two of the longest, a space between them and a NUL. */
    const int64_t room = 2 * ALPHABET_MOST_BYTES * longest + 2;
    const struct writing w = {&ctx->report, a, m, memory_allocate(&ctx->memory, room, 1)};
    sa_status status = w.word ? put_together(&w, &text) : fail_memory(&ctx->report, room, "the texts of tokens");
    memory_release(&ctx->memory, w.word, room, 1);
    if (status == SA_OK) status = new_file_open(&ctx->memory, &ctx->report, path, &file);
    if (status == SA_OK)
        status = new_file_close(&ctx->report, &file, new_file_put(&ctx->report, &file, text, length_of(text)));
    free(text);
    return status;
}

static sa_status train(sa_ctx *ctx, const sa_tokenizer_train_args *args, const char *path, int64_t *count) {
    sa_tokenizer_train_args a;
    struct words words = {0};
    struct merges merges = {0};
    unsigned char bytes[BYTE_TOKENS];
    if (!args) return fail_null(&ctx->report, "args");
    sa_status status = take_struct(&ctx->report, "sa_tokenizer_train_args", args, &a, sizeof a, sizeof a.struct_size);
    if (status == SA_OK) status = check(&ctx->report, &a, path);
    if (status != SA_OK) return status;
    order_bytes(bytes);
    status = count_words(ctx, &a, &words);
    if (status == SA_OK)
        status = merges_learn(&ctx->memory, &ctx->report, &ctx->watch, &words, bytes, a.vocabulary - a.special_count,
                              a.least ? a.least : 2, &merges);
    if (status == SA_OK) status = context_cancelled(ctx);
    if (status == SA_OK) status = write_all(ctx, &a, &merges, path);
    if (status == SA_OK && count) *count = merges.token_count + a.special_count;
    merges_close(&merges);
    words_close(&words);
    return status;
}

sa_status sa_tokenizer_train(sa_ctx *ctx, const sa_tokenizer_train_args *args, const char *path, int64_t *count) {
    if (count) *count = 0;
    sa_status status = context_enter(ctx);
    return status == SA_OK ? context_leave(ctx, train(ctx, args, path, count)) : status;
}
