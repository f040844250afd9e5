/* What concerns a model as a whole; config_stack.c reads encoders and decoders.
 * SPDX-License-Identifier: MIT */
#include "describe/config.h"

#include "describe/config_stack.h"
#include "describe/tokens.h"

#include <stdio.h>

static sa_status read_output(const struct section *root, const struct stack_config *stack, struct output_config *out) {
    static const char *const known[] = {"tied", "tensor", "bias", "scale_states", "softcap", NULL};
    struct section s;
    struct setting tied;
    sa_status status = section_member(root, "output", &s);
    if (status != SA_OK || !s.object || !stack->causal) return status;
    *out = (struct output_config){.exists = 1};
    status = section_check(&s, known);
    if (status == SA_OK) status = setting_find(&s, "tied", &tied);
    if (status == SA_OK) out->optional = json_is_string(tied.value);
    if (status == SA_OK && !out->optional) status = setting_flag(&s, "tied", 0, &out->tied);
    if (status == SA_OK) status = setting_flag(&s, "scale_states", 0, &out->scale_states);
    if (status == SA_OK) status = setting_number(&s, "softcap", 0, 1e-6, 1e9, &out->softcap);
    return status;
}

sa_status config_read(const struct settings *settings, struct model_config *c) {
    static const char *const known[] = {"paper",  "prefixes", "require",    "encoder", "decoder",
                                        "output", "pooler",   "classifier", NULL};
    const struct section root = section_root(settings);
    const struct json_source source = {settings->report, settings->config_name};
    const char *model_type;
    sa_status status = json_member_text(&source, settings->config, "", "model_type", &model_type);
    if (status != SA_OK) return status;
    *c = (struct model_config){.pad_token = -1};
    snprintf(c->model_type, sizeof c->model_type, "%s", model_type);
    status = section_check(&root, known);
    if (status == SA_OK) status = settings_require(&root);
    if (status == SA_OK) status = config_read_stack(&root, "encoder", 0, 0, &c->encoder);
    if (status == SA_OK) status = config_read_stack(&root, "decoder", 1, c->encoder.width, &c->decoder);
    if (status == SA_OK && !c->encoder.name && !c->decoder.name)
        status =
            fail(settings->report, SA_ERR_FORMAT, "%s: has neither encoder nor decoder", settings->description_name);
    if (status == SA_OK && c->decoder.name && c->decoder.input.kind != INPUT_TOKENS)
        status = fail(settings->report, SA_ERR_UNSUPPORTED, "%s: decoder.input.kind can only be \"tokens\"",
                      settings->description_name);
    if (status == SA_OK) status = read_output(&root, &c->decoder, &c->output);
    if (status == SA_OK) status = config_read_tokens(settings, c);
    return status;
}
