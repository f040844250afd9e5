/* Checks of callers' tensors.
 * SPDX-License-Identifier: MIT */
#ifndef SA_API_TENSOR_H
#define SA_API_TENSOR_H

#include "base/report.h"
#include "plan/problem.h"

enum use { USE_INPUT, USE_OUTPUT };

/* The requirements of a tensor. size[i] < 0 allows any size on that axis. */
struct expected {
    const char *name;
    int64_t size[4];
    const char *source[4]; /* the origin of each size, for the sentence: "query.size[0]"; NULL: none */
    enum use use;
    int halves;      /* whether SA_BF16 and SA_F16 are allowed beside SA_F32 */
    int data_needed; /* 0 if only sizes are queried */
};

/* Checks dtype and sizes, whether addresses fit, and, for outputs, whether elements of an axis overlap. */
sa_status check_tensor(struct report *report, const sa_tensor *tensor, const struct expected *expected);

/* Whether the rows of a checked tensor are contiguous. */
sa_status check_rows_contiguous(struct report *report, const sa_tensor *tensor, const char *name);

/* Sizes, strides and data alone, for any dtype of `bytes` bytes. */
sa_status check_layout(struct report *report, const sa_tensor *tensor, const char *name, int64_t bytes,
                       int data_needed);

/* Fills in the internal view of a checked tensor. Members that a tensor has not are left as they are. */
void set_view(struct view *view, const sa_tensor *tensor);

/* The same; the other members are zero. */
struct view view_of(const sa_tensor *tensor);

#endif
