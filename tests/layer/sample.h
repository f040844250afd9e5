/* Random layers and inputs: every way to store the weights, every optional part, rows with gaps.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_LAYER_SAMPLE_H
#define TESTS_LAYER_SAMPLE_H

#include "selfattn.h"
#include "support/random.h"

enum { LAYER_MEMORIES = 24 };

/* Sizes and choices of a layer and a call; letters as in selfattn.h, W is the context's width, F the output's. */
struct layer_shape {
    int64_t B, T, S, H, K, D, Dv, E, W, F;
    int cross;     /* keys and values come from a context of its own */
    int packed;    /* weight_qkv instead of three matrices */
    int projected; /* whether there is a weight_o */
    int biased;    /* bit 0: q, 1: k, 2: v, 3: o */
    int32_t order, dtype;
    int64_t gap; /* floats between the rows of x, context and y */
    int backwards;
    float scale, softcap;
};

struct layer_sample {
    struct layer_shape shape;
    sa_layer_config config;
    sa_forward_args args;
    sa_masking masking;
    float *y; /* all of the memory that args.y points into */
    int64_t y_floats;
    struct {
        void *data;
        size_t bytes;
    } memory[LAYER_MEMORIES];
    int memories;
    char text[256];
};

/* Sizes and choices number `seed`. */
struct layer_shape layer_shape_random(uint64_t seed);

/* Fills a layer and a call of this shape with random numbers: inputs of variance 1, weights of variance 1 / width, so
 * that queries, keys and values have variance near 1 too. Outputs are filled with NaN. No masks. */
void layer_sample_make(struct layer_sample *s, const struct layer_shape *shape, uint64_t seed);
void layer_sample_free(struct layer_sample *s);

/* Adds random masks. */
void layer_sample_mask(struct layer_sample *s, uint64_t seed);

/* Creates the layer on the context; a failure ends the test. */
sa_layer *layer_sample_open(const struct layer_sample *s, sa_ctx *ctx);

/* Fills the outputs that are wanted with NaN again. */
void layer_sample_clear(struct layer_sample *s);

#endif
