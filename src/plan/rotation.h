/* A rotary position embedding in internal terms: see sa_rope.
 * SPDX-License-Identifier: MIT */
#ifndef SA_PLAN_ROTATION_H
#define SA_PLAN_ROTATION_H

#include <stdint.h>

struct rotation {
    int32_t style;           /* SA_ROPE_... */
    int64_t rotary;          /* R; 0: no rotation */
    const double *frequency; /* [R/2] */
    double factor;
    const float *cosines, *sines; /* [positions, R/2] instead of frequency, or NULL */
    int64_t positions;
};

/* An RMSNorm over heads: each on its own with `width` = D weights, or all together with heads * D. Or with so many a
 * LayerNorm of each head, which has D weights of its own; only of models. */
struct head_norm {
    const float *weight; /* NULL: none */
    int64_t width;
    float epsilon;
    int of_each;
};

#endif
