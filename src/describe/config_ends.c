/* What an encoder has behind its last state, other than words: pooler, classifier, projection.
 * SPDX-License-Identifier: MIT */
#include "base/arith.h"
#include "describe/config_stack.h"
#include "describe/setting.h"
#include "file/path.h"

#include <string.h>

/* The block of a pooler by attention (Lee et al., "Set Transformer", 2019). Its numbers are the encoder's; all matrices
 * have biases, as those of PyTorch's MultiheadAttention, and the norm stands before the feed-forward sub-layer. */
static sa_status read_pooler_block(const struct section *root, const struct stack_config *encoder,
                                   struct stack_config *block) {
    static const char *const known[] = {"tensors", NULL};
    static const char *const roles[] = {"probe", "qkv", "attention_output", "feed_forward_norm", "up", "down", NULL};
    struct section s, tensors = {0};
    const json_t *names;
    sa_status status = section_member(root, "pooler_block", &s);
    if (status != SA_OK || !s.object) return status;
    *block = (struct stack_config){.name = "pooler_block",
                                   .layers = 1,
                                   .width = encoder->width,
                                   .heads = encoder->heads,
                                   .kv_heads = encoder->kv_heads,
                                   .head_size = encoder->head_size,
                                   .inner = encoder->inner,
                                   .groups = 1,
                                   .input = {.kind = INPUT_PROBE, .mask_token = -1},
                                   .norm = encoder->norm,
                                   .packing = PACKING_CONCATENATED,
                                   .head_groups = 1,
                                   .activation = encoder->activation};
    block->norm.place = NORM_BEFORE;
    block->norm.has_first = block->norm.has_final = 0;
    for (int i = 0; i < BLOCK_MATRICES; i++) block->bias[i] = 1;
    status = section_check(&s, known);
    if (status == SA_OK) status = section_member(&s, "tensors", &tensors);
    if (status == SA_OK) status = section_check(&tensors, roles);
    for (int i = 0; roles[i] && status == SA_OK; i++) status = section_names(&tensors, roles[i], &names);
    return status;
}

/* Whether the model has what the pooler takes. */
static sa_status check_pooler_of(const struct section *root, const struct model_config *c) {
    const struct settings *all = root->settings;
    if (c->pooler_of == POOLER_OF_PATCHES && c->encoder.input.kind != INPUT_PATCHES)
        return fail(all->report, SA_ERR_UNSUPPORTED, "%s: pooler_of is \"patches\", but the model has none",
                    all->description_name);
    if (c->pooler_of != POOLER_OF_ATTENTION) return section_unused(root, "pooler_block", root, "pooler_of");
    if (c->pooler_block.name) return SA_OK;
    return fail(all->report, SA_ERR_UNSUPPORTED, "%s: pooler_of is \"attention\", but pooler_block is missing",
                all->description_name);
}

/* An activation, or "none". */
static sa_status read_activation(const struct section *root, const char *key, int *is_active, int *activation) {
    struct setting given;
    sa_status status = setting_find(root, key, &given);
    if (status != SA_OK) return status;
    *is_active = !json_is_string(given.value) || strcmp(json_string_value(given.value), "none") != 0;
    return *is_active ? config_activation(root, key, ACTIVATION_TANH, activation) : SA_OK;
}

static sa_status read_pooler(const struct section *root, struct model_config *c) {
    static const char *const tokens[] = {"first", "last", "end", "patches", "attention", NULL};
    static const char *const of_matrix[] = {"pooler_activation", "pooler_width", NULL};
    const json_t *pooler = NULL, *norm = NULL;
    struct setting of;
    int choice = POOLER_OF_FIRST;
    sa_status status = section_names(root, "pooler", &pooler);
    if (status == SA_OK) status = section_names(root, "pooler_norm", &norm);
    if (status == SA_OK) status = setting_find(root, "pooler_of", &of);
    if (status == SA_OK) status = setting_choice(root, "pooler_of", POOLER_OF_FIRST, tokens, &choice);
    if (status == SA_OK)
        status = read_activation(root, "pooler_activation", &c->pooler_is_active, &c->pooler_activation);
    if (status == SA_OK)
        status = setting_integer(root, "pooler_width", c->encoder.width, 1, GEMM_MAX, &c->pooler_width);
    if (status != SA_OK) return status;
    c->pooler_of = (enum pooler_of)choice;
    c->pooler_is_bare = !pooler && !norm && of.value;
    if (!pooler) status = section_all_unused(root, of_matrix, root, "pooler");
    if (status == SA_OK) status = read_pooler_block(root, &c->encoder, &c->pooler_block);
    return status == SA_OK ? check_pooler_of(root, c) : status;
}

/* Files of classifiers of tokens often differ from those of texts in `architectures` of config.json alone. */
static int names_class(const struct settings *s, const char *ending) {
    const char *name = json_string_value(json_array_get(json_object_get(s->config, "architectures"), 0));
    return name && has_ending(name, ending);
}

static int names_token_classifier(const struct settings *s) {
    return names_class(s, "ForTokenClassification");
}

int config_names_classifier(const struct settings *s) {
    return names_token_classifier(s) || names_class(s, "ForSequenceClassification");
}

/* What a model lacks so that a decoder can read the text itself; NULL: nothing. */
static const char *lacks_for_decoder_end(const struct model_config *c) {
    if (!c->decoder.name) return "the model is no encoder with a decoder";
    if (c->encoder.input.kind != INPUT_TOKENS) return "the model takes no texts";
    return c->output.exists ? "there is an output of words" : NULL;
}

/* Whether the model has what the classifier takes. */
static sa_status check_classifier_of(const struct section *root, const struct model_config *c, enum classifier_of of,
                                     const char *word) {
    const struct settings *all = root->settings;
    const int is_of_decoder = of == CLASSIFIER_OF_DECODER_END;
    const char *lacks = NULL;
    if (is_of_decoder)
        lacks = lacks_for_decoder_end(c);
    else if (of >= CLASSIFIER_OF_PATCHES && c->encoder.input.kind != INPUT_PATCHES)
        lacks = "the model has none";
    if (lacks)
        return fail(all->report, SA_ERR_UNSUPPORTED, "%s: classifier_of is \"%s\", but %s", all->description_name, word,
                    lacks);
    if (!is_of_decoder || c->encoder.width == c->decoder.width) return SA_OK;
    return fail(all->report, SA_ERR_UNSUPPORTED,
                "%s: classifier_of is \"%s\", but the encoder is %lld wide and the decoder %lld", all->description_name,
                word, (long long)c->encoder.width, (long long)c->decoder.width);
}

/* What the decoder reads before the text. */
static sa_status read_classifier_start(const struct section *root, struct model_config *c) {
    static const char *const starts[] = {"start_token", "last", NULL};
    if (c->classifier_of != CLASSIFIER_OF_DECODER_END)
        return section_unused(root, "classifier_start", root, "classifier_of");
    return setting_choice(root, "classifier_start", 0, starts, &c->classifier_starts_last);
}

static sa_status read_classifier(const struct section *root, struct model_config *c) {
    static const char *const classified[] = {
        "first",          "tokens",      "pooled", "mean", "last", "patches", "first_and_patches",
        "special_tokens", "decoder_end", NULL};
    static const char *const needing[] = {"classifier_of", "classifier_dense", "classifier_norm", "classifier_mixes",
                                          NULL};
    static const char *const of_dense[] = {"classifier_activation", "classifier_dense_bias",
                                           "classifier_dense_of_tokens", NULL};
    const json_t *classifier = NULL, *dense = NULL, *norm, *layers = NULL;
    int choice = c->is_classifying ? CLASSIFIER_OF_LAST : CLASSIFIER_OF_FIRST;
    sa_status status = section_names(root, "classifier", &classifier);
    if (status == SA_OK) status = section_names(root, "classifier_dense", &dense);
    if (status == SA_OK) status = section_names(root, "classifier_norm", &norm);
    if (status == SA_OK) status = section_names(root, "classifier_layers", &layers);
    if (status == SA_OK) status = setting_flag(root, "classifier_mixes", 0, &c->classifier_mixes);
    if (status == SA_OK && !layers) status = section_unused(root, "classifier_mixes", root, "classifier_layers");
    if (status == SA_OK) status = setting_choice(root, "classifier_of", choice, classified, &choice);
    if (status == SA_OK)
        status = read_activation(root, "classifier_activation", &c->classifier_is_active, &c->classifier_activation);
    if (status == SA_OK) status = setting_flag(root, "classifier_dense_bias", 1, &c->classifier_dense_bias);
    if (status == SA_OK) status = setting_flag(root, "classifier_dense_of_tokens", 0, &c->classifier_dense_of_tokens);
    if (status == SA_OK && !classifier) status = section_all_unused(root, needing, root, "classifier");
    if (status == SA_OK && !dense) status = section_all_unused(root, of_dense, root, "classifier_dense");
    c->classifier_of = names_token_classifier(root->settings) ? CLASSIFIER_OF_TOKENS : (enum classifier_of)choice;
    if (status == SA_OK) status = check_classifier_of(root, c, (enum classifier_of)choice, classified[choice]);
    return status == SA_OK ? read_classifier_start(root, c) : status;
}

/* How texts and images are compared: names of a scale's logarithm and of a bias, of the sigmoid alone. */
static sa_status read_likeness(const struct section *root, struct model_config *c) {
    static const char *const known[] = {"kind", "scale", "bias", NULL};
    static const char *const kinds[] = {"softmax", "sigmoid", NULL};
    static const int likenesses[] = {SA_LIKENESS_SOFTMAX, SA_LIKENESS_SIGMOID};
    const json_t *scale = NULL, *bias = NULL;
    struct section s;
    int kind = 0;
    sa_status status = section_member(root, "likeness", &s);
    if (status != SA_OK || !s.object) return status;
    status = section_check(&s, known);
    if (status == SA_OK) status = setting_choice(&s, "kind", NO_FALLBACK, kinds, &kind);
    if (status == SA_OK) status = section_names(&s, "scale", &scale);
    if (status == SA_OK) status = section_names(&s, "bias", &bias);
    c->likeness = likenesses[kind];
    if (status != SA_OK || (scale && !bias == (c->likeness == SA_LIKENESS_SOFTMAX))) return status;
    return fail(root->settings->report, SA_ERR_UNSUPPORTED,
                "%s: likeness needs a name of its scale, and of its bias only where kind is \"sigmoid\"",
                root->settings->description_name);
}

static sa_status read_embedding(const struct section *root, struct model_config *c) {
    static const char *const made_of[] = {"mean", "pooled", NULL};
    const json_t *projection = NULL;
    sa_status status = section_names(root, "projection", &projection);
    if (status == SA_OK) status = setting_choice(root, "embedding_of", 0, made_of, &c->embeds_pooled);
    if (status == SA_OK) status = read_likeness(root, c);
    if (status == SA_OK) status = setting_integer(root, "padded_to", 0, 1, GEMM_MAX, &c->padded_to);
    if (status == SA_OK && c->padded_to && (!c->encoder.name || c->encoder.input.kind != INPUT_TOKENS))
        status = fail(root->settings->report, SA_ERR_UNSUPPORTED, "%s: padded_to has no effect without texts",
                      root->settings->description_name);
    if (status != SA_OK || c->embeds_pooled) return status;
    return section_unused(root, "projection", root, "embedding_of");
}

sa_status config_read_ends(const struct section *root, struct model_config *c) {
    static const char *const ends[] = {"pooler",           "pooler_of",    "pooler_block", "pooler_norm", "classifier",
                                       "classifier_dense", "embedding_of", "projection",   "likeness",    NULL};
    sa_status status = read_pooler(root, c);
    if (status == SA_OK) status = read_classifier(root, c);
    if (status == SA_OK) status = read_embedding(root, c);
    if (status == SA_OK && !c->encoder.name) status = section_all_unused(root, ends, root, "encoder");
    if (status != SA_OK || !c->decoder.name || json_member_absent(root->own, "classifier") ||
        c->classifier_of == CLASSIFIER_OF_DECODER_END)
        return status;
    return fail(root->settings->report, SA_ERR_UNSUPPORTED, "%s: classifier has no effect beside a decoder",
                root->settings->description_name);
}
