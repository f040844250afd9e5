/* Byte-pair encoding by scores (SentencePiece's, as Llama and llama2.c use it): of all neighbours that form a token,
 * the pair with the best score is merged first. A character without a token becomes the tokens of its bytes.
 * SPDX-License-Identifier: MIT */
#include "text/scored.h"

#include "text/characters.h"
#include "text/encoder.h"
#include "text/merge.h"

sa_status scored_create(struct sa_tokenizer *t, struct report *report, int64_t count) {
    t->scored.scores = memory_allocate(&t->memory, count, sizeof *t->scored.scores);
    if (!t->scored.scores) return fail_memory(report, count * (int64_t)sizeof *t->scored.scores, "a list of scores");
    t->scored.count = count;
    return SA_OK;
}

void scored_finish(struct sa_tokenizer *t) {
    for (int32_t id = SCORED_UNKNOWN; id <= SCORED_END; id++) vocabulary_mark(&t->vocabulary, id, TOKEN_SPECIAL);
    for (int32_t id = SCORED_BYTES; id < SCORED_PIECES; id++) vocabulary_mark(&t->vocabulary, id, TOKEN_BYTE);
    decoder_set(&t->decoder, DECODE_SCORED);
    t->model = &token_model_scored;
}

static int is_piece(const struct sa_tokenizer *t, int32_t id) {
    const struct token *token = vocabulary_token(&t->vocabulary, id);
    return token && token->kind == TOKEN_TEXT;
}

/* The token of a text, -1 if there is none. Special tokens and bytes are never found by their text. */
static int32_t find_piece(const struct sa_tokenizer *t, const char *text, int64_t bytes) {
    if (bytes > t->vocabulary.longest) return -1;
    const int32_t id = tokenizer_find(t, text, bytes);
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

static void tokenize(struct encoder *e, const char *word, int64_t bytes) {
    const struct sa_tokenizer *t = e->tokenizer;
    void *workspace = merge_room(e, bytes);
    if (!workspace) return;
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
    merge_put(&m, e->sink);
}

const struct token_model token_model_scored = {.tokenize = tokenize};
