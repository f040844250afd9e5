/* Checks of sa_rope.
 * SPDX-License-Identifier: MIT */
#ifndef SA_API_ROPE_H
#define SA_API_ROPE_H

#include "base/report.h"
#include "plan/rotation.h"

/* Checks the struct for heads of D elements. frequency is the caller's, or NULL where it is to be made of *theta by
 * plain_frequencies(). */
sa_status take_rope(struct report *report, const sa_rope *from, int64_t D, struct rotation *rotation, double *theta);

/* frequency[i] = theta^(-2i/R). */
void plain_frequencies(double *frequency, int64_t rotary, double theta);

#endif
