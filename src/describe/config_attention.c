/* Scores, heads and windows of self-attention.
 * SPDX-License-Identifier: MIT */
#include "base/arith.h"
#include "describe/config_stack.h"

#include <math.h>
#include <string.h>

static const char *const known_of_window[] = {"size", "if", "layers", "first", "period", NULL};

static sa_status read_scale(const struct section *s, struct stack_config *c) {
    double from;
    sa_status status = setting_number(s, "scale", 0, 1e-9, 1e9, &c->scale);
    if (status == SA_OK) status = setting_number(s, "scale_from", 0, 1e-9, 1e9, &from);
    if (status == SA_OK && from > 0 && c->scale > 0)
        return fail(s->settings->report, SA_ERR_UNSUPPORTED, "%s: %sscale and %sscale_from are both given",
                    s->settings->description_name, s->path, s->path);
    if (status == SA_OK && from > 0) c->scale = 1 / sqrt(from);
    if (status == SA_OK) status = setting_flag(s, "scale_by_block", 0, &c->scale_by_block);
    if (status == SA_OK) status = setting_number(s, "softcap", 0, 1e-6, 1e9, &c->softcap);
    return status;
}

/* Without a size there are no windows. config_window() says which block has one. */
static sa_status check_window(const struct section *attention) {
    static const char *const unused[] = {"if", "layers", "first", "period", NULL};
    struct section s;
    sa_status status = section_member(attention, "window", &s);
    if (status == SA_OK) status = section_check(&s, known_of_window);
    if (status != SA_OK || !json_member_absent(s.object, "size")) return status;
    return section_all_unused(&s, unused, &s, "size");
}

sa_status config_read_attention(const struct section *stack, struct stack_config *c) {
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
    if (status == SA_OK && c->norm_all_heads && !c->head_norms)
        status = section_unused(&s, "norm_all_heads", &s, "head_norms");
    if (status == SA_OK) status = check_window(&s);
    if (status != SA_OK || c->packing != PACKING_PER_HEAD || (c->heads == c->kv_heads && !c->in_out)) return status;
    return fail(s.settings->report, SA_ERR_UNSUPPORTED,
                "%s: %spacking is \"per_head\", which needs as many heads of keys and values, and matrices \"out_in\"",
                s.settings->description_name, s.path);
}

/* Whether config.json's list of layer types gives block l a window. */
static sa_status take_layer_type(const struct section *s, const struct setting *list, int64_t l, int *wanted) {
    const struct setting item = {json_array_get(list->value, (size_t)l), 1, 0, list->file, list->path, list->key};
    const char *type = json_string_value(item.value);
    if (!json_is_array(list->value)) return setting_malformed(s, list, "a list of texts");
    if (!type) return setting_malformed(s, &item, "a text for each layer");
    *wanted = !strcmp(type, "sliding_attention");
    if (*wanted || !strcmp(type, "full_attention")) return SA_OK;
    return setting_unsupported(s, &item, "\"full_attention\", \"sliding_attention\"");
}

sa_status config_window(const struct section *stack, const struct stack_config *config, int64_t l, int64_t *window) {
    struct section attention, s;
    struct setting list;
    int64_t first, period;
    int wanted = 1;
    *window = 0;
    sa_status status = section_member(stack, "attention", &attention);
    if (status == SA_OK) status = section_member(&attention, "window", &s);
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
