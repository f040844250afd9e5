/* From the last hidden state to one vector per sequence: pooling, and the modules behind it.
 * SPDX-License-Identifier: MIT */
#ifndef SA_STACK_POOLING_H
#define SA_STACK_POOLING_H

#include "model/model.h"
#include "plan/machine.h"

/* y(b) = the modes of the config, one behind the other, of x(b,t) over t < lengths[b]. x is [B][T][E], y [B][modes][E];
 * lengths NULL: all T. */
void pool(const struct parallel *parallel, const struct pooling_config *config, const float *x, const int64_t *lengths,
          int64_t B, int64_t T, int64_t E, float *y);

/* Scales rows y [rows][width] to length 1; a row of zeros stays one. */
void scale_to_length_1(const struct parallel *parallel, int64_t rows, int64_t width, float *y);

/* Bytes of scratch memory for embed(); -1 if they do not fit. */
int64_t embed_bytes(const struct machine *machine, const struct sa_model *model, int64_t B);

/* States [B][T][E] to embeddings y [B][model->sentence.width]. Has to run between blas_enter() and blas_leave(). */
void embed(const struct machine *machine, const struct sa_model *model, const float *states, const int64_t *lengths,
           int64_t B, int64_t T, float *y, void *scratch);

#endif
