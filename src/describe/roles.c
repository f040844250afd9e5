/* SPDX-License-Identifier: MIT */
#include "describe/roles.h"

#include "describe/config.h"

const struct role block_roles[BLOCK_ROLES] = {
    [QUERY] = {"query", "QE", "attention", "packing", 0, 0},
    [KEY] = {"key", "KE", "attention", "packing", 0, 0},
    [VALUE] = {"value", "KE", "attention", "packing", 0, 0},
    [QKV] = {"qkv", "AE", "attention", "packing", 0, 0},
    [ATTENTION_OUTPUT] = {"attention_output", "EQ", "", "", 0, 0},
    [CROSS_QUERY] = {"cross_query", "QE", "", "", 1, 0},
    [CROSS_KEY] = {"cross_key", "KC", "", "", 1, 0},
    [CROSS_VALUE] = {"cross_value", "KC", "", "", 1, 0},
    [CROSS_OUTPUT] = {"cross_output", "EQ", "", "", 1, 0},
    [UP] = {"up", "FE", "feed_forward", "packing", 0, 0},
    [GATE] = {"gate", "FE", "feed_forward", "gated", 0, 0},
    [DOWN] = {"down", "EF", "feed_forward", "experts", 0, 0},
    [GATE_UP] = {"gate_up", "GE", "feed_forward", "packing", 0, 0},
    [ROUTER] = {"router", "XE", "feed_forward", "experts", 0, 0},
    [EXPERT_UP] = {"expert_up", "fE", "feed_forward", "experts", 0, 0},
    [EXPERT_GATE] = {"expert_gate", "fE", "feed_forward", "experts", 0, 0},
    [EXPERT_DOWN] = {"expert_down", "Ef", "feed_forward", "experts", 0, 0},
    [EXPERT_GATE_UP] = {"expert_gate_up", "tE", "feed_forward", "experts", 0, 0},
    [SHARED_UP] = {"shared_up", "SE", "feed_forward", "experts", 0, 0},
    [SHARED_GATE] = {"shared_gate", "SE", "feed_forward", "experts", 0, 0},
    [SHARED_DOWN] = {"shared_down", "ES", "feed_forward", "experts", 0, 0},
    [SHARED_ROUTER] = {"shared_router", "1E", "feed_forward", "experts", 0, 0},
    [ATTENTION_NORM] = {"attention_norm", "E", "norm", "place", 0, 1},
    [CROSS_NORM] = {"cross_norm", "E", "norm", "place", 1, 1},
    [FEED_FORWARD_NORM] = {"feed_forward_norm", "E", "norm", "place", 0, 1},
    [ATTENTION_NORM_AFTER] = {"attention_norm_after", "E", "norm", "place", 0, 1},
    [CROSS_NORM_AFTER] = {"cross_norm_after", "E", "norm", "place", 1, 1},
    [FEED_FORWARD_NORM_AFTER] = {"feed_forward_norm_after", "E", "norm", "place", 0, 1},
    [QUERY_NORM] = {"query_norm", "q", "attention", "head_norms", 0, 0},
    [KEY_NORM] = {"key_norm", "k", "attention", "head_norms", 0, 0},
    [RELATIVE_BIAS] = {"relative_bias", "BH", "positions", "kind", 0, 0},
    [ATTENTION_SCALE] = {"attention_scale", "E", "", "layer_scale", 0, 0},
    [FEED_FORWARD_SCALE] = {"feed_forward_scale", "E", "", "layer_scale", 0, 0},
    [SINKS] = {"sinks", "H", "attention", "sinks", 0, 0},
};

const struct role stack_roles[STACK_ROLES] = {
    [WORDS] = {"words", "Ve", "input", "kind", 0, 0},
    [TYPES] = {"types", "Ye", "input", "types", 0, 0},
    [CLASS_TOKEN] = {"class_token", "E", "input", "special_tokens", 0, 0},
    [DISTILLATION_TOKEN] = {"distillation_token", "E", "input", "special_tokens", 0, 0},
    [REGISTERS] = {"registers", "RE", "input", "registers", 0, 0},
    [PROBE] = {"probe", "E", "input", "kind", 0, 0},
    [POSITIONS] = {"positions", "PI", "positions", "kind", 0, 0},
    [BUCKET_VECTORS] = {"bucket_vectors", "DE", "positions", "kind", 0, 0},
    [POSITION_KERNEL] = {"position_kernel", "Egw", "positions", "kind", 0, 0},
    [POSITION_GAIN] = {"position_gain", "w", "positions", "kind", 0, 0},
    [POSITION_BIAS] = {"position_bias", "E", "positions", "kind", 0, 0},
    [POSITION_MEANS] = {"position_means", "E", "positions", "batch_norm", 0, 0},
    [POSITION_VARIANCES] = {"position_variances", "E", "positions", "batch_norm", 0, 0},
    [EMBEDDING] = {"embedding", "Ee", "input", "embedding", 0, 0},
    [PATCHES] = {"patches", "Ecpp", "input", "kind", 0, 0},
    [CONVOLUTION_1] = {"convolution_1", "Ec3", "input", "kind", 0, 0},
    [CONVOLUTION_2] = {"convolution_2", "EE3", "input", "kind", 0, 0},
    [CONVOLUTION] = {"convolution", "", "input", "kind", 0, 0},
    [CONVOLUTION_NORM] = {"convolution_norm", "", "input", "kind", 0, 0},
    [POSITION_BATCH_NORM] = {"position_batch_norm", "E", "positions", "batch_norm", 0, 0},
    [POSITION_NORM] = {"position_norm", "E", "positions", "norm", 0, 1},
    [BUCKET_NORM] = {"bucket_norm", "E", "positions", "kind", 0, 1},
    [INPUT_NORM] = {"input_norm", "e", "input", "norm", 0, 1},
    [FINAL_NORM] = {"final_norm", "E", "norm", "place", 0, 1},
};

/* Roles of feed-forward sub-layers: whether some block needs them. */
static int feed_forward_needs(const struct stack_config *c, enum block_role role) {
    const int packed = c->inner_packing != INNER_SEPARATE, dense = !c->experts.everywhere,
              experts = c->experts.count > 0;
    switch (role) {
    case UP:
        return dense && !packed;
    case GATE:
        return dense && !packed && c->gated;
    case GATE_UP:
        return dense && packed;
    case DOWN:
        return dense;
    case EXPERT_UP:
        return experts && !packed;
    case EXPERT_GATE:
        return experts && !packed && c->gated;
    case EXPERT_GATE_UP:
        return experts && packed;
    case SHARED_GATE:
        return c->experts.shared > 0 && c->gated;
    case SHARED_UP:
    case SHARED_DOWN:
        return c->experts.shared > 0;
    case SHARED_ROUTER:
        return c->experts.shared_gate;
    default: /* ROUTER, EXPERT_DOWN */
        return experts;
    }
}

int block_role_needed(const struct stack_config *c, enum block_role role) {
    const int cross = c->context > 0, inputs = c->norm.has_weights && c->norm.place != NORM_RESULT,
              results = c->norm.has_weights && (c->norm.place == NORM_AROUND || c->norm.place == NORM_RESULT);
    if (role >= UP && role <= SHARED_ROUTER) return feed_forward_needs(c, role);
    switch (role) {
    case QUERY:
    case KEY:
    case VALUE:
        return c->packing == PACKING_SEPARATE;
    case QKV:
        return c->packing != PACKING_SEPARATE;
    case CROSS_QUERY:
    case CROSS_KEY:
    case CROSS_VALUE:
    case CROSS_OUTPUT:
        return cross;
    case SINKS:
        return c->sinks;
    case CROSS_NORM:
        return cross && inputs;
    case FEED_FORWARD_NORM:
        return !c->one_norm && inputs;
    case ATTENTION_NORM_AFTER:
    case FEED_FORWARD_NORM_AFTER:
        return results;
    case CROSS_NORM_AFTER:
        return results && cross;
    case QUERY_NORM:
    case KEY_NORM:
        return c->head_norms;
    case ATTENTION_NORM:
        return inputs;
    case RELATIVE_BIAS:
        return c->positions.kind == POSITIONS_GRID ||
               (c->positions.buckets > 0 && c->positions.kind != POSITIONS_DISENTANGLED);
    case ATTENTION_SCALE:
    case FEED_FORWARD_SCALE:
        return c->layer_scale;
    default: /* ATTENTION_OUTPUT */
        return 1;
    }
}

int block_bias_needed(const struct stack_config *c, enum block_role role) {
    if (!block_role_needed(c, role)) return 0;
    if (role < BLOCK_MATRICES) return c->bias[role];
    return role < QUERY_NORM && c->norm.has_biases;
}

int block_has_role(const struct stack_config *c, int64_t l, enum block_role role) {
    const int experts = config_has_experts(c, l);
    if (role >= ROUTER && role <= SHARED_ROUTER && !experts) return 0;
    if (role >= UP && role <= GATE_UP && experts) return 0;
    return block_role_needed(c, role) && (l > 0 || role != ATTENTION_NORM || c->norm.has_first);
}

int stack_role_needed(const struct stack_config *c, enum stack_role role) {
    switch (role) {
    case WORDS:
        return c->input.kind == INPUT_TOKENS;
    case TYPES:
        return c->input.types > 0;
    case CLASS_TOKEN:
        return c->input.special_tokens > c->input.registers;
    case DISTILLATION_TOKEN:
        return c->input.special_tokens > c->input.registers + 1;
    case REGISTERS:
        return c->input.registers > 0;
    case PROBE:
        return c->input.kind == INPUT_PROBE;
    case EMBEDDING:
        return c->input.has_matrix;
    case PATCHES:
        return c->input.kind == INPUT_PATCHES;
    case CONVOLUTION_1:
    case CONVOLUTION_2:
        return c->input.kind == INPUT_SOUND;
    case CONVOLUTION:
        return c->input.kind == INPUT_CONVOLUTIONS;
    case CONVOLUTION_NORM:
        return c->input.convolutions.norm != CONVOLUTION_NORM_NONE;
    case POSITION_KERNEL:
    case POSITION_BIAS:
        return c->positions.kind == POSITIONS_CONVOLUTION;
    case POSITION_GAIN:
        return c->positions.kind == POSITIONS_CONVOLUTION && !c->positions.batch_norm;
    case POSITION_MEANS:
    case POSITION_VARIANCES:
    case POSITION_BATCH_NORM:
        return c->positions.batch_norm;
    case BUCKET_VECTORS:
        return c->positions.kind == POSITIONS_DISENTANGLED;
    case BUCKET_NORM:
        return c->positions.kind == POSITIONS_DISENTANGLED && c->norm.has_weights;
    case POSITION_NORM:
        return c->positions.has_norm;
    case POSITIONS:
        return c->positions.kind == POSITIONS_LEARNED || c->positions.may_have_table;
    case INPUT_NORM:
        return c->input.has_norm && c->norm.has_weights;
    default: /* FINAL_NORM */
        return c->norm.place != NORM_AFTER && c->norm.has_final && c->norm.has_weights;
    }
}

int stack_role_optional(const struct stack_config *c, enum stack_role role) {
    return role == POSITIONS && c->positions.may_have_table;
}

int stack_bias_needed(const struct stack_config *c, enum stack_role role) {
    if (role < STACK_TABLES || !stack_role_needed(c, role)) return 0;
    if (role == INPUT_NORM || role == FINAL_NORM || role == POSITION_NORM || role == BUCKET_NORM)
        return c->norm.has_biases;
    if (role == EMBEDDING) return !c->input.matrix_first;
    return role == CONVOLUTION_NORM || role == POSITION_BATCH_NORM || c->input.has_bias;
}

const char *role_shape(const struct stack_config *c, const struct role *role) {
    if (c->norm_each_head && role == &block_roles[QUERY_NORM]) return "Hq";
    return c->norm_each_head && role == &block_roles[KEY_NORM] ? "hk" : role->shape;
}

long long role_size(const struct stack_config *c, char letter) {
    switch (letter) {
    case 'E':
        return c->width;
    case 'F':
        return c->inner;
    case 'G':
        return 2 * c->inner;
    case 'X':
        return c->experts.count;
    case 'f':
        return c->experts.inner;
    case 't':
        return 2 * c->experts.inner;
    case 'S':
        return c->experts.shared;
    case 'Q':
        return c->heads * c->head_size;
    case 'K':
        return c->kv_heads * c->head_size;
    case 'A':
        return (c->heads + 2 * c->kv_heads) * c->head_size;
    case 'C':
        return c->context;
    case 'e':
        return c->input.embedding;
    case 'I':
        return position_width(c);
    case 'H':
        return c->heads;
    case 'h':
        return c->kv_heads;
    case 'q':
        return c->norm_all_heads ? c->heads * c->head_size : c->head_size;
    case 'k':
        return c->norm_all_heads ? c->kv_heads * c->head_size : c->head_size;
    case 'V':
        return c->input.vocabulary;
    case 'Y':
        return c->input.types;
    case 'P': {
        const struct position_config *p = &c->positions;
        const int64_t rows = p->table_rows ? c->input.special_tokens + p->table_rows * p->table_columns : p->count;
        return rows + p->offset - c->input.registers;
    }
    case 'R':
        return c->input.registers;
    case 'B': {
        const int64_t down = 2 * input_rows(&c->input) - 1, right = 2 * input_columns(&c->input) - 1;
        return c->positions.kind == POSITIONS_GRID ? down * right + 3 : c->positions.buckets;
    }
    case 'D':
        return 2 * c->positions.buckets;
    case 'c':
        return c->input.channels;
    case 'g':
        return c->width / c->positions.groups;
    case 'w':
        return c->positions.kernel;
    case 'p':
        return c->input.patch;
    default: /* '1', '3' */
        return letter - '0';
    }
}
