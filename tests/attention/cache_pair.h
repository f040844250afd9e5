/* A cache and its twin: the same keys and values as contiguous tensors. Whatever is done to the one is done to the
 * other, and attention over both has to come out the same.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_ATTENTION_CACHE_PAIR_H
#define TESTS_ATTENTION_CACHE_PAIR_H

#include "support/paths.h"
#include "support/random.h"

enum { PAIR_LAYERS = 2, PAIR_BATCH = 4 };

struct pair {
    const struct way *way;
    sa_ctx *ctx, *reader; /* that computes this way; that reads stored values back */
    sa_cache_config config;
    sa_cache *cache;
    int64_t group, room; /* query heads per key/value head; most tokens of a sequence */
    struct rng rng;
    int64_t lengths[PAIR_LAYERS][PAIR_BATCH];
    float *key[PAIR_LAYERS], *value[PAIR_LAYERS]; /* [B][room][K][D] as stored */
    int64_t checks, wrong;                        /* comparisons so far, and how many came out differently */
    char text[400];                               /* the first that did */
};

/* 0 where the CPU lacks the way. Anything else that fails ends the test. */
int pair_open(struct pair *t, const struct way *way, const sa_cache_config *config, int64_t group, int64_t room,
              uint64_t seed);
void pair_close(struct pair *t);

/* Adds T random tokens to each sequence of a layer, of which the first lengths[b] (NULL: all) are real. */
sa_status pair_append(struct pair *t, int64_t layer, int64_t T, const int64_t *lengths);
sa_status pair_truncate(struct pair *t, int64_t sequence, int64_t length);
sa_status pair_fork(struct pair *t, int64_t from, int64_t to);
sa_status pair_reorder(struct pair *t, const int64_t *from);

/* Compares attention of T random queries over both under these rules, whose masking names no key_lengths, and counts.
 */
void pair_check(struct pair *t, int64_t layer, int64_t T, const sa_masking *masking, const sa_score_rules *rules,
                const char *what);

/* Longest sequence of a layer. */
int64_t pair_longest(const struct pair *t, int64_t layer);

/* out [rows][size] = x as a cache of this dtype gives it back: each row as the only key that a query sees. Exact on the
 * context that reader_open() opens, where exp(0) is 1. */
sa_ctx *reader_open(void);
void stored_as(sa_ctx *ctx, int32_t dtype, const float *x, int64_t rows, int64_t size, float *out);

/* The same for x of another type. */
void stored_tensor(sa_ctx *ctx, int32_t dtype, const void *x, int32_t given, int64_t rows, int64_t size, float *out);

#endif
