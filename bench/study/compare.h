/* The library at three precisions against all rivals at named shapes, in one run with the roofs.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_STUDY_COMPARE_H
#define BENCH_STUDY_COMPARE_H

#include "measure/roofs.h"
#include "study/shapes.h"
#include "way/rivals.h"

enum { OURS = 3, ENTRANTS = OURS + MOST_RIVALS };

/* An entrant: the library at each precision, then the rivals. */
struct entrant {
    const char *label; /* "highest" or a rival's */
    struct entry entry;
    int32_t precision; /* for the library: the precision in force; without a matrix unit it may differ */
};

struct result {
    double ms;         /* 0: was not run */
    double difference; /* the largest between its output and the library's at highest */
    char absent[200];  /* why it was not run; "" if it was */
};

struct compare {
    double seconds; /* of the race at a shape */
    int threads;
    int32_t isa;
    char chosen[SHAPES];
    struct rivals rivals;
    struct entrant entrants[ENTRANTS];
    int count;
    struct result results[SHAPES][ENTRANTS];
    struct roofs roofs;
};

/* The least time of the work, and the roof that bounds it. */
struct bound {
    const char *roof; /* "FMA", "BF16", "AMX", "AMX/3", "read" */
    double ms;
};
struct bound compare_bound(const struct compare *c, int shape, int entrant);

/* The fastest rival of an entrant of ours: one of the same type; at decoding shapes, for numbers of 16 bits, one of any
 * type. -1: no rival was run. */
int compare_best_rival(const struct compare *c, int shape, int entrant);

/* Starts what can be started, after the fields up to `chosen` are set. 0, or a complaint was made. */
int compare_open(struct compare *c, const char *rivals);
int compare_measure(struct compare *c);
void compare_close(struct compare *c);

/* Markdown on stdout. */
void compare_print(const struct compare *c);

/* Writes compare.csv and the pictures into a directory, which is made if need be. 0, or a complaint was made. */
int compare_write(const struct compare *c, const char *directory);

#endif
