/* The section model of a tokenizer.json of type BPE.
 * SPDX-License-Identifier: MIT */
#include "base/arith.h"
#include "base/compiler.h"
#include "text/model/bpe.h"

#include <string.h>

static sa_status check_dropout(const struct json_source *s, const json_t *model) {
    const json_t *value = json_object_get(model, "dropout");
    if (json_member_absent(model, "dropout") || (json_is_number(value) && json_number_value(value) == 0)) return SA_OK;
    return fail(s->report, SA_ERR_UNSUPPORTED, "%s: model.dropout is set: tokens would be drawn by chance", s->file);
}

static sa_status take_affix(const struct json_source *s, const json_t *model, const char *key, char *affix) {
    return json_member_absent(model, key) ? SA_OK : take_mark(s, model, "model.", key, affix, MOST_AFFIX);
}

static sa_status take_unknown(const struct json_source *s, const json_t *model, struct sa_tokenizer *t) {
    const char *text;
    t->bpe.unknown = -1;
    if (json_member_absent(model, "unk_token")) return SA_OK;
    sa_status status = json_member_text(s, model, "model.", "unk_token", &text);
    if (status != SA_OK || !*text) return status;
    t->bpe.unknown = tokenizer_find(t, text, (int64_t)strlen(text));
    if (t->bpe.unknown >= 0) return SA_OK;
    return fail(s->report, SA_ERR_FORMAT, "%s: model.unk_token \"%.60s\" is not in the vocabulary", s->file, text);
}

/* A merge is "a b" or ["a", "b"]. */
struct halves {
    const char *left, *right;
    int64_t left_bytes, right_bytes;
};

static int take_halves(const json_t *merge, struct halves *h) {
    if (json_is_string(merge)) {
        h->left = json_string_value(merge);
        h->left_bytes = (int64_t)strcspn(h->left, " ");
        h->right = h->left + h->left_bytes + 1;
        if (!h->left[h->left_bytes] || strchr(h->right, ' ')) return 0;
    } else {
        h->left = json_string_value(json_array_get(merge, 0));
        h->right = json_string_value(json_array_get(merge, 1));
        if (json_array_size(merge) != 2 || !h->left || !h->right) return 0;
        h->left_bytes = (int64_t)strlen(h->left);
    }
    h->right_bytes = (int64_t)strlen(h->right);
    return 1;
}

static sa_status take_merge(const struct json_source *s, const json_t *merge, int32_t rank, struct sa_tokenizer *t) {
    struct halves h;
    if (!take_halves(merge, &h))
        return fail(s->report, SA_ERR_FORMAT, "%s: model.merges[%d] is not two tokens", s->file, (int)rank);
    const char *lacks = bpe_add_merge(t, h.left, h.left_bytes, h.right, h.right_bytes, rank);
    if (!lacks) return SA_OK;
    return fail(s->report, SA_ERR_FORMAT, "%s: model.merges[%d] is \"%.*s\" and \"%.60s\", and the vocabulary lacks %s",
                s->file, (int)rank, (int)min_i64(h.left_bytes, 60), h.left, h.right, lacks);
}

static sa_status take_merges(const struct json_source *s, const json_t *model, struct sa_tokenizer *t) {
    json_t *merges;
    sa_status status = json_member(s, model, "model.", "merges", JSON_ARRAY, &merges);
    if (status == SA_OK) status = merges_create(t, s->report, (int64_t)json_array_size(merges));
    for (size_t i = 0; status == SA_OK && i < json_array_size(merges); i++)
        status = take_merge(s, json_array_get(merges, i), (int32_t)i, t);
    return status;
}

/* If the last step only writes bytes as characters, the model takes the bytes. */
void bpe_take_bytes(struct sa_tokenizer *t) {
    struct splitter *c = &t->splitter;
    t->bpe.takes_bytes = c->count && c->steps[c->count - 1].kind == CUT_ALPHABET && !*t->bpe.prefix &&
                         !*t->bpe.suffix && !t->bpe.byte_fallback && !t->bpe.fuse_unknown;
    if (t->bpe.takes_bytes) c->count--;
}

/* Characters become bytes with their prefix and suffix in Hugging Face's tokenizers. */
static sa_status check_fallback(const struct json_source *s, const struct sa_tokenizer *t) {
    const struct bpe *bpe = &t->bpe;
    int has_bytes = 0;
    for (int byte = 0; byte < 256; byte++) has_bytes |= bpe->byte_ids[byte] >= 0;
    if (!bpe->byte_fallback || !has_bytes || !(*bpe->prefix || *bpe->suffix)) return SA_OK;
    return fail(s->report, SA_ERR_UNSUPPORTED, "%s: model.byte_fallback is true, and characters have a %s", s->file,
                *bpe->prefix ? "prefix" : "suffix");
}

sa_status bpe_read(const struct json_source *s, const json_t *model, struct sa_tokenizer *t) {
    sa_status status = check_dropout(s, model);
    if (status == SA_OK) status = take_flag(s, model, "model.", "ignore_merges", &t->bpe.whole_words);
    if (status == SA_OK) status = take_flag(s, model, "model.", "fuse_unk", &t->bpe.fuse_unknown);
    if (status == SA_OK) status = take_flag(s, model, "model.", "byte_fallback", &t->bpe.byte_fallback);
    if (status == SA_OK) status = take_affix(s, model, "continuing_subword_prefix", t->bpe.prefix);
    if (status == SA_OK) status = take_affix(s, model, "end_of_word_suffix", t->bpe.suffix);
    if (status == SA_OK) status = take_unknown(s, model, t);
    if (status == SA_OK) status = take_merges(s, model, t);
    if (status != SA_OK) return status;
    bpe_take_bytes(t);
    bpe_find_bytes(t);
    bpe_find_words(t);
    return check_fallback(s, t);
}
