/* Byte-pair encoding by scores (SentencePiece's, as Llama and llama2.c use it): of all neighbours that form a token,
 * the pair with the best score is merged first. A character without a token becomes the tokens of its bytes.
 * SPDX-License-Identifier: MIT */
#include "text/scored.h"

#include "text/characters.h"
#include "text/merge.h"

#include <stdio.h>
#include <string.h>

sa_status scored_create(struct sa_tokenizer *t, struct report *report, int64_t count) {
    t->scored.scores = memory_allocate(&t->memory, count, sizeof *t->scored.scores);
    if (!t->scored.scores) return fail_memory(report, count * (int64_t)sizeof *t->scored.scores, "a list of scores");
    t->scored.count = count;
    return SA_OK;
}

void scored_byte_text(int byte, char text[BYTE_TEXT]) {
    snprintf(text, BYTE_TEXT, "<0x%02X>", (unsigned)byte & 0xffu);
}

void scored_finish(struct sa_tokenizer *t) {
    for (int32_t id = SCORED_UNKNOWN; id <= SCORED_END; id++) vocabulary_mark(&t->vocabulary, id, TOKEN_SPECIAL);
    for (int32_t id = SCORED_BYTES; id < SCORED_PIECES; id++) vocabulary_mark(&t->vocabulary, id, TOKEN_BYTE);
    t->lead = LEAD_SPACE;
    t->model = &token_model_scored;
}

static int64_t normalise(const struct sa_tokenizer *t, const char *text, int64_t bytes, char *out) {
    (void)t;
    if (out) memcpy(out, text, (size_t)bytes);
    return bytes;
}

static int next_word(const struct sa_tokenizer *t, struct words *w) {
    (void)t;
    w->first = w->at;
    w->at = w->bytes;
    return w->first < w->at;
}

static int is_piece(const struct sa_tokenizer *t, int32_t id) {
    const struct token *token = vocabulary_token(&t->vocabulary, id);
    return token && token->kind == TOKEN_TEXT;
}

/* The token of a text, -1 if there is none. Special tokens and bytes are never found by their text. */
static int32_t find_piece(const struct sa_tokenizer *t, const char *text, int64_t bytes) {
    if (bytes > t->vocabulary.longest) return -1;
    int32_t id = vocabulary_find(&t->vocabulary, hash_more(hash_nothing, text, bytes), "", 0, text, bytes);
    return is_piece(t, id) ? id : -1;
}

static int find_pair(const struct merger *m, int32_t first, struct pair *p) {
    const struct sa_tokenizer *t = m->tokenizer;
    const struct symbol *left = &m->symbols[first], *right = &m->symbols[left->after];
    if (!is_piece(t, left->id) || !is_piece(t, right->id)) return 0;
    p->id = find_piece(t, m->word + first, right->after - first);
    if (p->id < 0) return 0;
    p->cost = -t->scored.scores[p->id];
    return 1;
}

static void append_bytes(struct merger *m, int64_t at, int64_t bytes) {
    for (int64_t i = at; i < at + bytes; i++) merge_append(m, i, SCORED_BYTES + (unsigned char)m->word[i]);
}

static void tokenize(const struct sa_tokenizer *t, const char *word, int64_t bytes, void *workspace,
                     struct token_sink *sink) {
    struct merger m = merge_begin(find_pair, t, word, bytes, workspace);
    int64_t length;
    int32_t c;
    for (int64_t at = 0; at < bytes; at += length) {
        length = next_character(word + at, bytes - at, &c);
        const int32_t id = find_piece(t, word + at, length);
        if (id >= 0)
            merge_append(&m, at, id);
        else
            append_bytes(&m, at, length);
    }
    merge_all(&m);
    for (int32_t at = m.head; at >= 0 && at < m.bytes; at = m.symbols[at].after) token_put(sink, m.symbols[at].id);
}

static void decode(const struct sa_tokenizer *t, const struct token *token, const struct decoded *decoded,
                   struct text_sink *sink) {
    const char *text = t->vocabulary.texts + token->start, byte = (char)(token->id - SCORED_BYTES);
    const int begins = decoded->before && decoded->before->id == SCORED_BEGIN;
    if (token->kind == TOKEN_BYTE)
        text_put(sink, &byte, 1);
    else if (begins && *text == ' ')
        text_put(sink, text + 1, token->bytes - 1);
    else
        text_put(sink, text, token->bytes);
}

const struct token_model token_model_scored = {
    .normalise = normalise,
    .next_word = next_word,
    .workspace = merge_workspace,
    .tokenize = tokenize,
    .decode = decode,
};
