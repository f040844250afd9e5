/* The last division, and the log-sum-exp.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_TILE_FINISH_H
#define SA_FLOW_TILE_FINISH_H

#include "flow/tile/engine.h"

void finish_rows(struct query_block *block);
void finish_lanes(struct query_block *block);

/* Writes the results that were not finite again, from sums of values times block->value_scale. A mean of finite values
 * is finite: rounding cannot make it larger than the largest float. */
void finish_scaled(struct query_block *block, const struct engine *engine);

void write_lse(const struct query_block *block);

#endif
