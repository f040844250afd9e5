/* Copies of a caller's matrices and biases. For the files that store a layer's weights alone.
 * SPDX-License-Identifier: MIT */
#ifndef SA_PLAN_WEIGHTS_H
#define SA_PLAN_WEIGHTS_H

#include "selfattn.h"

#include <stdint.h>

/* Some outputs of a caller's matrix and bias: first .. first + count of `outputs`. */
struct source {
    const void *weights, *bias;
    int64_t outputs, first, count;
};

/* A row of `in` weights per output, in the caller's type. */
void copy_weight_rows(char *to, int64_t in, const struct source *source, const sa_layer_config *config);

/* As floats; 0 where there is no bias. */
void copy_weight_bias(float *to, const struct source *source, int32_t dtype);

#endif
