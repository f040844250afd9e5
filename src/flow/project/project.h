/* Y = X W^T + b over the rows of a tensor, by the machine's path.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_PROJECT_PROJECT_H
#define SA_FLOW_PROJECT_PROJECT_H

#include "plan/linear.h"
#include "plan/machine.h"
#include "plan/problem.h"

/* By products of the BLAS (or of plain C), by lane or matrix kernels, or, for few rows or with same_bits, by dot
 * products. */
enum projection_way { PROJECT_BY_BLAS, PROJECT_BY_LANES, PROJECT_BY_DOTS };

/* More rows than this are faster by lanes or on the matrix unit: see docs/performance.md. Some instruction sets have
 * lower bounds: row_kernels.most_dots. */
enum { FEW_ROWS = 16 };

/* A projection of rows x(b,t) of linear->in contiguous elements to rows y(b,t) of linear->out contiguous elements; the
 * views' stride_h and stride_d are not used. On the fused path, a row's result depends on the other rows only through
 * their number: up to most_by_dots(), or more; with same_bits of the machine, on every path, not at all. */
struct projection {
    const struct linear *linear;
    int64_t batch, rows;
    struct view x, y;
    enum projection_way way;
};

/* Up to how many rows are multiplied by dot products, at most FEW_ROWS. */
int64_t most_by_dots(const struct machine *machine, const struct linear *linear);

/* A projection with its way chosen by the number of rows. Data pointers are not used here, and may be filled in
 * later. */
struct projection plan_projection(const struct machine *machine, const struct linear *linear, int64_t batch,
                                  int64_t rows, struct view x, struct view y);

/* Bytes of scratch memory that project() needs; -1 if that does not fit. */
int64_t project_bytes(const struct machine *machine, const struct projection *p);

void project(const struct machine *machine, const struct projection *p, void *scratch);

/* The same for up to MOST_TOGETHER projections, none of which reads what another writes. Those of few rows are begun
 * together: that takes a microsecond each time, and the threads wait for each other only once. */
enum { MOST_TOGETHER = 3 };
int64_t project_together_bytes(const struct machine *machine, const struct projection *p, int count);
void project_together(const struct machine *machine, const struct projection *p, int count, void *scratch);

/* The ways, each with its scratch memory. */
int64_t blas_bytes(const struct machine *machine, const struct projection *p);
void project_by_blas(const struct machine *machine, const struct projection *p, void *scratch);
int64_t lanes_bytes(const struct machine *machine, const struct projection *p);
void project_by_lanes(const struct machine *machine, const struct projection *p, void *scratch);
int64_t dots_bytes(const struct machine *machine, const struct projection *p, int count);
void project_by_dots(const struct machine *machine, const struct projection *p, int count, void *scratch);

#endif
