/* Random transformers of every kind that a description allows: as files for the library, and as a forward pass in
 * double precision, which follows the formulas and shares no code with the library.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_ANY_H
#define TESTS_SUPPORT_ANY_H

#include "support/folder.h"
#include "support/random.h"

#include <stdint.h>

enum any_input { ANY_TOKENS, ANY_PATCHES, ANY_SOUND };
enum any_positions { ANY_NONE, ANY_LEARNED, ANY_SINUSOIDAL, ANY_ROTARY, ANY_ALIBI, ANY_BUCKETS };
enum any_norm { ANY_LAYER, ANY_RMS, ANY_RMS_PLUS_ONE, ANY_LAYER_PLUS_ONE };
enum any_place { ANY_BEFORE, ANY_AFTER, ANY_AROUND, ANY_RESULTS };
enum any_packing { ANY_SEPARATE, ANY_CONCATENATED, ANY_PER_HEAD, ANY_GROUPED };
enum any_inner { ANY_INNER_SEPARATE, ANY_GATE_UP, ANY_INTERLEAVED };
enum any_function { ANY_RELU, ANY_GELU, ANY_GELU_TANH, ANY_SILU, ANY_RELU2, ANY_QUICK_GELU };

enum { ANY_MOST_LAYERS = 3, ANY_MOST_TENSORS = 600 };

/* Letters as in selfattn.h; F inner width, V vocabulary, C width of the context or 0. */
struct any_stack {
    const char *name; /* "encoder", "decoder"; NULL: there is none */
    int64_t L, E, H, K, D, F, V, C;
    enum any_input input;
    int64_t types, channels, height, width, patch;
    int scale_words, input_norm;
    enum any_positions positions;
    int style;             /* of sinusoidal positions; of rotary ones 1 is interleaved */
    int64_t count, offset; /* rows of a table are count + offset */
    int64_t rotary;        /* elements that are rotated */
    double theta, stretch; /* frequencies are divided by stretch */
    double window_theta;   /* of blocks with a window, which are not stretched; 0: the same as of others */
    int64_t unrotated;     /* blocks that are not rotated: every so many-th, from 1; 0: none */
    int list_rotated;      /* config.json says which blocks are rotated */
    int windows_rotated;   /* only blocks with a window are rotated */
    double exponent;       /* of ALiBi's smallest slope */
    int scaled;            /* slopes times the scale of scores */
    int64_t buckets, distance;
    enum any_norm norm;
    enum any_place place;
    int norm_weights, norm_biases, of_residual;
    double epsilon;
    double word_multiplier, residual_multiplier;
    double scale, scale_from, softcap; /* 0: not given */
    int scale_by_block;
    int64_t window;         /* 0: none; of blocks 0, period, 2 period ... */
    int64_t period, except; /* 0: none left out */
    int list_layers;        /* config.json says which blocks have a window */
    enum any_packing packing;
    int64_t groups;
    int value_first;
    int in_out, head_norms, norm_all_heads;
    enum any_function function;
    int gated, parallel, one_norm, sinks;
    enum any_inner inner_packing;
    double clamp; /* 0: none */
    int up_plus_one;
    int64_t experts, used, expert_inner, shared; /* experts 0: none; shared 0: no shared expert */
    int shared_gate, sigmoid, normalise, expert_in_out;
    int stacked, plain_names; /* experts in one tensor; names without ".weight" */
    double expert_multiplier;
    int64_t expert_period, dense_block; /* block without experts, below 0: none */
    unsigned biases;                    /* a bit per matrix, in the order of any_matrices[] */
};

struct any_tensor {
    char name[48];
    const char *dtype;
    int axes;
    int64_t size[4];
    float *values;
};

struct any {
    struct any_stack encoder, decoder;
    int tied, output_bias, scale_states, pooler, classes;
    double output_softcap, output_multiplier; /* multiplier below 0: logits are divided by its amount */
    const char *type;                         /* of the next tensors; NULL: any */
    struct any_tensor tensor[ANY_MOST_TENSORS];
    int tensors;
    double *largest; /* any_forward() raises it to the largest sum of amounts in a score; NULL: nobody asks */
};

/* The matrices that may have a bias. */
extern const char *const any_matrices[];
enum { ANY_MATRICES = 22 };

/* A random model; the same for the same seed. */
void any_make(struct any *any, uint64_t seed);
void any_free(struct any *any);

/* Rounds the matrices and tables of words to this type, as sa_model_open_with() does; files stay as they were. */
void any_convert(struct any *any, int32_t dtype);

/* Writes config.json, architecture.json and model.safetensors. */
void any_write(const struct any *any, const struct folder *folder);

/* A tensor's values; it has to be there. */
const float *any_values(const struct any *any, const char *name);

/* Whether there is such a tensor. */
int any_has(const struct any *any, const char *name);

/* Whether a block has experts. */
int any_has_experts(const struct any_stack *stack, int64_t block);

/* Tokens that the encoder makes of an image or sound; 0: it takes tokens. */
int64_t any_tokens(const struct any_stack *stack);

/* One sequence through a stack: T tokens (or features) to states [T][E] after the last norm, and weights [L][H][T][T]
 * and cross-weights [L][H][T][S], which may be NULL. context [S][C]. */
void any_forward(const struct any *any, const struct any_stack *stack, const int32_t *ids, const int32_t *types,
                 const float *features, int64_t T, const double *context, int64_t S, double *states, double *weights,
                 double *cross);

/* A decoder's state to logits [V]; a first token's state to the pooled state [E] and to logits of classes. */
void any_logits(const struct any *any, const double *state, double *logits);
void any_pooled(const struct any *any, const double *state, double *pooled);
void any_classes(const struct any *any, const double *state, double *logits);

#endif
