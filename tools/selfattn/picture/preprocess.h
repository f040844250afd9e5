/* From a photograph to what a vision model takes, as its preprocessor_config.json says.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_PICTURE_PREPROCESS_H
#define TOOLS_PICTURE_PREPROCESS_H

#include "engine.h"
#include "picture/image.h"

/* What the model sees of an image. */
struct view {
    float *features;            /* [3][height][width] of the model */
    double x, y, width, height; /* the part of the image that this is, in its pixels */
};

/* Resizes, crops and normalises; a directory without preprocessor_config.json stands for ViT's usual settings. A
 * failure ends the program. free() the features. */
struct view preprocess(const struct engine *engine, const char *directory, const struct image *image);

#endif
