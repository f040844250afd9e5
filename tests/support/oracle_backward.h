/* Gradients of attention in double precision from the formula in selfattn.h, with the whole T x S matrix of weights.
 * Shares no code with the library.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_ORACLE_BACKWARD_H
#define TESTS_SUPPORT_ORACLE_BACKWARD_H

#include "selfattn.h"

enum oracle_gradient {
    ORACLE_QUERY,
    ORACLE_KEY,
    ORACLE_VALUE,
    ORACLE_MASK,
    ORACLE_SLOPES,
    ORACLE_BIAS,
    ORACLE_SINKS,
    ORACLE_GRADIENTS
};

/* Contiguous arrays of the sizes of what they belong to; NULL where the call has no such input. */
struct oracle_gradients {
    int64_t count[ORACLE_GRADIENTS];
    double *value[ORACLE_GRADIENTS];
    double *size[ORACLE_GRADIENTS]; /* sums of the magnitudes of all terms: what rounding errors are relative to */
};

/* args as for sa_attention(); `upstream` is the gradient by its output. Free the result. */
struct oracle_gradients oracle_attention_backward(const sa_attention_args *args, const sa_tensor *upstream);
void oracle_gradients_free(struct oracle_gradients *gradients);

#endif
