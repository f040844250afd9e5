/* BERT's WordPiece in GGUF files. Pieces that begin a word have a visible space in front there, and those that do not
 * have lost their "##"; with them as in vocab.txt, it is the tokenizer that vocab.txt makes.
 * SPDX-License-Identifier: MIT */
#include "text/characters.h"
#include "text/source/families.h"
#include "text/source/gguf_lists.h"

#include <string.h>

/* Whether a capital letter of ASCII is in a text that is not in brackets, like "[CLS]". */
static int has_capital(struct gguf_text text) {
    for (int64_t i = 0; i < text.length && *text.bytes != '['; i++)
        if (text.bytes[i] >= 'A' && text.bytes[i] <= 'Z') return 1;
    return 0;
}

/* A token's text as in vocab.txt. */
static json_t *word_of(const struct lists *l, int64_t id, struct gguf_text text) {
    if (lists_kind(l, id) == KIND_CONTROL) return json_stringn(text.bytes, (size_t)text.length);
    if (text.length >= VISIBLE_SPACE && !memcmp(text.bytes, visible_space, VISIBLE_SPACE))
        return json_stringn(text.bytes + VISIBLE_SPACE, (size_t)text.length - VISIBLE_SPACE);
    return json_sprintf("##%.*s", (int)text.length, text.bytes);
}

static sa_status take_words(const struct lists *l, json_t *vocab, int *capitals) {
    const unsigned char *at = l->tokens->data;
    *capitals = 0;
    for (int64_t id = 0; id < l->tokens->count; id++) {
        const struct gguf_text text = gguf_next_text(&at);
        if (text.length > INT32_MAX / 2 || memchr(text.bytes, 0, (size_t)text.length) ||
            invalid_utf8(text.bytes, text.length) >= 0)
            return lists_fail(l, id, "is not UTF-8, or has a NUL");
        json_t *word = word_of(l, id, text);
        const char *name = json_string_value(word);
        int fits = name != NULL;
        if (fits && *name && !json_object_get(vocab, name)) fits = !json_object_set_new(vocab, name, json_integer(id));
        json_decref(word);
        if (!fits) return fail_memory_for(l->gguf->report, "a vocabulary");
        if (lists_kind(l, id) != KIND_CONTROL) *capitals |= has_capital(text);
    }
    return SA_OK;
}

/* A flag of the normalizer, which only newer files have. */
static sa_status take_flag_into(const struct lists *l, const char *key, int usual, const char *name, json_t *config) {
    int flag = usual;
    sa_status status = gguf_find(l->gguf, key) ? gguf_take_flag(l->gguf, key, &flag) : SA_OK;
    if (status == SA_OK && json_object_set_new(config, name, json_boolean(flag)))
        status = fail_memory_for(l->gguf->report, "a setting");
    return status;
}

/* A vocabulary with capital letters is that of a model that tells them apart. */
sa_status gguf_read_wordpiece(sa_ctx *ctx, const struct lists *l, struct sa_tokenizer *t) {
    json_t *vocab = json_object(), *config = json_object();
    int capitals;
    sa_status status = vocab && config ? SA_OK : fail_memory_for(l->gguf->report, "a vocabulary");
    if (status == SA_OK) status = take_words(l, vocab, &capitals);
    if (status == SA_OK)
        status = take_flag_into(l, "tokenizer.ggml.normalizer.lowercase", !capitals, "do_lower_case", config);
    if (status == SA_OK)
        status = take_flag_into(l, "tokenizer.ggml.normalizer.strip_accents", !capitals, "strip_accents", config);
    if (status == SA_OK && (!json_object_get(vocab, "[UNK]") || !json_object_get(vocab, "[CLS]")))
        status = fail(l->gguf->report, SA_ERR_FORMAT, "%s: a tokenizer \"bert\" without the tokens [UNK] and [CLS]",
                      l->gguf->file->name);
    if (status == SA_OK) status = families_read_bert(ctx, l->gguf->file->name, json_incref(vocab), config, t);
    json_decref(vocab);
    json_decref(config);
    return status;
}
