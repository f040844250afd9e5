/* A valid call of every kind, for tests that spoil one thing and expect the refusal.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_API_VALID_H
#define TESTS_API_VALID_H

#include "selfattn.h"

/* Sizes of the calls; E is the model width, W the context's, F the output's. */
enum { B = 2, H = 4, K = 2, T = 3, S = 5, D = 4, DV = 6, E = 10, W = 7, F = 9 };

struct valid {
    sa_ctx *ctx;
    sa_masking masking;
    sa_attention_args attention;
    sa_layer_config config; /* cross-attention with everything set */
    sa_layer *layer;        /* made of it */
    sa_forward_args forward;
    int64_t lengths[B], offsets[B];
    float mask[B * H * T * S];
    float query[B * H * T * D], key[B * K * S * D], value[B * K * S * DV], output[B * H * T * DV];
    float lse[B * H * T], weights[B * H * T * S];
    float matrix[E * (H * D + K * D + K * DV) + H * DV * F], bias[H * D + K * D + K * DV + F];
    float x[B * T * E], context[B * S * W], y[B * T * F];
};

/* All calls valid, on a new context with default options. */
void valid_make(struct valid *v);
void valid_free(struct valid *v);

/* Whether a fresh valid call of every kind works on this context, with the results it always has. */
void expect_works(sa_ctx *ctx, const char *after);

/* Makes the call, and asks for its workspace, and expects this status and these words in the sentence; then that the
 * context works on. */
void expect_attention_refused(struct valid *v, sa_status status, const char *words, const char *spoiled);
void expect_forward_refused(struct valid *v, sa_status status, const char *words, const char *spoiled);
void expect_layer_refused(struct valid *v, sa_status status, const char *words, const char *spoiled);

/* ATTENTION_REFUSED(SA_ERR_VALUE, "scale is inf", v.attention.scale = INFINITY) */
#define REFUSED(expect, status, words, ...)                                                                            \
    do {                                                                                                               \
        struct valid v;                                                                                                \
        valid_make(&v);                                                                                                \
        __VA_ARGS__;                                                                                                   \
        expect(&v, status, words, #__VA_ARGS__);                                                                       \
        valid_free(&v);                                                                                                \
    } while (0)
#define ATTENTION_REFUSED(status, words, ...) REFUSED(expect_attention_refused, status, words, __VA_ARGS__)
#define FORWARD_REFUSED(status, words, ...)   REFUSED(expect_forward_refused, status, words, __VA_ARGS__)
#define LAYER_REFUSED(status, words, ...)     REFUSED(expect_layer_refused, status, words, __VA_ARGS__)

#endif
