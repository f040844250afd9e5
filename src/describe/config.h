/* A model's numbers and switches, computed from its description and its config.json.
 * SPDX-License-Identifier: MIT */
#ifndef SA_DESCRIBE_CONFIG_H
#define SA_DESCRIBE_CONFIG_H

#include "describe/roles.h"
#include "describe/setting.h"
#include "selfattn_models.h"

/* A probe is one learned row: what the block of a pooler has in place of tokens. */
enum input_kind { INPUT_TOKENS, INPUT_PATCHES, INPUT_SOUND, INPUT_CONVOLUTIONS, INPUT_PROBE };
enum position_kind {
    POSITIONS_NONE,
    POSITIONS_LEARNED,
    POSITIONS_SINUSOIDAL,
    POSITIONS_ROTARY,
    POSITIONS_ALIBI,
    POSITIONS_BUCKETS,
    POSITIONS_CONVOLUTION,
    POSITIONS_GRID,
    POSITIONS_DISENTANGLED,
    POSITIONS_PLANE
};
enum norm_kind { NORM_LAYER, NORM_RMS, NORM_RMS_PLUS_ONE, NORM_LAYER_PLUS_ONE };
enum norm_place { NORM_BEFORE, NORM_AFTER, NORM_AROUND, NORM_RESULT };
enum activation {
    ACTIVATION_RELU,      /* max(x, 0) */
    ACTIVATION_GELU,      /* x/2 * (1 + erf(x / sqrt 2)), the exact form */
    ACTIVATION_GELU_TANH, /* x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 x^3))), the usual approximation */
    ACTIVATION_SILU,      /* x / (1 + exp(-x)) */
    ACTIVATION_TANH,
    ACTIVATION_RELU2,     /* max(x, 0)^2 */
    ACTIVATION_QUICK_GELU /* x / (1 + exp(-1.702 x)) */
};
/* Up and gate as two matrices, or as one with the gate's rows first, or with gate and up row by row. */
enum inner_packing { INNER_SEPARATE, INNER_GATE_UP, INNER_INTERLEAVED, INNER_UP_GATE };
enum packing { PACKING_SEPARATE, PACKING_CONCATENATED, PACKING_PER_HEAD, PACKING_GROUPED };

/* What the results of convolutions over sound are normalised over: those of the first one over time, each channel on
 * its own, or all together; or those of each one over its channels. */
enum convolution_norm {
    CONVOLUTION_NORM_NONE,
    CONVOLUTION_NORM_CHANNELS,
    CONVOLUTION_NORM_ALL,
    CONVOLUTION_NORM_LAYERS
};

enum { MOST_CONVOLUTIONS = 16 };

/* Convolutions over sound of any length. */
struct convolution_config {
    int64_t count, kernels[MOST_CONVOLUTIONS], strides[MOST_CONVOLUTIONS];
    int first_has_bias;               /* that of the others is has_bias of the input */
    int is_padded;                    /* half a kernel of zeros stands at both ends */
    int first_activation, activation; /* enum activation */
    int is_halved; /* f is not used: a result [a, b] becomes a / (1 + exp(-b)) (Dauphin et al. 2016) */
    int norm;      /* enum convolution_norm */
};

/* What a stack begins with. */
struct input_config {
    int kind; /* enum input_kind */
    int64_t vocabulary, types;
    int scale_words;    /* word embeddings times sqrt(width) */
    int64_t mask_token; /* its embedding is 0, and that of other words is times ... */
    double mask_share;  /* ... (1 - this) / (1 - its share of a sequence); token -1: there is none */
    double multiplier;  /* word embeddings times this */
    int64_t embedding;  /* width of the tables of words, types and positions, or of what convolutions make */
    int has_matrix;     /* from that to the width of the state ... */
    int matrix_first;   /* ... of words alone, without a bias: positions are as wide as the state */
    int has_norm;
    int norms_words; /* the norm is that of the words alone, before types and positions are added */
    int has_bias;    /* of the matrix of patches, or of convolutions */
    int64_t channels, height, width, patch; /* of images; of sound, height is 1 and patch 0 */
    int64_t row_stride, column_stride;      /* pixels from a patch to the next one */
    int is_transposed;                      /* an image is given as [C][width][height], sound as [frames][C] */
    struct convolution_config convolutions; /* of sound whose width is 0: it may have any */
    int64_t special_tokens; /* in front of the patches: none, a class token, and a distillation token, then ... */
    int64_t registers;      /* ... so many of them, which have no position */
};

struct position_config {
    int kind;             /* enum position_kind */
    int style;            /* SA_ROPE_..., or a style of sa_sinusoidal_positions() */
    int64_t count, limit; /* positions of the training, and the most that are possible; 0: not known, no limit */
    int64_t offset;       /* position p is row p + offset of a table */
    int64_t table_rows, table_columns; /* of patches in the file's table, to be stretched; 0: it is as it should be */
    int antialias;                     /* ... by averages, where it becomes smaller */
    int may_have_table; /* of sinusoidal positions: the table of the file, if it has one, goes before the formula */
    int64_t rotary;     /* elements of a head that are rotated; 0: none */
    double theta;
    sa_rope_scaling scaling;   /* without its lists of factors */
    int64_t buckets, distance; /* 0: no biases by distance */
    double exponent;           /* of ALiBi's smallest slope, 2^-exponent */
    int scaled;                /* slopes are multiplied by the scale of scores */
    int64_t kernel, groups;    /* of a convolution over the state, whose result is added to it ... */
    int batch_norm;            /* ... of channels that are normalised first, by what the training has found */
    int has_norm;              /* ... and the sum is normalised */
};

struct norm_config {
    int kind, place; /* enum norm_kind, norm_place */
    int has_weights, has_biases;
    int has_first, has_final; /* before the attention of block 0; behind the last block */
    int of_residual;          /* a sub-layer's result is added to its input, the normalised state */
    double epsilon;
    double multiplier; /* of a sub-layer's result, before it is added */
};

enum { MOST_LAYERS = 4096, MOST_EXPERTS = 1024 };

/* Feed-forward sub-layers of experts; count 0: there are none. */
struct experts_config {
    int64_t count, used;               /* experts, and how many of them a row goes through */
    int64_t inner;                     /* width between an expert's matrices */
    int64_t shared;                    /* of the expert for all rows; 0: there is none */
    int shared_gate;                   /* its result is multiplied by a sigmoid */
    int is_sigmoid;                    /* scores are sigmoids, not a softmax */
    int normalise;                     /* chosen scores are divided by their sum */
    int in_out;                        /* matrices of experts are stored with a row per input */
    double multiplier;                 /* of the chosen scores */
    uint64_t blocks[MOST_LAYERS / 64]; /* a bit for each block that has them */
    int everywhere;                    /* all blocks have them */
};

/* A stack of blocks: an encoder, or a decoder, which is causal. */
struct stack_config {
    const char *name; /* "encoder", "decoder"; NULL: the model has none */
    int causal;
    int64_t layers, width, heads, kv_heads, head_size, inner; /* L, E, H, K, D, F */
    int64_t groups;                                           /* of blocks: those of one group have the same tensors */
    int64_t context; /* width of the rows that cross-attention reads; 0: there is none */
    struct input_config input;
    struct position_config positions, windowed; /* windowed: rotary ones of blocks with a window */
    struct norm_config norm;
    double scale; /* of attention; 0: 1/sqrt(D) */
    int scale_by_block;
    double softcap;
    int packing;         /* enum packing */
    int64_t head_groups; /* in a packed matrix; each has its queries, then its keys, then its values, ... */
    int value_first;     /* ... or its values before its keys */
    int in_out;          /* matrices are stored with a row per input */
    int head_norms, norm_all_heads, norm_each_head; /* all or each: with weights for every head */
    double clip;    /* queries, keys and values are clamped to -this ... this; 0: they are not */
    int activation; /* enum activation */
    int gated, parallel;
    int inner_packing; /* enum inner_packing */
    double clamp;      /* of the gate and of what it is multiplied by; 0: none */
    int up_plus_one;   /* 1 is added to what the gate is multiplied by */
    struct experts_config experts;
    int sinks;
    int layer_scale; /* results of sub-layers are multiplied by a vector */
    int one_norm;    /* parallel sub-layers share the attention's norm */
    int bias[BLOCK_ROLES];
};

/* The width of positions that are added to the input. */
static inline int64_t position_width(const struct stack_config *c) {
    return c->input.matrix_first ? c->width : c->input.embedding;
}

struct output_config {
    int exists, tied, optional; /* tied or optional: the words' table, if the file has no matrix of its own */
    int has_bias;
    int bias_optional;         /* a file without the bias is accepted */
    int labels_start_last;     /* in training, the decoder reads the last label before the others, not start_token */
    int of_encoder;            /* of an encoder that fills in masked words; a file may have none */
    int has_dense, dense_bias; /* states first go through a matrix, ... */
    int is_bare;               /* ... and nothing else, or ... */
    int activation;            /* ... this, enum activation, and a norm */
    int scale_states;          /* states times 1/sqrt(width) */
    double multiplier;         /* of logits, before they are capped */
    double softcap;
};

enum { MOST_END_TOKENS = 16, MOST_KEPT_BACK = 256 };

/* How the model's makers generate with it. */
struct generation_config {
    sa_sampling sampling;
    int64_t max_new_tokens;                /* 0: not said */
    int64_t min_new_tokens, min_length;    /* fewer: no end token comes; min_length counts the prompt, too */
    int64_t no_repeat_size;                /* no group of so many tokens comes twice; 0: any may */
    int32_t suppressed[2][MOST_KEPT_BACK]; /* tokens that never come, or not as the first */
    int64_t suppressed_count[2];
    int has_beams;        /* num_beams: they search, and do not draw */
    char unsupported[48]; /* another setting, which the library does not have; "": none */
};

/* What the pooler takes: the first token, the last real one, the one that ends a text, the mean of an image's patches,
 * or what a block makes of a learned query that attends to all tokens. */
enum pooler_of { POOLER_OF_FIRST, POOLER_OF_LAST, POOLER_OF_END, POOLER_OF_PATCHES, POOLER_OF_ATTENTION };

/* What the classifier takes: the first token, every token, what the pooler makes, the mean of real tokens, the last
 * real token, the mean of an image's patches, the first token with that behind it, the mean of special tokens, or the
 * decoder's state at the last end token of a text, which it reads itself. */
enum classifier_of {
    CLASSIFIER_OF_FIRST,
    CLASSIFIER_OF_TOKENS,
    CLASSIFIER_OF_POOLED,
    CLASSIFIER_OF_MEAN,
    CLASSIFIER_OF_LAST,
    CLASSIFIER_OF_PATCHES,
    CLASSIFIER_OF_BOTH,
    CLASSIFIER_OF_SPECIALS,
    CLASSIFIER_OF_DECODER_END
};

struct model_config {
    char model_type[64];
    struct stack_config encoder, decoder;
    int is_bidirectional; /* it is described as a decoder, but is an encoder, without logits */
    int is_classifying;   /* the same, but for words that see only those before them, with a classifier */
    struct output_config output;
    enum pooler_of pooler_of;
    struct stack_config pooler_block;        /* of POOLER_OF_ATTENTION; name NULL: there is none */
    int pooler_is_bare;                      /* it is what pooler_of says, without a norm and a matrix */
    int pooler_is_active, pooler_activation; /* whether there is one, enum activation */
    int64_t pooler_width;                    /* numbers that its matrix makes */
    enum classifier_of classifier_of;
    int classifier_is_active;       /* behind its first matrix stands ... */
    int classifier_activation;      /* ... this; ... */
    int classifier_dense_bias;      /* ... which may have a bias, ... */
    int classifier_dense_of_tokens; /* ... and which classifiers of tokens may have, too */
    int classifier_mixes;           /* it takes a weighted sum of the states behind every layer */
    int classifier_starts_last;     /* what the decoder reads before the text is its last token, not start_token */
    int64_t new_classes;            /* of a classifier that is made, whatever the file has; 0: none is */
    int likeness;                   /* SA_LIKENESS_..., how embeddings of texts and images are compared */
    int64_t padded_to;              /* tokens that texts are always padded to; 0: they are not */
    int embeds_pooled;              /* an embedding is made of the pooled state, unless modules.json says else */
    int64_t start_token, pad_token, forced_first, forced_last; /* -1: none */
    struct generation_config generation;
    int64_t end_tokens[MOST_END_TOKENS], end_token_count;
};

/* Evaluates a description. What is not supported and would change the result is refused by name. */
sa_status config_read(const struct settings *settings, struct model_config *config);

/* A setting that names an activation. */
sa_status config_activation(const struct section *section, const char *key, int64_t fallback, int *activation);

/* The factor of scores, apart from scale_by_block. */
double stack_scale(const struct stack_config *config);

/* Tokens that an image or sound becomes; 0: the stack takes tokens, or sound of any length. */
int64_t input_tokens(const struct input_config *config);

/* Rows that convolution number i makes of so many; tokens that all of them make of sound of this length. 0: it is too
 * short. */
int64_t convolution_rows(const struct convolution_config *config, int64_t i, int64_t rows);
int64_t convolution_tokens(const struct convolution_config *config, int64_t length);

/* Rows and columns of an image's patches. */
int64_t input_rows(const struct input_config *config);
int64_t input_columns(const struct input_config *config);

/* The group of block l, which stands in the names of its tensors. */
static inline int64_t config_group(const struct stack_config *config, int64_t l) {
    return l * config->groups / config->layers;
}

/* Width of the window of block l: the number of tokens that a token sees, itself included; 0: all. */
sa_status config_window(const struct section *stack, const struct stack_config *config, int64_t l, int64_t *window);

/* Whether block l has experts. */
static inline int config_has_experts(const struct stack_config *c, int64_t l) {
    return c->experts.count && c->experts.blocks[l / 64] >> l % 64 & 1;
}

/* Whether block l, which has such a window, rotates its queries and keys, where positions are rotary. */
sa_status config_rotated(const struct section *stack, int64_t l, int64_t window, int *rotated);

#endif
