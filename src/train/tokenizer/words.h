/* The different words of texts, and how often each stands there.
 * SPDX-License-Identifier: MIT */
#ifndef SA_TRAIN_TOKENIZER_WORDS_H
#define SA_TRAIN_TOKENIZER_WORDS_H

#include "base/memory.h"
#include "base/report.h"
#include "text/added_tokens.h"

struct word {
    const char *text; /* in the caller's text */
    int64_t bytes, count;
};

struct words {
    struct allocator memory;
    struct word *list; /* in the order in which they were found first */
    int64_t count, room;
    int32_t *slots; /* hash table: number plus 1, 0: empty; a power of two, at most half full */
    int64_t slot_count;
    int64_t bytes; /* of all words in the list */
};

void words_open(const struct allocator *memory, struct words *words);
void words_close(struct words *words);

/* Cuts valid UTF-8 as GPT-2 does, and counts its words; special tokens are cut out before. The text has to outlive the
 * words. */
sa_status words_count(struct words *words, struct report *report, const struct added_tokens *special, const char *text,
                      int64_t bytes);

#endif
