/* Gradients of a layer in double precision from the formula, with the whole matrices of weights. Shares no code with
 * the library.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_LAYER_ORACLE_BACKWARD_H
#define TESTS_LAYER_ORACLE_BACKWARD_H

#include "layer/backward.h"

/* Fills `want` and `size` of all gradients of the call. */
void oracle_layer_backward(const struct layer_sample *s, struct layer_backward *call);

#endif
