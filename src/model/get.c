/* The calls that return numbers of a model.
 * SPDX-License-Identifier: MIT */
#include "base/arith.h"
#include "model/model.h"

int64_t word_logits(const struct sa_model *model) {
    return model->output.weights ? model->output.out : 0;
}

int64_t output_width(const struct sa_model *model) {
    return model->output.weights ? model->output.out : model->classifier.out;
}

/* The numbers of a stack, in the order of SA_MODEL_LAYERS ... and SA_MODEL_DECODER_LAYERS ... */
static int64_t stack_number(const struct stack_config *c, int32_t what) {
    if (!c->name) return 0;
    switch (what) {
    case SA_MODEL_LAYERS:
    case SA_MODEL_DECODER_LAYERS:
        return c->layers;
    case SA_MODEL_WIDTH:
    case SA_MODEL_DECODER_WIDTH:
        return c->width;
    case SA_MODEL_QUERY_HEADS:
    case SA_MODEL_DECODER_QUERY_HEADS:
        return c->heads;
    case SA_MODEL_KV_HEADS:
    case SA_MODEL_DECODER_KV_HEADS:
        return c->kv_heads;
    case SA_MODEL_VOCABULARY:
    case SA_MODEL_DECODER_VOCABULARY:
        return c->input.vocabulary;
    case SA_MODEL_MAX_POSITIONS:
    case SA_MODEL_DECODER_MAX_POSITIONS:
        return c->positions.count;
    default: /* SA_MODEL_HEAD_SIZE */
        return c->head_size;
    }
}

static int64_t feature_number(const struct input_config *c, int32_t what) {
    switch (what) {
    case SA_MODEL_FEATURE_CHANNELS:
        return c->channels;
    case SA_MODEL_FEATURE_HEIGHT:
        return c->height;
    case SA_MODEL_FEATURE_WIDTH:
        return c->width;
    case SA_MODEL_FEATURE_TOKENS:
        return input_tokens(c);
    case SA_MODEL_FEATURE_ROWS:
        return input_rows(c);
    default: /* SA_MODEL_FEATURE_COLUMNS */
        return input_columns(c);
    }
}

static int64_t model_number(const struct sa_model *model, int32_t what) {
    const struct model_config *c = &model->config;
    switch (what) {
    case SA_MODEL_ENCODER:
        return c->encoder.name != NULL;
    case SA_MODEL_DECODER:
        return c->decoder.name != NULL;
    case SA_MODEL_OUTPUTS:
        return output_width(model);
    case SA_MODEL_POOLED:
        return model_is_pooled(model);
    case SA_MODEL_START_TOKEN:
        return c->start_token;
    case SA_MODEL_END_TOKEN:
        return c->end_token_count ? c->end_tokens[0] : -1;
    case SA_MODEL_PAD_TOKEN:
        return c->pad_token;
    case SA_MODEL_TOKEN_LOGITS:
        return model->output.weights || (model->classifier.weights && c->classifier_of == CLASSIFIER_OF_TOKENS);
    case SA_MODEL_FORCED_FIRST_TOKEN:
        return c->forced_first;
    case SA_MODEL_FORCED_LAST_TOKEN:
        return c->forced_last;
    case SA_MODEL_MAX_NEW_TOKENS:
        return c->generation.max_new_tokens;
    case SA_MODEL_UNSUPPORTED:
        return *c->generation.unsupported != 0;
    case SA_MODEL_PADDED_TOKENS:
        return c->padded_to;
    case SA_MODEL_TOKEN_TYPES:
        return model_first(model)->config.input.types;
    case SA_MODEL_POOLED_WIDTH:
        return model_is_pooled(model) ? model_pooled_width(model) : 0;
    case SA_MODEL_EMBEDDING_WIDTH:
        return model->sentence.width;
    default:
        return -1;
    }
}

int64_t sa_model_get(const sa_model *model, int32_t what) {
    if (!model) return -1;
    const struct stack_config *first = &model_first(model)->config;
    if (what >= SA_MODEL_LAYERS && what <= SA_MODEL_HEAD_SIZE) return stack_number(first, what);
    if (what >= SA_MODEL_DECODER_LAYERS && what <= SA_MODEL_DECODER_HEAD_SIZE)
        return stack_number(&model->decoder.config, what);
    if (what >= SA_MODEL_FEATURE_CHANNELS && what <= SA_MODEL_FEATURE_COLUMNS)
        return feature_number(&first->input, what);
    return model_number(model, what);
}

int64_t sa_model_feature_tokens(const sa_model *model, int64_t width) {
    if (!model || width < 1 || width > GEMM_MAX) return 0;
    const struct input_config *c = &model_first(model)->config.input;
    if (c->kind == INPUT_CONVOLUTIONS) return convolution_tokens(&c->convolutions, width);
    return width == c->width ? input_tokens(c) : 0;
}

int64_t sa_model_end_tokens(const sa_model *model, int32_t *ids, int64_t capacity) {
    if (!model) return 0;
    for (int64_t i = 0; i < model->config.end_token_count && i < capacity; i++)
        ids[i] = (int32_t)model->config.end_tokens[i];
    return model->config.end_token_count;
}

int64_t sa_model_suppressed_tokens(const sa_model *model, int32_t first_only, int32_t *ids, int64_t capacity) {
    if (!model) return 0;
    const struct generation_config *g = &model->config.generation;
    const int which = first_only != 0;
    for (int64_t i = 0; i < g->suppressed_count[which] && i < capacity; i++) ids[i] = g->suppressed[which][i];
    return g->suppressed_count[which];
}

const char *sa_model_unused_tensor(const sa_model *model, int64_t index) {
    return model && index >= 0 && index < model->unused.count ? model->unused.names[index] : NULL;
}

int32_t sa_model_likeness(const sa_model *model, double *scale, double *bias) {
    if (scale) *scale = model ? model->likeness_scale : 0;
    if (bias) *bias = model ? model->likeness_bias : 0;
    return model ? model->config.likeness : SA_LIKENESS_NONE;
}

const char *sa_model_type(const sa_model *model) {
    return model ? model->config.model_type : "";
}
