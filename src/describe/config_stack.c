/* SPDX-License-Identifier: MIT */
#include "describe/config_stack.h"

#include "base/arith.h"
#include "base/compiler.h"

#include <string.h>

static sa_status read_sizes(const struct section *s, struct stack_config *c) {
    sa_status status = setting_integer(s, "layers", NO_FALLBACK, 1, MOST_LAYERS, &c->layers);
    if (status == SA_OK) status = setting_integer(s, "width", NO_FALLBACK, 1, GEMM_MAX, &c->width);
    if (status == SA_OK) status = setting_integer(s, "heads", NO_FALLBACK, 1, GEMM_MAX, &c->heads);
    if (status == SA_OK) status = setting_integer(s, "kv_heads", c->heads, 1, GEMM_MAX, &c->kv_heads);
    if (status == SA_OK) status = setting_integer(s, "head_size", 0, 1, GEMM_MAX, &c->head_size);
    if (status == SA_OK) status = setting_integer(s, "inner", NO_FALLBACK, 1, GEMM_MAX, &c->inner);
    if (status == SA_OK) status = setting_integer(s, "groups", c->layers, 1, c->layers, &c->groups);
    if (status != SA_OK) return status;
    const struct settings *all = s->settings;
    if (!c->head_size && c->width % c->heads)
        return fail(all->report, SA_ERR_FORMAT, "%s: a width of %lld cannot be split into %lld heads", all->config_name,
                    (long long)c->width, (long long)c->heads);
    if (c->heads % c->kv_heads)
        return fail(all->report, SA_ERR_FORMAT, "%s: %lld heads cannot share %lld heads of keys and values",
                    all->config_name, (long long)c->heads, (long long)c->kv_heads);
    if (!c->head_size) c->head_size = c->width / c->heads;
    if (c->heads > GEMM_MAX / 3 / c->head_size)
        return fail(all->report, SA_ERR_OVERFLOW, "%s: %lld heads of %lld are too wide", all->config_name,
                    (long long)c->heads, (long long)c->head_size);
    return SA_OK;
}

/* RMSNorm has none. */
static sa_status read_norm_biases(const struct section *s, struct norm_config *n) {
    const int is_layer = n->kind == NORM_LAYER || n->kind == NORM_LAYER_PLUS_ONE;
    sa_status status = setting_flag(s, "biases", is_layer, &n->has_biases);
    if (status == SA_OK && !is_layer) status = section_unused(s, "biases", s, "kind");
    if (status == SA_OK && !n->has_weights) status = section_unused(s, "biases", s, "weights");
    n->has_biases &= is_layer && n->has_weights;
    return status;
}

static sa_status read_norm(const struct section *stack, struct norm_config *n) {
    static const char *const known[] = {"kind",     "epsilon",    "place", "weights", "biases",
                                        "residual", "multiplier", "first", "final",   NULL};
    static const char *const kinds[] = {"layer", "rms", "rms_plus_one", "layer_plus_one", NULL};
    static const char *const places[] = {"before", "after", "around", "results", NULL};
    static const char *const residuals[] = {"state", "norm", NULL};
    struct section s;
    sa_status status = section_member(stack, "norm", &s);
    if (status == SA_OK) status = section_check(&s, known);
    if (status == SA_OK) status = setting_choice(&s, "kind", NO_FALLBACK, kinds, &n->kind);
    if (status == SA_OK) status = setting_choice(&s, "place", NO_FALLBACK, places, &n->place);
    if (status == SA_OK) status = setting_number(&s, "epsilon", 1e-5, 0, 1, &n->epsilon);
    if (status == SA_OK) status = setting_flag(&s, "weights", 1, &n->has_weights);
    if (status == SA_OK) status = read_norm_biases(&s, n);
    if (status == SA_OK) status = setting_number(&s, "multiplier", 1, 1e-9, 1e9, &n->multiplier);
    if (status == SA_OK) status = setting_choice(&s, "residual", 0, residuals, &n->of_residual);
    if (status == SA_OK) status = setting_flag(&s, "first", 1, &n->has_first);
    if (status == SA_OK) status = setting_flag(&s, "final", 1, &n->has_final);
    if (status == SA_OK && n->place == NORM_AFTER) status = section_unused(&s, "final", &s, "place");
    const int reads_state = n->place == NORM_AFTER || n->place == NORM_RESULT;
    if (status == SA_OK && reads_state) status = section_unused(&s, "first", &s, "place");
    return status == SA_OK && reads_state && n->of_residual ? section_unused(&s, "residual", &s, "place") : status;
}

/* The setting because of which a role is not needed. */
static const char *decider_of(const struct role *role, const struct stack_config *c) {
    const int is_special = role == &stack_roles[CLASS_TOKEN] || role == &stack_roles[DISTILLATION_TOKEN];
    if (is_special && c->input.kind != INPUT_PATCHES) return "kind";
    return role == &stack_roles[FINAL_NORM] && c->norm.place != NORM_AFTER ? "final" : role->decider;
}

/* The same for a role of feed-forward sub-layers: a setting of theirs, or of their experts. */
static sa_status feed_forward_decider(const struct section *stack, enum block_role role, const struct stack_config *c,
                                      struct section *deciding, const char **decider) {
    const int packed = c->inner_packing != INNER_SEPARATE, of_shared = role >= SHARED_UP,
              of_packing = role == GATE_UP || role == EXPERT_GATE_UP ? !packed : packed && role != DOWN,
              of_gate = (role == GATE || role == EXPERT_GATE || role == SHARED_GATE) && !c->gated,
              of_experts = role >= ROUTER ? !c->experts.count : c->experts.everywhere;
    *decider = role == SHARED_ROUTER && c->experts.shared ? "shared_gate" : "shared";
    if (!of_shared && of_packing) *decider = "packing";
    if (of_experts) *decider = "count";
    if (of_gate) *decider = "gated";
    sa_status status = section_member(stack, "feed_forward", deciding);
    if (of_gate || (!of_shared && of_packing && !of_experts)) return status;
    struct section feed_forward = *deciding;
    if (status == SA_OK && json_member_absent(feed_forward.object, "experts"))
        *decider = "experts";
    else if (status == SA_OK)
        status = section_member(&feed_forward, "experts", deciding);
    return status;
}

/* Refuses a name of a role that is never needed, whatever config.json says. */
static sa_status role_unused(const struct section *stack, const struct section *s, const struct role *role,
                             const struct stack_config *c) {
    struct section deciding;
    const int by_weights = role->is_norm && !c->norm.has_weights;
    if (role == &block_roles[FEED_FORWARD_NORM] && c->one_norm) return section_unused(s, role->name, stack, "one_norm");
    if (role->is_cross && !c->context && !json_member_absent(s->own, role->name))
        return fail(stack->settings->report, SA_ERR_UNSUPPORTED, "%s: %s%s has no effect without an encoder",
                    stack->settings->description_name, s->path, role->name);
    const char *decider = by_weights ? "weights" : decider_of(role, c);
    sa_status status = SA_OK;
    if (!strcmp(role->section, "feed_forward"))
        status = feed_forward_decider(stack, (enum block_role)(role - block_roles), c, &deciding, &decider);
    else if (*role->section)
        status = section_member(stack, by_weights ? "norm" : role->section, &deciding);
    else
        deciding = *stack;
    return status == SA_OK ? section_unused(s, role->name, &deciding, decider) : status;
}

/* Only roles of blocks may have '#', the block's number, in their names. */
static sa_status check_once(const struct section *tensors, const struct role *role, const json_t *names) {
    for (size_t i = 0; i < (json_is_array(names) ? json_array_size(names) : 1); i++)
        if (strchr(json_string_value(json_is_array(names) ? json_array_get(names, i) : names), '#'))
            return fail(tensors->settings->report, SA_ERR_FORMAT, "%s: %s%s has a \"#\", but belongs to no block",
                        tensors->settings->description_name, tensors->path, role->name);
    return SA_OK;
}

/* Refuses members of "tensors" that are no roles or are never used: they are probably typing errors. */
static sa_status check_tensors(const struct section *stack, const struct section *tensors,
                               const struct stack_config *c) {
    const char *known[BLOCK_ROLES + STACK_ROLES + 1] = {0};
    const json_t *names;
    for (int i = 0; i < BLOCK_ROLES; i++) known[i] = block_roles[i].name;
    for (int i = 0; i < STACK_ROLES; i++) known[BLOCK_ROLES + i] = stack_roles[i].name;
    sa_status status = section_check(tensors, known);
    for (int i = 0; i < BLOCK_ROLES && status == SA_OK; i++) {
        status = section_names(tensors, block_roles[i].name, &names);
        if (status == SA_OK && names && !block_role_needed(c, (enum block_role)i))
            status = role_unused(stack, tensors, &block_roles[i], c);
    }
    for (int i = 0; i < STACK_ROLES && status == SA_OK; i++) {
        status = section_names(tensors, stack_roles[i].name, &names);
        const int is_once = i != CONVOLUTION && i != CONVOLUTION_NORM;
        if (status == SA_OK && names && is_once) status = check_once(tensors, &stack_roles[i], names);
        if (status == SA_OK && names && !stack_role_needed(c, (enum stack_role)i))
            status = role_unused(stack, tensors, &stack_roles[i], c);
    }
    return status;
}

/* "biases" is a flag for all matrices, or a section with flags for some, and "else". */
static sa_status read_biases(const struct section *stack, struct stack_config *c) {
    const char *known[BLOCK_MATRICES + 2] = {0};
    const json_t *value = json_object_get(stack->object, "biases");
    const int each = json_is_object(value) && !json_object_get(value, "of");
    struct section s = *stack;
    int all = 0;
    for (int i = 0; i < BLOCK_MATRICES; i++) known[i] = block_roles[i].name;
    known[BLOCK_MATRICES] = "else";
    sa_status status = each ? section_member(stack, "biases", &s) : SA_OK;
    if (status == SA_OK && each) status = section_check(&s, known);
    if (status == SA_OK) status = setting_flag(&s, each ? "else" : "biases", 0, &all);
    for (int i = 0; i < BLOCK_MATRICES && status == SA_OK; i++) {
        c->bias[i] = all;
        if (each) status = setting_flag(&s, block_roles[i].name, all, &c->bias[i]);
        if (status == SA_OK && each && c->bias[i] && !block_role_needed(c, (enum block_role)i))
            status = role_unused(stack, &s, &block_roles[i], c);
    }
    return status;
}

/* Parallel sub-layers may share one norm; they do if the description has no name for a second one. */
static sa_status read_parallel(const struct section *s, const struct section *tensors, struct stack_config *c) {
    const int alone = json_member_absent(tensors->object, "feed_forward_norm");
    sa_status status = setting_flag(s, "parallel", 0, &c->parallel);
    if (status == SA_OK) status = setting_flag(s, "one_norm", alone, &c->one_norm);
    if (status == SA_OK && !c->parallel) status = section_unused(s, "one_norm", s, "parallel");
    c->one_norm &= c->parallel;
    if (status != SA_OK || !c->parallel) return status;
    if (c->norm.place == NORM_BEFORE && c->norm.has_first && !c->context && !c->norm.of_residual && !c->layer_scale)
        return SA_OK;
    return fail(s->settings->report, SA_ERR_UNSUPPORTED,
                "%s: %sparallel needs norms \"before\", the first one too, and neither cross-attention nor a residual "
                "of the norm nor layer_scale",
                s->settings->description_name, s->path);
}

static sa_status read_sections(const struct section *s, struct stack_config *c) {
    static const char *const orders[] = {"out_in", "in_out", NULL};
    sa_status status = setting_choice(s, "matrices", 0, orders, &c->in_out);
    if (status == SA_OK) status = setting_flag(s, "layer_scale", 0, &c->layer_scale);
    if (status == SA_OK) status = config_read_input(s, c->width, &c->input);
    if (status == SA_OK) status = config_read_positions(s, c);
    if (status == SA_OK) status = read_norm(s, &c->norm);
    if (status == SA_OK) status = config_read_attention(s, c);
    if (status == SA_OK) status = config_read_feed_forward(s, c);
    if (status == SA_OK) status = read_biases(s, c);
    struct section tensors = {0};
    if (status == SA_OK) status = section_member(s, "tensors", &tensors);
    if (status == SA_OK) status = read_parallel(s, &tensors, c);
    c->positions.may_have_table = status == SA_OK && c->positions.kind == POSITIONS_SINUSOIDAL &&
                                  !json_member_absent(tensors.object, "positions");
    return status == SA_OK ? check_tensors(s, &tensors, c) : status;
}

sa_status config_read_stack(const struct section *root, const char *name, int causal, int64_t context,
                            struct stack_config *c) {
    static const char *const known[] = {"layers",   "width",       "heads",    "kv_heads", "head_size",
                                        "inner",    "input",       "norm",     "causal",   "positions",
                                        "biases",   "attention",   "groups",   "tensors",  "feed_forward",
                                        "matrices", "layer_scale", "parallel", "one_norm", NULL};
    struct section s;
    *c = (struct stack_config){.causal = causal, .context = context};
    sa_status status = section_member(root, name, &s);
    if (status != SA_OK || !s.object) return status;
    c->name = name;
    status = section_check(&s, known);
    if (status == SA_OK && causal && !json_member_absent(s.own, "causal"))
        status = fail(root->settings->report, SA_ERR_UNSUPPORTED, "%s: %scausal has no effect: a decoder is",
                      root->settings->description_name, s.path);
    if (status == SA_OK && !causal) status = setting_flag(&s, "causal", 0, &c->causal);
    if (status == SA_OK) status = read_sizes(&s, c);
    return status == SA_OK ? read_sections(&s, c) : status;
}
