/* Timing: runners in one race take turns, round by round, and keep the lowest round median.
 *
 * On a shared machine, slow times then affect all runners alike, and one quiet time is enough.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_MEASURE_HARNESS_H
#define BENCH_MEASURE_HARNESS_H

#include "measure/progress.h"

struct runner {
    int (*run)(void *state); /* one call; 0, or a complaint was made. NULL: not run. */
    void *state;
    const double *own_ms; /* run() writes its own time of the call here; NULL: the harness takes the time */
    double work;          /* floating-point operations, or bytes, of one call */
    double ms_median;     /* the lowest round median; 0 before the first race */
    double ms_min;        /* the fastest call */
    int reps;             /* calls in a round, chosen at the warm-up */
};

struct race {
    int rounds;
    double seconds;         /* how long a runner's round should last ... */
    int min_reps, max_reps; /* ... within these counts of calls */
    double units;           /* progress per runner and round */
    double patience; /* no further round once so many seconds are over, if it is not 0; progress is in seconds then */
    int cpu_time;    /* 1: calls are timed by cpu_seconds(), for runners of one thread on a busy machine */
};

/* CLOCK_MONOTONIC, in seconds. */
double clock_seconds(void);

/* CPU time of the process, in seconds: for one thread, the clock without what other processes took. */
double cpu_seconds(void);

/* One warm-up call each, then the rounds. A runner that ran in an earlier race keeps its better times. Returns 0 or the
 * first run's failure. */
int race_run(struct runner *runners, int count, const struct race *race, struct progress *progress);

/* Work per nanosecond (GF/s, GB/s) at the lowest median; 0 without a time. */
double runner_rate(const struct runner *runner);

#endif
