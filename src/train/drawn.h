/* Tensors that no file has: their first numbers are drawn.
 * SPDX-License-Identifier: MIT */
#ifndef SA_TRAIN_DRAWN_H
#define SA_TRAIN_DRAWN_H

#include "describe/setting.h"
#include "model/wanted.h"

/* Tensors by name, each {"kind": ..., "size": [...]}. */
struct drawn {
    struct report *report;
    json_t *tensors; /* an object, which the caller owns */
    uint64_t seed;
    int64_t name_bytes, elements;
};

/* What takes tensors into the list. */
struct wanted drawn_wanted(struct drawn *drawn);

/* Makes the tensors: norms are 1 (0 where 1 is added to them), biases 0, all others normal of mean 0 and the deviation
 * initializer_range of the settings, or init_std, or 0.02. A number is a function of the seed, its tensor's name and
 * its place. On failure, too, tensors_close() frees the file. */
sa_status drawn_make(const struct allocator *memory, const struct settings *settings, struct drawn *drawn,
                     struct tensor_file *file);

#endif
