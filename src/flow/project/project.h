/* Y = X W^T + b over the rows of a tensor, by the machine's path.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_PROJECT_PROJECT_H
#define SA_FLOW_PROJECT_PROJECT_H

#include "plan/linear.h"
#include "plan/machine.h"
#include "plan/problem.h"

/* A projection of rows x(b,t) of linear->in contiguous elements to rows y(b,t) of linear->out contiguous elements; the
 * views' stride_h and stride_d are not used. On the fused path a row's result depends on the other rows only in whether
 * they are few. */
struct projection {
    const struct linear *linear;
    int64_t batch, rows;
    struct view x, y;
};

/* Bytes of scratch memory that project() needs; -1 if that does not fit. Data pointers are not followed. */
int64_t project_bytes(const struct machine *machine, const struct projection *p);

void project(const struct machine *machine, const struct projection *p, void *scratch);

/* The ways of it: by products of the BLAS (or of plain C); by lane or matrix kernels; and by dot products where
 * few_rows() says so. */
int few_rows(const struct machine *machine, const struct projection *p);
int64_t project_bytes_rows(const struct machine *machine, const struct projection *p);
void project_rows(const struct machine *machine, const struct projection *p, void *scratch);
int64_t project_bytes_blas(const struct machine *machine, const struct projection *p);
void project_blas(const struct machine *machine, const struct projection *p, void *scratch);
int64_t project_bytes_lanes(const struct machine *machine, const struct projection *p);
void project_lanes(const struct machine *machine, const struct projection *p, void *scratch);

#endif
