/* The numbers that training changes: a float32 copy of each tensor that a model uses, and what an optimiser keeps
 * beside.
 * SPDX-License-Identifier: MIT */
#ifndef SA_TRAIN_PARAMETERS_H
#define SA_TRAIN_PARAMETERS_H

#include "base/report.h"
#include "file/tensors.h"

struct parameter {
    const struct tensor *tensor; /* name, shape, and what it was at first */
    float *value, *gradient;     /* [count] each */
    float *first, *second;       /* moments of the optimiser */
    int64_t count;
};

struct parameters {
    struct parameter *list; /* in the order of names */
    int64_t count;
    int32_t *number; /* [tensors of the file] its number in the list, -1: none */
    int64_t tensors;
    float *store; /* all arrays */
    int64_t floats;
};

/* Copies the tensors of the file that are marked in `used`. On failure the list is left empty. */
sa_status parameters_open(const struct allocator *memory, struct report *report, const struct tensor_file *file,
                          const unsigned char *used, struct parameters *parameters);
void parameters_close(const struct allocator *memory, struct parameters *parameters);

/* The parameter of a tensor of the file; NULL for NULL. */
static inline struct parameter *parameter_of(const struct parameters *p, const struct tensor_file *file,
                                             const struct tensor *tensor) {
    return tensor ? &p->list[p->number[tensor - file->tensors]] : NULL;
}

#endif
