/* A cache and its twin: the same keys and values as contiguous tensors. Whatever is done to the one is done to the other, and attention
 * over both has to come out the same.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_ATTENTION_TWIN_H
#define TESTS_ATTENTION_TWIN_H

#include "support/paths.h"
#include "support/random.h"

enum { TWIN_LAYERS = 2, TWIN_BATCH = 4 };

struct twin {
    const struct way *way;
    sa_ctx *ctx, *reader; /* that computes this way; that reads stored values back */
    sa_cache_config config;
    sa_cache *cache;
    int64_t group, room; /* query heads per key/value head; most tokens of a sequence */
    struct rng rng;
    int64_t lengths[TWIN_LAYERS][TWIN_BATCH];
    float *key[TWIN_LAYERS], *value[TWIN_LAYERS]; /* [B][room][K][D] as stored */
    int64_t checks, wrong;                        /* comparisons so far, and how many came out differently */
    char text[400];                               /* the first that did */
};

/* 0 where the CPU lacks the way. Anything else that fails ends the test. */
int twin_open(struct twin *t, const struct way *way, const sa_cache_config *config, int64_t group, int64_t room,
              uint64_t seed);
void twin_close(struct twin *t);

/* Adds T random tokens to each sequence of a layer, of which the first lengths[b] (NULL: all) are real. */
sa_status twin_append(struct twin *t, int64_t layer, int64_t T, const int64_t *lengths);
sa_status twin_truncate(struct twin *t, int64_t sequence, int64_t length);
sa_status twin_fork(struct twin *t, int64_t from, int64_t to);
sa_status twin_reorder(struct twin *t, const int64_t *from);

/* Compares attention of T random queries over both under these rules, whose masking names no key_lengths, and counts. */
void twin_check(struct twin *t, int64_t layer, int64_t T, const sa_masking *masking, const sa_score_rules *rules,
                const char *what);

/* Longest sequence of a layer. */
int64_t twin_longest(const struct twin *t, int64_t layer);

/* out [rows][size] = x as a cache of this dtype gives it back: each row as the only key that a query sees. Exact on the context that
 * reader_open() opens, where exp(0) is 1. */
sa_ctx *reader_open(void);
void stored_as(sa_ctx *ctx, int32_t dtype, const float *x, int64_t rows, int64_t size, float *out);

/* The same for x of another type. */
void stored_tensor(sa_ctx *ctx, int32_t dtype, const void *x, int32_t given, int64_t rows, int64_t size, float *out);

#endif
