/* A fuzz target's input: bytes that are read as choices. Behind the end all choices are 0.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_FUZZ_INPUT_H
#define TESTS_FUZZ_INPUT_H

#include "support/random.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct input {
    const uint8_t *at;
    size_t left;
};

/* What libFuzzer and replay.c call: once, and with each input. */
int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline uint8_t take(struct input *in) {
    if (!in->left) return 0;
    in->left--;
    return *in->at++;
}

/* In [0, n), n at most 65536. */
static inline int64_t take_below(struct input *in, int64_t n) {
    int64_t number = take(in);
    if (n > 256) number = number << 8 | take(in);
    return number % n;
}

/* True for `share` of 256 values. The value of a missing byte is the last one, which is false. */
static inline int take_chance(struct input *in, int share) {
    return 255 - take(in) < share && in->left;
}

/* One of a list of numbers. */
#define TAKE(in, ...)                                                                                                  \
    ((const int64_t[]){__VA_ARGS__}[take_below(in, (int64_t)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)))])

/* A source of numbers for an array's elements. */
static inline struct rng take_rng(struct input *in) {
    return (struct rng){(uint64_t)take(in) << 8 | take(in)};
}

/* Ends the process with a sentence if a promise is broken: libFuzzer keeps the input. */
#define EXPECT(holds, ...)                                                                                             \
    do {                                                                                                               \
        if (!(holds)) {                                                                                                \
            fprintf(stderr, "%s:%d: ", __FILE__, __LINE__);                                                            \
            fprintf(stderr, __VA_ARGS__);                                                                              \
            fputc('\n', stderr);                                                                                       \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

#endif
