/* Opening a model, in a process of its own: time, memory, the first token.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_STUDY_OPENING_H
#define BENCH_STUDY_OPENING_H

#include <stdint.h>

struct opening {
    int32_t encodes, writes; /* what the model can: encode a text, go on with one */
    double open_ms;          /* of sa_model_open(), the least */
    double first_ms;         /* of the first call: eight tokens; the least */
    double mebibytes;        /* the most that the process had in memory, files that it has mapped included */
};

/* The least of `times` processes. 0, or a complaint was made. */
int opening_measure(struct opening *opening, const char *path, int threads, int times);

#endif
