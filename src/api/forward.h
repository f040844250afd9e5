/* The arguments of sa_forward(), which its gradients take too.
 * SPDX-License-Identifier: MIT */
#ifndef SA_API_FORWARD_H
#define SA_API_FORWARD_H

#include "base/report.h"
#include "flow/forward.h"

/* Checks the arguments, copies them to `a`, this version's struct, and turns them into a call that is not planned yet.
 * data_needed is 0 where only sizes are asked about. */
sa_status take_forward(struct report *report, const sa_layer *layer, const sa_forward_args *args, int data_needed,
                       sa_forward_args *a, struct forward *f);

#endif
