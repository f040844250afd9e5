/* Looks up the tensors of a description's roles in a file.
 * SPDX-License-Identifier: MIT */
#ifndef SA_MODEL_BINDER_H
#define SA_MODEL_BINDER_H

#include "model/bind.h"

enum { NAME_BYTES = 200 };

/* The file in which names are looked up, and the stack. */
struct binder {
    const struct settings *settings;
    const struct tensor_file *file;
    const struct stack_config *stack;
    const struct output_config *output;
    const char *prefix; /* of all names except the output matrix's */
    int64_t expert;     /* whose number stands for '&' in names */
    unsigned char *used;
};

/* The names of a stack's role in the description. */
sa_status binder_names(const struct binder *binder, const struct role *role, const json_t **names);

/* The tensor under any of its names, or NULL; `name` becomes the first of them. */
sa_status binder_look_up(const struct binder *binder, const json_t *names, int64_t block, const char *ending,
                         char name[NAME_BYTES], const struct tensor **tensor);

/* Gives a tensor that exists its role, if its type and shape fit. */
sa_status binder_take(const struct binder *binder, const struct tensor *tensor, const int64_t *wanted, int32_t axes,
                      int is_table);

/* The experts of a stack whose other tensors have been found. */
sa_status bind_experts(const struct allocator *memory, const struct binder *binder, struct bound_stack *bound);
void bound_experts_release(const struct allocator *memory, const struct stack_config *config,
                           struct bound_stack *bound);

#endif
