/* The steps between projection and scores: queries or keys are normalised per head, then rotated to their positions.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_HEADS_H
#define SA_FLOW_HEADS_H

#include "plan/machine.h"
#include "plan/problem.h"
#include "plan/rotation.h"

/* to(b, h, t + starts[b]) = rotated(normalised(clipped(from(b,h,t)))) for t < lengths[b], or all T if lengths is NULL;
 * the views may be the same. Token (b,t) stands at positions[b * T + t], or if that is NULL at t + offset, or t +
 * offsets[b]; but at most at position most[b]. Of packed sequences, T is the longest one's length, and token t of
 * sequence b is row packed[b] + t of `positions`. */
struct heads_step {
    int64_t B, T, heads, D;
    struct view from, to;
    float clip; /* to -clip ... clip; 0: not */
    struct head_norm norm;
    struct rotation rotation;
    int turns_back; /* by the opposite angles, as gradients turn */
    const int64_t *positions, *offsets;
    int64_t offset;
    const int64_t *most;             /* [B] or NULL */
    const int64_t *starts, *lengths; /* [B] or NULL */
    const int64_t *packed;           /* [B+1] rows of the views where packed sequences begin, or NULL */
};

/* Heads of `size` columns each, from `column` on, in rows of `width` floats at `offset` of scratch, `rows` in each
 * sequence; scratch is NULL while planning. */
static inline struct view heads_in_rows(char *scratch, int64_t offset, int64_t rows, int64_t width, int64_t column,
                                        int64_t size) {
    float *data = scratch ? (float *)(scratch + offset) + column : NULL;
    return (struct view){.data = data, .stride_b = rows * width, .stride_h = size, .stride_s = width, .stride_d = 1};
}

/* Bytes of scratch memory that heads_run() needs; -1 if that does not fit. */
int64_t heads_bytes(const struct machine *machine, const struct heads_step *step);
void heads_run(const struct machine *machine, const struct heads_step *step, void *scratch);

#endif
