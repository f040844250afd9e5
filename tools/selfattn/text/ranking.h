/* Logits as probabilities, the most probable first.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_TEXT_RANKING_H
#define TOOLS_TEXT_RANKING_H

#include <stdint.h>

struct ranked {
    int64_t index;
    double probability;
};

/* All `count` of them, by their softmax; of equal ones the lower index first. free() them. */
struct ranked *ranking(const float *logits, int64_t count);

/* The same where each is true or not, whatever the others are: by their sigmoid. */
struct ranked *ranking_of_each(const float *logits, int64_t count);

#endif
