/* One attention problem with its inputs and its output.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_WORKLOAD_H
#define BENCH_WORKLOAD_H

#include <stdint.h>

struct shape {
    int64_t B, H, K, T, S, D; /* as in selfattn.h; values have the head size D too */
    int causal;               /* query t sees key s only if s <= t (the library's default alignment) */
};

/* Contiguous. Inputs are standard normal numbers from a fixed seed; the output has been touched. */
struct workload {
    struct shape shape;
    float *q; /* [B,H,T,D] */
    float *k; /* [B,K,S,D] */
    float *v; /* [B,K,S,D] */
    float *o; /* [B,H,T,D] */
};

/* 0, or a complaint was made and there is nothing to free. */
int workload_make(struct workload *w, const struct shape *shape);
void workload_free(struct workload *w);

/* How many numbers the output has. */
int64_t output_count(const struct shape *shape);

/* 4 B H T S D operations, half of it when causal. */
double shape_flops(const struct shape *shape);

/* How many keys query t sees. */
int64_t visible_keys(const struct shape *shape, int64_t t);

/* a * b * c * d numbers on a cache line, for the caller to free(); `what` is for the complaint when there are none. */
float *floats_new(int64_t a, int64_t b, int64_t c, int64_t d, const char *what);

/* Fills x with normal numbers of deviation `sigma`. */
void floats_normal(float *x, int64_t n, float sigma, uint64_t seed);

/* The largest |a - b|; NaN if any difference is NaN. */
double largest_difference(const float *a, const float *b, int64_t n);

#endif
