/* Tables of the positions of an image's patches, stretched to another number of patches.
 * SPDX-License-Identifier: MIT */
#ifndef SA_MODEL_STRETCH_H
#define SA_MODEL_STRETCH_H

#include "file/tensors.h"

#include <stdint.h>

/* A grid of vectors, and the one to be made of it. */
struct stretch {
    int64_t rows, columns;
    int64_t to_rows, to_columns;
    int64_t width; /* of a vector */
    int antialias; /* smaller grids are averages */
};

/* Bicubic interpolation (Keys, "Cubic convolution interpolation for digital image processing", 1981) between the
 * centres of patches; behind an edge, its vectors go on. The grid begins at element `first` of the table. With
 * antialias the cubic is as wide as the patches of the smaller grid and ends at the edge. These are the two of
 * PyTorch's torch.nn.functional.interpolate(): a = -0.75, and -0.5 with antialias. Sums in double. */
void stretch_table(const struct stretch *stretch, const struct tensor *table, int64_t first, float *to);

#endif
