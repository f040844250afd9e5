/* SPDX-License-Identifier: MIT */
#include "model/binder.h"

#include "base/arith.h"

#include <stdio.h>
#include <string.h>

enum { MOST_AXES = 4 };

/* Writes `prefix`, the pattern with the block's number for '#' (counted from 0) or '%' (from 1), the expert's for '&'
 * and the stack's name for '@', and the ending. 0 if that is too long. */
int binder_write_name(char name[NAME_BYTES], const struct binder *b, const char *pattern, int64_t block,
                      const char *ending) {
    int at = snprintf(name, NAME_BYTES, "%s", b->prefix);
    for (const char *c = pattern; *c && at < NAME_BYTES; c++) {
        const size_t room = (size_t)(NAME_BYTES - at);
        if (*c == '#')
            at += snprintf(name + at, room, "%lld", (long long)block);
        else if (*c == '%')
            at += snprintf(name + at, room, "%lld", (long long)block + 1);
        else if (*c == '&')
            at += snprintf(name + at, room, "%lld", (long long)b->expert);
        else if (*c == '@' && b->stack)
            at += snprintf(name + at, room, "%s", b->stack->name);
        else
            at += snprintf(name + at, room, "%c", *c);
    }
    if (at < NAME_BYTES) at += snprintf(name + at, (size_t)(NAME_BYTES - at), "%s", ending);
    return at < NAME_BYTES;
}

const char *binder_pattern(const json_t *names, size_t i) {
    if (json_is_array(names)) return json_string_value(json_array_get(names, i));
    return i == 0 ? json_string_value(names) : NULL;
}

/* Files from TensorFlow call the parameters of norms gamma and beta; PyTorch's MultiheadAttention has an
 * in_proj_weight. */
static const char *other_ending(const char *ending, int which) {
    static const char *const others[2][2] = {{".gamma", "_weight"}, {".beta", "_bias"}};
    if (strcmp(ending, ".weight") != 0 && strcmp(ending, ".bias") != 0) return NULL;
    return others[!strcmp(ending, ".bias")][which];
}

sa_status binder_look_up(const struct binder *b, const json_t *names, int64_t block, const char *ending,
                         char name[NAME_BYTES], const struct tensor **t) {
    const char *pattern, *other;
    char next[NAME_BYTES];
    *t = NULL;
    for (size_t i = 0; !*t && (pattern = binder_pattern(names, i)); i++) {
        if (!binder_write_name(i ? next : name, b, pattern, block, ending))
            return fail(b->settings->report, SA_ERR_FORMAT, "%s: the name \"%.60s\" is too long",
                        b->settings->description_name, pattern);
        *t = tensors_find(b->file, i ? next : name);
        for (int k = 0; k < 2 && !*t && (other = other_ending(ending, k)); k++)
            if (binder_write_name(next, b, pattern, block, other)) *t = tensors_find(b->file, next);
    }
    return SA_OK;
}

/* Axes of size 1 in front of a table or vector do not matter. */
static int has_shape(const struct tensor *t, const int64_t *wanted, int32_t axes, int is_table) {
    int32_t more = t->axes - axes;
    if (more == -1 && wanted[0] == 1) return has_shape(t, wanted + 1, axes - 1, is_table); /* a row as a vector */
    if (more < 0 || (more && !is_table && axes > 1)) return 0;
    for (int32_t i = 0; i < more; i++)
        if (t->size[i] != 1) return 0;
    return !memcmp(t->size + more, wanted, (size_t)axes * sizeof *wanted);
}

static sa_status check(const struct binder *b, const struct tensor *t, const int64_t *wanted, int32_t axes,
                       int is_table) {
    struct report *report = b->settings->report;
    char has[SHAPE_TEXT], must[SHAPE_TEXT], own[TENSOR_NAME_BYTES];
    const char *own_name = tensors_own_name(b->file, t->name, own);
    if (t->type < 0)
        return fail(report, SA_ERR_UNSUPPORTED, "%s: tensor \"%.100s\" is of type %s; %s are supported",
                    b->file->file.name, own_name, t->dtype, b->file->types);
    if (has_shape(t, wanted, axes, is_table)) return SA_OK;
    return fail(report, SA_ERR_FORMAT, "%s: tensor \"%.100s\" has the shape %s, %s says %s", b->file->file.name,
                own_name, shape_text(t->size, t->axes, has), b->settings->config_name, shape_text(wanted, axes, must));
}

sa_status binder_take(const struct binder *b, const struct tensor *t, const int64_t *wanted, int32_t axes,
                      int is_table) {
    b->used[t - b->file->tensors] = 1;
    return check(b, t, wanted, axes, is_table);
}

/* The words' table, if the file has it only under the name of the output matrix, which is tied to it. */
static sa_status look_up_tied(struct binder b, const struct tensor **t) {
    const json_t *tensor = json_object_get(json_object_get(b.settings->description, "output"), "tensor");
    char name[NAME_BYTES];
    *t = NULL;
    b.prefix = b.outer;
    return b.output->tied || b.output->optional ? binder_look_up(&b, tensor, 0, ".weight", name, t) : SA_OK;
}

/* The failure names the first of the names. */
static sa_status refuse_missing(const struct binder *b, const json_t *names, int64_t block, const char *ending) {
    char name[NAME_BYTES], own[TENSOR_NAME_BYTES];
    if (!binder_write_name(name, b, binder_pattern(names, 0), block, ending)) *name = 0;
    return fail(b->settings->report, SA_ERR_FORMAT, "%s: tensor \"%s\" is missing", b->file->file.name,
                tensors_own_name(b->file, name, own));
}

/* Gives a tensor that is required its role; NULL: it is missing. */
static sa_status require(const struct binder *b, const struct tensor *t, const json_t *names, int64_t block,
                         const char *ending, const int64_t *wanted, int32_t axes) {
    if (t) return binder_take(b, t, wanted, axes, !*ending);
    return b->missing ? b->missing(b, names, block, ending, wanted, axes) : refuse_missing(b, names, block, ending);
}

sa_status binder_find(const struct binder *b, const json_t *names, int64_t block, const char *ending,
                      const int64_t *wanted, int32_t axes, const struct tensor **t) {
    char name[NAME_BYTES];
    sa_status status = binder_look_up(b, names, block, ending, name, t);
    return status == SA_OK ? require(b, *t, names, block, ending, wanted, axes) : status;
}

sa_status binder_names(const struct binder *b, const struct role *role, const json_t **names) {
    const json_t *stack = json_object_get(b->settings->description, b->stack->name);
    *names = json_object_get(json_object_get(stack, "tensors"), role->name);
    if (binder_pattern(*names, 0)) return SA_OK;
    return fail(b->settings->report, SA_ERR_FORMAT, "%s: %s.tensors.%s %s", b->settings->description_name,
                b->stack->name, role->name, *names ? "must be a name or a list of names" : "is missing");
}

/* Matrices and norms, which may have a bias, are named without ".weight"; tables are named in full. */
static sa_status bind_role(const struct binder *b, const struct role *role, int64_t block, int is_table, int in_out,
                           int has_bias, struct bound *bound) {
    const char *ending = is_table ? "" : ".weight";
    const json_t *names;
    char name[NAME_BYTES];
    int64_t size[MOST_AXES];
    const char *shape = role_shape(b->stack, role);
    const int32_t axes = (int32_t)strlen(shape);
    for (int32_t i = 0; i < axes; i++) size[in_out ? axes - 1 - i : i] = role_size(b->stack, shape[i]);
    sa_status status = binder_names(b, role, &names);
    if (status == SA_OK) status = binder_look_up(b, names, block, ending, name, &bound->weight);
    if (status == SA_OK && !bound->weight && role == &stack_roles[WORDS]) status = look_up_tied(*b, &bound->weight);
    if (status == SA_OK) status = require(b, bound->weight, names, block, ending, size, axes);
    if (status != SA_OK || !has_bias) return status;
    return binder_find(b, names, block, ".bias", size + (in_out ? axes - 1 : 0), 1, &bound->bias);
}

int binder_has_role(const struct binder *b, const struct role *role, int is_table) {
    const json_t *names;
    const struct tensor *t;
    char name[NAME_BYTES];
    return binder_names(b, role, &names) == SA_OK &&
           binder_look_up(b, names, 0, is_table ? "" : ".weight", name, &t) == SA_OK && t;
}

/* Routers have a row per output also where the stack's matrices have one per input. */
static int is_router(int role) {
    return role == ROUTER || role == SHARED_ROUTER;
}

static sa_status bind_block(const struct binder *b, int64_t l, struct bound block[BLOCK_ROLES]) {
    sa_status status = SA_OK;
    for (int i = 0; i < BLOCK_ROLES && status == SA_OK; i++)
        if (block_has_role(b->stack, l, (enum block_role)i) && !is_expert_role((enum block_role)i))
            status = bind_role(b, &block_roles[i], config_group(b->stack, l), i >= BLOCK_TABLES,
                               b->stack->in_out && i < BLOCK_MATRICES && !is_router(i),
                               block_bias_needed(b->stack, (enum block_role)i), &block[i]);
    return status;
}

/* A convolution [out][in][kernel] takes what the one before it has made; the file says how much each makes. */
static sa_status bind_convolution(const struct binder *b, int64_t i, int64_t *channels, struct bound *bound) {
    const struct input_config *in = &b->stack->input;
    const int64_t halves = in->convolutions.is_halved ? 2 : 1, last = halves * in->embedding;
    const json_t *names;
    const struct tensor *t;
    char name[NAME_BYTES];
    sa_status status = binder_names(b, &stack_roles[CONVOLUTION], &names);
    if (status == SA_OK) status = binder_look_up(b, names, i, ".weight", name, &t);
    if (status != SA_OK) return status;
    int64_t out = t && t->axes == 3 ? t->size[0] / halves * halves : last;
    if (i + 1 == in->convolutions.count || out < 1 || out > GEMM_MAX) out = last;
    if (*channels > GEMM_MAX / in->convolutions.kernels[i])
        return fail(b->settings->report, SA_ERR_OVERFLOW, "%s: convolution %lld over %lld channels is too wide",
                    b->settings->config_name, (long long)i, (long long)*channels);
    const int64_t size[] = {out, *channels, in->convolutions.kernels[i]};
    status = binder_find(b, names, i, ".weight", size, 3, &bound->weight);
    *channels = out / halves;
    const int has_bias = i ? in->has_bias : in->convolutions.first_has_bias;
    return status == SA_OK && has_bias ? binder_find(b, names, i, ".bias", size, 1, &bound->bias) : status;
}

static sa_status bind_convolutions(const struct binder *b, struct bound_stack *bound) {
    const struct convolution_config *c = &b->stack->input.convolutions;
    const json_t *names;
    int64_t channels = b->stack->input.channels;
    sa_status status = SA_OK;
    for (int64_t i = 0; i < c->count && status == SA_OK; i++) {
        struct bound *norm = &bound->convolution_norms[i];
        status = bind_convolution(b, i, &channels, &bound->convolutions[i]);
        if (status != SA_OK || c->norm == CONVOLUTION_NORM_NONE || (i && c->norm != CONVOLUTION_NORM_LAYERS)) continue;
        status = binder_names(b, &stack_roles[CONVOLUTION_NORM], &names);
        if (status == SA_OK) status = binder_find(b, names, i, ".weight", &channels, 1, &norm->weight);
        if (status == SA_OK) status = binder_find(b, names, i, ".bias", &channels, 1, &norm->bias);
    }
    return status;
}

static sa_status bind_stack(const struct allocator *memory, const struct binder *b, struct bound_stack *bound) {
    const struct stack_config *c = b->stack;
    if (!c->name) return SA_OK;
    bound->blocks = memory_allocate(memory, c->layers, sizeof *bound->blocks);
    if (!bound->blocks)
        return fail_memory(b->settings->report, c->layers * (int64_t)sizeof *bound->blocks, "a list of tensors");
    sa_status status = SA_OK;
    for (int i = 0; i < STACK_ROLES && status == SA_OK; i++)
        if (i != CONVOLUTION && i != CONVOLUTION_NORM && stack_role_needed(c, (enum stack_role)i) &&
            !(stack_role_optional(c, (enum stack_role)i) && !binder_has_role(b, &stack_roles[i], i < STACK_TABLES)))
            status = bind_role(b, &stack_roles[i], 0, i < STACK_TABLES, 0, stack_bias_needed(c, (enum stack_role)i),
                               &bound->once[i]);
    if (status == SA_OK) status = bind_convolutions(b, bound);
    for (int64_t l = 0; l < c->layers && status == SA_OK; l++) status = bind_block(b, l, bound->blocks[l]);
    return status == SA_OK && c->experts.count ? bind_experts(memory, b, bound) : status;
}

sa_status binder_bind(const struct allocator *memory, const struct settings *settings, const struct model_config *c,
                      const struct tensor_file *file, binder_missing_fn missing, void *user,
                      struct bound_model *bound) {
    *bound = (struct bound_model){.used = memory_allocate(memory, file->count, 1), .tensors = file->count};
    if (!bound->used) return fail_memory(settings->report, file->count, "a list of tensors");
    char room[2 * NAME_BYTES];
    struct binder b = {.settings = settings,
                       .file = file,
                       .output = &c->output,
                       .classes = missing ? c->new_classes : 0,
                       .used = bound->used,
                       .missing = missing,
                       .user = user};
    b.stack = c->encoder.name ? &c->encoder : &c->decoder;
    binder_choose_prefix(&b, room);
    bound->outer = (int64_t)strlen(b.outer);
    const int64_t width = b.stack->width;
    b.stack = &c->encoder;
    sa_status status = bind_stack(memory, &b, &bound->encoder);
    b.stack = &c->pooler_block;
    if (status == SA_OK && b.stack->name && binder_has_role(&b, &stack_roles[PROBE], 1))
        status = bind_stack(memory, &b, &bound->pooler_block);
    b.stack = &c->decoder;
    if (status == SA_OK) status = bind_stack(memory, &b, &bound->decoder);
    return status == SA_OK ? bind_ends(&b, c, width, bound) : status;
}

sa_status bind_tensors(const struct allocator *memory, const struct settings *settings, const struct model_config *c,
                       const struct tensor_file *file, struct bound_model *bound) {
    return binder_bind(memory, settings, c, file, NULL, NULL, bound);
}

void bound_release(const struct allocator *memory, const struct model_config *c, struct bound_model *bound) {
    bound_experts_release(memory, &c->encoder, &bound->encoder);
    bound_experts_release(memory, &c->decoder, &bound->decoder);
    memory_release(memory, (void *)bound->pooler_block.blocks, c->pooler_block.layers,
                   sizeof *bound->pooler_block.blocks);
    memory_release(memory, (void *)bound->encoder.blocks, c->encoder.layers, sizeof *bound->encoder.blocks);
    memory_release(memory, (void *)bound->decoder.blocks, c->decoder.layers, sizeof *bound->decoder.blocks);
    memory_release(memory, bound->used, bound->tensors, 1);
}
