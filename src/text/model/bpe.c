/* Byte-pair encoding by a list that says which pairs may be merged, and in which order. A word's first symbols are its
 * bytes (GPT-2 and most later models; so no text is unknown) or its characters (older models, and those that came from
 * SentencePiece; a character without a token becomes the tokens of its bytes, or is unknown).
 * SPDX-License-Identifier: MIT */
#include "text/model/bpe.h"

#include "text/characters.h"
#include "text/encoder.h"
#include "text/model/merge.h"
#include "text/step/byte_alphabet.h"

#include <stdio.h>
#include <string.h>

struct merge {
    int32_t left, right;
    int32_t id; /* of the merged token, plus 1; 0: an empty slot */
    float rank;
};

sa_status merges_create(struct sa_tokenizer *t, struct report *report, int64_t count) {
    int64_t slots = 8;
    while (slots < 2 * count) slots *= 2;
    t->bpe.merges = memory_allocate(&t->memory, slots, sizeof *t->bpe.merges);
    if (!t->bpe.merges) return fail_memory(report, slots * (int64_t)sizeof *t->bpe.merges, "a table of merges");
    t->bpe.merge_slots = slots;
    return SA_OK;
}

void merges_destroy(struct sa_tokenizer *t) {
    memory_release(&t->memory, t->bpe.merges, t->bpe.merge_slots, sizeof *t->bpe.merges);
}

/* The slot of a pair, or the empty one where it belongs. The table is at most half full. */
static struct merge *find_merge(const struct bpe *bpe, int32_t left, int32_t right) {
    const uint64_t mask = (uint64_t)bpe->merge_slots - 1;
    uint64_t hash = ((uint64_t)(uint32_t)left << 32 | (uint32_t)right) * 0x9e3779b97f4a7c15u;
    for (hash ^= hash >> 32;; hash++) {
        struct merge *m = &bpe->merges[hash & mask];
        if (!m->id || (m->left == left && m->right == right)) return m;
    }
}

void merges_add(struct bpe *bpe, int32_t left, int32_t right, int32_t id, int32_t rank) {
    *find_merge(bpe, left, right) = (struct merge){left, right, id + 1, (float)rank};
}

static int32_t find_joined(const struct sa_tokenizer *t, const char *left, int64_t left_bytes, const char *right,
                           int64_t right_bytes) {
    const uint64_t hash = hash_more(hash_more(hash_nothing, left, left_bytes), right, right_bytes);
    return vocabulary_find(&t->vocabulary, hash, left, left_bytes, right, right_bytes);
}

static int begins_visible(const char *text, int64_t bytes) {
    return bytes >= VISIBLE_SPACE && !memcmp(text, visible_space, VISIBLE_SPACE);
}

static int ends_visible(const char *text, int64_t bytes) {
    return bytes >= VISIBLE_SPACE && !memcmp(text + bytes - VISIBLE_SPACE, visible_space, VISIBLE_SPACE);
}

const char *bpe_add_merge(struct sa_tokenizer *t, const char *left, int64_t left_bytes, const char *right,
                          int64_t right_bytes, int32_t rank) {
    const int64_t prefix = (int64_t)strlen(t->bpe.prefix);
    const int32_t first = tokenizer_find(t, left, left_bytes), second = tokenizer_find(t, right, right_bytes);
    if (first < 0) return "the first";
    if (second < 0) return "the second";
    const int32_t id =
        prefix <= right_bytes ? find_joined(t, left, left_bytes, right + prefix, right_bytes - prefix) : -1;
    if (id < 0) return "the two joined";
    merges_add(&t->bpe, first, second, id, rank);
    t->bpe.joins_words |= begins_visible(right, right_bytes) && !ends_visible(left, left_bytes);
    return NULL;
}

void bpe_find_bytes(struct sa_tokenizer *t) {
    char text[BYTE_TEXT];
    for (int byte = 0; byte < 256; byte++) {
        int64_t bytes = BYTE_TEXT - 1;
        if (t->bpe.takes_bytes)
            bytes = alphabet_character((unsigned char)byte, text);
        else
            byte_text(byte, text);
        t->bpe.byte_ids[byte] = tokenizer_find(t, text, bytes);
    }
}

/* The token that is the whole word, -1 if there is none. */
static int32_t whole_word(struct encoder *e, const char *word, int64_t bytes) {
    const struct sa_tokenizer *t = e->tokenizer;
    struct pad *pad = &e->ctx->pads[PAD_WORD];
    if (bytes > t->vocabulary.longest) return -1;
    if (!t->bpe.takes_bytes) return tokenizer_find(t, word, bytes);
    pad->used = 0;
    char *text = pad_room(e, pad, ALPHABET_MOST_BYTES * bytes);
    int64_t length = 0;
    for (int64_t i = 0; text && i < bytes; i++) length += alphabet_character((unsigned char)word[i], text + length);
    return text ? tokenizer_find(t, text, length) : -1;
}

static int find_pair(const struct merger *m, int32_t left, int32_t right, struct pair *p) {
    const struct bpe *bpe = &((const struct sa_tokenizer *)m->tokenizer)->bpe;
    const struct merge *merge = find_merge(bpe, left, right);
    p->id = merge->id - 1;
    p->cost = merge->rank;
    return merge->id != 0;
}

/* Bytes without a token become the unknown token, or are left out. */
static void append_bytes(struct merger *m, const struct bpe *bpe) {
    for (int64_t i = 0; i < m->bytes; i++) {
        int32_t id = bpe->byte_ids[(unsigned char)m->word[i]];
        if (id < 0) id = bpe->unknown;
        if (id >= 0) merge_append(m, i, id);
    }
}

/* Looks up a character of a word, with the prefix or suffix that its place asks for. */
static int32_t find_character(const struct sa_tokenizer *t, const char *word, int64_t bytes, int64_t at,
                              int64_t length) {
    enum { MOST_TEXT = 2 * MOST_AFFIX + 4 + 1 };
    char text[MOST_TEXT];
    const char *prefix = at ? t->bpe.prefix : "", *suffix = at + length == bytes ? t->bpe.suffix : "";
    const size_t before = strlen(prefix), behind = strlen(suffix);
    if (before + behind == 0) return tokenizer_find(t, word + at, length);
    char *to = stpcpy(text, prefix);
    memcpy(to, word + at, (size_t)length);
    strcpy(to + length, suffix);
    return tokenizer_find(t, text, (int64_t)(before + behind) + length);
}

static int has_bytes(const struct bpe *bpe, const char *text, int64_t bytes) {
    for (int64_t i = 0; i < bytes; i++)
        if (bpe->byte_ids[(unsigned char)text[i]] < 0) return 0;
    return bpe->byte_fallback;
}

static void append_characters(struct merger *m, const struct sa_tokenizer *t) {
    const struct bpe *bpe = &t->bpe;
    int64_t length;
    int32_t c;
    int fuses = 0;
    for (int64_t at = 0; at < m->bytes; at += length) {
        length = next_character(m->word + at, m->bytes - at, &c);
        const int32_t id = find_character(t, m->word, m->bytes, at, length);
        if (id >= 0) {
            merge_append(m, at, id);
            fuses = 0;
        } else if (has_bytes(bpe, m->word + at, length)) {
            for (int64_t i = at; i < at + length; i++) merge_append(m, i, bpe->byte_ids[(unsigned char)m->word[i]]);
        } else if (bpe->unknown >= 0) {
            if (!fuses) merge_append(m, at, bpe->unknown);
            fuses = bpe->fuse_unknown;
        }
    }
}

/* Without an unknown token, some characters become no token. */
static int64_t end_of_known(const struct merger *m, int64_t at, int64_t next) {
    const struct sa_tokenizer *t = m->tokenizer;
    int64_t end = at, length = 1;
    int32_t c;
    for (; at < next; at += length) {
        if (!t->bpe.takes_bytes) length = next_character(m->word + at, m->bytes - at, &c);
        const int known = t->bpe.takes_bytes ? t->bpe.byte_ids[(unsigned char)m->word[at]] >= 0
                                             : find_character(t, m->word, m->bytes, at, length) >= 0 ||
                                                   has_bytes(&t->bpe, m->word + at, length);
        if (known) end = at + length;
    }
    return end;
}

static void merge_word(struct encoder *e, const char *word, int64_t bytes) {
    const struct sa_tokenizer *t = e->tokenizer;
    void *workspace = merge_room(e, bytes);
    if (!workspace) return;
    struct merger m = merge_begin(find_pair, t, word, bytes, workspace);
    if (t->bpe.takes_bytes)
        append_bytes(&m, &t->bpe);
    else
        append_characters(&m, t);
    merge_all(&m);
    merge_put(&m, e, e->has_places && t->bpe.unknown < 0 ? end_of_known : NULL);
}

static void tokenize(struct encoder *e, const char *word, int64_t bytes) {
    const struct sa_tokenizer *t = e->tokenizer;
    const int32_t whole = t->bpe.whole_words ? whole_word(e, word, bytes) : -1;
    if (whole >= 0)
        encoder_put_part(e, whole, word, bytes);
    else if (t->bpe.has_words)
        each_word(e, visible_space, word, bytes, merge_word);
    else
        merge_word(e, word, bytes);
}

/* Whether no merge joins a visible space to something else before it. */
void bpe_find_words(struct sa_tokenizer *t) {
    struct bpe *bpe = &t->bpe;
    bpe->has_words = !bpe->takes_bytes && !bpe->joins_words && !*bpe->prefix && !*bpe->suffix &&
                     tokenizer_find(t, visible_space, VISIBLE_SPACE) >= 0;
}

const struct token_model token_model_bpe = {.type = "BPE", .read = bpe_read, .tokenize = tokenize};
