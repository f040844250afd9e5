/* SPDX-License-Identifier: MIT */
#include "write/settings.h"

#include <stdio.h>
#include <string.h>

static sa_status check_rotation(struct report *report, const struct position_config *p) {
    const sa_rope_scaling *s = &p->scaling;
    if (s->kind != SA_ROPE_PLAIN && s->kind != SA_ROPE_LINEAR)
        return fail(report, SA_ERR_UNSUPPORTED,
                    "a rotation that is scaled by kind %d cannot be written to a GGUF file; plain and linear ones can",
                    (int)s->kind);
    return SA_OK;
}

static const struct written_form forms[] = {
    {"llama", "llama", ACTIVATION_SILU, 0},      {"mistral", "llama", ACTIVATION_SILU, 0},
    {"qwen2", "qwen2", ACTIVATION_SILU, 0},      {"qwen3", "qwen3", ACTIVATION_SILU, 0},
    {"arcee", "arcee", ACTIVATION_RELU2, 0},     {"ernie4_5", "ernie4_5", ACTIVATION_SILU, 0},
    {"olmo2", "olmo2", ACTIVATION_SILU, 0},      {"phi3", "phi3", ACTIVATION_SILU, 0},
    {"gemma", "gemma", ACTIVATION_GELU_TANH, 1}, {"starcoder2", "starcoder2", ACTIVATION_GELU_TANH, 0},
    {"gpt2", "gpt2", ACTIVATION_GELU_TANH, 0},   {"bert", "bert", ACTIVATION_GELU, 0},
};

static sa_status check_blocks(struct report *report, const struct sa_model *model, const struct written_form *form) {
    const struct stack *stack = model_first(model);
    const struct stack_config *c = &stack->config;
    for (int64_t l = 0; l < c->layers; l++)
        if (stack->blocks[l].window)
            return fail(report, SA_ERR_UNSUPPORTED,
                        "block %lld has a window of %lld tokens, which cannot be written to a GGUF file of \"%s\"",
                        (long long)l, (long long)stack->blocks[l].window, form->architecture);
    if (c->activation != form->activation)
        return fail(report, SA_ERR_UNSUPPORTED,
                    "the activation is another one than that of a GGUF file of \"%s\", which has no setting for it",
                    form->architecture);
    if (c->scale_by_block || c->scale > 0)
        return fail(report, SA_ERR_UNSUPPORTED,
                    "scores have a scale of their own, which cannot be written to a GGUF file of \"%s\"",
                    form->architecture);
    return SA_OK;
}

/* How the states become one vector, as GGUF numbers it; -1: the format has no number for it. Its embeddings have the
 * length 1. */
static int64_t pooling_number(const struct sentence *s) {
    if (*s->refused.text || s->is_of_pooled || s->pooling.count != 1 || s->count != 1 || s->steps[0].is_dense)
        return -1;
    switch (s->pooling.modes[0]) {
    case POOLING_MEAN:
        return 1;
    case POOLING_FIRST:
        return 2;
    case POOLING_LAST:
        return 3;
    default:
        return -1;
    }
}

static sa_status check_encoder(struct report *report, const struct sa_model *model) {
    if (pooling_number(&model->sentence) < 0)
        return fail(report, SA_ERR_UNSUPPORTED,
                    "the embedding that the model's modules.json describes cannot be written to a GGUF file; the mean, "
                    "the first or the last state, scaled to length 1, can");
    return SA_OK;
}

sa_status write_form(struct report *report, const struct sa_model *model, const struct written_form **form) {
    const struct stack_config *c = &model_first(model)->config;
    const char *type = model->config.model_type;
    *form = NULL;
    for (int64_t i = 0; i < COUNT_OF(forms); i++)
        if (!strcmp(type, forms[i].model_type)) *form = &forms[i];
    if (!*form)
        return fail(
            report, SA_ERR_UNSUPPORTED,
            "models of the type \"%.60s\" cannot be written to a GGUF file; llama, mistral, qwen2, qwen3, arcee, "
            "ernie4_5, olmo2, phi3, gemma, starcoder2, gpt2 and bert can",
            type);
    if (c->causal && !model->output.weights)
        return fail(report, SA_ERR_UNSUPPORTED,
                    "the model has no output matrix, and whoever reads a GGUF file without one takes the words for it");
    sa_status status = check_blocks(report, model, *form);
    if (status == SA_OK && !c->causal) status = check_encoder(report, model);
    if (status != SA_OK || c->positions.kind != POSITIONS_ROTARY) return status;
    if (c->positions.rotary != c->head_size && strcmp(type, "phi3") != 0)
        return fail(report, SA_ERR_UNSUPPORTED,
                    "%lld of %lld elements of a head are rotated, which cannot be written to a GGUF file of \"%s\"",
                    (long long)c->positions.rotary, (long long)c->head_size, (*form)->architecture);
    return check_rotation(report, &c->positions);
}

/* Whether the page has a name in config.json for a setting. */
static int has_name(const json_t *family, const char *section, const char *key) {
    return json_object_get(json_object_get(family, section), key) != NULL;
}

void write_settings(const struct sa_model *model, const char *architecture, const json_t *family,
                    struct gguf_out *out) {
    const struct stack_config *c = &model_first(model)->config;
    const struct {
        const char *key;
        int64_t number;
    } integers[] = {{"context_length", c->positions.count},
                    {"embedding_length", c->width},
                    {"block_count", c->layers},
                    {"feed_forward_length", c->inner},
                    {"vocab_size", c->input.vocabulary},
                    {"attention.head_count", c->heads},
                    {"attention.head_count_kv", c->kv_heads},
                    {"attention.key_length", c->head_size},
                    {"attention.value_length", c->head_size},
                    {"rope.dimension_count", c->positions.rotary}};
    char key[80];
    gguf_out_text(out, "general.architecture", architecture);
    for (int64_t i = 0; i < COUNT_OF(integers); i++) {
        snprintf(key, sizeof key, "%s.%s", architecture, integers[i].key);
        if (integers[i].number) gguf_out_integer(out, key, integers[i].number);
    }
    const int is_rms = has_name(family, "numbers", "attention.layer_norm_rms_epsilon");
    snprintf(key, sizeof key, "%s.attention.layer_norm_%sepsilon", architecture, is_rms ? "rms_" : "");
    gguf_out_float(out, key, c->norm.epsilon);
    if (!c->causal) {
        snprintf(key, sizeof key, "%s.attention.causal", architecture);
        gguf_out_flag(out, key, 0);
        snprintf(key, sizeof key, "%s.pooling_type", architecture);
        gguf_out_integer(out, key, pooling_number(&model->sentence));
    }
    if (c->positions.kind != POSITIONS_ROTARY) return;
    snprintf(key, sizeof key, "%s.rope.freq_base", architecture);
    gguf_out_float(out, key, c->positions.theta);
    if (c->positions.scaling.kind != SA_ROPE_LINEAR) return;
    snprintf(key, sizeof key, "%s.rope.scaling.type", architecture);
    gguf_out_text(out, key, "linear");
    snprintf(key, sizeof key, "%s.rope.scaling.factor", architecture);
    gguf_out_float(out, key, c->positions.scaling.factor);
}
