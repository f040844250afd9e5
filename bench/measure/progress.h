/* A progress bar on stderr, where that is a terminal.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_MEASURE_PROGRESS_H
#define BENCH_MEASURE_PROGRESS_H

struct progress {
    double total, done; /* in any unit */
    double started;
    int visible;
    char what[80];
};

/* Starts a bar that is full after `total` units. */
void progress_start(struct progress *progress, double total);

/* Says what is running now. NULL progress is ignored here and below. */
void progress_say(struct progress *progress, const char *what);

void progress_step(struct progress *progress, double units);

/* Removes the bar. */
void progress_end(struct progress *progress);

#endif
