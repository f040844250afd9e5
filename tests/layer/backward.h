/* A call of sa_forward_backward(): all gradients that a layer and a call have, in memory of their own.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_LAYER_BACKWARD_H
#define TESTS_LAYER_BACKWARD_H

#include "layer/sample.h"

enum { MOST_GRADIENTS = 24 };

/* An input of a layer, and the gradient by it: as many numbers. */
struct gradient {
    const char *name;
    sa_tensor of, got;
};

struct layer_backward {
    sa_layer_gradients args;
    struct gradient all[MOST_GRADIENTS];
    int count;
    float *upstream;
};

/* The gradient of y is random. Matrices are wanted in this order. */
void layer_backward_make(struct layer_backward *call, const struct layer_sample *s, int32_t order, uint64_t seed);
void layer_backward_free(struct layer_backward *call);

/* Fills all gradients with NaN. */
void layer_backward_clear(struct layer_backward *call);

/* How many numbers, and where number i lies. */
int64_t tensor_numbers(const sa_tensor *t);
void *tensor_number(const sa_tensor *t, int64_t i);

#endif
