/* Compares results with the oracle: one error for the whole, and the place of the worst element.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_COMPARE_H
#define TESTS_SUPPORT_COMPARE_H

#include "selfattn.h"

struct difference {
    double norm;         /* ||got - want|| / ||want|| over the finite elements; 0 if both are empty or 0 */
    double largest;      /* largest |got - want| */
    int64_t at[4];       /* where */
    double got, want;    /* there */
    int64_t wrong_class; /* elements where only one side is NaN, +infinity or -infinity */
    int64_t class_at[4]; /* the last of them */
    double class_got, class_want;
};

/* `want` is contiguous in the order of the tensor's axes. */
struct difference compare(const sa_tensor *got, const double *want);

/* One line about it, in a static buffer. */
const char *difference_text(const struct difference *d);

#endif
