/* The picture of one layer of a vision model: the photograph, where the class token looks, and the same for each head.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_PICTURE_OVERLAY_H
#define TOOLS_PICTURE_OVERLAY_H

#include "picture/image.h"
#include "picture/preprocess.h"

struct gaze {
    int64_t layer, heads, rows, columns;
    float *head;    /* [heads][rows][columns] how much the class token looks at each patch */
    float *mean;    /* [rows][columns] of all heads, or the one that was chosen */
    int64_t chosen; /* -1: none */
};

/* A failure ends the program. */
void overlay_draw(const struct image *image, const struct view *view, const struct gaze *gaze, const char *text,
                  const char *file);

#endif
