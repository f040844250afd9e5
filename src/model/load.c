/* From named tensors to a model. First every tensor is found and its shape checked, which bounds the memory that
 * follows by the file's size; then weights are converted and copied.
 * SPDX-License-Identifier: MIT */
#include "api/context.h"
#include "api/layer.h"
#include "base/arith.h"
#include "model/model.h"

#include <stdio.h>
#include <string.h>

enum { NAME_BYTES = 120 };

struct found {
    const struct tensor *model[MODEL_TENSORS];
    const struct tensor *(*block)[BLOCK_TENSORS]; /* [layers] */
};

/* The name with its prefix, and the block's number for '#'. */
static void write_name(char name[NAME_BYTES], const char *prefix, const char *pattern, int64_t block) {
    const char *mark = strchr(pattern, '#');
    if (mark)
        snprintf(name, NAME_BYTES, "%s%.*s%lld%s", prefix, (int)(mark - pattern), pattern, (long long)block, mark + 1);
    else
        snprintf(name, NAME_BYTES, "%s%s", prefix, pattern);
}

/* The prefix under which the file has the first tensor of the table; "" where it has it under none. */
static const char *choose_prefix(const struct tensor_file *file, const struct architecture *a) {
    char name[NAME_BYTES];
    for (int i = 0; i < MOST_PREFIXES && a->prefixes[i]; i++) {
        write_name(name, a->prefixes[i], a->model[0].name, 0);
        if (tensors_find(file, name)) return a->prefixes[i];
    }
    return "";
}

static sa_status check_shape(struct report *report, const struct sa_model *model, const struct tensor *t,
                             const char *shape) {
    int64_t wanted[TENSOR_MOST_AXES] = {0};
    int32_t axes = (int32_t)strlen(shape);
    char has[SHAPE_TEXT], must[SHAPE_TEXT];
    for (int32_t i = 0; i < axes; i++) wanted[i] = architecture_size(&model->config, shape[i]);
    if (t->axes == axes && !memcmp(t->size, wanted, (size_t)axes * sizeof *wanted)) return SA_OK;
    return fail(report, SA_ERR_FORMAT, "%s: tensor \"%s\" has the shape %s, config.json says %s", model->file.file.name,
                t->name, shape_text(t->size, t->axes, has), shape_text(wanted, axes, must));
}

static sa_status find(struct report *report, const struct sa_model *model, const char *prefix,
                      const struct tensor_rule *rule, int64_t block, const struct tensor **t) {
    char name[NAME_BYTES];
    write_name(name, prefix, rule->name, block);
    *t = tensors_find(&model->file, name);
    if (!*t && rule->other_name) {
        char other[NAME_BYTES];
        write_name(other, prefix, rule->other_name, block);
        *t = tensors_find(&model->file, other);
    }
    if (!*t) return fail(report, SA_ERR_FORMAT, "%s: tensor \"%s\" is missing", model->file.file.name, name);
    if ((*t)->type < 0)
        return fail(report, SA_ERR_UNSUPPORTED, "%s: tensor \"%s\" is of type %s; F32, F16 and BF16 are supported",
                    model->file.file.name, (*t)->name, (*t)->dtype);
    return check_shape(report, model, *t, rule->shape);
}

static sa_status find_all(struct report *report, const struct sa_model *model, const struct architecture *a,
                          struct found *found) {
    const char *prefix = choose_prefix(&model->file, a);
    sa_status status = SA_OK;
    for (int i = 0; i < MODEL_TENSORS && status == SA_OK; i++)
        status = find(report, model, prefix, &a->model[i], 0, &found->model[i]);
    for (int64_t l = 0; l < model->config.layers && status == SA_OK; l++)
        for (int i = 0; i < BLOCK_TENSORS && status == SA_OK; i++)
            status = find(report, model, prefix, &a->block[i], l, &found->block[l][i]);
    return status;
}

/* Floats of everything that is copied but does not belong to an attention layer. */
static int store_size(const struct sa_model *model, const struct found *found, int64_t *floats) {
    int64_t block = 0;
    for (int i = ATTENTION_TENSORS; i < BLOCK_TENSORS; i++)
        if (!checked_add(block, found->block[0][i]->elements, &block)) return 0;
    return checked_mul(block, model->config.layers, floats) &&
           checked_add(*floats, found->model[EMBEDDING_NORM_WEIGHT]->elements, floats) &&
           checked_add(*floats, found->model[EMBEDDING_NORM_BIAS]->elements, floats);
}

/* Each of these takes its floats from *store on. */
static const float *take_vector(float **store, const struct tensor *t) {
    float *to = *store;
    tensor_floats(t, 0, t->elements, to);
    *store += t->elements;
    return to;
}

static struct norm take_norm(float **store, const struct tensor *weight, const struct tensor *bias, double epsilon) {
    struct norm n = {.epsilon = epsilon, .width = weight->elements};
    n.weight = take_vector(store, weight);
    n.bias = take_vector(store, bias);
    return n;
}

/* Rows of the file are outputs, as in a linear. */
static struct linear take_linear(float **store, const struct tensor *weight, const struct tensor *bias) {
    struct linear l = {.in = weight->size[1], .out = weight->size[0], .ld = weight->size[1]};
    l.weights = take_vector(store, weight);
    l.bias = take_vector(store, bias);
    return l;
}

/* `stage` has room for all tensors of an attention layer: a file may mix types, and its tensors need not be aligned. */
static sa_status load_attention(sa_ctx *ctx, const struct sa_model *model, const struct tensor *const t[], float *stage,
                                sa_layer **layer) {
    const float *at[ATTENTION_TENSORS];
    for (int i = 0; i < ATTENTION_TENSORS; i++) at[i] = take_vector(&stage, t[i]);
    const sa_layer_config config = {
        .struct_size = sizeof config,
        .model_width = model->config.width,
        .query_heads = model->config.heads,
        .weight_order = SA_OUT_IN,
        .weight_dtype = SA_F32,
        .weight_q = at[QUERY_WEIGHT],
        .weight_k = at[KEY_WEIGHT],
        .weight_v = at[VALUE_WEIGHT],
        .weight_o = at[OUTPUT_WEIGHT],
        .bias_q = at[QUERY_BIAS],
        .bias_k = at[KEY_BIAS],
        .bias_v = at[VALUE_BIAS],
        .bias_o = at[OUTPUT_BIAS],
    };
    return layer_create(ctx, &config, layer);
}

static sa_status load_blocks(sa_ctx *ctx, struct sa_model *model, const struct found *found, float *store) {
    const double epsilon = model->config.norm_epsilon;
    int64_t staged = 0;
    for (int i = 0; i < ATTENTION_TENSORS; i++) staged += found->block[0][i]->elements;
    float *stage = memory_allocate(&ctx->memory, staged, sizeof *stage);
    if (!stage) return fail_memory(&ctx->report, staged * (int64_t)sizeof *stage, "reading an attention layer");
    sa_status status = SA_OK;
    for (int64_t l = 0; l < model->config.layers && status == SA_OK; l++) {
        const struct tensor *const *t = found->block[l];
        struct block *b = &model->blocks[l];
        b->attention_norm = take_norm(&store, t[ATTENTION_NORM_WEIGHT], t[ATTENTION_NORM_BIAS], epsilon);
        b->up = take_linear(&store, t[UP_WEIGHT], t[UP_BIAS]);
        b->down = take_linear(&store, t[DOWN_WEIGHT], t[DOWN_BIAS]);
        b->feed_forward_norm = take_norm(&store, t[FEED_FORWARD_NORM_WEIGHT], t[FEED_FORWARD_NORM_BIAS], epsilon);
        status = load_attention(ctx, model, t, stage, &b->attention);
    }
    memory_release(&ctx->memory, stage, staged, sizeof *stage);
    return status;
}

static sa_status load(sa_ctx *ctx, struct sa_model *model, const struct found *found) {
    int64_t floats;
    if (!store_size(model, found, &floats)) return fail_overflow(&ctx->report, "the size of the model's weights");
    model->store = memory_allocate(&model->memory, floats, sizeof *model->store);
    if (!model->store) return fail_memory(&ctx->report, floats * (int64_t)sizeof *model->store, "a model's weights");
    model->stored = floats;
    model->blocks = memory_allocate(&model->memory, model->config.layers, sizeof *model->blocks);
    if (!model->blocks)
        return fail_memory(&ctx->report, model->config.layers * (int64_t)sizeof *model->blocks, "a model's blocks");
    model->words = *found->model[WORD_EMBEDDINGS];
    model->positions = *found->model[POSITION_EMBEDDINGS];
    model->types = *found->model[TYPE_EMBEDDINGS];
    float *store = model->store;
    model->embedding_norm = take_norm(&store, found->model[EMBEDDING_NORM_WEIGHT], found->model[EMBEDDING_NORM_BIAS],
                                      model->config.norm_epsilon);
    return load_blocks(ctx, model, found, store);
}

sa_status model_load(sa_ctx *ctx, const struct architecture *a, struct sa_model *model) {
    struct found found = {0};
    int64_t layers = model->config.layers;
    found.block = memory_allocate(&ctx->memory, layers, sizeof *found.block);
    if (!found.block) return fail_memory(&ctx->report, layers * (int64_t)sizeof *found.block, "a list of tensors");
    sa_status status = find_all(&ctx->report, model, a, &found);
    if (status == SA_OK) status = load(ctx, model, &found);
    memory_release(&ctx->memory, (void *)found.block, layers, sizeof *found.block);
    return status;
}

void model_release(struct sa_model *model) {
    for (int64_t l = 0; model->blocks && l < model->config.layers; l++) sa_layer_destroy(&model->blocks[l].attention);
    memory_release(&model->memory, model->blocks, model->config.layers, sizeof *model->blocks);
    memory_release(&model->memory, model->store, model->stored, sizeof *model->store);
    tensors_close(&model->file);
}
