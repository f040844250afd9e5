/* One attention problem, or one layer around it, with its inputs and its output.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_WAY_WORKLOAD_H
#define BENCH_WAY_WORKLOAD_H

#include <stdint.h>

struct shape {
    int64_t B, H, K, T, S, D; /* as in selfattn.h; values have the head size D too */
    int causal;               /* query t sees key s only if s <= t (the library's default alignment) */
    int layer;                /* with projections to and from rows of width E = H * D */
};

/* Contiguous. Inputs are normal numbers from a fixed seed, of deviation 1 (weights: 1/sqrt(E), which keeps queries and
 * keys at 1); the output has been touched. */
struct workload {
    struct shape shape;
    float *q;       /* [B,H,T,D]    NULL for a layer */
    float *k;       /* [B,K,S,D]    likewise */
    float *v;       /* [B,K,S,D]    likewise */
    float *x;       /* [B,T,E]      for a layer */
    float *context; /* [B,S,E]      for a layer with S != T, which makes keys and values from it, not from x */
    float *weights; /* [E+2KD+E,E]  for a layer: the rows for q, k, v and the output below each other */
    float *o;       /* [B,H,T,D], for a layer [B,T,E] */
};

/* 0, or a complaint was made and there is nothing to free. */
int workload_make(struct workload *w, const struct shape *shape);
void workload_free(struct workload *w);

/* How many numbers the output has. */
int64_t output_count(const struct shape *shape);

/* The width E of a layer, and how many rows of weights it has. */
int64_t layer_width(const struct shape *shape);
int64_t weight_rows(const struct shape *shape);

/* 4 B H T S D operations, half of it when causal; for a layer 4 B T E E for queries and output and 4 B S E K D for keys
 * and values more. */
double shape_flops(const struct shape *shape);

/* Bytes of inputs and output, with numbers of `size` bytes. */
double shape_bytes(const struct shape *shape, double size);

/* How many keys query t sees. */
int64_t visible_keys(const struct shape *shape, int64_t t);

/* a * b * c * d numbers on a cache line, for the caller to free(); `what` is for the complaint when there are none. */
float *floats_new(int64_t a, int64_t b, int64_t c, int64_t d, const char *what);

/* Fills x with normal numbers of deviation `sigma`. */
void floats_normal(float *x, int64_t n, float sigma, uint64_t seed);

/* The largest |a - b|; NaN if any difference is NaN. */
double largest_difference(const float *a, const float *b, int64_t n);

#endif
