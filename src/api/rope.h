/* Checks of sa_rope.
 * SPDX-License-Identifier: MIT */
#ifndef SA_API_ROPE_H
#define SA_API_ROPE_H

#include "base/frequencies.h"
#include "base/report.h"
#include "plan/rotation.h"

/* Checks the struct for heads of D elements. frequency is the caller's, or NULL where there are tables or it is to be
 * made of *theta by plain_frequencies(). */
sa_status take_rope(struct report *report, const sa_rope *from, int64_t D, struct rotation *rotation, double *theta);

/* That these positions can be counted with, and stand in the rotation's tables if it has any. */
sa_status check_positions(struct report *report, const struct rotation *rotation, const int64_t *positions,
                          int64_t count);

/* The same for `first` and those that follow it, `count` in all, of which only tables have to be asked. */
sa_status check_position_range(struct report *report, const struct rotation *rotation, int64_t first, int64_t count);

#endif
