/* The same problem twice: once in floats, once with some tensors in 16 bits, in guarded memory with the same strides.
 * The results of the second have to be those of the first, rounded once.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_TWIN_H
#define TESTS_SUPPORT_TWIN_H

#include "selfattn.h"
#include "support/random.h"

enum { TWIN_MEMORIES = 12 };

struct twin {
    struct {
        void *data;
        size_t bytes;
    } memory[TWIN_MEMORIES];
    int memories;
    char types[96]; /* of its tensors, in the order in which they were moved */
};

/* *t is a view of floats in `bytes` bytes at `block`. Copies it to memory of its own in `dtype`, and rounds the
 * original floats. */
void twin_move(struct twin *twin, sa_tensor *t, void *block, size_t bytes, int32_t dtype);
void twin_free(struct twin *twin);

/* The number of elements of `got` that differ from those of the float tensor `wide`, rounded. If not `exact`, a BLAS
 * may have rounded differently. */
int64_t twin_differing(const sa_tensor *got, const sa_tensor *wide, int exact);

/* Replaces three elements of a view of floats by numbers that only some of the types can represent. */
void twin_upset(const sa_tensor *t, struct rng *rng);

#endif
