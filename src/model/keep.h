/* Weights that a model keeps in its own memory, because they cannot be used as they lie in the file. The functions are
 * run twice: with `base` NULL they only count, then they fill.
 * SPDX-License-Identifier: MIT */
#ifndef SA_MODEL_KEEP_H
#define SA_MODEL_KEEP_H

#include "base/ledger.h"
#include "model/model.h"

struct keep {
    char *base;                    /* NULL: counting */
    const struct machine *machine; /* whose matrix unit matrices are packed for */
    struct ledger ledger;
};

/* Room for rows * width elements of `size` bytes; NULL while counting. */
void *keep_room(struct keep *keep, const char *name, int64_t rows, int64_t width, int64_t size);

/* The tensor as floats, each with `added` on top; NULL for NULL. */
const float *keep_vector(struct keep *keep, const struct tensor *tensor, float added);

/* A matrix with a row per output: where it lies in the file if that can be, else a copy. in_out: the file has a row per
 * input. */
struct linear keep_linear(struct keep *keep, const struct bound *bound, int in_out);

/* The kernel of a convolution over three neighbours, [out][in][3] in the file, as a matrix over [3][in]. */
struct linear keep_convolution(struct keep *keep, const struct bound *bound);

struct norm keep_norm(struct keep *keep, const struct bound *bound, const struct norm_config *config, int64_t width);

/* Whether elements of the tensor can be read where they lie, as numbers of its type. */
int tensor_is_native(const struct tensor *tensor);

#endif
