/* SPDX-License-Identifier: MIT */
#include "model/keep_feed_forward.h"

#include "base/quantised.h"

/* The gate (0) or up (1) in a matrix that has both: its rows stand together, or are every second one. */
static struct linear keep_half(struct keep *k, const struct stack_config *c, const struct bound *both, int in_out,
                               int which) {
    const int interleaved = c->inner_packing == INNER_INTERLEAVED;
    struct matrix_source half = whole_matrix(both->weight, in_out);
    half.count /= 2;
    half.first = interleaved ? which : (c->inner_packing == INNER_UP_GATE ? 1 - which : which) * half.count;
    half.run = interleaved ? 1 : half.count;
    half.step = 2;
    struct linear l = keep_outputs(k, &half);
    l.bias = keep_some(k, both->bias, &half);
    return l;
}

static struct feed_forward_matrices keep_matrices(struct keep *k, const struct stack_config *c, const struct bound *up,
                                                  const struct bound *gate, const struct bound *both,
                                                  const struct bound *down, int in_out) {
    struct feed_forward_matrices m = {0};
    if (both->weight) {
        m.gate = keep_half(k, c, both, in_out, 0);
        m.up = keep_half(k, c, both, in_out, 1);
    } else {
        m.up = keep_linear(k, up, in_out);
        m.gate = keep_linear(k, gate, in_out);
    }
    m.down = keep_linear(k, down, in_out);
    return m;
}

/* What expert e has of a tensor for all experts: the tensor with one axis less. */
static const struct tensor *slice(const struct tensor *all, int64_t e, struct tensor *one) {
    if (!all) return NULL;
    const int64_t count = all->size[0];
    *one = *all;
    one->axes--;
    for (int32_t i = 0; i < one->axes; i++) one->size[i] = all->size[i + 1];
    one->elements = all->elements / count;
    one->bytes = all->bytes / count;
    one->data = all->data + e * one->bytes;
    if (all->scales) one->scales = all->scales + e * one->elements / LEAST_BLOCK_ELEMENTS;
    return one;
}

static struct feed_forward_matrices keep_expert(struct keep *k, const struct stack_config *c,
                                                const struct bound_experts *all, int64_t e) {
    struct tensor slices[BLOCK_MATRICES][2];
    struct bound own[BLOCK_MATRICES] = {0};
    const struct bound *from = all->each[all->stacked ? 0 : e];
    for (int role = EXPERT_UP; role <= EXPERT_GATE_UP; role++) {
        own[role] = from[role];
        if (!all->stacked) continue;
        own[role].weight = slice(from[role].weight, e, &slices[role][0]);
        own[role].bias = slice(from[role].bias, e, &slices[role][1]);
    }
    const struct feed_forward_matrices m = keep_matrices(k, c, &own[EXPERT_UP], &own[EXPERT_GATE], &own[EXPERT_GATE_UP],
                                                         &own[EXPERT_DOWN], c->experts.in_out);
    /* The slices end here. */
    for (int role = EXPERT_UP; all->stacked && role <= EXPERT_GATE_UP; role++)
        if (k->failed == &slices[role][0]) k->failed = from[role].weight;
    return m;
}

void keep_feed_forward(struct keep *k, const struct stack_config *c, const struct bound *t,
                       const struct bound_experts *experts, struct model_block *b) {
    static const struct bound none = {0};
    b->dense = (struct feed_forward_matrices){0};
    if (t[DOWN].weight) b->dense = keep_matrices(k, c, &t[UP], &t[GATE], &t[GATE_UP], &t[DOWN], c->in_out);
    if (!experts || !experts->count) return;
    b->router = keep_linear(k, &t[ROUTER], 0);
    b->shared_router = keep_linear(k, &t[SHARED_ROUTER], 0);
    b->shared = keep_matrices(k, c, &t[SHARED_UP], &t[SHARED_GATE], &none, &t[SHARED_DOWN], c->in_out);
    b->experts = keep_room(k, "experts", c->experts.count, 1, sizeof *b->experts);
    for (int64_t e = 0; e < c->experts.count; e++) {
        const struct feed_forward_matrices m = keep_expert(k, c, experts, e);
        if (b->experts) b->experts[e] = m;
    }
}
