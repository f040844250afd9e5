/* Scores, heads and windows of self-attention.
 * SPDX-License-Identifier: MIT */
#include "base/arith.h"
#include "describe/config_stack.h"

#include <math.h>

static const char *const known_of_window[] = {"size", "span", "all", "if", "layers", "first", "period", "except", NULL};

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

double stack_scale(const struct stack_config *c) {
    const double products = c->positions.kind == POSITIONS_DISENTANGLED ? 3 : 1; /* of which a score is the sum */
    return c->scale > 0 ? c->scale : 1 / sqrt(products * (double)c->head_size);
}

/* Without a size there are no windows. config_blocks.c says which block has one. */
static sa_status check_window(const struct section *attention) {
    static const char *const unused[] = {"if", "layers", "first", "period", "except", "all", NULL};
    struct section s;
    struct setting size = {0}, span = {0};
    sa_status status = section_member(attention, "window", &s);
    if (status == SA_OK) status = section_check(&s, known_of_window);
    if (status == SA_OK) status = setting_find(&s, "size", &size);
    if (status == SA_OK) status = setting_find(&s, "span", &span);
    if (status == SA_OK && size.value && span.value)
        return fail(s.settings->report, SA_ERR_UNSUPPORTED, "%s: %ssize and %sspan are both given",
                    s.settings->description_name, s.path, s.path);
    const int has = !json_member_absent(s.object, "size") || !json_member_absent(s.object, "span");
    return status != SA_OK || has ? status : section_all_unused(&s, unused, &s, "size");
}

/* Groups of heads in the matrix: one, where queries, keys and values of all heads stand side by side. */
static sa_status read_packing(const struct section *s, struct stack_config *c) {
    static const char *const packings[] = {"separate", "concatenated", "per_head", "grouped", NULL};
    static const char *const orders[] = {"query_key_value", "query_value_key", NULL};
    static const char *const unused[] = {"groups", "order", NULL};
    sa_status status = setting_choice(s, "packing", PACKING_SEPARATE, packings, &c->packing);
    c->head_groups = c->packing == PACKING_PER_HEAD ? c->heads : 1;
    if (status == SA_OK && c->packing != PACKING_GROUPED) status = section_all_unused(s, unused, s, "packing");
    if (status == SA_OK && c->packing == PACKING_GROUPED) {
        status = setting_integer(s, "groups", NO_FALLBACK, 1, GEMM_MAX, &c->head_groups);
        if (status == SA_OK) status = setting_choice(s, "order", 0, orders, &c->value_first);
    }
    if (status != SA_OK || c->packing == PACKING_SEPARATE || c->packing == PACKING_CONCATENATED) return status;
    if (c->in_out || (c->packing == PACKING_PER_HEAD && c->heads != c->kv_heads))
        return fail(s->settings->report, SA_ERR_UNSUPPORTED,
                    "%s: %spacking is \"%s\", which needs matrices \"out_in\"%s", s->settings->description_name,
                    s->path, packings[c->packing],
                    c->packing == PACKING_PER_HEAD ? " and as many heads of keys and values" : "");
    if (c->heads % c->head_groups == 0 && c->kv_heads % c->head_groups == 0) return status;
    return fail(s->settings->report, SA_ERR_FORMAT,
                "%s: %lld heads with %lld heads of keys and values cannot be packed in %lld groups",
                s->settings->config_name, (long long)c->heads, (long long)c->kv_heads, (long long)c->head_groups);
}

sa_status config_read_attention(const struct section *stack, struct stack_config *c) {
    static const char *const known[] = {"scale",  "scale_from", "scale_by_block", "softcap",        "packing", "groups",
                                        "order",  "head_norms", "norm_all_heads", "norm_each_head", "clip",    "sinks",
                                        "window", NULL};
    struct section s;
    sa_status status = section_member(stack, "attention", &s);
    if (status == SA_OK) status = section_check(&s, known);
    if (status == SA_OK) status = read_scale(&s, c);
    if (status == SA_OK) status = read_packing(&s, c);
    if (status == SA_OK) status = setting_flag(&s, "sinks", 0, &c->sinks);
    if (status == SA_OK) status = setting_flag(&s, "head_norms", 0, &c->head_norms);
    if (status == SA_OK) status = setting_flag(&s, "norm_all_heads", 0, &c->norm_all_heads);
    if (status == SA_OK) status = setting_flag(&s, "norm_each_head", 0, &c->norm_each_head);
    if (status == SA_OK) status = setting_number(&s, "clip", 0, 1e-6, 1e9, &c->clip);
    if (status == SA_OK && c->norm_all_heads && !c->head_norms)
        status = section_unused(&s, "norm_all_heads", &s, "head_norms");
    if (status == SA_OK && c->norm_each_head && (!c->head_norms || c->norm_all_heads))
        status = section_unused(&s, "norm_each_head", &s, c->head_norms ? "norm_all_heads" : "head_norms");
    return status == SA_OK ? check_window(&s) : status;
}
