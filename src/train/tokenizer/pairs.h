/* Words as chains of symbols, and the pairs of neighbours in them: how often each stands there, and where. The most
 * frequent one is always known, and joining two neighbours costs O(log pairs).
 * SPDX-License-Identifier: MIT */
#ifndef SA_TRAIN_TOKENIZER_PAIRS_H
#define SA_TRAIN_TOKENIZER_PAIRS_H

#include "train/tokenizer/words.h"

/* A symbol is stored at the index of its first byte. Numbers of symbols and pairs are -1 for none. */
struct pair_symbol {
    int32_t token;
    int32_t word;
    int32_t before, after;  /* neighbours in the word */
    int32_t pair;           /* of this and the one after */
    int32_t previous, next; /* other symbols of the same pair, in no order */
};

struct token_pair {
    int32_t left, right;
    int64_t count; /* in all texts, overlapping ones too */
    int32_t first; /* one of its symbols */
    int32_t place; /* in the heap */
    int32_t chain; /* the next pair of its bucket */
};

/* Three arrays in one, since they grow together: pairs by number; a heap of numbers, the most frequent pair first, with
 * the free numbers behind; and the first pair of each bucket of a hash table. */
struct pair_slot {
    struct token_pair pair;
    int32_t in_heap, in_bucket;
};

struct pairs {
    struct allocator memory;
    const struct words *words;
    struct pair_symbol *symbols;
    int64_t symbol_count;
    struct pair_slot *slots; /* [room], a power of two */
    int64_t count, room;
};

/* Each byte of each word is a symbol, of the token that `token_of` says. On failure it is left for pairs_close(). */
sa_status pairs_open(const struct allocator *memory, struct report *report, const struct words *words,
                     const int32_t token_of[256], struct pairs *pairs);
void pairs_close(struct pairs *pairs);

/* The most frequent pair (of equally frequent ones that with the lowest left token, then right token); NULL: there is
 * none. */
const struct token_pair *pairs_best(const struct pairs *pairs);

/* Joins a pair's symbols into `token` wherever it stands, in each word from left to right. */
sa_status pairs_join(struct pairs *pairs, struct report *report, struct token_pair pair, int32_t token);

#endif
