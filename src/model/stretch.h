/* Tables of the positions of an image's patches, stretched to another number of patches.
 * SPDX-License-Identifier: MIT */
#ifndef SA_MODEL_STRETCH_H
#define SA_MODEL_STRETCH_H

#include "describe/config.h"
#include "file/tensors.h"

#include <stdint.h>

/* A grid of vectors, and the one to be made of it. */
struct stretch {
    int64_t rows, columns;
    int64_t to_rows, to_columns;
    int64_t width; /* of a vector */
    int antialias; /* smaller grids are averages */
};

/* The one that a stack's description asks for; table_rows is not 0. */
struct stretch stretch_of(const struct stack_config *config);

/* Where the grid begins in a table of so many elements: vectors of special tokens stand before it, and stay as they
 * are. And the vectors of the stretched table. */
int64_t stretch_first(const struct stretch *stretch, int64_t elements);
int64_t stretch_vectors(const struct stretch *stretch, int64_t elements);

/* Vectors of the old grid, along an axis, that a place of the new one is a sum of. */
struct stretch_taps {
    int64_t first, count;
    double centre, reach; /* reach: of 1 in the cubic */
    double a, sum;
};

/* Those of a place of the new grid, along both axes: count of them. */
struct stretch_place {
    struct stretch_taps down, across;
    int64_t count;
};

struct stretch_place stretch_place(const struct stretch *stretch, int64_t place);

/* Which vector of the old grid the i-th one is, and its weight. */
int64_t stretch_old(const struct stretch *stretch, const struct stretch_place *place, int64_t i, double *weight);

/* Bicubic interpolation (Keys, "Cubic convolution interpolation for digital image processing", 1981) between the
 * centres of patches; behind an edge, its vectors go on. With antialias the cubic is as wide as the patches of the
 * smaller grid and ends at the edge. These are the two of PyTorch's torch.nn.functional.interpolate(): a = -0.75, and
 * -0.5 with antialias. Sums in double. */
void stretch_table(const struct stretch *stretch, const struct tensor *table, float *to);

#endif
