/* Byte-pair encoding by scores (SentencePiece's, as Llama and llama2.c use it): of all neighbours that form a token,
 * the pair with the best score is merged first. A character without a token becomes the tokens of its bytes.
 * SPDX-License-Identifier: MIT */
#include "text/model/scored.h"

#include "text/characters.h"
#include "text/encoder.h"
#include "text/model/merge.h"

#include <string.h>

sa_status scored_create(struct sa_tokenizer *t, struct report *report, int64_t count) {
    t->scored.scores = memory_allocate(&t->memory, count, sizeof *t->scored.scores);
    if (!t->scored.scores) return fail_memory(report, count * (int64_t)sizeof *t->scored.scores, "a list of scores");
    t->scored.count = count;
    return SA_OK;
}

void scored_finish(struct sa_tokenizer *t) {
    for (int32_t id = SCORED_UNKNOWN; id <= SCORED_END; id++) vocabulary_mark(&t->vocabulary, id, TOKEN_SPECIAL);
    for (int32_t id = SCORED_BYTES; id < SCORED_PIECES; id++) vocabulary_mark(&t->vocabulary, id, TOKEN_BYTE);
    for (int32_t byte = 0; byte < 256; byte++) t->scored.byte_ids[byte] = SCORED_BYTES + byte;
    scored_find_words(t, " ");
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

static int find_pair(const struct merger *m, int32_t left, int32_t right, struct pair *p) {
    const struct sa_tokenizer *t = m->tokenizer;
    if (!t->scored.has_unknown && (!is_piece(t, left) || !is_piece(t, right))) return 0;
    p->id = find_piece(t, m->word + p->first, p->last - p->first);
    if (p->id < 0) return 0;
    p->cost = -t->scored.scores[p->id];
    return 1;
}

/* A character without a token: a symbol of its own that may still merge, or its bytes. */
enum { NO_TOKEN = INT32_MAX };

static void append_character(struct merger *m, const struct sa_tokenizer *t, int64_t at, int64_t bytes) {
    const int32_t id = find_piece(t, m->word + at, bytes);
    if (id >= 0 || t->scored.has_unknown)
        merge_append(m, at, id >= 0 ? id : NO_TOKEN);
    else
        for (int64_t i = at; i < at + bytes; i++) merge_append(m, i, t->scored.byte_ids[(unsigned char)m->word[i]]);
}

static int has_bytes(const struct scored *s, const char *text, int64_t bytes) {
    for (int64_t i = 0; i < bytes; i++)
        if (s->byte_ids[(unsigned char)text[i]] < 0) return 0;
    return 1;
}

/* Where symbols end that have neither a token nor tokens of their bytes. */
static int32_t unknown_end(const struct scored *s, const struct merger *m, int32_t at) {
    while (at < m->bytes && m->symbols[at].id == NO_TOKEN && !has_bytes(s, m->word + at, m->symbols[at].after - at))
        at = m->symbols[at].after;
    return at;
}

/* What is left without a token becomes its bytes, or one unknown token for all that stand together. */
static void put_symbols(struct encoder *e, const struct merger *m) {
    const struct scored *s = &e->tokenizer->scored;
    for (int32_t at = m->head, end; at >= 0 && at < m->bytes; at = end) {
        const char *text = m->word + at;
        end = m->symbols[at].after;
        if (m->symbols[at].id != NO_TOKEN) {
            encoder_put_part(e, m->symbols[at].id, text, end - at);
        } else if (has_bytes(s, text, end - at)) {
            for (int32_t i = 0; i < end - at; i++)
                encoder_put_part(e, s->byte_ids[(unsigned char)text[i]], text + i, 1);
        } else {
            end = unknown_end(s, m, end);
            encoder_put_part(e, s->unknown, text, end - at);
        }
    }
}

static void merge_word(struct encoder *e, const char *word, int64_t bytes) {
    const struct sa_tokenizer *t = e->tokenizer;
    void *workspace = merge_room(e, bytes);
    if (!workspace) return;
    struct merger m = merge_begin(find_pair, t, word, bytes, workspace);
    int64_t length;
    int32_t c;
    for (int64_t at = 0; at < bytes; at += length) {
        length = next_character(word + at, bytes - at, &c);
        append_character(&m, t, at, length);
    }
    merge_all(&m);
    put_symbols(e, &m);
}

static void tokenize(struct encoder *e, const char *word, int64_t bytes) {
    const char *space = e->tokenizer->scored.space;
    if (space)
        each_word(e, space, word, bytes, merge_word);
    else
        merge_word(e, word, bytes);
}

/* Whether a space stands behind something else in a text. */
static int joins_words(const char *text, int64_t bytes, const char *space) {
    const int64_t width = (int64_t)strlen(space);
    int was_space = 1;
    for (int64_t at = 0; at < bytes;) {
        const int is_space = bytes - at >= width && !memcmp(text + at, space, (size_t)width);
        if (is_space && !was_space) return 1;
        was_space = is_space;
        at += is_space ? width : 1;
    }
    return 0;
}

void scored_find_words(struct sa_tokenizer *t, const char *space) {
    const struct vocabulary *v = &t->vocabulary;
    t->scored.space = tokenizer_find(t, space, (int64_t)strlen(space)) >= 0 ? space : NULL;
    for (int64_t i = 0; i < v->count && t->scored.space; i++)
        if (v->tokens[i].kind == TOKEN_TEXT && joins_words(v->texts + v->tokens[i].start, v->tokens[i].bytes, space))
            t->scored.space = NULL;
}

const struct token_model token_model_scored = {.tokenize = tokenize};
