/* Which types a model's weights have.
 * SPDX-License-Identifier: MIT */
#include "model/model.h"

static int64_t count_linear(const struct linear *l, int32_t dtype) {
    return l->weights && l->dtype == dtype ? l->in * l->out : 0;
}

/* Queries, keys and values are one matrix, two or three. */
static int64_t count_layer(const sa_layer *l, int32_t dtype) {
    if (!l) return 0;
    int64_t count = count_linear(&l->output, dtype);
    if (l->joint.weights) return count + count_linear(&l->joint, dtype);
    count += count_linear(&l->query, dtype) + count_linear(&l->key_value, dtype);
    return count + count_linear(&l->key, dtype) + count_linear(&l->value, dtype);
}

static int64_t count_matrices(const struct feed_forward_matrices *m, int32_t dtype) {
    return count_linear(&m->up, dtype) + count_linear(&m->gate, dtype) + count_linear(&m->down, dtype);
}

static int64_t count_feed_forward(const struct stack_config *c, const struct model_block *b, int32_t dtype) {
    int64_t count = count_matrices(&b->dense, dtype) + count_matrices(&b->shared, dtype);
    count += count_linear(&b->router, dtype) + count_linear(&b->shared_router, dtype);
    for (int64_t e = 0; b->experts && e < c->experts.count; e++) count += count_matrices(&b->experts[e], dtype);
    return count;
}

static int64_t count_stack(const struct stack *s, int32_t dtype) {
    int64_t count = count_linear(&s->patches, dtype) + count_linear(&s->embedding, dtype);
    for (int64_t l = 0; s->config.name && l < s->config.layers; l++) {
        const struct model_block *b = &s->blocks[l];
        if (l && config_group(&s->config, l) == config_group(&s->config, l - 1)) continue; /* the same weights */
        count += count_layer(b->attention, dtype) + count_layer(b->cross, dtype);
        count += count_feed_forward(&s->config, b, dtype);
    }
    for (int i = 0; i < 2; i++) count += count_linear(&s->convolutions[i], dtype);
    return count;
}

static int64_t count_table(const struct tensor *t, int32_t dtype) {
    return t->data && t->type == dtype ? t->elements : 0;
}

int64_t sa_model_weights(const sa_model *model, int32_t dtype) {
    if (!model) return 0;
    const struct tensor *first = &model->encoder.words, *second = &model->decoder.words;
    int64_t count = count_stack(&model->encoder, dtype) + count_stack(&model->decoder, dtype);
    count += count_table(first, dtype) + (second->data == first->data ? 0 : count_table(second, dtype));
    if (model->output.weights != first->data && model->output.weights != second->data)
        count += count_linear(&model->output, dtype);
    count += count_linear(&model->head, dtype) + count_stack(&model->pooler_block, dtype);
    for (int64_t i = 0; i < model->sentence.count; i++) count += count_linear(&model->sentence.steps[i].dense, dtype);
    count += count_linear(&model->classifier_dense, dtype);
    return count + count_linear(&model->pooler, dtype) + count_linear(&model->classifier, dtype);
}
