/* A random model's files. Every second setting is in the description itself, the others in config.json.
 * SPDX-License-Identifier: MIT */
#include "support/any.h"
#include "support/writer.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* config.json while it is written, and the number of settings so far, which decides where each one goes. */
struct pages {
    json_t *config;
    int settings;
};

static void put(struct pages *p, json_t *section, const char *stack, const char *key, json_t *value) {
    char name[80], reference[84];
    if (p->settings++ % 2) {
        json_object_set_new(section, key, value);
        return;
    }
    snprintf(name, sizeof name, "%s_%s_%d", stack, key, p->settings);
    snprintf(reference, sizeof reference, "$%s", name);
    json_object_set_new(p->config, name, value);
    json_object_set_new(section, key, json_string(reference));
}

static json_t *input_of(struct pages *p, const struct any_stack *s) {
    static const char *const kinds[] = {"tokens", "patches", "sound"};
    json_t *o = json_object();
    put(p, o, s->name, "kind", json_string(kinds[s->input]));
    put(p, o, s->name, "norm", json_boolean(s->input_norm));
    if (s->input == ANY_TOKENS) {
        put(p, o, s->name, "vocabulary", json_integer(s->V));
        put(p, o, s->name, "scale_words", json_boolean(s->scale_words));
        if (s->word_multiplier != 1) put(p, o, s->name, "multiplier", json_real(s->word_multiplier));
        if (s->types) put(p, o, s->name, "types", json_integer(s->types));
        return o;
    }
    put(p, o, s->name, "channels", json_integer(s->channels));
    put(p, o, s->name, "width", json_integer(s->width));
    if (s->input == ANY_PATCHES) put(p, o, s->name, "height", json_integer(s->height));
    if (s->input == ANY_PATCHES) put(p, o, s->name, "patch", json_integer(s->patch));
    return o;
}

/* Which blocks are rotated. */
static json_t *rotated_of(struct pages *p, const struct any_stack *s) {
    json_t *o = json_object(), *layers = json_array();
    char key[40], reference[44];
    if (s->windows_rotated) put(p, o, s->name, "windows", json_true());
    for (int64_t l = 0; l < s->L; l++) {
        const int has = !s->unrotated || (l + 1) % s->unrotated != 0;
        json_array_append_new(layers, s->list_layers ? json_boolean(has) : json_integer(has));
    }
    snprintf(key, sizeof key, "%.8s_rotated", s->name);
    snprintf(reference, sizeof reference, "$%s", key);
    if (s->unrotated && s->list_rotated && !s->windows_rotated) {
        json_object_set(p->config, key, layers);
        json_object_set_new(o, "layers", json_string(reference));
    } else if (s->unrotated) {
        put(p, o, s->name, "except", json_integer(s->unrotated));
    }
    json_decref(layers);
    return o;
}

static json_t *positions_of(struct pages *p, const struct any_stack *s) {
    static const char *const kinds[] = {"none", "learned", "sinusoidal", "rotary", "alibi", "buckets"};
    static const char *const styles[] = {"interleaved", "marian", "whisper"};
    json_t *o = json_object();
    put(p, o, s->name, "kind", json_string(kinds[s->positions]));
    put(p, o, s->name, "count", json_integer(s->count));
    if (s->offset) put(p, o, s->name, "offset", json_integer(s->offset));
    if (s->positions == ANY_SINUSOIDAL) put(p, o, s->name, "style", json_string(styles[s->style]));
    if (s->positions == ANY_ROTARY) {
        put(p, o, s->name, "style", json_string(s->style ? "interleaved" : "half"));
        put(p, o, s->name, "theta", json_real(s->theta));
        if (s->rotary)
            put(p, o, s->name, "elements", json_integer(s->rotary));
        else
            put(p, o, s->name, "fraction", json_real(0));
        json_t *scaling = json_pack("{s:s, s:f}", "type", "linear", "factor", s->stretch);
        json_object_set_new(p->config, s->C ? "stretching_decoder" : "stretching", scaling);
        if (s->stretch > 1)
            json_object_set_new(o, "scaling", json_string(s->C ? "$stretching_decoder" : "$stretching"));
        if (s->window_theta > 0) {
            json_t *window = json_object();
            put(p, window, s->name, "theta", json_real(s->window_theta));
            json_object_set_new(o, "window", window);
        }
        if (s->unrotated || s->windows_rotated) json_object_set_new(o, "blocks", rotated_of(p, s));
    }
    if (s->positions == ANY_ALIBI) {
        if (s->exponent != 8) put(p, o, s->name, "exponent", json_real(s->exponent));
        put(p, o, s->name, "scaled", json_boolean(s->scaled));
    }
    if (s->positions == ANY_BUCKETS) {
        put(p, o, s->name, "buckets", json_integer(s->buckets));
        put(p, o, s->name, "distance", json_integer(s->distance));
    }
    return o;
}

static json_t *norm_of(struct pages *p, const struct any_stack *s) {
    static const char *const kinds[] = {"layer", "rms", "rms_plus_one", "layer_plus_one"};
    static const char *const places[] = {"before", "after", "around", "results"};
    json_t *o = json_object();
    put(p, o, s->name, "kind", json_string(kinds[s->norm]));
    put(p, o, s->name, "place", json_string(places[s->place]));
    put(p, o, s->name, "epsilon", json_real(s->epsilon));
    put(p, o, s->name, "weights", json_boolean(s->norm_weights));
    if ((s->norm == ANY_LAYER || s->norm == ANY_LAYER_PLUS_ONE) && s->norm_weights)
        put(p, o, s->name, "biases", json_boolean(s->norm_biases));
    if (s->residual_multiplier != 1) put(p, o, s->name, "multiplier", json_real(s->residual_multiplier));
    put(p, o, s->name, "residual", json_string(s->of_residual ? "norm" : "state"));
    return o;
}

static json_t *window_of(struct pages *p, const struct any_stack *s) {
    json_t *o = json_object(), *layers = json_array();
    put(p, o, s->name, "size", json_integer(s->window));
    for (int64_t l = 0; l < s->L; l++) {
        static const char *const types[] = {"full_attention", "sliding_attention", "global", "local"};
        const int has = l % s->period == 0 && (!s->except || (l + 1) % s->except);
        json_array_append_new(layers, json_string(types[s->L % 2 * 2 + has]));
    }
    /* In a description, a list means alternatives, so this list can only be in config.json. */
    if (s->list_layers) {
        char key[40], reference[44];
        snprintf(key, sizeof key, "%.8s_layer_types", s->name);
        snprintf(reference, sizeof reference, "$%s", key);
        json_object_set(p->config, key, layers);
        json_object_set_new(o, "layers", json_string(reference));
    } else {
        put(p, o, s->name, "period", json_integer(s->period));
        if (s->except) put(p, o, s->name, "except", json_integer(s->except));
    }
    json_decref(layers);
    return o;
}

static json_t *attention_of(struct pages *p, const struct any_stack *s) {
    static const char *const packings[] = {"separate", "concatenated", "per_head", "grouped"};
    json_t *o = json_object();
    put(p, o, s->name, "packing", json_string(packings[s->packing]));
    if (s->packing == ANY_GROUPED) {
        put(p, o, s->name, "groups", json_integer(s->groups));
        if (s->value_first) put(p, o, s->name, "order", json_string("query_value_key"));
    }
    if (s->scale > 0) put(p, o, s->name, "scale", json_real(s->scale));
    if (s->scale_from > 0) put(p, o, s->name, "scale_from", json_real(s->scale_from));
    put(p, o, s->name, "scale_by_block", json_boolean(s->scale_by_block));
    if (s->softcap > 0) put(p, o, s->name, "softcap", json_real(s->softcap));
    put(p, o, s->name, "sinks", json_boolean(s->sinks));
    put(p, o, s->name, "head_norms", json_boolean(s->head_norms));
    put(p, o, s->name, "norm_all_heads", json_boolean(s->norm_all_heads));
    if (s->window) json_object_set_new(o, "window", window_of(p, s));
    return o;
}

static json_t *experts_of(struct pages *p, const struct any_stack *s) {
    json_t *o = json_object(), *dense = json_array();
    char key[40], reference[44];
    put(p, o, s->name, "count", json_integer(s->experts));
    put(p, o, s->name, "used", json_integer(s->used));
    if (s->expert_inner != s->F) put(p, o, s->name, "inner", json_integer(s->expert_inner));
    put(p, o, s->name, "scores", json_string(s->sigmoid ? "sigmoid" : "softmax"));
    put(p, o, s->name, "normalise", json_boolean(s->normalise));
    put(p, o, s->name, "multiplier", json_real(s->expert_multiplier));
    if (s->shared) put(p, o, s->name, "shared", json_integer(s->shared));
    if (s->shared) put(p, o, s->name, "shared_gate", json_boolean(s->shared_gate));
    put(p, o, s->name, "matrices", json_string(s->expert_in_out ? "in_out" : "out_in"));
    put(p, o, s->name, "period", json_integer(s->expert_period));
    if (s->dense_block >= 0) json_array_append_new(dense, json_integer(s->dense_block));
    snprintf(key, sizeof key, "%.8s_dense", s->name);
    snprintf(reference, sizeof reference, "$%s", key);
    json_object_set(p->config, key, dense);
    json_object_set_new(o, "dense", json_string(reference));
    json_decref(dense);
    return o;
}

static json_t *feed_forward_of(struct pages *p, const struct any_stack *s) {
    static const char *const packings[] = {"separate", "gate_up", "interleaved"};
    static const char *const names[] = {"relu", "gelu", "gelu_new", "silu", "relu2", "quick_gelu"};
    json_t *o = json_object();
    put(p, o, s->name, "activation", json_string(names[s->function]));
    put(p, o, s->name, "gated", json_boolean(s->gated));
    if (s->inner_packing) put(p, o, s->name, "packing", json_string(packings[s->inner_packing]));
    if (s->clamp > 0) put(p, o, s->name, "clamp", json_real(s->clamp));
    if (s->up_plus_one) put(p, o, s->name, "up_plus_one", json_true());
    if (s->experts) json_object_set_new(o, "experts", experts_of(p, s));
    return o;
}

/* Whether the stack has this table, matrix or norm, once or in each block. */
static int has_role(const struct any *a, const struct any_stack *s, const char *role) {
    char name[60];
    snprintf(name, sizeof name, "%s.%s", s->name, role);
    int found = any_has(a, name);
    snprintf(name, sizeof name, "%s.%s.weight", s->name, role);
    found |= any_has(a, name);
    for (int64_t l = 0; l < s->L; l++)
        for (int i = 0; i < 4; i++) {
            static const char *const endings[] = {"", ".weight", ".0", ".0.weight"};
            snprintf(name, sizeof name, "%s.%lld.%s%s", s->name, (long long)l, role, endings[i]);
            found |= any_has(a, name);
        }
    return found;
}

static json_t *biases_of(struct pages *p, const struct any *a, const struct any_stack *s) {
    json_t *o = json_object();
    for (int i = 0; i < ANY_MATRICES; i++)
        if (has_role(a, s, any_matrices[i])) put(p, o, s->name, any_matrices[i], json_boolean(s->biases >> i & 1));
    return o;
}

static json_t *tensors_of(const struct any *a, const struct any_stack *s) {
    static const char *const once[] = {"words",   "types",         "class_token",   "positions",  "relative_bias",
                                       "patches", "convolution_1", "convolution_2", "input_norm", "final_norm"};
    static const char *const norms[] = {"attention_norm",       "cross_norm",       "feed_forward_norm",
                                        "attention_norm_after", "cross_norm_after", "feed_forward_norm_after",
                                        "query_norm",           "key_norm",         "sinks"};
    char name[60];
    json_t *o = json_object();
    for (size_t i = 0; i < sizeof once / sizeof once[0]; i++) {
        snprintf(name, sizeof name, "@.%s", once[i]);
        if (has_role(a, s, once[i])) json_object_set_new(o, once[i], json_string(name));
    }
    for (size_t i = 0; i < ANY_MATRICES + sizeof norms / sizeof norms[0]; i++) {
        const char *role = i < ANY_MATRICES ? any_matrices[i] : norms[i - ANY_MATRICES];
        snprintf(name, sizeof name, "@.#.%s%s", role, !strncmp(role, "expert", 6) && !s->stacked ? ".&" : "");
        if (has_role(a, s, role)) json_object_set_new(o, role, json_string(name));
    }
    return o;
}

static json_t *stack_of(struct pages *p, const struct any *a, const struct any_stack *s) {
    json_t *o = json_object();
    put(p, o, s->name, "layers", json_integer(s->L));
    put(p, o, s->name, "width", json_integer(s->E));
    put(p, o, s->name, "heads", json_integer(s->H));
    put(p, o, s->name, "kv_heads", json_integer(s->K));
    put(p, o, s->name, "head_size", json_integer(s->D));
    put(p, o, s->name, "inner", json_integer(s->F));
    put(p, o, s->name, "matrices", json_string(s->in_out ? "in_out" : "out_in"));
    put(p, o, s->name, "parallel", json_boolean(s->parallel));
    json_object_set_new(o, "input", input_of(p, s));
    json_object_set_new(o, "positions", positions_of(p, s));
    json_object_set_new(o, "norm", norm_of(p, s));
    json_object_set_new(o, "attention", attention_of(p, s));
    json_object_set_new(o, "feed_forward", feed_forward_of(p, s));
    json_object_set_new(o, "biases", biases_of(p, a, s));
    json_object_set_new(o, "tensors", tensors_of(a, s));
    return o;
}

static json_t *output_of(struct pages *p, const struct any *a) {
    json_t *o = json_object();
    put(p, o, "output", "tied", json_boolean(a->tied));
    put(p, o, "output", "scale_states", json_boolean(a->scale_states));
    if (a->output_softcap > 0) put(p, o, "output", "softcap", json_real(a->output_softcap));
    const double multiplier = a->output_multiplier;
    if (multiplier < 0) put(p, o, "output", "divisor", json_real(-multiplier));
    if (multiplier > 0 && multiplier != 1) put(p, o, "output", "multiplier", json_real(multiplier));
    json_object_set_new(o, "tensor", json_string("head"));
    if (a->output_bias) json_object_set_new(o, "bias", json_string("head_bias"));
    return o;
}

static void write_json(const struct folder *folder, const char *name, json_t *json) {
    char *text = json_dumps(json, JSON_INDENT(1));
    folder_write_text(folder, name, text);
    free(text);
    json_decref(json);
}

void any_write(const struct any *a, const struct folder *folder) {
    struct pages p = {.config = json_pack("{s:s}", "model_type", "any")};
    struct writer w = {0};
    size_t bytes;
    json_t *description = json_object();
    if (a->encoder.name) json_object_set_new(description, "encoder", stack_of(&p, a, &a->encoder));
    if (a->decoder.name) json_object_set_new(description, "decoder", stack_of(&p, a, &a->decoder));
    if (a->decoder.name) json_object_set_new(description, "output", output_of(&p, a));
    if (a->encoder.name) json_object_set_new(description, "pooler", json_string("pooler"));
    if (!a->decoder.name) json_object_set_new(description, "classifier", json_string("classes"));
    write_json(folder, "architecture.json", description);
    write_json(folder, "config.json", p.config);
    for (int i = 0; i < a->tensors; i++) {
        const struct any_tensor *t = &a->tensor[i];
        writer_add(&w, t->name, t->dtype, t->axes, t->size, t->values);
    }
    unsigned char *file = writer_finish(&w, &bytes);
    folder_write(folder, "model.safetensors", file, bytes);
    free(file);
}
