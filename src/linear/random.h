/* Random features of the softmax kernel.
 * SPDX-License-Identifier: MIT */
#ifndef SA_LINEAR_RANDOM_H
#define SA_LINEAR_RANDOM_H

#include "base/memory.h"

struct sa_random_features {
    struct allocator memory;
    int64_t m, D;
    int64_t row;       /* m padded to a multiple of LINEAR_UNIT */
    float *projection; /* [D][row], a direction per column; zeros behind m */
};

#endif
