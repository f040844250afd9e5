/* Feed-forward sub-layers, and their experts.
 * SPDX-License-Identifier: MIT */
#include "base/arith.h"
#include "describe/config_stack.h"

static sa_status read_shared(const struct section *s, struct experts_config *e) {
    sa_status status = setting_integer(s, "shared", 0, 0, GEMM_MAX, &e->shared);
    if (status == SA_OK) status = setting_flag(s, "shared_gate", 0, &e->shared_gate);
    if (status == SA_OK && !e->shared) status = section_unused(s, "shared_gate", s, "shared");
    e->shared_gate &= e->shared > 0;
    return status;
}

sa_status config_read_experts(const struct section *feed_forward, struct stack_config *c) {
    static const char *const known[] = {"count",      "used",   "inner",       "scores",   "normalise",
                                        "multiplier", "shared", "shared_gate", "matrices", "first",
                                        "period",     "dense",  NULL};
    static const char *const unused[] = {"used",        "inner",    "scores", "normalise", "multiplier", "shared",
                                         "shared_gate", "matrices", "first",  "period",    "dense",      NULL};
    static const char *const scores[] = {"softmax", "sigmoid", NULL};
    static const char *const orders[] = {"out_in", "in_out", NULL};
    struct experts_config *e = &c->experts;
    struct section s;
    sa_status status = section_member(feed_forward, "experts", &s);
    if (status == SA_OK) status = section_check(&s, known);
    if (status == SA_OK) status = setting_integer(&s, "count", 0, 0, MOST_EXPERTS, &e->count);
    if (status != SA_OK || !e->count) return status == SA_OK ? section_all_unused(&s, unused, &s, "count") : status;
    status = setting_integer(&s, "used", NO_FALLBACK, 1, e->count, &e->used);
    if (status == SA_OK) status = setting_integer(&s, "inner", c->inner, 1, GEMM_MAX, &e->inner);
    if (status == SA_OK) status = setting_choice(&s, "scores", 0, scores, &e->is_sigmoid);
    if (status == SA_OK) status = setting_flag(&s, "normalise", 0, &e->normalise);
    if (status == SA_OK) status = setting_number(&s, "multiplier", 1, 1e-9, 1e9, &e->multiplier);
    if (status == SA_OK) status = setting_choice(&s, "matrices", c->in_out, orders, &e->in_out);
    if (status == SA_OK) status = read_shared(&s, e);
    return status == SA_OK ? config_expert_blocks(&s, c) : status;
}

/* What only gates have. Two thirds of the width have as many weights as a sub-layer without a gate (Shazeer, "GLU
 * variants improve Transformer", 2020). */
static sa_status read_gates(const struct section *s, struct stack_config *c) {
    static const char *const packings[] = {"separate", "gate_up", "interleaved", "up_gate", NULL};
    int two_thirds = 0;
    sa_status status = setting_choice(s, "packing", INNER_SEPARATE, packings, &c->inner_packing);
    if (status == SA_OK) status = setting_number(s, "clamp", 0, 1e-6, 1e9, &c->clamp);
    if (status == SA_OK) status = setting_flag(s, "up_plus_one", 0, &c->up_plus_one);
    if (status == SA_OK) status = setting_flag(s, "two_thirds", 0, &two_thirds);
    if (two_thirds) c->inner = round_up(c->inner * 2 / 3, 8);
    return status;
}

sa_status config_read_feed_forward(const struct section *stack, struct stack_config *c) {
    static const char *const known[] = {"activation",  "gated",      "packing", "clamp",
                                        "up_plus_one", "two_thirds", "experts", NULL};
    static const char *const of_gates[] = {"packing", "clamp", "up_plus_one", "two_thirds", NULL};
    struct section s;
    sa_status status = section_member(stack, "feed_forward", &s);
    if (status == SA_OK) status = section_check(&s, known);
    if (status == SA_OK) status = config_activation(&s, "activation", NO_FALLBACK, &c->activation);
    if (status == SA_OK) status = setting_flag(&s, "gated", 0, &c->gated);
    if (status == SA_OK && !c->gated) status = section_all_unused(&s, of_gates, &s, "gated");
    if (status == SA_OK && c->gated) status = read_gates(&s, c);
    return status == SA_OK ? config_read_experts(&s, c) : status;
}
