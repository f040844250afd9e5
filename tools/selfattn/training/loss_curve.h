/* A picture of how losses fell.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_TRAINING_LOSS_CURVE_H
#define TOOLS_TRAINING_LOSS_CURVE_H

#include <stdint.h>

/* The loss of the text that is learned and that of the text for the test, after so many updates. */
struct loss_point {
    int64_t update;
    double learned, tested;
};

void loss_curve_draw(const struct loss_point *points, int64_t count, const char *file);

#endif
