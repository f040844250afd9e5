/* SPDX-License-Identifier: MIT */
#include "model/keep_attention.h"

/* Whether one of the roles first .. last has quantised weights. */
static int has_quantised(const struct bound *block, enum block_role first, enum block_role last) {
    for (int i = (int)first; i <= (int)last; i++)
        if (block[i].weight && is_quantised(block[i].weight->type)) return 1;
    return 0;
}

static struct linear keep_whole(struct keep *k, const struct stack_config *c, const struct bound *b) {
    const struct matrix_source whole = whole_matrix(b->weight, c->in_out);
    return keep_outputs(k, &whole);
}

/* Queries (0), keys (1) or values (2) of a matrix that has all of them, group by group. */
static struct linear keep_third(struct keep *k, const struct stack_config *c, const struct tensor *all, int which) {
    const int64_t q = c->heads / c->head_groups * c->head_size, kv = c->kv_heads / c->head_groups * c->head_size;
    const int behind = which == (c->value_first ? 1 : 2); /* the last of the three in its group */
    const struct matrix_source third = {.tensor = all,
                                        .in_out = c->in_out,
                                        .first = which ? q + (behind ? kv : 0) : 0,
                                        .count = (which ? kv : q) * c->head_groups,
                                        .run = which ? kv : q,
                                        .step = q + 2 * kv};
    return keep_outputs(k, &third);
}

struct layer_matrices keep_attention(struct keep *k, const struct stack_config *c, const struct bound *t) {
    struct layer_matrices m = {0};
    if (!k->conversion.wanted && !has_quantised(t, QUERY, ATTENTION_OUTPUT)) return m;
    if (c->packing == PACKING_SEPARATE) {
        m.query = keep_whole(k, c, &t[QUERY]);
        m.key = keep_whole(k, c, &t[KEY]);
        m.value = keep_whole(k, c, &t[VALUE]);
    } else {
        m.query = keep_third(k, c, t[QKV].weight, 0);
        m.key = keep_third(k, c, t[QKV].weight, 1);
        m.value = keep_third(k, c, t[QKV].weight, 2);
    }
    m.output = keep_whole(k, c, &t[ATTENTION_OUTPUT]);
    return m;
}

struct layer_matrices keep_cross_attention(struct keep *k, const struct stack_config *c, const struct bound *t) {
    struct layer_matrices m = {0};
    if (!c->context || (!k->conversion.wanted && !has_quantised(t, CROSS_QUERY, CROSS_OUTPUT))) return m;
    m.query = keep_whole(k, c, &t[CROSS_QUERY]);
    m.key = keep_whole(k, c, &t[CROSS_KEY]);
    m.value = keep_whole(k, c, &t[CROSS_VALUE]);
    m.output = keep_whole(k, c, &t[CROSS_OUTPUT]);
    return m;
}
