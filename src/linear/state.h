/* What linear attention keeps of the tokens so far: sums of key features times values, one matrix per key/value head.
 *
 * The matrix has a row per feature and a column per element of a value; with `normalised` one more column, that of
 * values of 1. Columns are padded with zeros to a multiple of LINEAR_UNIT and lie in panels of LINEAR_PANEL, the last
 * one narrower: element (d,c) is at panel_at(). A decoding step would have to write the whole matrix; instead the last
 * tokens stand beside it, at most LINEAR_PENDING of them:
 *
 *     state = diag(decay) sums + sum over pending tokens j of keys[j] values[j]^T
 *
 * where `decay` is the product of all decays since the sums were written, and keys[j] have decayed since token j.
 * SPDX-License-Identifier: MIT */
#ifndef SA_LINEAR_STATE_H
#define SA_LINEAR_STATE_H

#include "base/arith.h"
#include "base/memory.h"
#include "kernel/linear.h"

/* With D = Dv = 128, a step reads a matrix of 64 KiB and p KiB for p pending tokens, whose keys it may write; writing
 * the matrix costs about as much as reading it. p / 2 + 64 / p is flat between 8 and 12; 8 needs less memory. */
enum { LINEAR_PANEL = 32, LINEAR_PENDING = 8 };

/* Sizes of one head's matrix. */
struct linear_sizes {
    int64_t features, row; /* M, and M padded */
    int64_t columns;       /* padded */
};

/* One head's state. */
struct linear_head {
    float *sums;   /* panels */
    float *decay;  /* [M] */
    float *keys;   /* [LINEAR_PENDING][row] */
    float *values; /* [LINEAR_PENDING][columns] */
    float *shift;  /* log of a factor that all sums lack: of random features, else 0 */
    int64_t *pending;
};

struct sa_linear_state {
    struct allocator memory;
    int64_t B, K, Dv;
    int normalised;
    struct linear_sizes sizes;
    int64_t head_floats;
    float *data; /* [B][K][head_floats] */
};

/* Fills in the sizes for M features and values of Dv; 0 if one does not fit. *floats is what a head takes. */
int linear_sizes_of(int64_t M, int64_t Dv, int normalised, struct linear_sizes *sizes, int64_t *floats);

/* The head whose memory begins at `data`, and the head that has seen no token. */
struct linear_head linear_head_at(float *data, const struct linear_sizes *sizes);
void linear_head_clear(const struct linear_head *head, const struct linear_sizes *sizes);

static inline struct linear_head linear_state_head(const struct sa_linear_state *state, int64_t b, int64_t k) {
    return linear_head_at(state->data + (b * state->K + k) * state->head_floats, &state->sizes);
}

/* How wide the panel is that begins at column c. */
static inline int64_t panel_width(int64_t columns, int64_t c) {
    return min_i64(LINEAR_PANEL, columns - c);
}

/* Where element (d,c) of the sums lies. */
static inline int64_t panel_at(const struct linear_sizes *s, int64_t d, int64_t c) {
    const int64_t first = c / LINEAR_PANEL * LINEAR_PANEL;
    return first * s->features + d * panel_width(s->columns, first) + c - first;
}

/* Element (d,c) of the state, pending tokens included. */
float linear_head_get(const struct linear_head *head, const struct linear_sizes *sizes, int64_t d, int64_t c);

/* Adds the pending tokens to the sums. */
void linear_head_settle(const struct linear_head *head, const struct linear_sizes *sizes,
                        const struct linear_kernels *kernels);

#endif
