/* The matrices of feed-forward sub-layers, and experts.
 * SPDX-License-Identifier: MIT */
#ifndef SA_MODEL_KEEP_FEED_FORWARD_H
#define SA_MODEL_KEEP_FEED_FORWARD_H

#include "model/keep.h"

/* Fills in the block's matrices; experts NULL: it has none. */
void keep_feed_forward(struct keep *k, const struct stack_config *c, const struct bound *t,
                       const struct bound_experts *experts, struct model_block *b);

#endif
