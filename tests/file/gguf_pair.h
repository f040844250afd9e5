/* A model of random weights in two files: safetensors with Hugging Face's names, and GGUF. Both have to give the same.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_FILE_GGUF_PAIR_H
#define TESTS_FILE_GGUF_PAIR_H

#include "support/gguf_writer.h"
#include "support/random.h"
#include "support/writer.h"

/* Both files while they are written. */
struct pair {
    struct rng rng;
    struct writer ours;
    struct gguf_writer theirs;
    const char *architecture;
};

/* What GGUF has in place of a tensor. */
enum change {
    SAME,
    PLUS_ONE, /* 1 is added */
    TURNED,   /* the matrix of safetensors is [width][rows] */
    BY_KIND   /* rows of queries, keys and values of each group in safetensors; here all of a kind */
};

void pair_begin(struct pair *p, const char *architecture);
void pair_integer(struct pair *p, const char *key, uint64_t value);
void pair_real(struct pair *p, const char *key, float value);
void pair_flag(struct pair *p, const char *key, int value);

/* A random tensor [rows][width] under both names; rows 0: a vector. With experts, ours has '%' and is a tensor each.
 * GGUF has a matrix of one row as a vector. */
void pair_put(struct pair *p, const char *ours, const char *theirs, int64_t rows, int64_t width, int64_t experts);

/* A tensor that GGUF has in another way. In a group there are `queries` heads of queries, one of keys, one of values,
 * of `head` rows each. */
void pair_put_changed(struct pair *p, const char *ours, const char *theirs, int64_t rows, int64_t width,
                      enum change change, int64_t groups, int64_t queries, int64_t head);

/* A matrix and a bias, or the weight and the bias of a norm; names without ending. */
void pair_put_both(struct pair *p, const char *ours, const char *theirs, int64_t rows, int64_t width);

/* Writes both and compares states of this width; of a model with a decoder those of the
 * decoder. Ends the pair. */
void pair_compare(struct pair *p, const char *config, int64_t width);

#endif
