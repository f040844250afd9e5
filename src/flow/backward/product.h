/* Products and sums of matrices for gradients, by the kernels of attention: float32, in parallel, with a fixed order
 * of sums.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_BACKWARD_PRODUCT_H
#define SA_FLOW_BACKWARD_PRODUCT_H

#include "plan/machine.h"

/* A matrix whose element (row, column) lies row * ld + column numbers after x; or, transposed, row + column * ld. */
struct operand {
    const float *x;
    int64_t ld;
    int transposed;
};

/* c[m][n] += a[m][k] * b[k][n]; c has ldc numbers from a row to the next. */
struct product {
    float *c;
    int64_t ldc, m, n, k;
    struct operand a, b;
};

/* Scratch memory for products whose sizes are at most these three, in any order. */
int64_t product_bytes(const struct machine *machine, int64_t m, int64_t n, int64_t k);

void product_add(const struct machine *machine, const struct product *product, void *scratch);

/* The same with c[m][n] = start[n] + a[m][k] * b[k][n]; start NULL: zeros. */
void product_set(const struct machine *machine, const struct product *product, const float *start, void *scratch);

/* to[i] += the sum of x[r][i] over all rows, in double: the gradient of a bias. */
void add_rows(const struct parallel *parallel, float *to, const float *x, int64_t rows, int64_t width);

#endif
