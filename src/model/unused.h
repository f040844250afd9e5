/* Tensors of a file that have no role in the model that is made of it.
 * SPDX-License-Identifier: MIT */
#ifndef SA_MODEL_UNUSED_H
#define SA_MODEL_UNUSED_H

#include "model/bind.h"

struct unused_tensors {
    const char **names; /* in the file's list, which has to outlive this */
    int64_t count;
};

/* Lists them where the description says of each that it does not matter. Any other is refused by name, since a model
 * without it would compute something else. On failure `unused` is left empty. */
sa_status unused_list(const struct allocator *memory, const struct settings *settings, const struct tensor_file *file,
                      const struct bound_model *bound, struct unused_tensors *unused);
void unused_release(const struct allocator *memory, struct unused_tensors *unused);

#endif
