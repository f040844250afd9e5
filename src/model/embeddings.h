/* From token numbers to the first hidden state.
 * SPDX-License-Identifier: MIT */
#ifndef SA_MODEL_EMBEDDINGS_H
#define SA_MODEL_EMBEDDINGS_H

#include "model/model.h"
#include "parallel/parallel.h"

/* x(b,t) = LayerNorm(words[ids(b,t)] + positions[t] + types[types(b,t)]) for B*T contiguous rows. `types` NULL: all 0.
 * Numbers are checked. */
void embed(const struct parallel *parallel, const struct sa_model *model, const int32_t *ids, const int32_t *types,
           int64_t B, int64_t T, float *x);

#endif
