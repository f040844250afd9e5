/* Settings of a model as a whole; config_stack.c reads encoders and decoders.
 * SPDX-License-Identifier: MIT */
#include "describe/config.h"

#include "describe/config_stack.h"
#include "describe/generation.h"
#include "describe/tokens.h"
#include "describe/unneeded.h"

#include <stdio.h>
#include <string.h>

sa_status config_activation(const struct section *section, const char *key, int64_t fallback, int *activation) {
    static const char *const names[] = {"relu",      "gelu",          "gelu_new",   "gelu_pytorch_tanh",
                                        "gelu_fast", "gelu_accurate", "silu",       "swish",
                                        "tanh",      "relu2",         "quick_gelu", NULL};
    static const enum activation kinds[] = {ACTIVATION_RELU,      ACTIVATION_GELU,      ACTIVATION_GELU_TANH,
                                            ACTIVATION_GELU_TANH, ACTIVATION_GELU_TANH, ACTIVATION_GELU_TANH,
                                            ACTIVATION_SILU,      ACTIVATION_SILU,      ACTIVATION_TANH,
                                            ACTIVATION_RELU2,     ACTIVATION_QUICK_GELU};
    const int64_t none = -1;
    int name;
    sa_status status = setting_choice(section, key, fallback == NO_FALLBACK ? NO_FALLBACK : none, names, &name);
    *activation = (int)fallback;
    if (status == SA_OK && name >= 0) *activation = (int)kinds[name];
    return status;
}

/* "tied" is a flag or these words. */
static sa_status read_tied(const struct section *s, struct output_config *out) {
    static const char words[] = "unless given";
    struct setting tied;
    sa_status status = setting_find(s, "tied", &tied);
    if (status != SA_OK || !json_is_string(tied.value))
        return status == SA_OK ? setting_flag(s, "tied", 0, &out->tied) : status;
    out->optional = !strcmp(json_string_value(tied.value), words);
    return out->optional ? SA_OK : setting_unsupported(s, &tied, "true, false, \"unless given\"");
}

/* Granite divides logits by a number of config.json, Cohere multiplies them. */
static sa_status read_multiplier(const struct section *s, struct output_config *out) {
    double divisor = 0;
    sa_status status = setting_number(s, "multiplier", 0, 1e-9, 1e9, &out->multiplier);
    if (status == SA_OK) status = setting_number(s, "divisor", 0, 1e-9, 1e9, &divisor);
    if (status == SA_OK && divisor > 0 && out->multiplier > 0)
        return fail(s->settings->report, SA_ERR_UNSUPPORTED, "%s: output.multiplier and output.divisor are both given",
                    s->settings->description_name);
    if (divisor > 0) out->multiplier = 1 / divisor;
    if (out->multiplier == 0) out->multiplier = 1;
    return status;
}

/* What stands before the output matrix: norm(f(dense(x))), or a matrix from the width of states to that of words. */
static sa_status read_head(const struct section *s, const struct input_config *in, struct output_config *out) {
    const json_t *dense = NULL, *norm = NULL;
    sa_status status = section_names(s, "dense", &dense);
    if (status == SA_OK) status = section_names(s, "norm", &norm);
    if (status == SA_OK) status = setting_flag(s, "dense_bias", 1, &out->dense_bias);
    if (status == SA_OK) status = config_activation(s, "activation", ACTIVATION_GELU, &out->activation);
    out->is_bare = in->matrix_first;
    out->has_dense = dense && (!out->is_bare || in->has_matrix);
    static const char *const of_dense[] = {"norm", "dense_bias", "activation", NULL};
    if (status == SA_OK && !dense) status = section_all_unused(s, of_dense, s, "dense");
    if (status != SA_OK || !dense || (norm != NULL) != out->is_bare) return status;
    return fail(s->settings->report, SA_ERR_FORMAT, "%s: output.dense is given, but output.norm is %s",
                s->settings->description_name, norm ? "too, beside input.matrix_first" : "missing");
}

/* A file has the output of an encoder if it has the bias, or, of one without bias, the matrix before it. */
static sa_status check_of_encoder(const struct section *root, const struct section *s, const json_t *bias,
                                  const struct output_config *out) {
    const char *missing = !bias ? "bias" : !out->has_bias && !out->has_dense ? "dense" : NULL;
    if (!missing) return section_unused(s, "bias_optional", root, "decoder");
    return fail(s->settings->report, SA_ERR_FORMAT, "%s: output.%s is missing", s->settings->description_name, missing);
}

static sa_status read_bias(const struct section *s, struct output_config *out, const json_t **names) {
    static const char *const of_bias[] = {"bias_optional", "has_bias", NULL};
    sa_status status = section_names(s, "bias", names);
    if (status == SA_OK) status = setting_flag(s, "bias_optional", 0, &out->bias_optional);
    if (status == SA_OK) status = setting_flag(s, "has_bias", 1, &out->has_bias);
    return status == SA_OK && !*names ? section_all_unused(s, of_bias, s, "bias") : status;
}

static sa_status read_output(const struct section *root, const struct model_config *c, struct output_config *out) {
    static const char *const known[] = {"tied",         "tensor",  "bias",    "bias_optional", "has_bias",
                                        "scale_states", "dense",   "norm",    "dense_bias",    "activation",
                                        "multiplier",   "divisor", "softcap", "labels_start",  NULL};
    static const char *const starts[] = {"start_token", "last", NULL};
    struct section s;
    const json_t *names;
    sa_status status = section_member(root, "output", &s);
    if (status != SA_OK || !s.object || c->is_bidirectional || c->is_classifying) return status;
    if (!c->decoder.name && c->encoder.input.kind != INPUT_TOKENS)
        return section_unused(root, "output", root, "decoder");
    *out = (struct output_config){.exists = 1, .of_encoder = !c->decoder.name};
    status = section_check(&s, known);
    if (status == SA_OK) status = read_tied(&s, out);
    if (status == SA_OK) status = section_names(&s, "tensor", &names);
    if (status == SA_OK) status = read_bias(&s, out, &names);
    if (status == SA_OK) status = read_head(&s, out->of_encoder ? &c->encoder.input : &c->decoder.input, out);
    if (status == SA_OK && out->of_encoder) status = check_of_encoder(root, &s, names, out);
    if (status == SA_OK) status = setting_choice(&s, "labels_start", 0, starts, &out->labels_start_last);
    if (status == SA_OK) status = setting_flag(&s, "scale_states", 0, &out->scale_states);
    if (status == SA_OK) status = read_multiplier(&s, out);
    if (status == SA_OK) status = setting_number(&s, "softcap", 0, 1e-6, 1e9, &out->softcap);
    return status;
}

/* Members that have no effect, or only when tensors are searched. */
static sa_status check_texts(const struct section *root) {
    const json_t *paper = json_object_get(root->object, "paper"), *prefixes;
    sa_status status = section_names(root, "prefixes", &prefixes);
    if (status != SA_OK) return status;
    if (prefixes && !json_is_array(prefixes))
        return fail(root->settings->report, SA_ERR_FORMAT, "%s: prefixes is %s, must be a list of texts",
                    root->settings->description_name, json_type_text(prefixes));
    if (!paper || json_is_null(paper) || json_is_string(paper)) return SA_OK;
    return fail(root->settings->report, SA_ERR_FORMAT, "%s: paper is %s, must be a string",
                root->settings->description_name, json_type_text(paper));
}

/* The decoder of a model that is bidirectional, or that classifies and does not write, is its encoder. */
static sa_status read_stacks(const struct section *root, struct model_config *c) {
    sa_status status = config_read_stack(root, "encoder", 0, 0, &c->encoder);
    if (status != SA_OK) return status;
    c->is_classifying = !c->encoder.name && !c->is_bidirectional && config_names_classifier(root->settings);
    if (c->is_classifying) return config_read_stack(root, "decoder", 1, 0, &c->encoder);
    if (!c->is_bidirectional) return config_read_stack(root, "decoder", 1, c->encoder.width, &c->decoder);
    if (!c->encoder.name) return config_read_stack(root, "decoder", 0, 0, &c->encoder);
    return fail(root->settings->report, SA_ERR_UNSUPPORTED, "%s: bidirectional stands beside an encoder",
                root->settings->description_name);
}

sa_status config_read(const struct settings *settings, struct model_config *c) {
    static const char *const known[] = {"paper",
                                        "prefixes",
                                        "require",
                                        "encoder",
                                        "decoder",
                                        "bidirectional",
                                        "output",
                                        "pooler",
                                        "pooler_of",
                                        "pooler_block",
                                        "pooler_norm",
                                        "pooler_activation",
                                        "pooler_width",
                                        "classifier",
                                        "classifier_of",
                                        "classifier_start",
                                        "classifier_dense",
                                        "classifier_activation",
                                        "classifier_dense_bias",
                                        "classifier_dense_of_tokens",
                                        "classifier_mixes",
                                        "classifier_layers",
                                        "classifier_norm",
                                        "embedding_of",
                                        "projection",
                                        "likeness",
                                        "padded_to",
                                        "ignore",
                                        NULL};
    const struct section root = section_root(settings);
    const struct json_source source = {settings->report, settings->config_name};
    const char *model_type;
    sa_status status = json_member_text(&source, settings->config, "", "model_type", &model_type);
    if (status != SA_OK) return status;
    *c = (struct model_config){.pad_token = -1};
    snprintf(c->model_type, sizeof c->model_type, "%s", model_type);
    status = section_check(&root, known);
    if (status == SA_OK) status = check_texts(&root);
    if (status == SA_OK) status = unneeded_check(&root);
    if (status == SA_OK) status = settings_require(&root);
    if (status == SA_OK) status = setting_flag(&root, "bidirectional", 0, &c->is_bidirectional);
    if (status == SA_OK) status = read_stacks(&root, c);
    if (status == SA_OK && !c->encoder.name && !c->decoder.name)
        status =
            fail(settings->report, SA_ERR_FORMAT, "%s: has neither encoder nor decoder", settings->description_name);
    if (status == SA_OK && c->decoder.name && c->decoder.input.kind != INPUT_TOKENS)
        status = fail(settings->report, SA_ERR_UNSUPPORTED, "%s: decoder.input.kind can only be \"tokens\"",
                      settings->description_name);
    if (status == SA_OK && c->decoder.name && c->decoder.input.mask_token >= 0)
        status = fail(settings->report, SA_ERR_UNSUPPORTED,
                      "%s: decoder.input.mask_token: only an encoder sees how "
                      "many tokens are masked",
                      settings->description_name);
    if (status == SA_OK) status = read_output(&root, c, &c->output);
    if (status == SA_OK) status = config_read_ends(&root, c);
    if (status == SA_OK) status = config_read_tokens(settings, c);
    if (status == SA_OK) status = generation_read(settings, &c->generation);
    return status;
}
