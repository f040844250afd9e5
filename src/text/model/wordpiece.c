/* WordPiece: a word is cut, from left to right, into the longest tokens that the
 * vocabulary has. A word that cannot be cut in this way is unknown as a whole.
 * SPDX-License-Identifier: MIT */
#include "base/arith.h"
#include "text/encoder.h"

#include <string.h>

static sa_status take_unknown(const struct json_source *s, const json_t *json, struct sa_tokenizer *t) {
    const char *unknown;
    sa_status status = json_member_text(s, json, "model.", "unk_token", &unknown);
    if (status != SA_OK) return status;
    t->wordpiece.unknown = tokenizer_find(t, unknown, (int64_t)strlen(unknown));
    if (t->wordpiece.unknown >= 0) return SA_OK;
    return fail(s->report, SA_ERR_FORMAT, "%s: model.unk_token \"%.60s\" is not in the vocabulary", s->file, unknown);
}

sa_status wordpiece_set_prefix(struct sa_tokenizer *t, struct report *report, const char *prefix) {
    struct wordpiece *w = &t->wordpiece;
    const int64_t bytes = (int64_t)strlen(prefix);
    w->prefix = memory_allocate(&t->memory, bytes, 1);
    if (!w->prefix) return fail_memory(report, bytes, "a prefix");
    memcpy(w->prefix, prefix, (size_t)bytes);
    w->prefix_bytes = bytes;
    return SA_OK;
}

static sa_status read_model(const struct json_source *s, const json_t *json, struct sa_tokenizer *t) {
    const char *prefix = NULL;
    sa_status status = take_unknown(s, json, t);
    if (status == SA_OK) status = json_member_text(s, json, "model.", "continuing_subword_prefix", &prefix);
    if (status == SA_OK)
        status = json_member_integer(s, json, "model.", "max_input_chars_per_word", 0, INT32_MAX,
                                     &t->wordpiece.most_characters);
    return status == SA_OK ? wordpiece_set_prefix(t, s->report, prefix) : status;
}

/* Whether a character ends before byte `at`. */
static int is_boundary(const char *text, int64_t bytes, int64_t at) {
    return at == bytes || ((unsigned char)text[at] & 0xc0) != 0x80;
}

static int64_t count_characters(const char *text, int64_t bytes) {
    int64_t count = 0;
    for (int64_t i = 0; i < bytes; i++) count += is_boundary(text, bytes, i);
    return count;
}

/* The longest token that stands at byte `from` of the word, -1 if there is none; *to is where it ends. */
static int32_t longest_piece(const struct sa_tokenizer *t, const char *word, int64_t bytes, int64_t from, int64_t *to) {
    const int64_t prefix_bytes = from ? t->wordpiece.prefix_bytes : 0;
    uint64_t hash = hash_more(hash_nothing, t->wordpiece.prefix, prefix_bytes);
    const int64_t most = min_i64(bytes, from + t->vocabulary.longest - prefix_bytes);
    int32_t best = -1;
    for (int64_t at = from; at < most; at++) {
        hash = hash_more(hash, word + at, 1);
        if (!is_boundary(word, bytes, at + 1)) continue;
        int32_t id =
            vocabulary_find(&t->vocabulary, hash, t->wordpiece.prefix, prefix_bytes, word + from, at + 1 - from);
        if (id < 0) continue;
        best = id;
        *to = at + 1;
    }
    return best;
}

static void tokenize(struct encoder *e, const char *word, int64_t bytes) {
    const struct sa_tokenizer *t = e->tokenizer;
    const int64_t before = e->sink->count;
    int64_t at = 0;
    if (count_characters(word, bytes) > t->wordpiece.most_characters) {
        encoder_put_part(e, t->wordpiece.unknown, word, bytes);
        return;
    }
    for (int64_t end; at < bytes; at = end) {
        int32_t id = longest_piece(t, word, bytes, at, &end);
        if (id < 0) {
            e->sink->count = before;
            encoder_put_part(e, t->wordpiece.unknown, word, bytes);
            return;
        }
        encoder_put_part(e, id, word + at, end - at);
    }
}

const struct token_model token_model_wordpiece = {.type = "WordPiece", .read = read_model, .tokenize = tokenize};

/* Word level: a word is a token or unknown. */
static sa_status read_word_level(const struct json_source *s, const json_t *json, struct sa_tokenizer *t) {
    return take_unknown(s, json, t);
}

static void tokenize_word(struct encoder *e, const char *word, int64_t bytes) {
    const struct sa_tokenizer *t = e->tokenizer;
    const int32_t id = bytes <= t->vocabulary.longest ? tokenizer_find(t, word, bytes) : -1;
    encoder_put_part(e, id >= 0 ? id : t->wordpiece.unknown, word, bytes);
}

const struct token_model token_model_word_level = {
    .type = "WordLevel", .read = read_word_level, .tokenize = tokenize_word};
