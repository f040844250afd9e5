/* Colours that mean something: a scale for weights, one hue per head, inks.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_PICTURE_COLOUR_H
#define TOOLS_PICTURE_COLOUR_H

#include <stdint.h>

/* sRGB, each 0 to 1. */
struct colour {
    double red, green, blue;
};

extern const struct colour ink, muted, faint, paper;

/* The colour of a value from 0 (nearly paper) to 1 (darkest), in steps that look equally large. */
struct colour colour_scale(double value);

/* A colour of its own for each of `heads` heads. */
struct colour colour_head(int64_t head, int64_t heads);

/* Paper or ink, whichever is easier to read on the background. */
struct colour colour_readable_on(struct colour background);

/* part of `over`, the rest of `under`. */
struct colour colour_mix(struct colour under, struct colour over, double part);

#endif
