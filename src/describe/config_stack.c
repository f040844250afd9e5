/* SPDX-License-Identifier: MIT */
#include "describe/config_stack.h"

#include "base/arith.h"
#include "base/compiler.h"
#include "describe/rotary.h"

#include <math.h>
#include <string.h>

enum { MOST_LAYERS = 4096, MOST_CHANNELS = 4096, MOST_DISTANCE = 1 << 16 };

/* Positions that a learned table has for tokens that stand for no position. */
enum { MOST_OFFSET = 1 << 16 };

static sa_status read_sizes(const struct section *s, struct stack_config *c) {
    sa_status status = setting_integer(s, "layers", NO_FALLBACK, 1, MOST_LAYERS, &c->layers);
    if (status == SA_OK) status = setting_integer(s, "width", NO_FALLBACK, 1, GEMM_MAX, &c->width);
    if (status == SA_OK) status = setting_integer(s, "heads", NO_FALLBACK, 1, GEMM_MAX, &c->heads);
    if (status == SA_OK) status = setting_integer(s, "kv_heads", c->heads, 1, GEMM_MAX, &c->kv_heads);
    if (status == SA_OK) status = setting_integer(s, "head_size", 0, 1, GEMM_MAX, &c->head_size);
    if (status == SA_OK) status = setting_integer(s, "inner", NO_FALLBACK, 1, GEMM_MAX, &c->inner);
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

int64_t input_tokens(const struct input_config *c) {
    if (c->kind == INPUT_PATCHES) return 1 + c->height / c->patch * (c->width / c->patch);
    return c->kind == INPUT_SOUND ? (c->width + 1) / 2 : 0;
}

static sa_status read_image(const struct section *s, struct input_config *in) {
    sa_status status = setting_integer(s, "channels", NO_FALLBACK, 1, MOST_CHANNELS, &in->channels);
    if (status == SA_OK) status = setting_integer(s, "width", NO_FALLBACK, 1, INT16_MAX, &in->width);
    in->height = 1;
    if (status != SA_OK || in->kind == INPUT_SOUND) return status;
    status = setting_integer(s, "height", NO_FALLBACK, 1, INT16_MAX, &in->height);
    if (status == SA_OK) status = setting_integer(s, "patch", NO_FALLBACK, 1, INT16_MAX, &in->patch);
    if (status == SA_OK && (in->height % in->patch || in->width % in->patch))
        status =
            fail(s->settings->report, SA_ERR_FORMAT, "%s: an image of %lld x %lld cannot be cut into patches of %lld",
                 s->settings->config_name, (long long)in->height, (long long)in->width, (long long)in->patch);
    return status;
}

static sa_status read_input(const struct section *stack, struct input_config *in) {
    static const char *const known[] = {"kind",     "vocabulary", "types", "scale_words", "norm",
                                        "channels", "height",     "width", "patch",       NULL};
    static const char *const kinds[] = {"tokens", "patches", "sound", NULL};
    struct section s;
    sa_status status = section_member(stack, "input", &s);
    if (status == SA_OK) status = section_check(&s, known);
    if (status == SA_OK) status = setting_choice(&s, "kind", INPUT_TOKENS, kinds, &in->kind);
    if (status == SA_OK) status = setting_flag(&s, "norm", 0, &in->has_norm);
    if (status != SA_OK || in->kind != INPUT_TOKENS) return status == SA_OK ? read_image(&s, in) : status;
    status = setting_integer(&s, "vocabulary", NO_FALLBACK, 1, GEMM_MAX, &in->vocabulary);
    if (status == SA_OK)
        status =
            setting_integer(&s, "types", json_object_get(s.object, "types") ? NO_FALLBACK : 0, 1, GEMM_MAX, &in->types);
    if (status == SA_OK) status = setting_flag(&s, "scale_words", 0, &in->scale_words);
    return status;
}

static sa_status read_buckets(const struct section *s, struct position_config *p) {
    sa_status status = setting_integer(s, "buckets", NO_FALLBACK, 4, MOST_DISTANCE, &p->buckets);
    if (status == SA_OK)
        status = setting_integer(s, "distance", NO_FALLBACK, p->buckets / 2 + 1, MOST_DISTANCE, &p->distance);
    return status;
}

static sa_status read_positions(const struct section *stack, struct stack_config *c) {
    static const char *const known[] = {"kind",     "style",   "count",   "offset",   "theta", "fraction",
                                        "elements", "scaling", "buckets", "distance", NULL};
    static const char *const kinds[] = {"none", "learned", "sinusoidal", "rotary", "alibi", "buckets", NULL};
    static const char *const styles[] = {"interleaved", "marian", "whisper", NULL};
    struct position_config *p = &c->positions;
    const int64_t tokens = input_tokens(&c->input);
    struct section s;
    sa_status status = section_member(stack, "positions", &s);
    if (status == SA_OK) status = section_check(&s, known);
    if (status == SA_OK) status = setting_choice(&s, "kind", POSITIONS_NONE, kinds, &p->kind);
    const int table = p->kind == POSITIONS_LEARNED || p->kind == POSITIONS_SINUSOIDAL;
    if (status == SA_OK && tokens) p->count = tokens;
    if (status == SA_OK && !tokens)
        status = setting_integer(&s, "count", table ? NO_FALLBACK : 0, 1, GEMM_MAX, &p->count);
    if (status == SA_OK) status = setting_integer(&s, "offset", 0, 0, MOST_OFFSET, &p->offset);
    if (table) p->limit = p->count;
    if (status == SA_OK && p->kind == POSITIONS_SINUSOIDAL) status = setting_choice(&s, "style", 0, styles, &p->style);
    if (status == SA_OK && p->kind == POSITIONS_ROTARY) status = rotary_read(&s, c->head_size, p);
    if (status == SA_OK && p->kind == POSITIONS_BUCKETS) status = read_buckets(&s, p);
    return status;
}

static sa_status read_norm(const struct section *stack, struct norm_config *n) {
    static const char *const known[] = {"kind", "epsilon", "place", "weights", "residual", NULL};
    static const char *const kinds[] = {"layer", "rms", "rms_plus_one", NULL};
    static const char *const places[] = {"before", "after", "around", NULL};
    static const char *const residuals[] = {"state", "norm", NULL};
    struct section s;
    sa_status status = section_member(stack, "norm", &s);
    if (status == SA_OK) status = section_check(&s, known);
    if (status == SA_OK) status = setting_choice(&s, "kind", NO_FALLBACK, kinds, &n->kind);
    if (status == SA_OK) status = setting_choice(&s, "place", NO_FALLBACK, places, &n->place);
    if (status == SA_OK) status = setting_number(&s, "epsilon", 1e-5, 0, 1, &n->epsilon);
    if (status == SA_OK) status = setting_flag(&s, "weights", 1, &n->has_weights);
    if (status == SA_OK) status = setting_choice(&s, "residual", 0, residuals, &n->of_residual);
    n->has_biases = n->has_weights && n->kind == NORM_LAYER;
    return status;
}

static sa_status read_scale(const struct section *s, struct stack_config *c) {
    double from;
    sa_status status = setting_number(s, "scale", 0, 1e-9, 1e9, &c->scale);
    if (status == SA_OK) status = setting_number(s, "scale_from", 0, 1e-9, 1e9, &from);
    if (status == SA_OK && from > 0) c->scale = 1 / sqrt(from);
    if (status == SA_OK) status = setting_flag(s, "scale_by_block", 0, &c->scale_by_block);
    if (status == SA_OK) status = setting_number(s, "softcap", 0, 1e-6, 1e9, &c->softcap);
    return status;
}

static sa_status read_attention(const struct section *stack, struct stack_config *c) {
    static const char *const known[] = {"scale",      "scale_from",     "scale_by_block", "softcap", "packing",
                                        "head_norms", "norm_all_heads", "window",         NULL};
    static const char *const packings[] = {"separate", "concatenated", "per_head", NULL};
    struct section s;
    sa_status status = section_member(stack, "attention", &s);
    if (status == SA_OK) status = section_check(&s, known);
    if (status == SA_OK) status = read_scale(&s, c);
    if (status == SA_OK) status = setting_choice(&s, "packing", PACKING_SEPARATE, packings, &c->packing);
    if (status == SA_OK) status = setting_flag(&s, "head_norms", 0, &c->head_norms);
    if (status == SA_OK) status = setting_flag(&s, "norm_all_heads", 0, &c->norm_all_heads);
    if (status != SA_OK || c->packing != PACKING_PER_HEAD || (c->heads == c->kv_heads && !c->in_out)) return status;
    return fail(s.settings->report, SA_ERR_UNSUPPORTED,
                "%s: %spacking is \"per_head\", which needs as many heads of keys and values, and matrices \"out_in\"",
                s.settings->description_name, s.path);
}

static sa_status read_feed_forward(const struct section *stack, struct stack_config *c) {
    static const char *const known[] = {"activation", "gated", NULL};
    static const char *const names[] = {"relu", "gelu",  "gelu_new", "gelu_pytorch_tanh", "gelu_fast", "gelu_accurate",
                                        "silu", "swish", NULL};
    static const enum activation kinds[] = {ACTIVATION_RELU,      ACTIVATION_GELU,      ACTIVATION_GELU_TANH,
                                            ACTIVATION_GELU_TANH, ACTIVATION_GELU_TANH, ACTIVATION_GELU_TANH,
                                            ACTIVATION_SILU,      ACTIVATION_SILU};
    struct section s;
    int name = 0;
    sa_status status = section_member(stack, "feed_forward", &s);
    if (status == SA_OK) status = section_check(&s, known);
    if (status == SA_OK) status = setting_choice(&s, "activation", NO_FALLBACK, names, &name);
    if (status == SA_OK) status = setting_flag(&s, "gated", 0, &c->gated);
    if (status == SA_OK) c->activation = (int)kinds[name];
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
    }
    return status;
}

static sa_status read_parts(const struct section *s, struct stack_config *c) {
    static const char *const orders[] = {"out_in", "in_out", NULL};
    sa_status status = setting_choice(s, "matrices", 0, orders, &c->in_out);
    if (status == SA_OK) status = setting_flag(s, "parallel", 0, &c->parallel);
    if (status == SA_OK) status = read_input(s, &c->input);
    if (status == SA_OK) status = read_positions(s, c);
    if (status == SA_OK) status = read_norm(s, &c->norm);
    if (status == SA_OK) status = read_attention(s, c);
    if (status == SA_OK) status = read_feed_forward(s, c);
    if (status == SA_OK) status = read_biases(s, c);
    const json_t *tensors = json_object_get(s->object, "tensors");
    c->one_norm = c->parallel && json_is_object(tensors) && !json_object_get(tensors, "feed_forward_norm");
    if (status == SA_OK && c->parallel && (c->norm.place != NORM_BEFORE || c->context || c->norm.of_residual))
        status = fail(s->settings->report, SA_ERR_UNSUPPORTED,
                      "%s: %sparallel needs norms \"before\", and neither cross-attention nor a residual of the norm",
                      s->settings->description_name, s->path);
    return status;
}

sa_status config_read_stack(const struct section *root, const char *name, int causal, int64_t context,
                            struct stack_config *c) {
    static const char *const known[] = {"layers", "width",     "heads",   "kv_heads",  "head_size",    "inner",
                                        "input",  "positions", "norm",    "attention", "feed_forward", "matrices",
                                        "biases", "parallel",  "tensors", NULL};
    struct section s;
    *c = (struct stack_config){.causal = causal, .context = context};
    sa_status status = section_member(root, name, &s);
    if (status != SA_OK || !s.object) return status;
    c->name = name;
    status = section_check(&s, known);
    if (status == SA_OK) status = read_sizes(&s, c);
    return status == SA_OK ? read_parts(&s, c) : status;
}

/* Whether config.json's list of layer types gives block l a window. */
static sa_status take_layer_type(const struct section *s, const struct setting *list, int64_t l, int *wanted) {
    const struct setting item = {json_array_get(list->value, (size_t)l), 1, list->file, list->path, list->key};
    const char *type = json_string_value(item.value);
    if (!json_is_array(list->value)) return setting_malformed(s, list, "a list of texts");
    if (!type) return setting_malformed(s, &item, "a text for each layer");
    *wanted = !strcmp(type, "sliding_attention");
    if (*wanted || !strcmp(type, "full_attention")) return SA_OK;
    return setting_unsupported(s, &item, "\"full_attention\", \"sliding_attention\"");
}

sa_status config_window(const struct section *stack, const struct stack_config *config, int64_t l, int64_t *window) {
    static const char *const known[] = {"size", "if", "layers", "first", "period", NULL};
    struct section attention, s;
    struct setting list;
    int64_t first, period;
    int wanted = 1;
    *window = 0;
    sa_status status = section_member(stack, "attention", &attention);
    if (status == SA_OK) status = section_member(&attention, "window", &s);
    if (status == SA_OK) status = section_check(&s, known);
    if (status == SA_OK) status = setting_flag(&s, "if", 1, &wanted);
    if (status != SA_OK || !wanted) return status;
    status = setting_integer(&s, "first", 0, 0, config->layers + GEMM_MAX, &first);
    if (status == SA_OK) status = setting_integer(&s, "period", 1, 1, MOST_LAYERS, &period);
    if (status == SA_OK) status = setting_find(&s, "layers", &list);
    if (status != SA_OK) return status;
    wanted = l >= first && l % period == 0;
    if (list.value) status = take_layer_type(&s, &list, l, &wanted);
    if (status != SA_OK || !wanted) return status;
    return setting_integer(&s, "size", list.value ? NO_FALLBACK : 0, 1, GEMM_MAX, window);
}
