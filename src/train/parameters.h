/* The numbers of a model in training. Those that it changes: a float32 copy of each tensor, its gradient, and what an
 * optimiser keeps beside; where products read rounded numbers, these and those that learn are two arrays. Those that
 * stay as they are, under adapters or as constants: in the file where they can be read in place, otherwise a float32
 * copy.
 * SPDX-License-Identifier: MIT */
#ifndef SA_TRAIN_PARAMETERS_H
#define SA_TRAIN_PARAMETERS_H

#include "base/report.h"
#include "file/tensors.h"
#include "parallel/parallel.h"

struct adapter;

struct parameter {
    const struct tensor *tensor; /* name, shape, and what it was at first */
    float *value, *gradient;     /* [count] each; gradient NULL: it stays as it is, and nobody writes to the value */
    float *first, *second;       /* moments of the optimiser; NULL as before */
    float *master;               /* [count] what the optimiser changes: the value, or what the value is rounded from */
    int64_t count;
    double squares;                /* sum of the gradient's, while an update runs */
    const struct adapter *adapter; /* what is added to the matrix; NULL: nothing */
};

struct parameters {
    struct parameter *list; /* in the order of names */
    int64_t count;
    int32_t *number; /* [tensors of the file] its number in the list, -1: none */
    int64_t tensors;
    float *store; /* all arrays */
    int64_t floats;
};

enum parameters_use {
    PARAMETERS_FIXED,
    PARAMETERS_LEARN,
    PARAMETERS_LEARN_ROUNDED, /* values are numbers of bfloat16, once parameters_round() has run */
};

/* Takes the tensors of the file that are marked in `used`; NULL: all. Masters of a tensor without data are 0. On
 * failure the list is left empty. */
sa_status parameters_open(const struct allocator *memory, struct report *report, const struct tensor_file *file,
                          const unsigned char *used, enum parameters_use use, struct parameters *parameters);
void parameters_close(const struct allocator *memory, struct parameters *parameters);

/* Makes the values of PARAMETERS_LEARN_ROUNDED what their masters round to. */
void parameters_round(const struct parallel *parallel, const struct parameters *parameters);

/* The parameter of a tensor of the file that was taken. */
static inline struct parameter *parameter_at(const struct parameters *p, const struct tensor_file *file,
                                             const struct tensor *tensor) {
    return &p->list[p->number[tensor - file->tensors]];
}

/* Where a parameter's gradient is wanted; NULL: nowhere, as for NULL. */
static inline float *gradient_of(const struct parameter *p) {
    return p ? p->gradient : NULL;
}

#endif
