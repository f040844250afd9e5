/* Recurrent layers beside an attention layer: time on one thread and on two, memory, and how much of the first token
 * reaches the last.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_STUDY_RECURRENT_H
#define BENCH_STUDY_RECURRENT_H

#include "rivals/recurrent.h"
#include "way/worker.h"

#include <stdint.h>

enum { ATTENTION_LAYER = RECURRENT_KINDS, RECURRENT_LAYERS };
enum { RECURRENT_LENGTHS = 5, RECURRENT_LEAST = 256, RECURRENT_HEAD = 64, RECURRENT_THREADS = 2 };

struct recurrent_point {
    double ms[RECURRENT_THREADS]; /* on 1 thread; on 2, for the projections alone or for steps too: what is faster */
    uint64_t bytes;               /* beyond input, output and weights */
    double rival_ms[RECURRENT_THREADS]; /* PyTorch's layer; 0: not there */
};

/* Lengths 256, 1024 ... 65536 of layers of `width`, a multiple of 64; causal attention has heads of 64. */
struct recurrent_times {
    int64_t width;
    int64_t lengths[RECURRENT_LENGTHS];
    int count;
    struct worker worker; /* PyTorch */
    struct recurrent_point points[RECURRENT_LAYERS][RECURRENT_LENGTHS];
};

/* Lengths up to n_most, rounds for `seconds` each. 0, or a complaint was made. */
int recurrent_measure(struct recurrent_times *r, int64_t width, int64_t n_most, double seconds);

/* Influence of the first token on the last: the norm of the derivative of the last output in a random direction of the
 * first input, divided by what it is for n = 1. In doubles, width 64, one head; geometric mean of INFLUENCE_DRAWS
 * inputs. */
enum { INFLUENCE_LAYERS = 5, INFLUENCE_LENGTHS = 17, INFLUENCE_DRAWS = 8, INFLUENCE_WIDTH = 64 };
struct influence {
    int64_t lengths[INFLUENCE_LENGTHS]; /* 1, 2, 4 ... */
    int count;
    double reaches[INFLUENCE_LAYERS][INFLUENCE_LENGTHS]; /* 0: below 1e-300 */
};

/* "RNN", "LSTM", "LSTM, forget bias 1", "GRU", "attention" */
const char *influence_name(int layer);

/* n = 1, 2, 4 ... n_most <= 65536. 0, or a complaint was made. */
int influence_measure(struct influence *f, int64_t n_most);

/* As Markdown on stdout. */
void recurrent_print(const struct recurrent_times *r);
void influence_print(const struct influence *f);

#endif
