/* Time and memory of one head over sequence lengths and head sizes, for every way to compute it.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_STUDY_SCALING_H
#define BENCH_STUDY_SCALING_H

#include "measure/harness.h"
#include "measure/roofs.h"
#include "study/alone.h"
#include "way/way.h"

enum { WAY_TILED, WAY_UNFUSED, WAY_NAIVE, WAYS };
enum { HEAD_SIZES = 3, LENGTHS_MAX = 16 };
enum { LENGTH_LEAST = 128 };

extern const struct entry scaling_entries[WAYS];
extern const int64_t scaling_head_sizes[HEAD_SIZES];

struct point {
    int taken; /* 0: would take too long, or more memory than there is */
    struct alone alone;
    struct runner runner;
};

struct scaling {
    int rounds;
    int64_t lengths[LENGTHS_MAX];
    int lengths_count;
    struct point points[WAYS][HEAD_SIZES][LENGTHS_MAX];
    struct roofs roofs;
    double difference; /* the largest between any way's output and the library's */
};

/* Chooses the points: lengths LENGTH_LEAST, twice that, ... up to n_most. */
void scaling_plan(struct scaling *s, int64_t n_most, int rounds);

/* Measures them all, memory first, then times between two measurements of the roofs. 0, or a complaint was made. */
int scaling_measure(struct scaling *s);

/* The table, the exponents and what they are measured against, as Markdown on stdout. */
void scaling_print(const struct scaling *s);

/* Writes the points to a file. 0, or a complaint was made. */
int scaling_write_csv(const struct scaling *s, const char *path);

#endif
