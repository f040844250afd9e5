/* The functions that models are made of: each computes a value, and puts on the tape how its gradient is handed on.
 * Values are matrices with a row per token. After a failure of the tape they do nothing.
 * SPDX-License-Identifier: MIT */
#ifndef SA_TRAIN_OPS_H
#define SA_TRAIN_OPS_H

#include "describe/config.h"
#include "describe/pooling.h"
#include "model/stretch.h"
#include "plan/problem.h"
#include "plan/rotation.h"
#include "train/tape.h"

/* A matrix of a model and its bias, either may be NULL; in_out: it has a row per input. */
struct weights {
    struct parameter *weight, *bias;
    int in_out;
    int64_t out;
};

/* y = x W^T + b */
struct value op_linear(struct tape *tape, struct value x, struct weights w);

/* Columns first + i / run * step + i % run of x, for i < count. */
struct value op_columns(struct tape *tape, struct value x, int64_t first, int64_t run, int64_t step, int64_t count);

/* Row ids[r] of a table, times a factor; of id -1 zeros. ids have to outlive the step. */
struct value op_rows_of(struct tape *tape, struct value table, const int32_t *ids, int64_t rows, double factor);

/* A table of positions in images, stretched to another grid behind its special tokens (model/stretch.h). */
struct value op_stretch(struct tape *tape, struct parameter *table, const struct stretch *stretch);

/* Rows first .. first + count of each sequence of T: [B][count] of [B][T]. */
struct value op_part(struct tape *tape, struct value x, int64_t first, int64_t count, int64_t T);

/* x with the rows of a table in front of each sequence: [B][specials + T] of [B][T]. */
struct value op_in_front(struct tape *tape, struct value x, struct parameter *specials, int64_t T);

/* a and b in the same rows: [rows][a's width + b's]. */
struct value op_beside(struct tape *tape, struct value a, struct value b);

/* x with each column times its number of a vector. */
struct value op_scale(struct tape *tape, struct value x, struct parameter *scales);

/* a + factor * b */
struct value op_add(struct tape *tape, struct value a, struct value b, double factor);

/* a * b, element by element. */
struct value op_multiply(struct tape *tape, struct value a, struct value b);

/* x with some numbers dropped; draws are numbered by row and column. */
struct value op_dropout(struct tape *tape, struct value x, struct dropout d);

struct value op_activation(struct tape *tape, struct value x, enum activation f);

/* A layer norm or RMS norm over the columns of each row. weight and bias may be NULL; plus_one: 1 is added to weights.
 */
struct norm_form {
    int is_rms, plus_one;
    double epsilon;
};
struct value op_norm(struct tape *tape, struct value x, struct norm_form form, struct parameter *weight,
                     struct parameter *bias);

/* Rotates the first R elements of each head of D; row r stands at position r % T. */
struct value op_rotate(struct tape *tape, struct value x, const struct rotation *rotation, int64_t D, int64_t T);

/* Attention: q [B*T][H*D], k and v [B*S][K*D]. `problem` has sizes, scale, softcap, visible keys and rules; `bias`, a
 * value [H][2R+1] instead of the rules' relative bias, may have no rows; `sinks` may be NULL. Nothing else may read q,
 * k, v and bias. */
struct value op_attention(struct tape *tape, const struct problem *problem, struct value q, struct value k,
                          struct value v, struct value bias, struct parameter *sinks);

/* T5's table [buckets][H] as a relative bias [H][2R+1]; bucket[i] is that of distance i - R. */
struct value op_relative_bias(struct tape *tape, struct parameter *table, const int32_t *bucket, int64_t heads,
                              int64_t reach);

/* The mean cross-entropy of logits = factor * x W^T + b, capped, with labels [rows]; -100: none. Logits exist for some
 * rows at a time. *loss is the mean over labelled rows; the gradients are those of `weight` times it, none for a weight
 * of 0. */
struct cross_entropy {
    struct weights output;
    double states_factor, multiplier, softcap, smoothing, weight;
    const int32_t *labels;
};
void op_cross_entropy(struct tape *tape, struct value x, const struct cross_entropy *c, double *loss);

/* A vector of each sequence of T states, over its lengths[b] first ones; NULL: all. Not POOLING_MAX. */
struct value op_pool(struct tape *tape, struct value x, enum pooling_mode mode, const int64_t *lengths, int64_t T);

/* The contrastive loss of x [2N][E], rows i and N + i of which are pairs; see sa_trainer_accumulate_pairs(). The
 * gradients are those of `weight` times it, none for a weight of 0. */
void op_contrast(struct tape *tape, struct value x, double temperature, double weight, double *loss);

/* The same numbers in rows of another width. */
static inline struct value as_rows_of(struct value x, int64_t width) {
    return (struct value){x.x, x.gradient, x.given, width ? x.rows * x.width / width : 0, width};
}

#endif
