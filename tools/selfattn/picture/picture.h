/* A sheet to draw on by cairo, with text by pango, that is saved as PNG or SVG.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_PICTURE_PICTURE_H
#define TOOLS_PICTURE_PICTURE_H

#include "picture/colour.h"

#include <cairo.h>
#include <pango/pangocairo.h>

/* The sheet has no size: what is drawn, anywhere, is what is saved, with a margin around it. */
struct picture {
    cairo_surface_t *sheet;
    cairo_t *cairo;
    PangoLayout *layout;
};

/* How a text looks and where it stands: (x, y) is on the middle of its height and, by anchor, at its start (0), centre
 * (0.5) or end (1); it is turned by `angle` (radians, clockwise) around that point. */
struct label {
    double size;
    int bold;
    struct colour colour;
    double anchor, angle;
    double wrap; /* width of a line, 0: one line; (x, y) is then the middle of the first line */
};

/* Ends the program as a usage error unless the file name ends in .png or .svg. */
void picture_check_name(const char *file);

struct picture picture_begin(void);

/* Width that the text takes in one line. */
double picture_text_width(const struct picture *picture, const char *text, const struct label *label);

void picture_text(const struct picture *picture, double x, double y, const char *text, const struct label *label);

/* Draws a title and, below it in lines of at most `width`, a quiet text; both start at x and end above `bottom`. */
void picture_heading(const struct picture *picture, double x, double bottom, double width, const char *title,
                     const char *text);

/* Fills a rectangle with rounded corners. */
void picture_box(const struct picture *picture, double x, double y, double width, double height, struct colour colour);

/* Saves the picture under a name that picture_check_name() accepted, and frees it. A failure ends the program. */
void picture_end(struct picture *picture, const char *file);

#endif
