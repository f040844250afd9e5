/* From a photograph to what a vision model takes, as its preprocessor_config.json says.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_PICTURE_PREPROCESS_H
#define TOOLS_PICTURE_PREPROCESS_H

#include "engine.h"
#include "picture/image.h"

/* How an image becomes what a model takes. */
struct preprocessing {
    int resize, filter, crop; /* whether it is resized, by which filter of resample.h, and cropped in its middle */
    int64_t width, height, shortest; /* size to resize to: both, or the shorter edge; 0: not given */
    int64_t longest;                 /* most of the longer edge, beside `shortest`; 0: any */
    int64_t crop_width, crop_height;
    int64_t model_width, model_height; /* of what the model takes */
    double factor;                     /* of a byte, before the mean is taken away */
    double mean[3], deviation[3];
};

/* As preprocessor_config.json in the directory says; without the file, ViT's usual settings. The engine's model takes
 * the images. A failure ends the program. */
struct preprocessing preprocessing_find(const struct engine *engine, const char *directory);

/* What the model sees of an image. */
struct view {
    float *features;            /* [3][height][width] of the model */
    double x, y, width, height; /* the part of the image that this is, in its pixels */
};

/* Opens a model or a part of one; if it reads images, for those that its image processor makes. Returns their side; 0:
 * they are as config.json says. */
int64_t load_for_images(struct engine *engine, const char *directory, const char *part);

/* A model that takes no photographs, called `name`, ends the program. */
void check_takes_photographs(const struct engine *engine, const char *name);

/* Resizes, crops and normalises. Where that is not the model's size, a failure that names the directory ends the
 * program. free() the features. */
struct view preprocess(const struct preprocessing *how, const char *directory, const struct image *image);

#endif
