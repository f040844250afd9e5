/* Y = X W + b over the rows of a tensor.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_PROJECT_H
#define SA_FLOW_PROJECT_H

#include "plan/layer.h"
#include "plan/machine.h"
#include "plan/problem.h"

/* Rows x(b,t) of linear->in contiguous floats to rows y(b,t) of linear->out contiguous floats; stride_h and stride_d
 * are not used. */
void project(const struct machine *machine, const struct linear *linear, int64_t batch, int64_t rows,
             const struct view *x, const struct view *y);

#endif
