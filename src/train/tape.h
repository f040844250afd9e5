/* What a step has computed, so that gradients can be found backwards: values, and the steps that made them
 * (reverse-mode differentiation; Griewank and Walther, "Evaluating Derivatives", 2008).
 *
 * A function of ops.h computes a value, and adds to the tape how its gradient is handed on to what it was made of.
 * tape_backward() walks back. Memory comes from an arena that tape_reset() empties; after the first step of a size it
 * is one block as large as that step needed, and nothing is allocated.
 *
 * What was computed since tape_mark() can be forgotten by tape_rewind(), to be computed again while walking back (Chen
 * et al., "Training deep nets with sublinear memory cost", 2016).
 * SPDX-License-Identifier: MIT */
#ifndef SA_TRAIN_TAPE_H
#define SA_TRAIN_TAPE_H

#include "api/context.h"
#include "train/parameters.h"

/* A matrix [rows][width] of floats and the gradient by it; gradient NULL: nobody wants it. While *given is 0 the
 * gradient stands for zeros, whatever its memory has: who gives first writes, and need not add. */
struct value {
    float *x, *gradient;
    int32_t *given;
    int64_t rows, width;
};

struct tape_step;
typedef void (*backward_fn)(struct sa_ctx *ctx, const struct tape_step *step);

enum { STEP_VALUES = 4, STEP_NUMBERS = 8 };

/* One step: backward() reads out.gradient and adds to in[].gradient and to the parameters' gradients. It is left out
 * where nobody gave to out.gradient. */
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
    int64_t block_count, block; /* the block that is being filled */
    int64_t used, taken;        /* its used bytes; those taken of all blocks */
    int64_t most;               /* the most that were taken at once */
};

/* A place in the tape and its memory. */
struct tape_mark {
    int64_t count, block, used, taken;
};

void tape_open(struct tape *tape, const struct allocator *memory);
void tape_close(struct tape *tape);

/* Begins a new step on this context. */
void tape_reset(struct tape *tape, sa_ctx *ctx);

/* `bytes` zeroed bytes that live until tape_reset(); NULL after a failure. */
void *tape_memory(struct tape *tape, int64_t count, int64_t size);

/* A value to be written, with a gradient that nobody has given to. */
struct value tape_value(struct tape *tape, int64_t rows, int64_t width);

/* A parameter as a matrix of so many columns; what is given to it is added to the parameter's gradient. */
struct value tape_parameter(struct tape *tape, const struct parameter *parameter, int64_t width);

/* Whether the caller, who gives now, is the first. */
static inline int value_is_first(const struct value *v) {
    const int is_first = !*v->given;
    *v->given = 1;
    return is_first;
}

/* The gradient, for who gives only to parts of it. */
float *value_gradient(const struct sa_ctx *ctx, const struct value *v);

/* The gradient, += from * factor. */
void value_give(const struct sa_ctx *ctx, const struct value *v, const float *from, float factor);

/* Adds a step; NULL after a failure. */
struct tape_step *tape_add(struct tape *tape, backward_fn backward, struct value out);

/* Hands the gradient of the last values back to all before. */
void tape_backward(struct tape *tape);

/* The same of steps from `first` on; tells nobody. */
void tape_backward_to(struct tape *tape, int64_t first);

struct tape_mark tape_mark(const struct tape *tape);
void tape_rewind(struct tape *tape, struct tape_mark mark);

/* Scratch memory of the context, for one call; NULL after a failure. */
void *tape_scratch(struct tape *tape, int64_t bytes);

#endif
