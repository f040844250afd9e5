/* Weights that a model keeps in its own memory, because they cannot be used in place in the file. The functions are
 * called twice: with `base` NULL they only count, then they copy.
 * SPDX-License-Identifier: MIT */
#ifndef SA_MODEL_KEEP_H
#define SA_MODEL_KEEP_H

#include "base/ledger.h"
#include "model/convert.h"
#include "model/model.h"

struct keep {
    char *base;                    /* NULL: counting */
    const struct machine *machine; /* whose matrix unit matrices are packed for */
    struct ledger ledger;
    struct conversion conversion;
    int64_t all;                 /* bytes of the store, of which progress is told */
    struct watch *told;          /* ... also to the context's caller */
    const struct tensor *failed; /* the first one with numbers that the wanted type does not have; NULL: none */
};

/* Room for rows * width elements of `size` bytes; NULL while counting. */
void *keep_room(struct keep *keep, const char *name, int64_t rows, int64_t width, int64_t size);

/* The tensor as floats, each with `added` on top; NULL for NULL. */
const float *keep_vector(struct keep *keep, const struct tensor *tensor, float added);

/* These outputs as a matrix with a row per output, in the wanted type or their own: in place in the file if possible,
 * otherwise a copy. Without a bias. */
struct linear keep_outputs(struct keep *keep, const struct matrix_source *source);

/* The same of a bias: those elements as floats; NULL for NULL. */
const float *keep_some(struct keep *keep, const struct tensor *tensor, const struct matrix_source *source);

/* The same with a bias. in_out: the file has a row per input. */
struct linear keep_linear(struct keep *keep, const struct bound *bound, int in_out);

/* The kernel of a convolution over neighbours, [out][in][taps] in the file, as a matrix over [taps][in]. */
struct linear keep_convolution(struct keep *keep, const struct bound *bound);

/* A table of which rows are read, in the wanted type. */
struct tensor keep_table(struct keep *keep, const struct tensor *table);

/* The same with the weights of each tap scaled to the length gain[tap] (Salimans and Kingma, "Weight normalization",
 * 2016), or as they are if gain is NULL; it is not packed. Kernel NULL: none. */
struct linear keep_weight_norm(struct keep *keep, const struct tensor *kernel, const struct tensor *gain,
                               const struct tensor *bias);

struct norm keep_norm(struct keep *keep, const struct bound *bound, const struct norm_config *config, int64_t width);

/* Whether elements of the tensor can be read in place, as numbers of its type. */
int tensor_is_native(const struct tensor *tensor);

#endif
