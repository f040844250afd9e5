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

sa_status write_architecture(struct report *report, const struct sa_model *model, const char **architecture) {
    static const char *const known[][2] = {
        {"llama", "llama"}, {"mistral", "llama"}, {"qwen2", "qwen2"}, {"qwen3", "qwen3"}};
    const struct stack_config *c = &model->decoder.config;
    const char *type = model->config.model_type;
    *architecture = NULL;
    for (int64_t i = 0; i < COUNT_OF(known); i++)
        if (!strcmp(type, known[i][0])) *architecture = known[i][1];
    if (!*architecture)
        return fail(
            report, SA_ERR_UNSUPPORTED,
            "models of the type \"%.60s\" cannot be written to a GGUF file; llama, mistral, qwen2 and qwen3 can", type);
    for (int64_t l = 0; l < c->layers; l++)
        if (model->decoder.blocks[l].window)
            return fail(report, SA_ERR_UNSUPPORTED,
                        "block %lld has a window of %lld tokens, which cannot be written to a GGUF file of \"%s\"",
                        (long long)l, (long long)model->decoder.blocks[l].window, *architecture);
    if (c->positions.rotary != c->head_size)
        return fail(report, SA_ERR_UNSUPPORTED,
                    "%lld of %lld elements of a head are rotated, which cannot be written to a GGUF file of \"%s\"",
                    (long long)c->positions.rotary, (long long)c->head_size, *architecture);
    return check_rotation(report, &c->positions);
}

void write_settings(const struct sa_model *model, const char *architecture, struct gguf_out *out) {
    const struct stack_config *c = &model->decoder.config;
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
                    {"rope.dimension_count", c->head_size}};
    char key[80];
    gguf_out_text(out, "general.architecture", architecture);
    for (int64_t i = 0; i < COUNT_OF(integers); i++) {
        snprintf(key, sizeof key, "%s.%s", architecture, integers[i].key);
        if (integers[i].number) gguf_out_integer(out, key, integers[i].number);
    }
    snprintf(key, sizeof key, "%s.attention.layer_norm_rms_epsilon", architecture);
    gguf_out_float(out, key, c->norm.epsilon);
    snprintf(key, sizeof key, "%s.rope.freq_base", architecture);
    gguf_out_float(out, key, c->positions.theta);
    if (c->positions.scaling.kind != SA_ROPE_LINEAR) return;
    snprintf(key, sizeof key, "%s.rope.scaling.type", architecture);
    gguf_out_text(out, key, "linear");
    snprintf(key, sizeof key, "%s.rope.scaling.factor", architecture);
    gguf_out_float(out, key, c->positions.scaling.factor);
}
