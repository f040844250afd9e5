/* One way to compute attention: the library, or a rival of it. All take the same workload on one thread and write the
 * same output.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_WAY_H
#define BENCH_WAY_H

#include "workload.h"

struct way {
    const char *name;
    void *(*open)(const struct workload *w);    /* NULL: a complaint was made */
    int (*run)(void *state);                    /* 0, or a complaint was made */
    uint64_t (*extra_bytes)(const void *state); /* most bytes held so far beyond inputs and output */
    void (*close)(void *state);                 /* NULL is ignored */
};

extern const struct way way_library; /* sa_attention() with default options */
extern const struct way way_unfused; /* the whole score matrix: sgemm, softmax, sgemm */
extern const struct way way_naive;   /* three loops in plain C */

#endif
