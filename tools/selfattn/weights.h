/* Types of weights by their names.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_WEIGHTS_H
#define TOOLS_WEIGHTS_H

#include "selfattn_models.h"

/* The number of this type, in any case of letters; `option` is named in a usage error. */
int32_t weights_of(const char *option, const char *name);

/* The name of type i, NULL behind the last one, and its number. */
const char *weights_name(int i, int32_t *dtype);

#define WEIGHT_TYPES                                                                                                   \
    "f32, f16, bf16, q8_0, q6_k, q5_k, q5_1, q5_0, q4_k, q4_1, q4_0, iq4_nl, iq4_xs, mxfp4, q3_k or q2_k"

#endif
