/* Settings that differ from block to block.
 * SPDX-License-Identifier: MIT */
#include "base/arith.h"
#include "describe/config_stack.h"

#include <string.h>

/* Member l of a list with one for each block. GPT-Neo has a list of [[members], times] instead. */
static const json_t *block_member(const json_t *list, int64_t l) {
    if (!json_is_array(json_array_get(list, 0))) return json_array_get(list, (size_t)l);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *run = json_array_get(list, i), *members = json_array_get(run, 0);
        const int64_t size = (int64_t)json_array_size(members), times = json_integer_value(json_array_get(run, 1));
        if (times <= 0 || times > MOST_LAYERS || size == 0) return NULL;
        if (l < size * times) return json_array_get(members, (size_t)(l % size));
        l -= size * times;
    }
    return NULL;
}

/* The member of a list in config.json for block l. */
static sa_status find_member(const struct section *s, const struct setting *list, int64_t l, struct setting *item) {
    *item = (struct setting){block_member(list->value, l), 1, 0, list->file, list->path, list->key};
    return json_is_array(list->value) ? SA_OK : setting_malformed(s, list, "a list");
}

/* Whether config.json's list of layer types gives block l a window. */
static sa_status take_layer_type(const struct section *s, const struct setting *list, int64_t layers, int64_t l,
                                 int *wanted) {
    static const char *const types[] = {"full_attention", "sliding_attention", "global", "local"};
    struct setting item;
    sa_status status = find_member(s, list, l, &item);
    const char *type = json_string_value(item.value);
    if (status != SA_OK) return status;
    if (!type) return setting_malformed(s, &item, "a text for each layer");
    if (!json_is_array(json_array_get(list->value, 0)) && (int64_t)json_array_size(list->value) != layers)
        return fail(s->settings->report, SA_ERR_FORMAT, "%s: %s%.60s has %zu members, the model has %lld layers",
                    list->file, list->path, list->key, json_array_size(list->value), (long long)layers);
    for (int i = 0; i < 4; i++) {
        *wanted = i % 2;
        if (!strcmp(type, types[i])) return SA_OK;
    }
    return setting_unsupported(s, &item, "\"full_attention\", \"sliding_attention\", \"global\", \"local\"");
}

/* Whether config.json's list of flags, or of 0 and 1, has one for block l. */
static sa_status take_layer_flag(const struct section *s, const struct setting *list, int64_t l, int *wanted) {
    struct setting item;
    int64_t number;
    sa_status status = find_member(s, list, l, &item);
    if (status != SA_OK) return status;
    *wanted = json_is_true(item.value);
    if (json_is_boolean(item.value)) return SA_OK;
    if (!setting_whole(item.value, &number) || number < 0 || number > 1)
        return setting_malformed(s, &item, "0 or 1 for each layer");
    *wanted = (int)number;
    return SA_OK;
}

/* "all": blocks whose number, from 0, is a multiple of it have no window. */
static sa_status leave_wide(const struct section *s, int64_t l, int *wanted) {
    int64_t all;
    sa_status status = setting_integer(s, "all", 0, 1, MOST_LAYERS, &all);
    if (all && l % all == 0) *wanted = 0;
    return status;
}

/* A window's size, or the tokens around one that it sees: as many on each side. */
static sa_status read_size(const struct section *s, int64_t fallback, int64_t *size) {
    struct setting span;
    sa_status status = setting_find(s, "span", &span);
    if (status != SA_OK) return status;
    if (!span.value) return setting_integer(s, "size", fallback, 1, GEMM_MAX, size);
    status = setting_integer(s, "span", NO_FALLBACK, 1, GEMM_MAX, size);
    if (status == SA_OK) *size = *size / 2 + 1;
    return status;
}

/* "except": of blocks, counted from 1, those whose number is a multiple of it are left out. */
static sa_status leave_out(const struct section *s, int64_t l, int *wanted) {
    int64_t except;
    sa_status status = setting_integer(s, "except", 0, 1, MOST_LAYERS, &except);
    if (except && (l + 1) % except == 0) *wanted = 0;
    return status;
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
    status = leave_out(&s, l, &wanted);
    if (status == SA_OK) status = leave_wide(&s, l, &wanted);
    if (status == SA_OK && list.value) status = take_layer_type(&s, &list, config->layers, l, &wanted);
    if (status != SA_OK || !wanted) return status;
    return read_size(&s, list.value ? NO_FALLBACK : 0, window);
}

/* Whether the stack has a size for windows. */
static sa_status has_windows(const struct section *stack, int *has) {
    struct section attention, s;
    struct setting size = {0};
    sa_status status = section_member(stack, "attention", &attention);
    if (status == SA_OK) status = section_member(&attention, "window", &s);
    if (status == SA_OK) status = setting_find(&s, "size", &size);
    *has = size.value != NULL;
    return status;
}

sa_status config_rotated(const struct section *stack, int64_t l, int64_t window, int *rotated) {
    struct section positions, s;
    struct setting list;
    int of_windows, windows = 0;
    *rotated = 1;
    sa_status status = section_member(stack, "positions", &positions);
    if (status == SA_OK) status = section_member(&positions, "blocks", &s);
    if (status == SA_OK) status = leave_out(&s, l, rotated);
    if (status == SA_OK) status = setting_flag(&s, "windows", 0, &of_windows);
    if (status == SA_OK && of_windows) status = has_windows(stack, &windows);
    if (status == SA_OK) status = setting_find(&s, "layers", &list);
    if (status != SA_OK) return status;
    if (windows && !window) *rotated = 0;
    return list.value ? take_layer_flag(&s, &list, l, rotated) : SA_OK;
}

/* Members of a list of block numbers: those blocks have no experts. */
static sa_status take_dense(const struct section *s, const struct setting *list, struct experts_config *e) {
    for (size_t i = 0; i < json_array_size(list->value); i++) {
        const struct setting item = {json_array_get(list->value, i), 1, 0, list->file, list->path, list->key};
        int64_t l;
        if (!setting_whole(item.value, &l) || l < 0) return setting_malformed(s, &item, "a list of block numbers");
        if (l < MOST_LAYERS) e->blocks[l / 64] &= ~((uint64_t)1 << l % 64);
    }
    return !list->value || json_is_array(list->value) ? SA_OK : setting_malformed(s, list, "a list of block numbers");
}

sa_status config_expert_blocks(const struct section *s, struct stack_config *c) {
    struct experts_config *e = &c->experts;
    struct setting dense;
    int64_t first, period;
    sa_status status = setting_integer(s, "first", 0, 0, MOST_LAYERS, &first);
    if (status == SA_OK) status = setting_integer(s, "period", 1, 1, MOST_LAYERS, &period);
    if (status == SA_OK) status = setting_find(s, "dense", &dense);
    if (status != SA_OK) return status;
    for (int64_t l = first; l < c->layers; l++)
        if ((l + 1) % period == 0) e->blocks[l / 64] |= (uint64_t)1 << l % 64;
    status = take_dense(s, &dense, e);
    e->everywhere = 1;
    for (int64_t l = 0; l < c->layers; l++) e->everywhere &= config_has_experts(c, l);
    return status;
}
