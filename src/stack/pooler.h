/* One vector of a sequence, and its classes, as models were trained to make them: the pooler, and the classifier.
 * SPDX-License-Identifier: MIT */
#ifndef SA_STACK_POOLER_H
#define SA_STACK_POOLER_H

#include "model/model.h"
#include "plan/machine.h"

/* The last hidden states [B][T][E] of a model, and what tells which token is pooled. */
struct pooler_input {
    const struct sa_model *model;
    const float *states;
    const int32_t *ids;     /* [B][T]; NULL: features */
    const int64_t *lengths; /* NULL: all T */
    int64_t B, T;
};

/* The last of `count` tokens that is the model's end token; -1: none is. */
int64_t pooler_last_end(const struct model_config *config, const int32_t *ids, int64_t count);

/* Bytes of scratch memory for these functions; -1 if they do not fit. They have to run between blas_enter() and
 * blas_leave(). */
int64_t pooler_bytes(const struct machine *machine, const struct sa_model *model, int64_t B, int64_t T);

/* y [B][E] = f(W norm(x) + b), without what the model lacks; x: see enum pooler_of. */
void pooler_run(const struct machine *machine, const struct pooler_input *in, float *y, void *scratch);

/* Logits y [B][V], or [B][T][V] of a classifier of every token. */
void pooler_classes(const struct machine *machine, const struct pooler_input *in, float *y, void *scratch);

#endif
