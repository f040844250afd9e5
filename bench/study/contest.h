/* Several ways on one workload, checked against the first of them and ready to race.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_STUDY_CONTEST_H
#define BENCH_STUDY_CONTEST_H

#include "measure/harness.h"
#include "way/way.h"

enum { CONTEST_ENTRIES = 16 };

struct contest {
    struct workload workload;
    const struct entry *entries;
    int count; /* <= CONTEST_ENTRIES */
    struct runner runners[CONTEST_ENTRIES];
    const char
        *absent[CONTEST_ENTRIES]; /* why an entry is not run; NULL: it is run. Valid while the contest is open. */
    double differences[CONTEST_ENTRIES]; /* the largest between an entry's output and the first one's */
};

/* Makes the workload, opens the entries, runs each once. 0, or a complaint was made (also when outputs differ by more
 * than rounding) and nothing is left open. The first entry has to be run. */
int contest_open(struct contest *c, const struct shape *shape, const struct entry *entries, int count);
void contest_close(struct contest *c);

/* The largest of the differences. */
double contest_difference(const struct contest *c);

#endif
