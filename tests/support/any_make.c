/* Chooses a random model.
 * SPDX-License-Identifier: MIT */
#include "support/any.h"
#include "support/writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const any_matrices[] = {"query",       "key",          "value",          "qkv",          "attention_output",
                                    "cross_query", "cross_key",    "cross_value",    "cross_output", "up",
                                    "gate",        "down",         "gate_up",        "router",       "expert_up",
                                    "expert_gate", "expert_down",  "expert_gate_up", "shared_up",    "shared_gate",
                                    "shared_down", "shared_router"};

static void add(struct any *a, struct rng *rng, const char *name, int axes, const int64_t *size, double mean,
                double spread) {
    static const char *const types[] = {"F32", "F32", "F16", "BF16"};
    struct any_tensor *t = &a->tensor[a->tensors++];
    int64_t count = 1;
    *t = (struct any_tensor){.dtype = a->type ? a->type : types[rng_below(rng, 4)], .axes = axes};
    snprintf(t->name, sizeof t->name, "%.47s", name);
    for (int i = 0; i < axes; i++) {
        t->size[i] = size[i];
        count *= size[i];
    }
    t->values = calloc((size_t)count + 1, sizeof *t->values);
    for (int64_t i = 0; i < count; i++)
        t->values[i] = rounded_to(t->dtype, (float)(mean + spread * (double)rng_normal(rng)));
}

static void add_vector(struct any *a, struct rng *rng, const char *name, const char *ending, int64_t n, double mean,
                       double spread) {
    char full[48];
    snprintf(full, sizeof full, "%.40s%.7s", name, ending);
    add(a, rng, full, 1, &n, mean, spread);
}

static void add_norm(struct any *a, struct rng *rng, const struct any_stack *s, const char *name) {
    if (!s->norm_weights) return;
    const int plus_one = s->norm == ANY_RMS_PLUS_ONE || s->norm == ANY_LAYER_PLUS_ONE;
    add_vector(a, rng, name, ".weight", s->E, plus_one ? 0 : 1, 0.2);
    if (s->norm_biases) add_vector(a, rng, name, ".bias", s->E, 0, 0.3);
}

static void add_matrix(struct any *a, struct rng *rng, const struct any_stack *s, int64_t block, int role, int64_t out,
                       int64_t in) {
    char name[40], full[48];
    const int64_t size[] = {s->in_out ? in : out, s->in_out ? out : in};
    snprintf(name, sizeof name, "%s.%lld.%s", s->name, (long long)block, any_matrices[role]);
    snprintf(full, sizeof full, "%s.weight", name);
    add(a, rng, full, 2, size, 0, 1 / sqrt((double)in));
    if (s->biases >> role & 1) add_vector(a, rng, name, ".bias", out, 0, 0.3);
}

/* A matrix that has a row per output whatever the others have. */
static void add_router(struct any *a, struct rng *rng, const struct any_stack *s, int64_t l, int role, int64_t out) {
    char name[40], full[48];
    const int64_t size[] = {out, s->E};
    snprintf(name, sizeof name, "%s.%lld.%s", s->name, (long long)l, any_matrices[role]);
    snprintf(full, sizeof full, "%s.weight", name);
    add(a, rng, full, 2, size, 0, 3 / sqrt((double)s->E)); /* steep, so that scores are not nearly equal */
    if (s->biases >> role & 1) add_vector(a, rng, name, ".bias", out, 0, 0.3);
}

/* The matrices of all experts, in one tensor or in one each, all of one type. */
static void add_experts(struct any *a, struct rng *rng, const struct any_stack *s, int64_t l, int role, int64_t out,
                        int64_t in) {
    static const char *const types[] = {"F32", "F16", "BF16"};
    const int64_t rows = s->expert_in_out ? in : out, columns = s->expert_in_out ? out : in;
    const int64_t size[] = {s->experts, rows, columns}, both[] = {s->experts, out};
    char name[72], full[80];
    a->type = types[rng_below(rng, 3)];
    for (int64_t e = 0; e < (s->stacked ? 1 : s->experts); e++) {
        snprintf(name, sizeof name, "%.8s.%lld.%.20s", s->name, (long long)l, any_matrices[role]);
        if (!s->stacked)
            snprintf(name, sizeof name, "%.8s.%lld.%.20s.%lld", s->name, (long long)l, any_matrices[role],
                     (long long)e);
        snprintf(full, sizeof full, "%s%s", name, s->plain_names ? "" : ".weight");
        add(a, rng, full, s->stacked ? 3 : 2, size + !s->stacked, 0, 1 / sqrt((double)in));
        snprintf(full, sizeof full, "%s%s", name, s->plain_names ? "_bias" : ".bias");
        if (s->biases >> role & 1) add(a, rng, full, s->stacked ? 2 : 1, both + !s->stacked, 0, 0.3);
    }
    a->type = NULL;
}

int any_has_experts(const struct any_stack *stack, int64_t block) {
    return stack->experts && (block + 1) % stack->expert_period == 0 && block != stack->dense_block;
}

static void add_feed_forward(struct any *a, struct rng *rng, const struct any_stack *s, int64_t l) {
    if (!any_has_experts(s, l)) {
        if (s->inner_packing) add_matrix(a, rng, s, l, 12, 2 * s->F, s->E);
        if (!s->inner_packing) add_matrix(a, rng, s, l, 9, s->F, s->E);
        if (!s->inner_packing && s->gated) add_matrix(a, rng, s, l, 10, s->F, s->E);
        add_matrix(a, rng, s, l, 11, s->E, s->F);
        return;
    }
    add_router(a, rng, s, l, 13, s->experts);
    if (s->inner_packing) add_experts(a, rng, s, l, 17, 2 * s->expert_inner, s->E);
    if (!s->inner_packing) add_experts(a, rng, s, l, 14, s->expert_inner, s->E);
    if (!s->inner_packing && s->gated) add_experts(a, rng, s, l, 15, s->expert_inner, s->E);
    add_experts(a, rng, s, l, 16, s->E, s->expert_inner);
    if (!s->shared) return;
    add_matrix(a, rng, s, l, 18, s->shared, s->E);
    if (s->gated) add_matrix(a, rng, s, l, 19, s->shared, s->E);
    add_matrix(a, rng, s, l, 20, s->E, s->shared);
    if (s->shared_gate) add_router(a, rng, s, l, 21, 1);
}

static void add_block_norm(struct any *a, struct rng *rng, const struct any_stack *s, int64_t l, const char *role) {
    char name[60];
    snprintf(name, sizeof name, "%s.%lld.%s", s->name, (long long)l, role);
    if (s->place != ANY_RESULTS) add_norm(a, rng, s, name);
    if (s->place != ANY_AROUND && s->place != ANY_RESULTS) return;
    snprintf(name, sizeof name, "%.8s.%lld.%.20s_after", s->name, (long long)l, role);
    add_norm(a, rng, s, name);
}

static void add_head_norms(struct any *a, struct rng *rng, const struct any_stack *s, int64_t l) {
    const double mean = s->norm == ANY_RMS_PLUS_ONE ? 0 : 1;
    char name[40];
    snprintf(name, sizeof name, "%s.%lld.query_norm.weight", s->name, (long long)l);
    add_vector(a, rng, name, "", s->norm_all_heads ? s->H * s->D : s->D, mean, 0.2);
    snprintf(name, sizeof name, "%s.%lld.key_norm.weight", s->name, (long long)l);
    add_vector(a, rng, name, "", s->norm_all_heads ? s->K * s->D : s->D, mean, 0.2);
}

static void add_block(struct any *a, struct rng *rng, const struct any_stack *s, int64_t l) {
    const int64_t q = s->H * s->D, k = s->K * s->D;
    if (s->packing == ANY_SEPARATE) {
        add_matrix(a, rng, s, l, 0, q, s->E);
        add_matrix(a, rng, s, l, 1, k, s->E);
        add_matrix(a, rng, s, l, 2, k, s->E);
    } else {
        add_matrix(a, rng, s, l, 3, q + 2 * k, s->E);
    }
    add_matrix(a, rng, s, l, 4, s->E, q);
    if (s->C) {
        add_matrix(a, rng, s, l, 5, q, s->E);
        add_matrix(a, rng, s, l, 6, k, s->C);
        add_matrix(a, rng, s, l, 7, k, s->C);
        add_matrix(a, rng, s, l, 8, s->E, q);
        add_block_norm(a, rng, s, l, "cross_norm");
    }
    add_feed_forward(a, rng, s, l);
    add_block_norm(a, rng, s, l, "attention_norm");
    if (!s->one_norm) add_block_norm(a, rng, s, l, "feed_forward_norm");
    if (s->head_norms) add_head_norms(a, rng, s, l);
    if (!s->sinks) return;
    char name[40];
    snprintf(name, sizeof name, "%s.%lld.sinks", s->name, (long long)l);
    add_vector(a, rng, name, "", s->H, 0, 1);
}

static void add_table(struct any *a, struct rng *rng, const struct any_stack *s, const char *role, int64_t rows,
                      int64_t width) {
    char name[40];
    const int64_t size[] = {rows, width};
    snprintf(name, sizeof name, "%s.%s", s->name, role);
    add(a, rng, name, 2, size, 0, 0.7);
}

static void add_filter(struct any *a, struct rng *rng, const struct any_stack *s, const char *role, int axes,
                       const int64_t *size) {
    char name[40], full[48];
    double in = 1;
    for (int i = 1; i < axes; i++) in *= (double)size[i];
    snprintf(name, sizeof name, "%s.%s", s->name, role);
    snprintf(full, sizeof full, "%s.weight", name);
    add(a, rng, full, axes, size, 0, 1 / sqrt(in));
    add_vector(a, rng, name, ".bias", size[0], 0, 0.3);
}

static void add_input(struct any *a, struct rng *rng, const struct any_stack *s) {
    const int64_t patches[] = {s->E, s->channels, s->patch, s->patch}, first[] = {s->E, s->channels, 3},
                  second[] = {s->E, s->E, 3};
    if (s->input == ANY_TOKENS) add_table(a, rng, s, "words", s->V, s->E);
    if (s->types) add_table(a, rng, s, "types", s->types, s->E);
    if (s->input == ANY_PATCHES) {
        add_filter(a, rng, s, "patches", 4, patches);
        add_table(a, rng, s, "class_token", 1, s->E);
    }
    if (s->input == ANY_SOUND) {
        add_filter(a, rng, s, "convolution_1", 3, first);
        add_filter(a, rng, s, "convolution_2", 3, second);
    }
    if (s->positions == ANY_LEARNED) add_table(a, rng, s, "positions", s->count + s->offset, s->E);
    if (s->positions == ANY_BUCKETS) add_table(a, rng, s, "relative_bias", s->buckets, s->H);
}

static void add_stack(struct any *a, struct rng *rng, const struct any_stack *s) {
    char name[40];
    if (!s->name) return;
    add_input(a, rng, s);
    snprintf(name, sizeof name, "%s.input_norm", s->name);
    if (s->input_norm) add_norm(a, rng, s, name);
    for (int64_t l = 0; l < s->L; l++) add_block(a, rng, s, l);
    snprintf(name, sizeof name, "%s.final_norm", s->name);
    if (s->place != ANY_AFTER) add_norm(a, rng, s, name);
}

static void choose_sizes(struct any_stack *s, struct rng *rng) {
    s->L = 1 + rng_below(rng, ANY_MOST_LAYERS);
    s->K = 1 + rng_below(rng, 3);
    s->H = s->K * (1 + rng_below(rng, 3));
    s->D = 2 + rng_below(rng, 20);
    s->E = 8 + rng_below(rng, 60); /* norms over fewer elements may magnify any rounding */
    if (s->H * s->D >= 8 && rng_chance(rng, 0.5)) s->E = s->H * s->D;
    if (rng_chance(rng, 0.2)) s->D = 16 * (1 + rng_below(rng, 3));
    s->F = 1 + rng_below(rng, 90);
    if (rng_chance(rng, 0.2))
        s->E = 32 * (1 + rng_below(rng, 2)), s->F = 32 * (1 + rng_below(rng, 3)); /* whole blocks */
    s->V = 3 + rng_below(rng, 80);
}

static void choose_input(struct any_stack *s, struct rng *rng, int may_be_features) {
    s->input = may_be_features && rng_chance(rng, 0.4) ? 1 + (enum any_input)rng_below(rng, 2) : ANY_TOKENS;
    s->input_norm = rng_chance(rng, 0.3);
    if (s->input == ANY_TOKENS) {
        s->types = rng_chance(rng, 0.2) ? 1 + rng_below(rng, 3) : 0;
        s->scale_words = rng_chance(rng, 0.3);
        s->word_multiplier = rng_chance(rng, 0.8) ? 1 : 2;
        return;
    }
    s->V = 0;
    s->channels = 1 + rng_below(rng, 4);
    s->patch = s->input == ANY_PATCHES ? 1 + rng_below(rng, 5) : 0;
    s->height = s->patch ? s->patch * (1 + rng_below(rng, 4)) : 1;
    s->width = s->patch ? s->patch * (1 + rng_below(rng, 4)) : 1 + rng_below(rng, 40);
}

static void choose_positions(struct any_stack *s, struct rng *rng) {
    const int64_t tokens = any_tokens(s);
    s->positions = (enum any_positions)rng_below(rng, 6);
    s->count = tokens ? tokens : 40;
    s->offset = s->positions == ANY_LEARNED && rng_chance(rng, 0.3) ? 2 : 0;
    if (s->positions == ANY_SINUSOIDAL) s->style = (int)rng_below(rng, s->E % 2 || s->E < 4 ? 2 : 3);
    if (s->positions == ANY_ROTARY) {
        const int64_t parts = 1 + rng_below(rng, 3);
        s->style = rng_chance(rng, 0.4);
        s->rotary = parts == 1 ? s->D / 2 * 2 : s->D / parts;
        s->theta = rng_chance(rng, 0.5) ? 10000 : 500;
        s->stretch = s->rotary % 2 == 0 && s->rotary && rng_chance(rng, 0.3) ? 4 : 1;
        s->window_theta = rng_chance(rng, 0.4) ? 300 : 0;
        s->unrotated = rng_chance(rng, 0.2) ? 1 + rng_below(rng, 3) : 0;
        s->list_rotated = rng_chance(rng, 0.5);
        s->windows_rotated = rng_chance(rng, 0.2);
    }
    s->exponent = rng_chance(rng, 0.5) ? 8 : 5;
    s->scaled = rng_chance(rng, 0.3);
    s->buckets = 4 + 2 * rng_below(rng, 8);
    s->distance = s->buckets / 2 + 1 + rng_below(rng, 30);
}

static void choose_norm(struct any_stack *s, struct rng *rng) {
    s->norm = (enum any_norm)rng_below(rng, 4);
    s->place = (enum any_place)rng_below(rng, 4);
    /* Sub-layers then read a state of any size; as in the models that do so, norms of heads keep scores small. */
    if (s->place == ANY_RESULTS) s->scale_words = 0;
    s->norm_weights = rng_chance(rng, 0.9);
    s->norm_biases = (s->norm == ANY_LAYER || s->norm == ANY_LAYER_PLUS_ONE) && s->norm_weights && rng_chance(rng, 0.7);
    s->residual_multiplier = rng_chance(rng, 0.8) ? 1 : 0.4;
    s->of_residual = s->place == ANY_BEFORE && rng_chance(rng, 0.2);
    s->epsilon = rng_chance(rng, 0.5) ? 1e-5 : 1e-3;
    s->parallel = s->place == ANY_BEFORE && !s->C && !s->of_residual && rng_chance(rng, 0.3);
    s->one_norm = s->parallel && rng_chance(rng, 0.5);
}

static void choose_feed_forward(struct any_stack *s, struct rng *rng) {
    s->gated = rng_chance(rng, 0.5);
    s->inner_packing = s->gated && rng_chance(rng, 0.4) ? 1 + (enum any_inner)rng_below(rng, 2) : ANY_INNER_SEPARATE;
    s->clamp = s->gated && rng_chance(rng, 0.2) ? 0.8 : 0;
    s->up_plus_one = s->gated && rng_chance(rng, 0.2);
    s->dense_block = -1;
    if (!rng_chance(rng, 0.3)) return;
    s->experts = 1 + rng_below(rng, 5);
    s->used = 1 + rng_below(rng, s->experts);
    s->expert_inner = rng_chance(rng, 0.3) ? s->F : 1 + rng_below(rng, 60);
    s->shared = rng_chance(rng, 0.4) ? 1 + rng_below(rng, 60) : 0;
    s->shared_gate = s->shared && rng_chance(rng, 0.5);
    s->sigmoid = rng_chance(rng, 0.3);
    s->normalise = rng_chance(rng, 0.5);
    s->expert_in_out = rng_chance(rng, 0.4);
    s->stacked = rng_chance(rng, 0.5);
    s->plain_names = rng_chance(rng, 0.5);
    s->expert_multiplier = rng_chance(rng, 0.3) ? 2.5 : 1;
    s->expert_period = rng_chance(rng, 0.7) ? 1 : 2;
    s->dense_block = rng_chance(rng, 0.3) ? rng_below(rng, 4) : -1;
}

static void choose_attention(struct any_stack *s, struct rng *rng) {
    const int64_t kind = rng_below(rng, 4);
    s->scale = kind == 1 ? 0.5 : 0;
    s->scale_from = kind == 2 ? 7 : 0;
    s->scale_by_block = rng_chance(rng, 0.2);
    s->softcap = rng_chance(rng, 0.2) ? 3 : 0;
    s->window = rng_chance(rng, 0.4) ? 1 + rng_below(rng, 9) : 0;
    s->period = 1 + rng_below(rng, 2);
    s->except = rng_chance(rng, 0.2) ? 1 + rng_below(rng, 3) : 0;
    s->list_layers = rng_chance(rng, 0.5);
    s->packing = (enum any_packing)rng_below(rng, 4);
    if (s->packing == ANY_PER_HEAD && s->H != s->K) s->packing = ANY_GROUPED;
    s->groups = s->packing == ANY_PER_HEAD ? s->H : 1;
    if (s->packing == ANY_GROUPED) s->groups = rng_chance(rng, 0.5) ? s->K : 1;
    s->value_first = s->packing == ANY_GROUPED && rng_chance(rng, 0.5);
    s->in_out = s->packing <= ANY_CONCATENATED && rng_chance(rng, 0.3);
    s->head_norms = s->place == ANY_RESULTS || rng_chance(rng, 0.2);
    s->norm_all_heads = s->head_norms && rng_chance(rng, 0.3);
    s->function = (enum any_function)rng_below(rng, 6);
    s->sinks = rng_chance(rng, 0.2);
    choose_feed_forward(s, rng);
    s->biases = rng_chance(rng, 0.3) ? 0 : rng_chance(rng, 0.4) ? ~0u : (unsigned)rng_next(rng);
}

static void choose(struct any_stack *s, const char *name, struct rng *rng, int64_t context, int may_be_features) {
    *s = (struct any_stack){.name = name, .C = context};
    choose_sizes(s, rng);
    choose_input(s, rng, may_be_features);
    choose_positions(s, rng);
    choose_norm(s, rng);
    choose_attention(s, rng);
}

static void add_head(struct any *a, struct rng *rng) {
    const struct any_stack *d = &a->decoder, *e = &a->encoder;
    const int64_t output[] = {d->V, d->E}, square[] = {e->E, e->E}, classes[] = {a->classes, e->E};
    if (d->name && !a->tied) add(a, rng, "head.weight", 2, output, 0, 1 / sqrt((double)d->E));
    if (d->name && a->output_bias) add(a, rng, "head_bias", 1, &d->V, 0, 0.3);
    if (e->name && a->pooler) {
        add(a, rng, "pooler.weight", 2, square, 0, 1 / sqrt((double)e->E));
        add_vector(a, rng, "pooler", ".bias", e->E, 0, 0.3);
    }
    if (e->name && a->classes) {
        add(a, rng, "classes.weight", 2, classes, 0, 1 / sqrt((double)e->E));
        add_vector(a, rng, "classes", ".bias", a->classes, 0, 0.3);
    }
}

void any_make(struct any *a, uint64_t seed) {
    struct rng rng = {seed};
    const int64_t kind = rng_below(&rng, 3);
    *a = (struct any){0};
    if (kind != 1) choose(&a->encoder, "encoder", &rng, 0, 1);
    if (kind != 0) choose(&a->decoder, "decoder", &rng, a->encoder.E, 0);
    a->tied = rng_chance(&rng, 0.5);
    a->output_bias = rng_chance(&rng, 0.3);
    a->scale_states = rng_chance(&rng, 0.3);
    a->output_softcap = rng_chance(&rng, 0.2) ? 5 : 0;
    a->output_multiplier = rng_chance(&rng, 0.7) ? 1 : rng_chance(&rng, 0.5) ? 0.25 : -3;
    a->pooler = rng_chance(&rng, 0.5);
    a->classes = kind == 0 ? (int)rng_below(&rng, 4) : 0;
    add_stack(a, &rng, &a->encoder);
    add_stack(a, &rng, &a->decoder);
    add_head(a, &rng);
}

void any_free(struct any *a) {
    for (int i = 0; i < a->tensors; i++) free(a->tensor[i].values);
    a->tensors = 0;
}

static const struct any_tensor *find(const struct any *a, const char *name) {
    for (int i = 0; i < a->tensors; i++)
        if (!strcmp(a->tensor[i].name, name)) return &a->tensor[i];
    return NULL;
}

int any_has(const struct any *a, const char *name) {
    return find(a, name) != NULL;
}

const float *any_values(const struct any *a, const char *name) {
    const struct any_tensor *t = find(a, name);
    if (t) return t->values;
    fprintf(stderr, "there is no tensor %s\n", name);
    abort();
}

int64_t any_tokens(const struct any_stack *s) {
    if (s->input == ANY_PATCHES) return 1 + s->height / s->patch * (s->width / s->patch);
    return s->input == ANY_SOUND ? (s->width + 1) / 2 : 0;
}
