/* Logits of words, computed from the last hidden states.
 * SPDX-License-Identifier: MIT */
#ifndef SA_STACK_OUTPUT_H
#define SA_STACK_OUTPUT_H

#include "model/model.h"
#include "plan/machine.h"

/* Bytes of scratch memory for output_logits() with up to this many rows; -1 if they do not fit. It has to run
 * between blas_enter() and blas_leave(). */
int64_t output_bytes(const struct machine *machine, const struct sa_model *model, int64_t rows);

/* The width of states that become logits. */
static inline int64_t output_states(const struct sa_model *model) {
    return model->head.weights ? model->head.in : model->output.in;
}

/* States [rows][E], which are overwritten, to logits [rows][V]. */
void output_logits(const struct machine *machine, const struct sa_model *model, int64_t rows, float *states,
                   float *logits, void *scratch);

#endif
