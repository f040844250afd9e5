/* One call in a process of its own, to measure the memory that it takes.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_STUDY_ALONE_H
#define BENCH_STUDY_ALONE_H

#include "way/way.h"

struct alone {
    double ms;
    uint64_t extra_bytes;    /* the most that the way allocated beyond inputs and output, by its own count */
    uint64_t resident_bytes; /* growth of the process's peak resident memory from before open() to after run() */
};

/* Opens the entry's way, runs it once and closes it in a child process. Call it before this process has used the BLAS:
 * the child inherits what is resident already. 0, or a complaint was made. */
int run_alone(const struct entry *entry, const struct workload *w, struct alone *result);

#endif
