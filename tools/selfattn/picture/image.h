/* Photographs: PNG by cairo, JPEG by libjpeg-turbo.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_PICTURE_IMAGE_H
#define TOOLS_PICTURE_IMAGE_H

#include <cairo.h>
#include <stdint.h>

struct image {
    int width, height;
    unsigned char *rgb; /* [height][width][3] */
};

/* Reads a file; what is transparent becomes white. A failure ends the program. */
struct image image_read(const char *file);
void image_free(struct image *image);

/* The same as a surface to draw; cairo_surface_destroy() it. */
cairo_surface_t *image_surface(const struct image *image);

#endif
