/* Processes that do nothing but keep a CPU busy.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_MEASURE_BUSY_H
#define BENCH_MEASURE_BUSY_H

#include <sys/types.h>

enum { MOST_BUSY = 64 };

struct busy {
    pid_t process[MOST_BUSY];
    int count;
};

/* Has `count` <= MOST_BUSY of them run; they end with this process at the latest. 0, or a complaint was made; to be
 * ended in either case. */
int busy_begin(struct busy *busy, int count);
void busy_end(struct busy *busy);

#endif
