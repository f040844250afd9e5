/* The shapes that comparisons are made at, in sets named after the models they come from.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_STUDY_SHAPES_H
#define BENCH_STUDY_SHAPES_H

#include "way/workload.h"

enum { SHAPES = 11 };

struct named_shape {
    const char *set, *name;
    struct shape shape;
};

extern const struct named_shape shapes[SHAPES];

/* Whether so few queries use each key and value that reading them takes most of the time. */
int shape_is_decoding(const struct shape *shape);

/* Marks in chosen, a char[SHAPES], the shapes that a set's or a shape's name means, "all" meaning all. -1, or BAD_USAGE
 * after a complaint when it means none. */
int shapes_choose(const char *name, void *chosen);

#endif
