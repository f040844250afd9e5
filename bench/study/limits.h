/* Time and memory of one causal head over lengths up to a million, for ways that grow with n^2 and ways that grow with
 * n.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_STUDY_LIMITS_H
#define BENCH_STUDY_LIMITS_H

#include "selfattn.h"
#include "way/workload.h"

#include <stdint.h>

enum { LIMIT_WAYS = 8, LIMIT_LENGTHS = 13 };
enum { LIMIT_LEAST = 256, LIMIT_MOST = 1 << 20, LIMIT_HEAD = 64, LIMIT_WINDOW = 256, LIMIT_FEATURES = 256 };
/* BigBird of blocks of 64: beside the window, these first tokens and so many blocks by chance. */
enum { LIMIT_BLOCK = 64, LIMIT_GLOBAL = 128, LIMIT_RANDOM = 3 };

struct limit_point {
    double ms;      /* CPU time of the fastest call; 0: not taken */
    uint64_t bytes; /* beyond inputs and output */
    double error;   /* norm of the difference from exact attention, relative; NaN where that is not known, and for ways
                     * that mean something else */
};

struct limits {
    double seconds; /* a way stops at the first length where a call takes longer */
    int64_t lengths[LIMIT_LENGTHS];
    int count;
    struct limit_point points[LIMIT_WAYS][LIMIT_LENGTHS];
};

/* "flash", "unfused", "window", "BigBird", "linear", "gated delta", "FAVOR+", "LSTM" */
const char *limit_name(int way);

/* Lengths 256, 512 ... up to n_most. 0, or a complaint was made. */
int limits_measure(struct limits *l, int64_t n_most, double seconds);

/* The exponent of n in time (or memory) over the last `last` lengths; NaN if there are fewer than two. */
double limit_exponent(const struct limits *l, int way, int last, int memory);

void limits_print(const struct limits *l);
int limits_write_csv(const struct limits *l, const char *path);

#endif
