/* WordPiece, after BERT's rules for text: a word is cut, from left to right, into the longest tokens that the
 * vocabulary has. A word that cannot be cut in this way is unknown as a whole.
 * SPDX-License-Identifier: MIT */
#include "base/arith.h"
#include "base/compiler.h"
#include "text/tokenizer.h"

#include <string.h>

static sa_status read_normalizer(const struct json_source *s, const json_t *root, struct bert_rules *rules) {
    static const char path[] = "normalizer.";
    const char *type;
    json_t *json;
    sa_status status = take_section(s, root, "normalizer", path, &json, &type);
    if (status == SA_OK && strcmp(type, "BertNormalizer") != 0)
        status = fail_kind(s, "normalizer", type, "BertNormalizer");
    if (status == SA_OK) status = json_member_flag(s, json, path, "clean_text", &rules->clean_text);
    if (status == SA_OK) status = json_member_flag(s, json, path, "handle_chinese_chars", &rules->handle_chinese_chars);
    if (status == SA_OK) status = json_member_flag(s, json, path, "lowercase", &rules->lowercase);
    if (status != SA_OK) return status;
    rules->strip_accents = rules->lowercase;
    return json_member_absent(json, "strip_accents")
               ? SA_OK
               : json_member_flag(s, json, path, "strip_accents", &rules->strip_accents);
}

static sa_status check_pre_tokenizer(const struct json_source *s, const json_t *root) {
    const char *type;
    json_t *json;
    sa_status status = take_section(s, root, "pre_tokenizer", "pre_tokenizer.", &json, &type);
    if (status == SA_OK && strcmp(type, "BertPreTokenizer") != 0)
        status = fail_kind(s, "pre_tokenizer", type, "BertPreTokenizer");
    return status;
}

static sa_status read_decoder(const struct json_source *s, const json_t *root, struct wordpiece *w) {
    static const char path[] = "decoder.";
    const char *type, *prefix;
    json_t *json;
    if (json_member_absent(root, "decoder")) return SA_OK;
    sa_status status = take_section(s, root, "decoder", path, &json, &type);
    if (status == SA_OK && strcmp(type, "WordPiece") != 0) status = fail_kind(s, "decoder", type, "WordPiece");
    if (status == SA_OK) status = json_member_text(s, json, path, "prefix", &prefix);
    if (status == SA_OK) status = json_member_flag(s, json, path, "cleanup", &w->clean_up);
    if (status != SA_OK) return status;
    if (strlen(prefix) >= MOST_PREFIX)
        return fail(s->report, SA_ERR_UNSUPPORTED, "%s: decoder.prefix \"%.60s\" has more than %d bytes", s->file,
                    prefix, MOST_PREFIX - 1);
    memcpy(w->joining_prefix, prefix, strlen(prefix) + 1);
    w->joins = 1;
    return SA_OK;
}

static sa_status read_rules(const struct json_source *s, const json_t *root, struct sa_tokenizer *t) {
    sa_status status = read_normalizer(s, root, &t->wordpiece.rules);
    if (status == SA_OK) status = check_pre_tokenizer(s, root);
    return status == SA_OK ? read_decoder(s, root, &t->wordpiece) : status;
}

static sa_status read_model(const struct json_source *s, const json_t *json, struct sa_tokenizer *t) {
    struct wordpiece *w = &t->wordpiece;
    const char *unknown, *prefix;
    sa_status status = json_member_text(s, json, "model.", "unk_token", &unknown);
    if (status == SA_OK) status = json_member_text(s, json, "model.", "continuing_subword_prefix", &prefix);
    if (status == SA_OK)
        status = json_member_integer(s, json, "model.", "max_input_chars_per_word", 0, INT32_MAX, &w->most_characters);
    if (status != SA_OK) return status;
    int64_t bytes = (int64_t)strlen(unknown);
    w->unknown = vocabulary_find(&t->vocabulary, hash_more(hash_nothing, unknown, bytes), "", 0, unknown, bytes);
    if (w->unknown < 0)
        return fail(s->report, SA_ERR_FORMAT, "%s: model.unk_token \"%.60s\" is not in the vocabulary", s->file,
                    unknown);
    bytes = (int64_t)strlen(prefix);
    w->prefix = memory_allocate(&t->memory, bytes, 1);
    if (!w->prefix) return fail_memory(s->report, bytes, "a prefix");
    memcpy(w->prefix, prefix, (size_t)bytes);
    w->prefix_bytes = bytes;
    return SA_OK;
}

static int64_t normalise(const struct sa_tokenizer *t, const char *text, int64_t bytes, char *out) {
    return bert_normalise(&t->wordpiece.rules, text, bytes, out);
}

static int next_word(const struct sa_tokenizer *t, struct words *w) {
    (void)t;
    return bert_next_word(w->text, w->bytes, &w->at, &w->first);
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

static void tokenize(const struct sa_tokenizer *t, const char *word, int64_t bytes, void *workspace,
                     struct token_sink *sink) {
    (void)workspace;
    const int64_t before = sink->count;
    int64_t at = 0;
    if (count_characters(word, bytes) > t->wordpiece.most_characters) {
        token_put(sink, t->wordpiece.unknown);
        return;
    }
    while (at < bytes) {
        int32_t id = longest_piece(t, word, bytes, at, &at);
        if (id < 0) {
            sink->count = before;
            token_put(sink, t->wordpiece.unknown);
            return;
        }
        token_put(sink, id);
    }
}

/* Pieces before which the clean-up of Hugging Face's decoder puts no space. */
static int is_closing(const char *piece) {
    static const char *const beginnings[] = {".", "?", "!", ",", "n't", "'m", "'s", "'ve", "'re"};
    for (int64_t i = 0; i < COUNT_OF(beginnings); i++)
        if (!strncmp(piece, beginnings[i], strlen(beginnings[i]))) return 1;
    return 0;
}

static void decode(const struct sa_tokenizer *t, const struct token *token, const struct decoded *decoded,
                   struct text_sink *sink) {
    const struct wordpiece *w = &t->wordpiece;
    const char *text = t->vocabulary.texts + token->start;
    int64_t joined = 0;
    if (decoded->shown) {
        const size_t prefix = strlen(w->joining_prefix);
        if (w->joins && !strncmp(text, w->joining_prefix, prefix))
            joined = (int64_t)prefix;
        else if (!w->clean_up || !is_closing(text))
            text_put(sink, " ", 1);
    }
    text_put(sink, text + joined, token->bytes - joined);
}

const struct token_model token_model_wordpiece = {
    .type = "WordPiece",
    .read_rules = read_rules,
    .read_model = read_model,
    .normalise = normalise,
    .next_word = next_word,
    .tokenize = tokenize,
    .decode = decode,
};
