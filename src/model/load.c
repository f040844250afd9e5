/* From named tensors to a model. Tensors that cannot be used in place in the file are counted, then copied into one
 * store.
 * SPDX-License-Identifier: MIT */
#include "api/context.h"
#include "model/keep_attention.h"
#include "model/keep_feed_forward.h"
#include "model/load_attention.h"
#include "model/stretch.h"

#include <math.h>

/* Most sines and cosines of a model: a table of 64 MiB. */
enum { MOST_SINUSOIDS = 1 << 24 };

static void keep_block(struct keep *k, const struct stack_config *c, const struct bound *t,
                       const struct bound_experts *experts, struct model_block *b) {
    const int64_t E = c->width;
    keep_feed_forward(k, c, t, experts, b);
    b->matrices = keep_attention(k, c, t);
    b->cross_matrices = keep_cross_attention(k, c, t);
    b->attention_norm = keep_norm(k, &t[ATTENTION_NORM], &c->norm, E);
    b->cross_norm = keep_norm(k, &t[CROSS_NORM], &c->norm, E);
    b->feed_forward_norm = c->one_norm ? b->attention_norm : keep_norm(k, &t[FEED_FORWARD_NORM], &c->norm, E);
    b->attention_norm_after = keep_norm(k, &t[ATTENTION_NORM_AFTER], &c->norm, E);
    b->cross_norm_after = keep_norm(k, &t[CROSS_NORM_AFTER], &c->norm, E);
    b->feed_forward_norm_after = keep_norm(k, &t[FEED_FORWARD_NORM_AFTER], &c->norm, E);
    if (c->positions.kind == POSITIONS_DISENTANGLED) {
        b->score_query = keep_linear(k, &t[QUERY], c->in_out);
        b->score_key = keep_linear(k, &t[KEY], c->in_out);
    }
    if (c->positions.kind == POSITIONS_GRID) b->grid_bias = keep_vector(k, t[RELATIVE_BIAS].weight, 0);
    b->attention_scale = keep_vector(k, t[ATTENTION_SCALE].weight, 0);
    b->feed_forward_scale = keep_vector(k, t[FEED_FORWARD_SCALE].weight, 0);
}

static void keep_stretched(struct keep *k, const struct stack_config *c, struct tensor *positions) {
    const struct stretch stretch = stretch_of(c);
    const int64_t rows = stretch_vectors(&stretch, positions->elements);
    float *to = keep_room(k, "stretched positions", rows, stretch.width, sizeof *to);
    if (!to) return;
    stretch_table(&stretch, positions, to);
    *positions = (struct tensor){.type = SA_F32,
                                 .elements = rows * stretch.width,
                                 .data = (const unsigned char *)to,
                                 .bytes = rows * stretch.width * (int64_t)sizeof *to};
}

/* A batch's norm by the training's means and variances is a scale and a shift of each channel (Ioffe and Szegedy,
 * "Batch normalization", 2015). */
static void keep_batch_norm(struct keep *k, const struct bound_stack *t, struct stack *s) {
    const struct bound *norm = &t->once[POSITION_BATCH_NORM];
    if (!norm->weight) return;
    const int64_t E = norm->weight->elements;
    float *scales = keep_room(k, "scales", E, 1, sizeof *scales),
          *shifts = keep_room(k, "shifts", E, 1, sizeof *shifts);
    for (int64_t i = 0; scales && i < E; i++) {
        float gain, bias, mean, variance;
        tensor_floats(norm->weight, i, 1, &gain);
        tensor_floats(norm->bias, i, 1, &bias);
        tensor_floats(t->once[POSITION_MEANS].weight, i, 1, &mean);
        tensor_floats(t->once[POSITION_VARIANCES].weight, i, 1, &variance);
        const double scale = (double)gain / sqrt((double)variance + 1e-5);
        scales[i] = (float)scale;
        shifts[i] = (float)((double)bias - (double)mean * scale);
    }
    s->position_scales = scales, s->position_shifts = shifts;
}

static void keep_stack(struct keep *k, const struct bound_stack *t, struct stack *s) {
    const struct stack_config *c = &s->config;
    if (!t->blocks) return;
    s->patches = keep_linear(k, &t->once[PATCHES], 0);
    s->convolutions[0] = keep_convolution(k, &t->once[CONVOLUTION_1]);
    s->convolutions[1] = keep_convolution(k, &t->once[CONVOLUTION_2]);
    for (int64_t i = 0; i < c->input.convolutions.count; i++) {
        const struct norm_config norm = {.kind = NORM_LAYER, .epsilon = 1e-5};
        s->front[i] = keep_convolution(k, &t->convolutions[i]);
        s->front_norms[i] = keep_norm(k, &t->convolution_norms[i], &norm, s->front[i].out);
    }
    if (c->positions.table_rows) keep_stretched(k, c, &s->positions);
    s->position_groups = keep_weight_norm(k, t->once[POSITION_KERNEL].weight, t->once[POSITION_GAIN].weight,
                                          t->once[POSITION_BIAS].weight);
    keep_batch_norm(k, t, s);
    s->bucket_norm = keep_norm(k, &t->once[BUCKET_NORM], &c->norm, c->width);
    s->position_norm = keep_norm(k, &t->once[POSITION_NORM], &c->norm, c->width);
    s->embedding = keep_linear(k, &t->once[EMBEDDING], 0);
    s->input_norm = keep_norm(k, &t->once[INPUT_NORM], &c->norm, c->input.embedding);
    s->final_norm = keep_norm(k, &t->once[FINAL_NORM], &c->norm, c->width);
    for (int64_t l = 0; l < c->layers; l++)
        if (l && config_group(c, l) == config_group(c, l - 1))
            s->blocks[l] = s->blocks[l - 1];
        else
            keep_block(k, c, t->blocks[l], t->experts ? &t->experts[l] : NULL, &s->blocks[l]);
    if (c->positions.kind != POSITIONS_SINUSOIDAL || s->positions.data) return;
    const int64_t rows = c->positions.count + c->positions.offset;
    float *table = keep_room(k, "sinusoids", rows, position_width(c), sizeof *table);
    /* Sizes and style have been checked. */
    if (table && sa_sinusoidal_positions(rows, c->input.embedding, c->positions.style, table) == SA_OK)
        s->sinusoids = table;
}

/* One table that encoder and decoder share is kept once. */
static void keep_words(struct keep *k, const struct bound_model *t, struct sa_model *model) {
    const struct tensor *first = t->encoder.once[WORDS].weight, *second = t->decoder.once[WORDS].weight;
    model->encoder.words = keep_table(k, first);
    model->decoder.words = second && second == first ? model->encoder.words : keep_table(k, second);
}

/* The softmax of a table of numbers; NULL for NULL. */
static const float *keep_softmax(struct keep *k, const struct tensor *t) {
    float most = -INFINITY; /* GCC 12 for arm64 fails at the largest of floats as a double */
    double sum = 0;
    if (!t) return NULL;
    float *to = keep_room(k, "shares", t->elements, 1, sizeof *to);
    if (!to) return NULL;
    tensor_floats(t, 0, t->elements, to);
    for (int64_t i = 0; i < t->elements; i++) most = fmaxf(most, to[i]);
    for (int64_t i = 0; i < t->elements; i++) sum += exp((double)to[i] - (double)most);
    for (int64_t i = 0; i < t->elements; i++) to[i] = (float)(exp((double)to[i] - (double)most) / sum);
    return to;
}

static void keep_model(struct keep *k, const struct bound_model *t, struct sa_model *model) {
    keep_words(k, t, model);
    keep_stack(k, &t->encoder, &model->encoder);
    keep_stack(k, &t->decoder, &model->decoder);
    keep_stack(k, &t->pooler_block, &model->pooler_block);
    const struct bound_stack *bound = model->config.output.of_encoder ? &t->encoder : &t->decoder;
    const struct stack *stack = model->config.output.of_encoder ? &model->encoder : &model->decoder;
    struct bound output = t->output;
    if (output.weight && output.weight == bound->once[WORDS].weight) output.weight = &stack->words;
    model->output = keep_linear(k, &output, 0);
    model->head = keep_linear(k, &t->head, 0);
    model->head_norm = keep_norm(k, &t->head_norm, &stack->config.norm, model->head.out);
    model->pooler = keep_linear(k, &t->pooler, 0);
    model->pooler_norm = keep_norm(k, &t->pooler_norm, &model->encoder.config.norm, model->encoder.config.width);
    model->classifier_dense = keep_linear(k, &t->classifier_dense, 0);
    model->layer_mix = keep_softmax(k, t->classifier_layers);
    model->classifier_norm = keep_norm(k, &t->classifier_norm, &model->encoder.config.norm,
                                       t->classifier_norm.weight ? t->classifier_norm.weight->size[0] : 0);
    model->classifier = keep_linear(k, &t->classifier, 0);
    for (int64_t i = 0; i < model->sentence.count; i++) {
        struct sentence_step *step = &model->sentence.steps[i];
        const struct bound dense = {step->weight, step->bias};
        step->dense = keep_linear(k, &dense, 0);
    }
}

/* What cannot be converted is named. */
static sa_status check_converted(sa_ctx *ctx, const struct keep *keep, const struct sa_model *model) {
    char own[TENSOR_NAME_BYTES];
    if (!keep->failed) return SA_OK;
    return fail(&ctx->report, SA_ERR_UNSUPPORTED,
                "%s: tensor \"%.100s\" cannot be quantised: a number in it is not finite, or larger than 65504",
                model->file.file.name, tensors_own_name(&model->file, keep->failed->name, own));
}

static sa_status keep_all(sa_ctx *ctx, const struct bound_model *bound, const struct conversion *conversion,
                          struct sa_model *model) {
    struct keep keep = {.machine = &ctx->machine, .ledger = {.title = "a model's weights"}, .conversion = *conversion};
    keep_model(&keep, bound, model);
    if (!ledger_fits(&keep.ledger)) return fail_overflow(&ctx->report, "the size of the model's weights");
    model->stored = keep.ledger.bytes;
    model->store = memory_allocate(&model->memory, model->stored, 1);
    if (!model->store) return fail_memory(&ctx->report, model->stored, "a model's weights");
    ledger_open(&keep.ledger, model->store);
    keep = (struct keep){.base = model->store,
                         .machine = &ctx->machine,
                         .conversion = *conversion,
                         .all = model->stored,
                         .told = watch_begin(&ctx->watch, "weights", model->stored)};
    keep_model(&keep, bound, model);
    watch_end(keep.told);
    const sa_status status = context_cancelled(ctx);
    return status == SA_OK ? check_converted(ctx, &keep, model) : status;
}

static struct tensor table_of(const struct bound *bound) {
    return bound->weight ? *bound->weight : (struct tensor){0};
}

static sa_status prepare_stack(sa_ctx *ctx, const struct bound_stack *bound, struct stack *s) {
    const struct stack_config *c = &s->config;
    if (!c->name) return SA_OK;
    if (c->positions.kind == POSITIONS_SINUSOIDAL &&
        c->positions.count > MOST_SINUSOIDS / c->input.embedding - c->positions.offset)
        return fail(&ctx->report, SA_ERR_UNSUPPORTED, "%lld sinusoidal positions of width %lld are more than supported",
                    (long long)c->positions.count, (long long)c->input.embedding);
    s->types = table_of(&bound->once[TYPES]);
    s->bucket_vectors = table_of(&bound->once[BUCKET_VECTORS]);
    s->special_tokens[0] = table_of(&bound->once[CLASS_TOKEN]);
    s->special_tokens[1] = table_of(&bound->once[DISTILLATION_TOKEN]);
    s->positions = table_of(&bound->once[POSITIONS]);
    s->registers = table_of(&bound->once[REGISTERS]);
    s->probe = table_of(&bound->once[PROBE]);
    s->blocks = memory_allocate(&ctx->memory, c->layers, sizeof *s->blocks);
    return s->blocks ? SA_OK : fail_memory(&ctx->report, c->layers * (int64_t)sizeof *s->blocks, "a model's blocks");
}

static double number_of(const struct tensor *t) {
    float value;
    tensor_floats(t, 0, 1, &value);
    return (double)value;
}

/* A file without these numbers is no model of texts and images. */
static sa_status load_likeness(struct report *report, const struct bound *bound, struct sa_model *model) {
    if (!bound->weight) {
        model->config.likeness = SA_LIKENESS_NONE;
        return SA_OK;
    }
    const double scale = number_of(bound->weight), bias = bound->bias ? number_of(bound->bias) : 0;
    model->likeness_scale = exp(scale), model->likeness_bias = bias;
    if (isfinite(model->likeness_scale) && isfinite(bias)) return SA_OK;
    return fail(report, SA_ERR_FORMAT, "%s: embeddings cannot be compared with the scale exp(%g) and the bias %g",
                model->file.file.name, scale, bias);
}

sa_status model_load(sa_ctx *ctx, const struct settings *settings, const struct bound_model *bound,
                     const struct conversion *conversion, struct sa_model *model) {
    model->encoder.config = model->config.encoder;
    model->decoder.config = model->config.decoder;
    if (bound->pooler_block.blocks) model->pooler_block.config = model->config.pooler_block;
    sa_status status = prepare_stack(ctx, &bound->encoder, &model->encoder);
    if (status == SA_OK) status = prepare_stack(ctx, &bound->decoder, &model->decoder);
    if (status == SA_OK) status = prepare_stack(ctx, &bound->pooler_block, &model->pooler_block);
    if (status == SA_OK) status = keep_all(ctx, bound, conversion, model);
    if (status == SA_OK) status = load_attention(ctx, settings, &bound->encoder, &model->encoder);
    if (status == SA_OK) status = load_attention(ctx, settings, &bound->decoder, &model->decoder);
    if (status == SA_OK) status = load_attention(ctx, settings, &bound->pooler_block, &model->pooler_block);
    return status == SA_OK ? load_likeness(&ctx->report, &bound->likeness, model) : status;
}

static void stack_release(const struct allocator *memory, struct stack *s) {
    for (int64_t l = 0; s->blocks && l < s->config.layers; l++) {
        if (l + 1 < s->config.layers && s->blocks[l + 1].attention == s->blocks[l].attention) continue;
        sa_layer_destroy(&s->blocks[l].attention);
        sa_layer_destroy(&s->blocks[l].cross);
    }
    memory_release(memory, s->blocks, s->config.layers, sizeof *s->blocks);
}

void model_release(struct sa_model *model) {
    stack_release(&model->memory, &model->encoder);
    stack_release(&model->memory, &model->decoder);
    stack_release(&model->memory, &model->pooler_block);
    memory_release(&model->memory, model->store, model->stored, 1);
    unused_release(&model->memory, &model->unused);
    sentence_release(&model->sentence);
    prompts_release(&model->memory, &model->prompts);
    tensors_close(&model->file);
}
