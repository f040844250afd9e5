/* Outputs computed from the last hidden states: logits, a pooled state, classes.
 * SPDX-License-Identifier: MIT */
#ifndef SA_STACK_OUTPUT_H
#define SA_STACK_OUTPUT_H

#include "model/model.h"
#include "plan/machine.h"

/* Bytes of scratch memory for these functions with up to this many rows; -1 if they do not fit. They have to run
 * between blas_enter() and blas_leave(). */
int64_t output_bytes(const struct machine *machine, const struct sa_model *model, int64_t rows);

/* The width of states that become logits. */
static inline int64_t output_states(const struct sa_model *model) {
    return model->head.weights ? model->head.in : model->output.in;
}

/* States [rows][E], which are overwritten, to logits [rows][V]. */
void output_logits(const struct machine *machine, const struct sa_model *model, int64_t rows, float *states,
                   float *logits, void *scratch);

/* The first of the T tokens of each of B sequences: through the pooler to y [B][E], through the classifier to y [B][V].
 * A classifier of every token makes y [B][T][V]. */
void output_pooled(const struct machine *machine, const struct sa_model *model, int64_t B, int64_t T,
                   const float *states, float *y, void *scratch);
void output_classes(const struct machine *machine, const struct sa_model *model, int64_t B, int64_t T,
                    const float *states, float *y, void *scratch);

#endif
