/* A layer's call in two steps, for calls that contain one and have claimed the context already.
 * SPDX-License-Identifier: MIT */
#ifndef SA_API_FORWARD_H
#define SA_API_FORWARD_H

#include "flow/forward.h"

/* Checks the arguments of sa_forward() and plans the call: forward_run() then takes forward->bytes of scratch memory.
 * data_needed is 0 where only sizes are asked about. */
sa_status take_forward(sa_ctx *ctx, const sa_layer *layer, const sa_forward_args *args, int data_needed,
                       struct forward *forward);

#endif
