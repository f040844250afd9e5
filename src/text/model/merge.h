/* Byte-pair encoding for any vocabulary: neighbouring symbols of a word are merged, the cheapest pair first and the
 * leftmost of equal ones, until no pair may be merged (Sennrich et al., "Neural Machine Translation of Rare Words with
 * Subword Units", 2016).
 * SPDX-License-Identifier: MIT */
#ifndef SA_TEXT_MODEL_MERGE_H
#define SA_TEXT_MODEL_MERGE_H

#include "text/tokenizer.h"

/* A symbol is stored at the index of its first byte. `after` is the index of the next symbol, or the word's length;
 * `before` is that of the symbol before, or -1. */
struct symbol {
    int32_t id, before, after;
};

/* A pair waiting to be merged into token `id`: bytes first .. last - 1. */
struct pair {
    float cost;
    int32_t id, first, last;
};

struct merger;

/* Whether the symbols left and right, which are the bytes p->first .. p->last - 1, may be merged; if so, fills in p->id
 * and p->cost. */
typedef int (*pair_fn)(const struct merger *merger, int32_t left, int32_t right, struct pair *p);

/* Where the text of the symbol at byte `at` ends, which is not behind `next`, the next symbol's first byte. */
typedef int64_t (*end_fn)(const struct merger *merger, int64_t at, int64_t next);

struct merger {
    pair_fn find;
    const void *tokenizer; /* for find */
    const char *word;
    int32_t bytes;
    struct symbol *symbols; /* [bytes] */
    int32_t head, tail;     /* the first and the last symbol, -1: none */
    struct pair *heap;
    int64_t waiting;
};

/* Memory for a word; NULL after a failure, which is noted in the encoder. */
void *merge_room(struct encoder *encoder, int64_t bytes);

/* merge_begin() starts a word without symbols, in that memory; then symbols are appended, each by its first byte `at`;
 * then they are merged; then those that are left are put into the sink. end_of NULL: each ends where the next begins.
 */
struct merger merge_begin(pair_fn find, const void *tokenizer, const char *word, int64_t bytes, void *workspace);
void merge_append(struct merger *merger, int64_t at, int32_t id);
void merge_all(struct merger *merger);
void merge_put(const struct merger *merger, struct encoder *encoder, end_fn end_of);

/* Calls `put` for each word of a text in which words begin with a space, or with several. Each word is merged on its
 * own, which is faster. */
void each_word(struct encoder *encoder, const char *space, const char *text, int64_t bytes,
               void (*put)(struct encoder *encoder, const char *word, int64_t bytes));

#endif
