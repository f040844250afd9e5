/* One way to compute attention: the library, or a rival of it. All take the same workload and give the same output.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_WAY_WAY_H
#define BENCH_WAY_WAY_H

#include "way/settings.h"
#include "way/workload.h"

struct way {
    const char *name;
    void *(*open)(const struct workload *w, const struct settings *s); /* NULL: a complaint was made */
    int (*run)(void *state);                                           /* 0, or a complaint was made */
    void (*close)(void *state);                                        /* NULL is ignored */
    int (*output)(void *state); /* brings the last run's output into the workload; NULL: run() wrote it there */
    const double *(*own_ms)(
        const void *state);                   /* where run() leaves its own measure; NULL: the clock around it counts */
    const char *(*absent)(const void *state); /* why it cannot take part after all, NULL if it can; NULL: it can */
    uint64_t (*extra_bytes)(const void *state); /* most bytes held so far beyond inputs and output; NULL: unknown */
};

extern const struct way way_library; /* sa_attention(), or sa_forward() for a layer */
extern const struct way way_unfused; /* the whole score matrix: sgemm, softmax, sgemm. f32, one thread */
extern const struct way way_naive;   /* three loops in plain C. f32, one thread, no layer */
extern const struct way way_remote;  /* a rival in the process settings.worker */

/* A way with its settings, as they take part in a contest. */
struct entry {
    const struct way *way;
    struct settings settings;
};

#endif
