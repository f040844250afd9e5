/* Experts have a tensor each, named with '&' for their number, or share one with an axis more. The first kind of files
 * is what most families use; GPT-OSS and GGUF have the second.
 * SPDX-License-Identifier: MIT */
#include "model/binder.h"

#include <string.h>

/* The tensor of a role for the binder's expert, or of all experts; its name may end in several ways. */
static sa_status look_up_expert(const struct binder *b, const json_t *names, int64_t block, int is_bias,
                                const struct tensor **t) {
    static const char *const endings[2][2] = {{".weight", ""}, {".bias", "_bias"}};
    char name[NAME_BYTES], first[NAME_BYTES], own[TENSOR_NAME_BYTES];
    sa_status status = binder_look_up(b, names, block, endings[is_bias][0], first, t);
    if (status == SA_OK && !*t) status = binder_look_up(b, names, block, endings[is_bias][1], name, t);
    if (status != SA_OK || *t) return status;
    return fail(b->settings->report, SA_ERR_FORMAT, "%s: tensor \"%s\" is missing", b->file->file.name,
                tensors_own_name(b->file, first, own));
}

/* Checks a tensor of one expert, or of all of them: then with an axis more. */
static sa_status take_expert(const struct binder *b, const struct tensor *t, int stacked, const int64_t *size,
                             int32_t axes) {
    int64_t all[3] = {b->stack->experts.count};
    memcpy(all + 1, size, (size_t)axes * sizeof *size);
    return stacked ? binder_take(b, t, all, axes + 1, 0) : binder_take(b, t, size, axes, 0);
}

/* The experts of a block are planned as one of them: their matrices have to be of one type. */
static sa_status check_type(const struct binder *b, const struct tensor *t, const struct tensor *first) {
    char own[TENSOR_NAME_BYTES];
    if (t->type == first->type) return SA_OK;
    return fail(b->settings->report, SA_ERR_UNSUPPORTED,
                "%s: tensor \"%.100s\" is of type %s, that of the first expert of type %s", b->file->file.name,
                tensors_own_name(b->file, t->name, own), t->dtype, first->dtype);
}

static sa_status bind_expert(const struct binder *b, int64_t l, const struct bound_experts *all, int64_t e,
                             enum block_role role) {
    const struct role *r = &block_roles[role];
    struct bound *to = &all->each[e][role];
    const json_t *names;
    int64_t size[2];
    sa_status status = binder_names(b, r, &names);
    if (status == SA_OK) status = look_up_expert(b, names, l, 0, &to->weight);
    if (status != SA_OK) return status;
    const int in_out = b->stack->experts.in_out && !to->weight->scales;
    for (int i = 0; i < 2; i++) size[in_out ? 1 - i : i] = role_size(b->stack, r->shape[i]);
    status = take_expert(b, to->weight, all->stacked, size, 2);
    if (status == SA_OK) status = check_type(b, to->weight, all->each[0][role].weight);
    if (status != SA_OK || !block_bias_needed(b->stack, role)) return status;
    status = look_up_expert(b, names, l, 1, &to->bias);
    return status == SA_OK ? take_expert(b, to->bias, all->stacked, size + in_out, 1) : status;
}

/* Whether block l has all experts in one tensor. */
static sa_status is_stacked(const struct binder *b, int64_t l, int *stacked) {
    const json_t *names = NULL;
    const struct tensor *t = NULL;
    sa_status status = binder_names(b, &block_roles[EXPERT_DOWN], &names);
    if (status == SA_OK) status = look_up_expert(b, names, l, 0, &t);
    *stacked = status == SA_OK && t->axes == 3;
    return status;
}

static sa_status bind_block_experts(const struct allocator *memory, struct binder b, int64_t l,
                                    struct bound_experts *all) {
    sa_status status = is_stacked(&b, l, &all->stacked);
    if (status != SA_OK) return status;
    all->count = all->stacked ? 1 : b.stack->experts.count;
    all->each = memory_allocate(memory, all->count, sizeof *all->each);
    if (!all->each)
        return fail_memory(b.settings->report, all->count * (int64_t)sizeof *all->each, "a list of tensors");
    for (b.expert = 0; b.expert < all->count && status == SA_OK; b.expert++)
        for (int role = EXPERT_UP; role <= EXPERT_GATE_UP && status == SA_OK; role++)
            if (block_role_needed(b.stack, (enum block_role)role))
                status = bind_expert(&b, l, all, b.expert, (enum block_role)role);
    return status;
}

sa_status bind_experts(const struct allocator *memory, const struct binder *b, struct bound_stack *bound) {
    const int64_t layers = b->stack->layers;
    sa_status status = SA_OK;
    bound->experts = memory_allocate(memory, layers, sizeof *bound->experts);
    if (!bound->experts)
        return fail_memory(b->settings->report, layers * (int64_t)sizeof *bound->experts, "a list of tensors");
    for (int64_t l = 0; l < layers && status == SA_OK; l++)
        if (config_has_experts(b->stack, l))
            status = bind_block_experts(memory, *b, config_group(b->stack, l), &bound->experts[l]);
    return status;
}

void bound_experts_release(const struct allocator *memory, const struct stack_config *c, struct bound_stack *bound) {
    for (int64_t l = 0; bound->experts && l < c->layers; l++)
        memory_release(memory, (void *)bound->experts[l].each, bound->experts[l].count, sizeof *bound->experts[l].each);
    memory_release(memory, bound->experts, c->layers, sizeof *bound->experts);
}
