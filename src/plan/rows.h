/* Rows of views as floats.
 * SPDX-License-Identifier: MIT */
#ifndef SA_PLAN_ROWS_H
#define SA_PLAN_ROWS_H

#include "kernel/kernel.h"
#include "plan/problem.h"

/* Elements first .. first + n of a row of the view, to and from floats. */
void row_in(const struct kernels *kernels, const struct view *view, const void *row, int64_t first, float *x,
            int64_t n);
void row_out(const struct kernels *kernels, const struct view *view, void *row, int64_t first, const float *x,
             int64_t n);

#endif
