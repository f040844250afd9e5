/* Unigram language models (Kudo, "Subword Regularization", 2018): of all ways to cut a word into tokens, the one with
 * the best sum of scores, found by Viterbi's algorithm. A character without a token of its own is unknown.
 *
 * At each character, all tokens that begin there are looked up by the hashes of the text's beginnings. A set of bits
 * says which hashes are those of tokens, and which of beginnings of longer tokens, so the search ends early. The cost
 * is at most the longest token's characters per character of the text.
 * SPDX-License-Identifier: MIT */
#include "text/model/unigram.h"

#include "text/characters.h"
#include "text/encoder.h"

#include <math.h>
#include <string.h>

/* SentencePiece's penalty of an unknown character, below the worst token. */
static const double unknown_penalty = 10;

enum { BEGINS = 1, ENDS = 2, BITS = 2, PER_BYTE = 8 / BITS, ROOM_PER_TOKEN = 32 };

/* The bits of a hash. */
static int bits_of(const struct unigram *u, uint64_t hash) {
    const uint64_t at = (hash ^ hash >> 32) & ((uint64_t)u->beginning_bytes * PER_BYTE - 1);
    return u->beginnings[at / PER_BYTE] >> at % PER_BYTE * BITS;
}

static void set_bits(struct unigram *u, uint64_t hash, int bits) {
    const uint64_t at = (hash ^ hash >> 32) & ((uint64_t)u->beginning_bytes * PER_BYTE - 1);
    u->beginnings[at / PER_BYTE] |= (unsigned char)(bits << at % PER_BYTE * BITS);
}

static void add_beginnings(struct unigram *u, const char *text, int64_t bytes) {
    uint64_t hash = hash_nothing;
    int32_t c;
    for (int64_t at = 0; at < bytes;) {
        const int64_t length = next_character(text + at, bytes - at, &c);
        hash = hash_more(hash, text + at, length);
        at += length;
        set_bits(u, hash, at < bytes ? BEGINS : ENDS);
    }
}

sa_status unigram_create(struct sa_tokenizer *t, struct report *report, int64_t count) {
    struct unigram *u = &t->unigram;
    int64_t slots = 64;
    while (slots < ROOM_PER_TOKEN * count) slots *= 2;
    u->scores = memory_allocate(&t->memory, count, sizeof *u->scores);
    if (!u->scores) return fail_memory(report, count * (int64_t)sizeof *u->scores, "a list of scores");
    u->count = count;
    u->beginnings = memory_allocate(&t->memory, slots / PER_BYTE, 1);
    if (!u->beginnings) return fail_memory(report, slots / PER_BYTE, "a set of beginnings");
    u->beginning_bytes = slots / PER_BYTE;
    return SA_OK;
}

void unigram_destroy(struct sa_tokenizer *t) {
    memory_release(&t->memory, t->unigram.scores, t->unigram.count, sizeof *t->unigram.scores);
    memory_release(&t->memory, t->unigram.beginnings, t->unigram.beginning_bytes, 1);
}

void unigram_finish(struct sa_tokenizer *t) {
    struct unigram *u = &t->unigram;
    char text[BYTE_TEXT];
    double worst = INFINITY;
    for (int64_t id = 0; id < u->count; id++) {
        const struct token *token = vocabulary_token(&t->vocabulary, (int32_t)id);
        if (!token || isnan(u->scores[id])) continue;
        add_beginnings(u, t->vocabulary.texts + token->start, token->bytes);
        if (u->scores[id] < worst) worst = u->scores[id];
    }
    u->unknown_score = worst - unknown_penalty;
    if (u->single) u->unknown_score = (double)(float)u->unknown_score;
    for (int byte = 0; byte < 256; byte++) {
        byte_text(byte, text);
        u->byte_ids[byte] = tokenizer_find(t, text, BYTE_TEXT - 1);
    }
    t->model = &token_model_unigram;
}

/* The best way to the byte where this stands. */
struct node {
    double score;
    int32_t start; /* where its last token begins; -1: nothing leads here */
    int32_t id;
};

static void offer(const struct unigram *u, struct node *node, double score, int64_t start, int32_t id) {
    if (node->start >= 0 && score <= node->score) return;
    *node = (struct node){u->single ? (double)(float)score : score, (int32_t)start, id};
}

/* Offers all tokens that begin at byte `at` to the nodes where they end. Returns whether one is a single character. */
static int offer_tokens(const struct sa_tokenizer *t, const char *word, int64_t bytes, int64_t at, int64_t first,
                        struct node *nodes) {
    const struct unigram *u = &t->unigram;
    const double score = nodes[at].score;
    uint64_t hash = hash_nothing;
    int has_single = 0;
    int32_t c;
    for (int64_t end = at, length = first; end < bytes;) {
        if (end != at) length = next_character(word + end, bytes - end, &c);
        hash = hash_more(hash, word + end, length);
        end += length;
        const int bits = bits_of(u, hash);
        if (bits & ENDS) {
            const int32_t id = vocabulary_find(&t->vocabulary, hash, "", 0, word + at, end - at);
            if (id >= 0 && id < u->count && !isnan(u->scores[id])) {
                offer(u, &nodes[end], score + u->scores[id], at, id);
                has_single |= end == at + first;
            }
        }
        if (!(bits & BEGINS)) break;
    }
    return has_single;
}

/* Text that is unknown: the tokens of its bytes, if all have one. */
static void put_unknown(struct encoder *e, const char *text, int64_t bytes) {
    const struct sa_tokenizer *t = e->tokenizer;
    const struct unigram *u = &t->unigram;
    const int32_t whole = bytes <= t->vocabulary.longest ? tokenizer_find(t, text, bytes) : -1;
    int has_bytes = u->byte_fallback && whole < 0;
    for (int64_t i = 0; i < bytes && has_bytes; i++) has_bytes = u->byte_ids[(unsigned char)text[i]] >= 0;
    if (!has_bytes) encoder_put_part(e, whole >= 0 && whole < u->count ? whole : u->unknown, text, bytes);
    for (int64_t i = 0; i < bytes && has_bytes; i++)
        encoder_put_part(e, u->byte_ids[(unsigned char)text[i]], text + i, 1);
}

/* Turns the way that ends at the last node around: `start` becomes where the token ends. */
static void turn(struct node *nodes, int64_t bytes) {
    for (int32_t end = (int32_t)bytes, next = -1; end >= 0;) {
        const int32_t start = nodes[end].start, id = nodes[end].id;
        nodes[end].start = next;
        next = end;
        if (end) nodes[start].score = id; /* exact in a double */
        end = end ? start : -1;
    }
}

static void put_way(struct encoder *e, const char *word, int64_t bytes, struct node *nodes) {
    const int32_t unknown = e->tokenizer->unigram.unknown, shown_below = e->tokenizer->unigram.shown_below;
    turn(nodes, bytes);
    for (int32_t at = 0; at < bytes;) {
        int32_t id = (int32_t)nodes[at].score, end = nodes[at].start;
        while (id == unknown && end < bytes && (int32_t)nodes[end].score == unknown) end = nodes[end].start;
        if (id == unknown)
            put_unknown(e, word + at, end - at);
        else
            encoder_put_part(e, shown_below && id >= shown_below ? unknown : id, word + at, end - at);
        at = end;
    }
}

static struct node *make_nodes(struct encoder *e, int64_t bytes) {
    struct pad *pad = &e->ctx->pads[PAD_WORK];
    if (bytes >= INT32_MAX) {
        e->status = fail(&e->ctx->report, SA_ERR_TEXT, "the text has a word of %lld bytes, at most %d are supported",
                         (long long)bytes, INT32_MAX - 1);
        return NULL;
    }
    pad->used = 0;
    struct node *nodes = (struct node *)(void *)pad_room(e, pad, (bytes + 1) * (int64_t)sizeof *nodes);
    for (int64_t i = 0; nodes && i <= bytes; i++) nodes[i].start = -1;
    if (nodes) nodes[0] = (struct node){0};
    return nodes;
}

static void tokenize(struct encoder *e, const char *word, int64_t bytes) {
    const struct sa_tokenizer *t = e->tokenizer;
    const struct unigram *u = &t->unigram;
    struct node *nodes = make_nodes(e, bytes);
    int32_t c;
    for (int64_t at = 0, length; nodes && at < bytes; at += length) {
        length = next_character(word + at, bytes - at, &c);
        if (offer_tokens(t, word, bytes, at, length, nodes)) continue;
        const double score = nodes[at].score + u->unknown_score;
        if (u->unknown < 0) {
            if (nodes[at + length].start >= 0 && score <= nodes[at + length].score) continue;
            e->status = fail(&e->ctx->report, SA_ERR_TEXT,
                             "the text has the character U+%04X, which has no token, and there is no unknown token",
                             (unsigned)c);
            return;
        }
        offer(u, &nodes[at + length], score, at, u->unknown);
    }
    if (nodes) put_way(e, word, bytes, nodes);
}

const struct token_model token_model_unigram = {.type = "Unigram", .read = unigram_read, .tokenize = tokenize};
