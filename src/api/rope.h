/* Checks of sa_rope.
 * SPDX-License-Identifier: MIT */
#ifndef SA_API_ROPE_H
#define SA_API_ROPE_H

#include "base/frequencies.h"
#include "base/report.h"
#include "plan/rotation.h"

/* Checks the struct for heads of D elements. rotation->frequency becomes the caller's array; or NULL if there are
 * tables, or if plain_frequencies() has to compute it from *theta. */
sa_status take_rope(struct report *report, const sa_rope *from, int64_t D, struct rotation *rotation, double *theta);

/* Whether positions are in range, and within the rotation's tables if it has any. */
sa_status check_positions(struct report *report, const struct rotation *rotation, const int64_t *positions,
                          int64_t count);

/* The same for `count` positions from `first` on, which only tables can limit. */
sa_status check_position_range(struct report *report, const struct rotation *rotation, int64_t first, int64_t count);

#endif
