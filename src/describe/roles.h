/* The roles that tensors of a stack have. Descriptions name them by these names; shapes are letters, a size each.
 *
 *   E width     F inner width      Q heads * head size       C width of the context of cross-attention
 *   q, k what a norm of queries or keys runs over: the head size, or Q and K       A Q + 2K      h kv heads
 *   H heads      K kv heads * head size
 *   V vocabulary  Y types  P positions  B buckets  e width of embeddings  I that of positions
 *   D the vectors of DeBERTa's buckets
 *   c channels of the input  p side of a patch  1 and 3 themselves  w kernel and g channels of a group of a convolution
 *   X experts  f their inner width  S that of the shared expert      G, t twice F and f
 *
 * SPDX-License-Identifier: MIT */
#ifndef SA_DESCRIBE_ROLES_H
#define SA_DESCRIBE_ROLES_H

#include <stdint.h>

/* Roles that each block has, ... */
enum block_role {
    QUERY,
    KEY,
    VALUE,
    QKV,
    ATTENTION_OUTPUT,
    CROSS_QUERY,
    CROSS_KEY,
    CROSS_VALUE,
    CROSS_OUTPUT,
    UP,
    GATE,
    DOWN,
    GATE_UP,
    ROUTER,
    EXPERT_UP,
    EXPERT_GATE,
    EXPERT_DOWN,
    EXPERT_GATE_UP,
    SHARED_UP,
    SHARED_GATE,
    SHARED_DOWN,
    SHARED_ROUTER,
    BLOCK_MATRICES,
    ATTENTION_NORM = BLOCK_MATRICES,
    CROSS_NORM,
    FEED_FORWARD_NORM,
    ATTENTION_NORM_AFTER,
    CROSS_NORM_AFTER,
    FEED_FORWARD_NORM_AFTER,
    QUERY_NORM,
    KEY_NORM,
    BLOCK_TABLES,
    RELATIVE_BIAS = BLOCK_TABLES,
    ATTENTION_SCALE,
    FEED_FORWARD_SCALE,
    SINKS,
    BLOCK_ROLES
};

/* ... and that a stack has once. */
enum stack_role {
    WORDS,
    TYPES,
    CLASS_TOKEN,
    DISTILLATION_TOKEN,
    REGISTERS,
    PROBE,
    POSITIONS,
    BUCKET_VECTORS,
    POSITION_KERNEL,
    POSITION_GAIN,
    POSITION_BIAS,
    POSITION_MEANS,
    POSITION_VARIANCES,
    STACK_TABLES,
    EMBEDDING = STACK_TABLES,
    PATCHES,
    CONVOLUTION_1,
    CONVOLUTION_2,
    CONVOLUTION, /* this and the next: one for each convolution; CONVOLUTION_NORM perhaps only for the first */
    CONVOLUTION_NORM,
    INPUT_NORM,
    POSITION_BATCH_NORM,
    POSITION_NORM,
    BUCKET_NORM,
    FINAL_NORM,
    STACK_ROLES
};

/* The setting `decider` of the section `section` says whether a role is needed; "": none does. In addition, roles of
 * cross-attention are needed only with an encoder, and those of norms only if norms have weights. */
struct role {
    const char *name, *shape, *section, *decider;
    int is_cross, is_norm;
};
extern const struct role block_roles[BLOCK_ROLES], stack_roles[STACK_ROLES];

struct stack_config;

/* Whether tensors for it are needed, and for its bias. */
int block_role_needed(const struct stack_config *config, enum block_role role);
int block_bias_needed(const struct stack_config *config, enum block_role role);
/* Whether it is the matrix of an expert: one for each, or all in one tensor. */
static inline int is_expert_role(enum block_role role) {
    return role >= EXPERT_UP && role <= EXPERT_GATE_UP;
}

/* Whether block l has it. */
int block_has_role(const struct stack_config *config, int64_t l, enum block_role role);
int stack_role_needed(const struct stack_config *config, enum stack_role role);
int stack_role_optional(const struct stack_config *config, enum stack_role role); /* only if the file has it */
int stack_bias_needed(const struct stack_config *config, enum stack_role role);

/* A role's letters. */
const char *role_shape(const struct stack_config *config, const struct role *role);

/* The size that a letter of a shape stands for. */
long long role_size(const struct stack_config *config, char letter);

#endif
