/* Several ways on one workload, checked against the first of them and ready to race.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_CONTEST_H
#define BENCH_CONTEST_H

#include "harness.h"
#include "way.h"

enum { CONTEST_WAYS = 4 };

struct contest {
    struct workload workload;
    const struct way *const *ways;
    int count; /* <= CONTEST_WAYS */
    struct runner runners[CONTEST_WAYS];
    double difference; /* the largest between any output and the first way's */
};

/* Makes the workload, opens the ways, runs each once. 0, or a complaint was made (also when outputs differ by more than
 * rounding) and nothing is left open. */
int contest_open(struct contest *c, const struct shape *shape, const struct way *const *ways, int count);
void contest_close(struct contest *c);

#endif
