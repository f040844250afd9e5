/* SPDX-License-Identifier: MIT */
#include "model/load_attention.h"

#include "api/context.h"
#include "api/layer.h"
#include "base/half.h"
#include "base/ledger.h"
#include "model/keep.h"
#include "model/load_positions.h"

#include <math.h>
#include <string.h>

/* The matrices and biases of a layer, all in one type: in place in the file if possible, otherwise in memory that is
 * freed after the layer has been created. */
struct stage {
    const struct allocator *memory;
    const struct stack_config *config;
    char *room;
    struct ledger copies; /* of the tensors that cannot be used in place: first booked, then copied in any order */
    struct ledger brought;
    int32_t dtype;
    int all_native; /* all tensors can be used in place */
};

/* Tensor i of the matrices of a layer, then of their biases; NULL: none. */
static const struct tensor *staged(const struct bound *matrices[], int count, int i) {
    return i < count ? matrices[i]->weight : matrices[i - count]->bias;
}

/* Whether rows of a packed matrix have to be sorted. */
static int in_groups(const struct stack_config *c) {
    return c->packing == PACKING_PER_HEAD || c->packing == PACKING_GROUPED;
}

/* Finds the common type of a layer's tensors, and the most memory that they take. If only biases are brought, they
 * become floats. */
static sa_status open_stage(struct stage *s, struct report *report, const struct bound *matrices[], int count,
                            int only_biases) {
    const int32_t type = matrices[0]->weight->type;
    s->all_native = !only_biases;
    for (int i = 0; i < 2 * count; i++) {
        const struct tensor *t = staged(matrices, count, i);
        if (t) s->all_native &= tensor_is_native(t) && t->type == type;
    }
    s->dtype = s->all_native ? type : SA_F32;
    if (s->all_native && !in_groups(s->config)) return SA_OK;
    for (int i = only_biases ? count : 0; i < 2 * count; i++) {
        const struct tensor *t = staged(matrices, count, i);
        if (t) ledger_book(&s->copies, "tensor", t->elements, 1, element_size(s->dtype));
    }
    if (!ledger_fits(&s->copies)) return fail_overflow(report, "the size of an attention layer");
    s->room = memory_allocate(s->memory, s->copies.bytes, 1);
    return s->room ? SA_OK : fail_memory(report, s->copies.bytes, "reading an attention layer");
}

static void close_stage(struct stage *s) {
    memory_release(s->memory, s->room, s->copies.bytes, 1);
}

/* Copies elements of a tensor to those from `place` on. */
static void copy_elements(const struct stage *s, char *to, int64_t place, const struct tensor *t, int64_t from,
                          int64_t count) {
    const int64_t size = element_size(s->dtype);
    if (s->all_native)
        memcpy(to + place * size, t->data + from * size, (size_t)(count * size));
    else
        tensor_floats(t, from, count, (float *)to + place);
}

/* Rows [group][q, k, v][head of the group][D] to rows [q, k, v][head][D]. */
static void sort_heads(const struct stage *s, char *to, const struct tensor *t) {
    const struct stack_config *c = s->config;
    const int64_t G = c->head_groups, row = t->elements / (c->heads + 2 * c->kv_heads), q = c->heads / G * row,
                  k = c->kv_heads / G * row, key = q + (c->value_first ? k : 0), value = q + (c->value_first ? 0 : k);
    for (int64_t g = 0; g < G; g++) {
        const int64_t group = g * (q + 2 * k);
        copy_elements(s, to, g * q, t, group, q);
        copy_elements(s, to, G * q + g * k, t, group + key, k);
        copy_elements(s, to, G * (q + k) + g * k, t, group + value, k);
    }
}

static const void *bring(struct stage *s, const struct tensor *t, int grouped) {
    if (!t) return NULL;
    if (s->all_native && !grouped) return t->data;
    char *to = s->room + ledger_book(&s->brought, "tensor", t->elements, 1, element_size(s->dtype));
    if (grouped)
        sort_heads(s, to, t);
    else
        tensor_floats(t, 0, t->elements, (float *)to);
    return to;
}

/* The settings that self-attention and cross-attention share. */
static sa_layer_config common_config(const struct stage *s) {
    const struct stack_config *c = s->config;
    return (sa_layer_config){.struct_size = sizeof(sa_layer_config),
                             .model_width = c->width,
                             .query_heads = c->heads,
                             .kv_heads = c->kv_heads,
                             .head_size = c->head_size,
                             .weight_order = c->in_out ? SA_IN_OUT : SA_OUT_IN,
                             .weight_dtype = s->dtype,
                             .scale = (float)c->scale,
                             .softcap = (float)c->softcap};
}

static float scale_of(const struct stack_config *c, int64_t l) {
    const double scale = stack_scale(c);
    return (float)(c->scale_by_block ? scale / (double)(l + 1) : scale);
}

static void set_weights(struct stage *s, const struct bound *q, const struct bound *k, const struct bound *v,
                        const struct bound *o, sa_layer_config *c) {
    c->weight_q = bring(s, q->weight, 0), c->bias_q = bring(s, q->bias, 0);
    c->weight_k = bring(s, k->weight, 0), c->bias_k = bring(s, k->bias, 0);
    c->weight_v = bring(s, v->weight, 0), c->bias_v = bring(s, v->bias, 0);
    c->weight_o = bring(s, o->weight, 0), c->bias_o = bring(s, o->bias, 0);
}

static void set_norms(const struct stack_config *c, const struct tensor *query, const struct tensor *key, float *norms,
                      sa_layer_config *config) {
    tensor_floats(query, 0, query->elements, norms);
    tensor_floats(key, 0, key->elements, norms + query->elements);
    for (int64_t i = 0; c->norm.kind == NORM_RMS_PLUS_ONE && i < query->elements + key->elements; i++) norms[i] += 1;
    config->query_norm = norms;
    config->key_norm = norms + query->elements;
    config->norm_epsilon = (float)c->norm.epsilon;
    config->norm_all_heads = c->norm_all_heads || c->norm_each_head;
}

/* Adds the norms of queries and keys, and sinks, which a layer needs as floats. */
static sa_status create_with_vectors(sa_ctx *ctx, const struct stack_config *c, const struct bound *t,
                                     const sa_layer_config *config, const struct layer_matrices *kept,
                                     sa_layer **layer) {
    const struct tensor *query = t[QUERY_NORM].weight, *key = t[KEY_NORM].weight, *sinks = t[SINKS].weight;
    const int64_t norms = query ? query->elements + key->elements : 0, count = norms + (sinks ? sinks->elements : 0);
    sa_score_rules rules = {.struct_size = sizeof rules};
    sa_layer_config with = *config;
    if (!count) return layer_create_with(ctx, config, kept, layer);
    float *numbers = memory_allocate(&ctx->memory, count, sizeof *numbers);
    if (!numbers) return fail_memory(&ctx->report, count * (int64_t)sizeof *numbers, "reading norms and sinks");
    if (query) set_norms(c, query, key, numbers, &with);
    if (sinks) {
        tensor_floats(sinks, 0, sinks->elements, numbers + norms);
        if (config->rules) rules = *config->rules;
        rules.sink_logits = numbers + norms;
        with.rules = &rules;
    }
    sa_status status = layer_create_with(ctx, &with, kept, layer);
    memory_release(&ctx->memory, numbers, count, sizeof *numbers);
    return status;
}

/* Biases of a layer whose matrices the model keeps. */
static void set_biases(struct stage *s, const struct bound *q, const struct bound *k, const struct bound *v,
                       const struct bound *o, sa_layer_config *c) {
    c->bias_q = bring(s, q->bias, 0), c->bias_k = bring(s, k->bias, 0), c->bias_v = bring(s, v->bias, 0);
    c->bias_o = bring(s, o->bias, 0);
}

static void set_joint_biases(struct stage *s, const struct bound *joint, const struct bound *o, int grouped,
                             sa_layer_config *c) {
    const float *all = bring(s, joint->bias, grouped);
    const int64_t q = s->config->heads * s->config->head_size, kv = s->config->kv_heads * s->config->head_size;
    if (all) c->bias_q = all, c->bias_k = all + q, c->bias_v = all + q + kv;
    c->bias_o = bring(s, o->bias, 0);
}

/* The layer of a block. What the model keeps of its matrices is used where it lies. */
static sa_status load_self(sa_ctx *ctx, const struct stack_config *c, const struct bound *t,
                           const struct position_rules *rules, int64_t l, struct model_block *b) {
    static const struct bound none = {0};
    const int packed = c->packing != PACKING_SEPARATE, grouped = in_groups(c);
    const struct layer_matrices *kept = b->matrices.query.out ? &b->matrices : NULL;
    struct stage s = {.memory = &ctx->memory, .config = c};
    const struct bound *separate[] = {&t[QUERY], &t[KEY], &t[VALUE], &t[ATTENTION_OUTPUT]};
    const struct bound *joined[] = {&t[QKV], &t[ATTENTION_OUTPUT]};
    sa_status status = open_stage(&s, &ctx->report, packed ? joined : separate, packed ? 2 : 4, kept != NULL);
    if (status != SA_OK) return status;
    sa_layer_config config = common_config(&s);
    config.scale = scale_of(c, l);
    if (kept && packed) {
        set_joint_biases(&s, &t[QKV], &t[ATTENTION_OUTPUT], grouped, &config);
    } else if (kept) {
        set_biases(&s, &t[QUERY], &t[KEY], &t[VALUE], &t[ATTENTION_OUTPUT], &config);
    } else if (packed) {
        set_weights(&s, &none, &none, &none, &t[ATTENTION_OUTPUT], &config);
        config.weight_qkv = bring(&s, t[QKV].weight, grouped);
        config.bias_qkv = bring(&s, t[QKV].bias, grouped);
    } else {
        set_weights(&s, &t[QUERY], &t[KEY], &t[VALUE], &t[ATTENTION_OUTPUT], &config);
    }
    position_rules_apply(rules, &config);
    status = create_with_vectors(ctx, c, t, &config, kept, &b->attention);
    close_stage(&s);
    if (status != SA_OK) return status;
    b->attention->query_norm.of_each = b->attention->key_norm.of_each = c->norm_each_head;
    b->attention->clip = (float)c->clip;
    return SA_OK;
}

static sa_status load_cross(sa_ctx *ctx, const struct stack_config *c, const struct bound *t, struct model_block *b) {
    const struct layer_matrices *kept = b->cross_matrices.query.out ? &b->cross_matrices : NULL;
    struct stage s = {.memory = &ctx->memory, .config = c};
    const struct bound *matrices[] = {&t[CROSS_QUERY], &t[CROSS_KEY], &t[CROSS_VALUE], &t[CROSS_OUTPUT]};
    sa_status status = open_stage(&s, &ctx->report, matrices, 4, kept != NULL);
    if (status != SA_OK) return status;
    sa_layer_config config = common_config(&s);
    config.context_width = c->context;
    if (kept)
        set_biases(&s, matrices[0], matrices[1], matrices[2], matrices[3], &config);
    else
        set_weights(&s, matrices[0], matrices[1], matrices[2], matrices[3], &config);
    status = layer_create_with(ctx, &config, kept, &b->cross);
    close_stage(&s);
    return status;
}

/* Which rotary positions block l has. */
static sa_status choose_rotations(const struct section *section, const struct stack_config *c, int64_t l,
                                  int64_t window, enum rotations *rotations) {
    int rotated = 0;
    sa_status status = c->positions.kind == POSITIONS_ROTARY ? config_rotated(section, l, window, &rotated) : SA_OK;
    *rotations = rotated ? ROTATIONS_OF_STACK : ROTATIONS_NONE;
    if (rotated && window && c->windowed.kind == POSITIONS_ROTARY) *rotations = ROTATIONS_OF_WINDOWS;
    return status;
}

/* Whether the attention of block l is that of the block before. */
static int shares_layers(const struct stack_config *c, int64_t l) {
    return l > 0 && config_group(c, l) == config_group(c, l - 1) && !c->scale_by_block;
}

sa_status load_attention(sa_ctx *ctx, const struct settings *settings, const struct bound_stack *bound,
                         struct stack *stack) {
    const struct stack_config *c = &stack->config;
    const struct section root = section_root(settings);
    struct section section;
    struct position_rules rules = {0};
    enum rotations rotations = ROTATIONS_NONE;
    if (!c->name) return SA_OK;
    sa_status status = section_member(&root, c->name, &section);
    const int by_distance = c->positions.kind != POSITIONS_GRID;
    for (int64_t l = 0; l < c->layers && status == SA_OK; l++) {
        struct model_block *b = &stack->blocks[l];
        if (watch_stops(&ctx->watch)) {
            status = context_cancelled(ctx);
            break;
        }
        const struct bound *t = bound->blocks[l];
        status = config_window(&section, c, l, &b->window);
        if (status == SA_OK) status = choose_rotations(&section, c, l, b->window, &rotations);
        const int same = rules.rotations == rotations;
        if (status == SA_OK)
            status = position_rules_take(&ctx->memory, &section, c, by_distance ? t[RELATIVE_BIAS].weight : NULL,
                                         rotations, &rules);
        if (status == SA_OK && same && shares_layers(c, l)) {
            b->attention = b[-1].attention, b->cross = b[-1].cross;
            continue;
        }
        if (status == SA_OK) status = load_self(ctx, c, t, &rules, l, b);
        if (status == SA_OK && c->context) status = load_cross(ctx, c, t, b);
    }
    position_rules_release(&ctx->memory, &rules);
    return status;
}
