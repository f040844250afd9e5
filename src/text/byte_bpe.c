/* Byte-level byte-pair encoding (GPT-2 and most later models): a word's bytes are the first symbols, so no text is
 * unknown. A list says which pairs may be merged, and in which order.
 * SPDX-License-Identifier: MIT */
#include "text/byte_bpe.h"

#include "base/arith.h"
#include "text/byte_alphabet.h"
#include "text/characters.h"
#include "text/merge.h"
#include "text/nfc.h"

#include <string.h>

struct merge {
    int32_t left, right;
    int32_t id; /* of the merged token, plus 1; 0: an empty slot */
    float rank;
};

sa_status merges_create(struct sa_tokenizer *t, struct report *report, int64_t count) {
    int64_t slots = 8;
    while (slots < 2 * count) slots *= 2;
    t->byte_bpe.merges = memory_allocate(&t->memory, slots, sizeof *t->byte_bpe.merges);
    if (!t->byte_bpe.merges)
        return fail_memory(report, slots * (int64_t)sizeof *t->byte_bpe.merges, "a table of merges");
    t->byte_bpe.merge_slots = slots;
    return SA_OK;
}

void merges_destroy(struct sa_tokenizer *t) {
    memory_release(&t->memory, t->byte_bpe.merges, t->byte_bpe.merge_slots, sizeof *t->byte_bpe.merges);
}

/* The slot of a pair, or the empty one where it belongs. The table is at most half full. */
static struct merge *find_merge(const struct byte_bpe *bpe, int32_t left, int32_t right) {
    const uint64_t mask = (uint64_t)bpe->merge_slots - 1;
    uint64_t hash = ((uint64_t)(uint32_t)left << 32 | (uint32_t)right) * 0x9e3779b97f4a7c15u;
    for (hash ^= hash >> 32;; hash++) {
        struct merge *m = &bpe->merges[hash & mask];
        if (!m->id || (m->left == left && m->right == right)) return m;
    }
}

void merges_add(struct byte_bpe *bpe, int32_t left, int32_t right, int32_t id, int32_t rank) {
    *find_merge(bpe, left, right) = (struct merge){left, right, id + 1, (float)rank};
}

int32_t byte_bpe_joined(const struct sa_tokenizer *t, const char *left, int64_t left_bytes, const char *right,
                        int64_t right_bytes) {
    const uint64_t hash = hash_more(hash_more(hash_nothing, left, left_bytes), right, right_bytes);
    return vocabulary_find(&t->vocabulary, hash, left, left_bytes, right, right_bytes);
}

int32_t byte_bpe_token(const struct sa_tokenizer *t, const char *text, int64_t bytes) {
    return byte_bpe_joined(t, "", 0, text, bytes);
}

void byte_bpe_find_bytes(struct sa_tokenizer *t) {
    char character[ALPHABET_MOST_BYTES];
    for (int byte = 0; byte < 256; byte++) {
        const int64_t bytes = alphabet_character((unsigned char)byte, character);
        t->byte_bpe.byte_ids[byte] = byte_bpe_token(t, character, bytes);
    }
}

static int64_t normalise(const struct sa_tokenizer *t, const char *text, int64_t bytes, char *out) {
    if (t->byte_bpe.compose) return nfc_normalise(text, bytes, out);
    if (out) memcpy(out, text, (size_t)bytes);
    return bytes;
}

static int next_word(const struct sa_tokenizer *t, struct words *w) {
    w->first = w->at;
    if (w->at == w->bytes) return 0;
    w->at = split_next(&t->byte_bpe.split, w->text, w->bytes, w->at, &w->limit);
    return 1;
}

static int64_t workspace_size(int64_t bytes) {
    return merge_workspace(bytes) + ALPHABET_MOST_BYTES * bytes;
}

/* The token that is the whole word, -1 if there is none. */
static int32_t whole_word(const struct sa_tokenizer *t, const char *word, int64_t bytes, char *workspace) {
    int64_t length = 0;
    if (bytes > t->vocabulary.longest) return -1;
    for (int64_t i = 0; i < bytes; i++) length += alphabet_character((unsigned char)word[i], workspace + length);
    return byte_bpe_token(t, workspace, length);
}

static int find_pair(const struct merger *m, int32_t first, struct pair *p) {
    const struct byte_bpe *bpe = &((const struct sa_tokenizer *)m->tokenizer)->byte_bpe;
    const struct symbol *s = &m->symbols[first];
    const struct merge *merge = find_merge(bpe, s->id, m->symbols[s->after].id);
    p->id = merge->id - 1;
    p->cost = merge->rank;
    return merge->id != 0;
}

static void tokenize(const struct sa_tokenizer *t, const char *word, int64_t bytes, void *workspace,
                     struct token_sink *sink) {
    const struct byte_bpe *bpe = &t->byte_bpe;
    const int32_t whole = bpe->whole_words ? whole_word(t, word, bytes, workspace) : -1;
    if (whole >= 0) {
        token_put(sink, whole);
        return;
    }
    struct merger m = merge_begin(find_pair, t, word, bytes, workspace);
    for (int64_t i = 0; i < bytes; i++) {
        int32_t id = bpe->byte_ids[(unsigned char)word[i]];
        if (id < 0) id = bpe->unknown;
        if (id >= 0) merge_append(&m, i, id);
    }
    merge_all(&m);
    for (int32_t at = m.head; at >= 0 && at < m.bytes; at = m.symbols[at].after) token_put(sink, m.symbols[at].id);
}

/* Whether a token is written in the alphabet. Some added tokens are not: they have other characters, such as a space,
 * and mean their literal text. */
static int is_in_alphabet(const char *text, int64_t bytes) {
    int32_t c;
    for (int64_t at = 0; at < bytes; at += next_character(text + at, bytes - at, &c)) {
        next_character(text + at, bytes - at, &c);
        if (alphabet_byte(c) < 0) return 0;
    }
    return 1;
}

static void decode(const struct sa_tokenizer *t, const struct token *token, const struct decoded *decoded,
                   struct text_sink *sink) {
    (void)decoded;
    const char *text = t->vocabulary.texts + token->start;
    int32_t c;
    if (!is_in_alphabet(text, token->bytes)) {
        text_put(sink, text, token->bytes);
        return;
    }
    for (int64_t at = 0; at < token->bytes;) {
        at += next_character(text + at, token->bytes - at, &c);
        const char byte = (char)alphabet_byte(c);
        text_put(sink, &byte, 1);
    }
}

const struct token_model token_model_byte_bpe = {
    .type = "BPE",
    .read_rules = byte_bpe_read_rules,
    .read_model = byte_bpe_read_model,
    .normalise = normalise,
    .next_word = next_word,
    .workspace = workspace_size,
    .tokenize = tokenize,
    .decode = decode,
};
