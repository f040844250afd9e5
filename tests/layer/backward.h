/* A call of sa_forward_backward(): all gradients that a layer and a call have, in memory of their own.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_LAYER_BACKWARD_H
#define TESTS_LAYER_BACKWARD_H

#include "layer/sample.h"

enum { MOST_GRADIENTS = 24 };

/* Sums in double. */
struct sums {
    double *value;
    double *size; /* of the magnitudes of all terms: what rounding errors are relative to */
};

/* An input of a layer, and the gradient by it: as many numbers. An oracle fills what is wanted. */
struct gradient {
    const char *name;
    sa_tensor of, got;
    struct sums want;
};

struct sums sums_make(int64_t count);
void sums_free(struct sums *sums);

struct layer_backward {
    sa_layer_gradients args;
    struct gradient all[MOST_GRADIENTS];
    int count;
    float *upstream;
};

/* The gradient of y is random. Matrices are wanted in this order. */
void layer_backward_make(struct layer_backward *call, const struct layer_sample *s, int32_t order, uint64_t seed);
void layer_backward_free(struct layer_backward *call);

/* The gradient of this name; NULL if there is none. */
struct gradient *layer_backward_find(struct layer_backward *call, const char *name);

/* Fills all gradients with NaN. */
void layer_backward_clear(struct layer_backward *call);

/* How many numbers, and where number i lies. */
int64_t tensor_numbers(const sa_tensor *t);
void *tensor_number(const sa_tensor *t, int64_t i);

#endif
