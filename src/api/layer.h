/* Makes a layer inside a call that has already claimed the context.
 * SPDX-License-Identifier: MIT */
#ifndef SA_API_LAYER_H
#define SA_API_LAYER_H

#include "plan/layer.h"

/* sa_layer_create() without claiming the context. */
sa_status layer_create(sa_ctx *ctx, const sa_layer_config *config, sa_layer **layer);

/* The same with matrices that stay where they are; the configuration has none of its own. */
sa_status layer_create_with(sa_ctx *ctx, const sa_layer_config *config, const struct layer_matrices *matrices,
                            sa_layer **layer);

#endif
