/* What the library knows about a family of models, as data: the keys of its config.json that matter, and the names and
 * shapes of its tensors. A family that consists of the same parts is one more row of the table.
 * SPDX-License-Identifier: MIT */
#ifndef SA_MODEL_ARCHITECTURE_H
#define SA_MODEL_ARCHITECTURE_H

#include <stddef.h>
#include <stdint.h>

/* Sizes and numbers of one model, as config.json gives them. */
struct model_config {
    int64_t layers;     /* L */
    int64_t width;      /* E */
    int64_t heads;      /* H */
    int64_t inner;      /* F: width between the two matrices of a feed-forward part */
    int64_t vocabulary; /* V */
    int64_t positions;  /* P */
    int64_t types;      /* Y: token types */
    double norm_epsilon;
};

/* Tensors that a model has once. */
enum model_tensor {
    WORD_EMBEDDINGS,
    POSITION_EMBEDDINGS,
    TYPE_EMBEDDINGS,
    EMBEDDING_NORM_WEIGHT,
    EMBEDDING_NORM_BIAS,
    MODEL_TENSORS
};

/* Tensors that every block has; the attention layer's come first. */
enum block_tensor {
    QUERY_WEIGHT,
    QUERY_BIAS,
    KEY_WEIGHT,
    KEY_BIAS,
    VALUE_WEIGHT,
    VALUE_BIAS,
    OUTPUT_WEIGHT,
    OUTPUT_BIAS,
    ATTENTION_TENSORS,
    ATTENTION_NORM_WEIGHT = ATTENTION_TENSORS,
    ATTENTION_NORM_BIAS,
    UP_WEIGHT,
    UP_BIAS,
    DOWN_WEIGHT,
    DOWN_BIAS,
    FEED_FORWARD_NORM_WEIGHT,
    FEED_FORWARD_NORM_BIAS,
    BLOCK_TENSORS
};

/* '#' in a name stands for the number of the block. A shape is a letter of model_config per axis. */
struct tensor_rule {
    const char *name;
    const char *other_name; /* in older files; or NULL */
    const char *shape;
};

/* An integer from 1 to `most`, required. */
struct size_rule {
    const char *key;
    size_t place; /* offset in model_config */
    int64_t most;
};

/* An option that changes the mathematics and of which one value is supported: this text, or with NULL only "off", which
 * is false, null or an empty object. Absent means that value. */
struct option_rule {
    const char *key, *text;
};

enum { MOST_SIZES = 7, MOST_OPTIONS = 8, MOST_PREFIXES = 2 };

struct architecture {
    const char *model_type;              /* in config.json */
    const char *prefixes[MOST_PREFIXES]; /* all names of a file may begin with one of these; "" where it is none */
    struct size_rule sizes[MOST_SIZES];  /* up to the first without key; likewise below */
    struct option_rule options[MOST_OPTIONS];
    const char *epsilon_key;
    double epsilon; /* where the key is absent */
    struct tensor_rule model[MODEL_TENSORS], block[BLOCK_TENSORS];
};

/* The architecture of this model_type, NULL if there is none. */
const struct architecture *architecture_find(const char *model_type);

/* The size that a letter of a tensor_rule's shape stands for. */
int64_t architecture_size(const struct model_config *config, char letter);

#endif
