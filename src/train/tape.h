/* What a step has computed, so that gradients can be found backwards: values, and the steps that made them
 * (reverse-mode differentiation; Griewank and Walther, "Evaluating Derivatives", 2008).
 *
 * A function of ops.h computes a value, and adds to the tape how its gradient is handed on to what it was made of.
 * tape_backward() walks back. Memory comes from an arena that tape_reset() empties; after the first step of a size it
 * is one block, and nothing is allocated.
 * SPDX-License-Identifier: MIT */
#ifndef SA_TRAIN_TAPE_H
#define SA_TRAIN_TAPE_H

#include "api/context.h"
#include "train/parameters.h"

/* A matrix [rows][width] of floats and the gradient by it; gradient NULL: nobody wants it. */
struct value {
    float *x, *gradient;
    int64_t rows, width;
};

struct tape_step;
typedef void (*backward_fn)(struct sa_ctx *ctx, const struct tape_step *step);

enum { STEP_VALUES = 4, STEP_NUMBERS = 8 };

/* One step: backward() reads out.gradient and adds to in[].gradient and to the parameters' gradients. */
struct tape_step {
    backward_fn backward;
    struct value out, in[STEP_VALUES];
    struct parameter *weight, *bias;
    int64_t number[STEP_NUMBERS];
    double factor;
    const void *data[2];
};

enum { ARENA_BLOCKS = 64 };

struct tape {
    sa_ctx *ctx;
    struct allocator memory;
    sa_status status; /* of the first failure; then nothing more is computed */
    struct tape_step *steps;
    int64_t count, room;
    struct {
        char *bytes;
        int64_t size;
    } blocks[ARENA_BLOCKS];
    int64_t block_count, used; /* used bytes of the last block */
};

void tape_open(struct tape *tape, const struct allocator *memory);
void tape_close(struct tape *tape);

/* Begins a new step on this context. */
void tape_reset(struct tape *tape, sa_ctx *ctx);

/* `bytes` zeroed bytes that live until tape_reset(); NULL after a failure. */
void *tape_memory(struct tape *tape, int64_t count, int64_t size);

/* A value to be written, with a gradient of zeros. */
struct value tape_value(struct tape *tape, int64_t rows, int64_t width);

/* Adds a step; NULL after a failure. */
struct tape_step *tape_add(struct tape *tape, backward_fn backward, struct value out);

/* Hands the gradient of the last values back to all before. */
void tape_backward(struct tape *tape);

/* Scratch memory of the context, for one call; NULL after a failure. */
void *tape_scratch(struct tape *tape, int64_t bytes);

#endif
