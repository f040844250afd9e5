/* A whole layer in double precision, straight from the formula. Shares no code with the library.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_LAYER_ORACLE_H
#define TESTS_LAYER_ORACLE_H

#include "layer/sample.h"

/* y [B,T,F], lse [B,H,T], weights [B,H,T,S], contiguous. */
void oracle_forward(const struct layer_sample *s, double *y, double *lse, double *weights);

/* Output o of a matrix over input i is element (0,0,o,i) of `weights`; bias element o is (0,0,0,o) of `bias`. */
struct oracle_map {
    int64_t in, out;
    sa_tensor weights, bias; /* bias.data NULL: none */
};

enum oracle_turn {
    ORACLE_TURN,
    ORACLE_TURN_BACK,
    ORACLE_TURN_SIZES /* of magnitudes: the sum of a pair's, the most that either can get */
};

/* The matrices of queries, keys and values: parts of one where they are packed. */
void oracle_maps(const struct layer_sample *s, struct oracle_map maps[3]);
struct oracle_map oracle_output_map(const struct layer_sample *s);

/* y [B,rows,out] = x W + b. Free the result. */
double *oracle_apply(const struct oracle_map *map, const sa_tensor *x);

/* Q, K and V before norms and positions, as double tensors of heads merged in a row. Free their data. */
void oracle_project(const struct layer_sample *s, sa_tensor qkv[3]);

/* The same after norms and positions. */
void oracle_place(const struct layer_sample *s, sa_tensor qkv[3]);

/* Turns queries or keys t [B,rows,heads,D] where they lie. The tokens of a context stand at 0, 1, ... */
void oracle_rotate(const struct layer_sample *s, const sa_tensor *t, int is_key, enum oracle_turn turn);

/* How many numbers are normalised together, and what is added to the mean of their squares. */
int64_t oracle_norm_width(const struct layer_sample *s, const sa_tensor *heads);
double oracle_norm_epsilon(const struct layer_sample *s);

/* The attention of placed queries, keys and values. */
sa_attention_args oracle_attention_of(const struct layer_sample *s, const sa_tensor qkv[3]);

/* [B,rows,heads,D] from [B,heads,rows,D]. Free the result. */
double *oracle_join(const double *heads, int64_t B, int64_t count, int64_t rows, int64_t D);

#endif
