/* The tokens of byte-pair encoding, learned from words (Sennrich et al., "Neural Machine Translation of Rare Words with
 * Subword Units", 2016).
 * SPDX-License-Identifier: MIT */
#ifndef SA_TRAIN_TOKENIZER_MERGES_H
#define SA_TRAIN_TOKENIZER_MERGES_H

#include "parallel/watch.h"
#include "train/tokenizer/words.h"

enum { BYTE_TOKENS = 256 };

struct learned_token {
    int64_t start, bytes; /* in the text below */
};

struct learned_merge {
    int32_t left, right; /* tokens */
};

struct merges {
    struct allocator memory;
    char *text; /* each byte, then all words */
    int64_t text_bytes;
    struct learned_token *tokens; /* the bytes in the order of `text`, then what merges made */
    int64_t token_count, token_room;
    struct learned_merge *list;
    int64_t count, room;
    int32_t *slots; /* hash table of tokens by their texts: number plus 1, 0: empty */
    int64_t slot_count;
};

/* Learns merges until there are `most` tokens (at least BYTE_TOKENS), or no pair stands in the texts `least` times. The
 * most frequent pair is joined first; of equally frequent ones that whose left token has the lowest number, then whose
 * right token has. `bytes` is the order of the tokens of bytes. If the watch stops it, merges are missing. On failure
 * they are left for merges_close(). */
sa_status merges_learn(const struct allocator *memory, struct report *report, struct watch *watch,
                       const struct words *words, const unsigned char bytes[BYTE_TOKENS], int64_t most, int64_t least,
                       struct merges *merges);
void merges_close(struct merges *merges);

#endif
