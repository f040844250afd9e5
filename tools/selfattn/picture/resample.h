/* Makes images smaller or larger, as Pillow does, which the image processors of trained models were made with.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_PICTURE_RESAMPLE_H
#define TOOLS_PICTURE_RESAMPLE_H

#include "picture/image.h"

/* Pillow's numbers, as preprocessor_config.json has them. */
enum {
    RESAMPLE_NEAREST = 0,
    RESAMPLE_LANCZOS = 1,
    RESAMPLE_BILINEAR = 2,
    RESAMPLE_BICUBIC = 3,
    RESAMPLE_BOX = 4,
    RESAMPLE_HAMMING = 5
};

/* A new image of that size. Each pixel is a weighted mean of all that it covers; the filter is one of these. */
struct image resample(const struct image *image, int width, int height, int filter);

#endif
