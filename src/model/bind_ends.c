/* What stands behind the stacks: the output, and of encoders the pooler, the classifier and the projection.
 * SPDX-License-Identifier: MIT */
#include "model/binder.h"

/* A matrix. One without a name, or one that is missing and may be, stays NULL. Rows below 0: as many as the file has,
 * and of one that it lacks as many as the width. */
static sa_status bind_end(const struct binder *b, const json_t *names, int required, int64_t rows, int64_t width,
                          int has_bias, struct bound *bound) {
    char name[NAME_BYTES];
    int64_t size[2] = {rows, width};
    const struct tensor *found;
    if (!binder_pattern(names, 0)) return SA_OK;
    sa_status status = binder_look_up(b, names, 0, ".weight", name, &found);
    if (status != SA_OK || (!found && !required)) return status;
    if (rows < 0 && found && found->size[0] > 0) size[0] = found->size[0];
    if (rows < 0 && !found) size[0] = width;
    status = binder_find(b, names, 0, ".weight", size, 2, &bound->weight);
    return status == SA_OK && has_bias ? binder_find(b, names, 0, ".bias", size, 1, &bound->bias) : status;
}

static const json_t *output_names(const struct binder *b, const char *key) {
    return json_object_get(json_object_get(b->settings->description, "output"), key);
}

static sa_status bind_output_bias(const struct binder *b, struct bound *bound) {
    const json_t *names = output_names(b, "bias");
    const struct tensor *t;
    char name[NAME_BYTES];
    if (!binder_pattern(names, 0) || !b->output->has_bias) return SA_OK;
    sa_status status = binder_look_up(b, names, 0, "", name, &t);
    if (status != SA_OK || (!t && b->output->bias_optional)) return status;
    return binder_find(b, names, 0, "", &b->stack->input.vocabulary, 1, &bound->bias);
}

/* Whether the file has the output of an encoder: its bias or, of one without bias, the matrix before it. A classifier
 * goes before it, a new one too. */
static sa_status has_output(const struct binder *b, const struct bound_model *bound, int *has) {
    const int has_bias = b->output->has_bias;
    const struct tensor *t;
    char name[NAME_BYTES];
    sa_status status =
        binder_look_up(b, output_names(b, has_bias ? "bias" : "dense"), 0, has_bias ? "" : ".weight", name, &t);
    *has = t != NULL && !bound->classifier.weight && !b->classes;
    return status;
}

/* The words' table and the matrix before it may be narrower than the state. */
static sa_status bind_head(const struct binder *b, int64_t width, struct bound_model *bound) {
    sa_status status =
        bind_end(b, output_names(b, "dense"), 1, width, b->stack->width, b->output->dense_bias, &bound->head);
    const json_t *norm = output_names(b, "norm");
    if (status == SA_OK && !b->output->is_bare)
        status = binder_find(b, norm, 0, ".weight", &width, 1, &bound->head_norm.weight);
    if (status != SA_OK || b->output->is_bare || !b->stack->norm.has_biases) return status;
    return binder_find(b, norm, 0, ".bias", &width, 1, &bound->head_norm.bias);
}

/* The output matrix. Even if it is tied to the stack's words, a matrix of its own in the file is used, as in
 * Transformers: it is there because training has untied the two. A file without any is of the class below: its model
 * has states alone. */
static sa_status bind_output(struct binder b, const struct bound_stack *stack, struct bound_model *bound) {
    const struct output_config *o = b.output;
    const int64_t width = o->has_dense ? b.stack->input.embedding : b.stack->width;
    const json_t *tensor = output_names(&b, "tensor");
    const int own = !o->tied && !o->optional;
    int has = o->exists;
    sa_status status = SA_OK;
    if (has && own && !binder_pattern(tensor, 0))
        return fail(b.settings->report, SA_ERR_FORMAT, "%s: output.tensor is missing", b.settings->description_name);
    if (has && o->of_encoder) status = has_output(&b, bound, &has);
    if (status != SA_OK || !has) return status;
    status = bind_end(&b, tensor, own && b.missing, b.stack->input.vocabulary, width, 0, &bound->output);
    if (!bound->output.weight && !own) bound->output.weight = stack->once[WORDS].weight;
    if (status != SA_OK || (!bound->output.weight && !b.missing)) return status;
    status = bind_output_bias(&b, &bound->output);
    return status == SA_OK && o->has_dense ? bind_head(&b, width, bound) : status;
}

/* A norm that the file may lack, unless it stands before a new classifier. */
static sa_status bind_norm(const struct binder *b, const char *key, int64_t width, int has_bias, struct bound *bound) {
    const json_t *names = json_object_get(b->settings->description, key);
    const struct tensor *found;
    char name[NAME_BYTES];
    if (!binder_pattern(names, 0)) return SA_OK;
    sa_status status = binder_look_up(b, names, 0, ".weight", name, &found);
    if (status != SA_OK || (!found && !b->classes)) return status;
    status = binder_find(b, names, 0, ".weight", &width, 1, &bound->weight);
    return status == SA_OK && has_bias ? binder_find(b, names, 0, ".bias", &width, 1, &bound->bias) : status;
}

/* A new classifier has a pooler only if it needs one. */
static sa_status bind_pooler(const struct binder *b, const struct model_config *c, int64_t width,
                             struct bound_model *bound) {
    const json_t *names = json_object_get(b->settings->description, "pooler");
    if (b->classes && c->classifier_of != CLASSIFIER_OF_POOLED) return SA_OK;
    sa_status status = bind_end(b, names, b->classes > 0, c->pooler_width, width, 1, &bound->pooler);
    return status == SA_OK ? bind_norm(b, "pooler_norm", width, 1, &bound->pooler_norm) : status;
}

/* The matrix before a classifier, with its norm. In most families classifiers of tokens have none. */
static sa_status bind_dense(const struct binder *b, const struct model_config *c, int64_t width,
                            struct bound_model *bound) {
    const json_t *dense = json_object_get(b->settings->description, "classifier_dense");
    if (!binder_pattern(dense, 0) || (c->classifier_of == CLASSIFIER_OF_TOKENS && !c->classifier_dense_of_tokens))
        return SA_OK;
    sa_status status =
        bind_end(b, dense, b->classes > 0, -1, width, c->classifier_dense_bias, &bound->classifier_dense);
    const struct tensor *found = bound->classifier_dense.weight;
    if (status == SA_OK && (found || b->classes))
        return bind_norm(b, "classifier_norm", found ? found->size[0] : width, c->encoder.norm.has_biases,
                         &bound->classifier_norm);
    if (status != SA_OK) return status;
    return fail(b->settings->report, SA_ERR_FORMAT,
                "the file has a classifier, but \"%.80s.weight\" is missing, which stands before it",
                binder_pattern(dense, 0));
}

/* What a classifier takes, and the norm before it where no matrix is: *inner numbers, `width` of them at first. */
static sa_status bind_before_classifier(const struct binder *b, const struct model_config *c, int64_t *inner,
                                        struct bound_model *bound) {
    sa_status status = bind_dense(b, c, *inner, bound);
    if (bound->classifier_dense.weight)
        *inner = bound->classifier_dense.weight->size[0];
    else if (status == SA_OK && !binder_pattern(json_object_get(b->settings->description, "classifier_dense"), 0))
        status = bind_norm(b, "classifier_norm", *inner, c->encoder.norm.has_biases, &bound->classifier_norm);
    return status;
}

/* A new classifier is missing, whatever the file has. */
static sa_status bind_new_classifier(const struct binder *b, const struct model_config *c, int64_t width,
                                     struct bound_model *bound) {
    const json_t *description = b->settings->description, *names = json_object_get(description, "classifier");
    int64_t inner = c->classifier_of == CLASSIFIER_OF_BOTH ? 2 * width : width;
    if (c->classifier_of == CLASSIFIER_OF_POOLED && binder_pattern(json_object_get(description, "pooler"), 0))
        inner = c->pooler_width;
    sa_status status = bind_before_classifier(b, c, &inner, bound);
    const int64_t size[2] = {b->classes, inner};
    if (status == SA_OK) status = b->missing(b, names, 0, ".weight", size, 2);
    return status == SA_OK ? b->missing(b, names, 0, ".bias", size, 1) : status;
}

/* A classifier, if the file has one. One that misses what it stands behind is refused. A decoder is as wide as the
 * encoder where its states are classified. */
static sa_status bind_classifier(const struct binder *b, const struct model_config *c, int64_t width,
                                 struct bound_model *bound) {
    const json_t *names = json_object_get(b->settings->description, "classifier");
    const struct tensor *found;
    char name[NAME_BYTES];
    if (!binder_pattern(names, 0) || (c->decoder.name && c->classifier_of != CLASSIFIER_OF_DECODER_END)) return SA_OK;
    if (b->classes) return bind_new_classifier(b, c, width, bound);
    sa_status status = binder_look_up(b, names, 0, ".weight", name, &found);
    if (status != SA_OK || !found) return status;
    int64_t inner = width;
    if (c->classifier_of == CLASSIFIER_OF_BOTH) inner = 2 * width;
    if (c->classifier_of == CLASSIFIER_OF_POOLED) inner = bound_pooled_width(bound, c);
    status = bind_before_classifier(b, c, &inner, bound);
    if (status == SA_OK) status = bind_end(b, names, 1, -1, inner, 1, &bound->classifier);
    const int64_t states = c->encoder.layers + 1;
    const json_t *layers = json_object_get(b->settings->description, "classifier_layers");
    if (status == SA_OK && c->classifier_mixes)
        status = binder_find(b, layers, 0, "", &states, 1, &bound->classifier_layers);
    if (status != SA_OK || c->classifier_of != CLASSIFIER_OF_POOLED || bound_is_pooled(bound, c)) return status;
    return fail(b->settings->report, SA_ERR_FORMAT, "the file has a classifier, but the pooler is missing before it");
}

/* The classifier of a decoder that is missing: Transformers' have no bias. */
static sa_status miss_classifier_of_decoder(const struct binder *b, const char *name, int64_t width) {
    const int64_t size[2] = {b->classes, width};
    json_t *names = json_string(name);
    if (!names) return fail_memory_for(b->settings->report, "the name of a classifier");
    sa_status status = b->missing(b, names, 0, ".weight", size, 2);
    json_decref(names);
    return status;
}

/* The classifier of a model that is described as a decoder, by the names that frameworks have for it. A matrix before
 * it may be missing. */
static sa_status bind_classifier_of_decoder(const struct binder *b, const struct model_config *c, int64_t width,
                                            struct bound_model *model) {
    static const char *const named[] = {"score", "classifier"};
    const json_t *dense = json_object_get(b->settings->description, "classifier_dense");
    struct bound *bound = &model->classifier;
    sa_status status = bind_end(b, dense, 0, -1, width, c->classifier_dense_bias, &model->classifier_dense);
    if (model->classifier_dense.weight) width = model->classifier_dense.weight->size[0];
    if (status == SA_OK && b->classes) return miss_classifier_of_decoder(b, named[0], width);
    for (int i = 0; i < 2 && !bound->weight && status == SA_OK; i++) {
        char name[NAME_BYTES];
        if (!binder_write_name(name, b, named[i], 0, ".weight") || !(bound->weight = tensors_find(b->file, name)))
            continue;
        const int64_t size[2] = {bound->weight->size[0], width};
        status = binder_take(b, bound->weight, size, 2, 0);
        if (status == SA_OK && binder_write_name(name, b, named[i], 0, ".bias") &&
            (bound->bias = tensors_find(b->file, name)))
            status = binder_take(b, bound->bias, size, 1, 0);
    }
    return status;
}

/* Numbers in full names, which the file may lack; of a bias only beside a scale. */
static sa_status bind_likeness(const struct binder *b, struct bound *bound) {
    const json_t *likeness = json_object_get(b->settings->description, "likeness"),
                 *scale = json_object_get(likeness, "scale"), *bias = json_object_get(likeness, "bias");
    const struct tensor *found = NULL;
    const int64_t one = 1;
    char name[NAME_BYTES];
    sa_status status = binder_look_up(b, scale, 0, "", name, &found);
    if (status != SA_OK || !found) return status;
    status = binder_find(b, scale, 0, "", &one, 1, &bound->weight);
    return status == SA_OK && binder_pattern(bias, 0) ? binder_find(b, bias, 0, "", &one, 1, &bound->bias) : status;
}

sa_status bind_ends(const struct binder *binder, const struct model_config *c, int64_t width,
                    struct bound_model *bound) {
    struct binder b = *binder;
    sa_status status = SA_OK;
    if (c->encoder.name) status = bind_pooler(&b, c, width, bound);
    b.prefix = b.outer;
    if (status == SA_OK && c->encoder.name)
        status =
            c->is_classifying ? bind_classifier_of_decoder(&b, c, width, bound) : bind_classifier(&b, c, width, bound);
    if (status == SA_OK && c->encoder.name)
        status = bind_end(&b, json_object_get(b.settings->description, "projection"), 0, -1,
                          bound_pooled_width(bound, c), 0, &bound->projection);
    if (status == SA_OK && c->likeness) status = bind_likeness(&b, &bound->likeness);
    if (c->output.of_encoder) b.stack = &c->encoder;
    if (status != SA_OK) return status;
    return bind_output(b, c->output.of_encoder ? &bound->encoder : &bound->decoder, bound);
}
