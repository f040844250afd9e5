/* What stands between a stack's states and the matrix of logits or classes.
 * SPDX-License-Identifier: MIT */
#include "train/graph.h"

sa_status trainer_check_labels(struct report *report, const struct sa_model *model) {
    const struct model_config *c = &model->config;
    const enum classifier_of of = c->classifier_of;
    if (!model->output.out && !model->classifier.out)
        return fail(report, SA_ERR_UNSUPPORTED, "training a model that has neither logits nor classes (%s)",
                    c->model_type);
    if (!model->output.out && model->layer_mix)
        return fail(report, SA_ERR_UNSUPPORTED, "training a classifier of the states behind all layers (%s)",
                    c->model_type);
    const int of_end = of == CLASSIFIER_OF_DECODER_END,
              of_pooler =
                  of == CLASSIFIER_OF_POOLED && (c->pooler_of == POOLER_OF_END || c->pooler_of == POOLER_OF_ATTENTION);
    if (model->output.out || (!of_end && !of_pooler)) return SA_OK;
    return fail(report, SA_ERR_UNSUPPORTED, "training a classifier of %s (%s)",
                of_end                          ? "a decoder's end"
                : c->pooler_of == POOLER_OF_END ? "the state of an end token"
                                                : "states that attention pools",
                c->model_type);
}

sa_status trainer_check_classes(struct report *report, const struct sa_model *model) {
    if (model->classifier.out) return trainer_check_labels(report, model);
    return fail(report, SA_ERR_UNSUPPORTED, "classes for a %s model: its family has no classifier that is known",
                model->config.model_type);
}

/* The mean of states first .. first + count of each image. */
static struct value mean_of_part(const struct graph *g, struct value states, int64_t first, int64_t count) {
    struct tape *t = &g->trainer->tape;
    return op_pool(t, op_part(t, states, first, count, g->T), POOLING_MEAN, NULL, count);
}

/* Patches stand behind the special tokens. */
static struct value mean_of_patches(const struct graph *g, struct value states) {
    const int64_t specials = g->stack->config.input.special_tokens;
    return mean_of_part(g, states, specials, g->T - specials);
}

static struct value pooled(const struct graph *g, struct value states) {
    const struct sa_trainer *t = g->trainer;
    const struct model_config *c = &t->model->config;
    const enum pooling_mode mode = c->pooler_of == POOLER_OF_LAST ? POOLING_LAST : POOLING_FIRST;
    struct value x = c->pooler_of == POOLER_OF_PATCHES ? mean_of_patches(g, states)
                                                       : op_pool(&g->trainer->tape, states, mode, g->lengths, g->T);
    if (t->bound.pooler_norm.weight) x = graph_norm(g, &t->bound.pooler_norm, x);
    if (!t->bound.pooler.weight) return x;
    x = graph_linear(g, x, &t->bound.pooler, 0, t->model->pooler.out);
    return c->pooler_is_active ? op_activation(&g->trainer->tape, x, (enum activation)c->pooler_activation) : x;
}

/* The rows that are classified: one for each sequence, or all tokens. */
static struct value picked(const struct graph *g, struct value states) {
    struct tape *t = &g->trainer->tape;
    switch (g->trainer->model->config.classifier_of) {
    case CLASSIFIER_OF_TOKENS:
        return states;
    case CLASSIFIER_OF_POOLED:
        return pooled(g, states);
    case CLASSIFIER_OF_MEAN:
        return op_pool(t, states, POOLING_MEAN, g->lengths, g->T);
    case CLASSIFIER_OF_LAST:
        return op_pool(t, states, POOLING_LAST, g->lengths, g->T);
    case CLASSIFIER_OF_PATCHES:
        return mean_of_patches(g, states);
    case CLASSIFIER_OF_SPECIALS:
        return mean_of_part(g, states, 0, g->stack->config.input.special_tokens);
    case CLASSIFIER_OF_BOTH:
        return op_beside(t, op_part(t, states, 0, 1, g->T), mean_of_patches(g, states));
    default:
        return op_part(t, states, 0, 1, g->T);
    }
}

struct value graph_classified(const struct graph *g, struct value states) {
    const struct sa_trainer *t = g->trainer;
    const struct model_config *c = &t->model->config;
    const struct bound *dense = &t->bound.classifier_dense, *norm = &t->bound.classifier_norm;
    struct value x = picked(g, states);
    if (dense->weight) x = graph_linear(g, x, dense, 0, t->model->classifier_dense.out);
    if (dense->weight && c->classifier_is_active)
        x = op_activation(&g->trainer->tape, x, (enum activation)c->classifier_activation);
    return norm->weight ? graph_norm(g, norm, x) : x;
}

struct value graph_head(const struct graph *g, struct value states) {
    const struct sa_trainer *t = g->trainer;
    const struct output_config *c = &t->model->config.output;
    if (!t->bound.head.weight) return states;
    struct value x = graph_linear(g, states, &t->bound.head, 0, t->model->head.out);
    if (c->is_bare) return x;
    x = op_activation(&g->trainer->tape, x, (enum activation)c->activation);
    return graph_norm(g, &t->bound.head_norm, x);
}
