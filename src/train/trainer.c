/* The calls of selfattn_models.h that train.
 * SPDX-License-Identifier: MIT */
#include "train/trainer.h"

#include "base/arith.h"
#include "describe/settings_open.h"
#include "model/make.h"
#include "stack/checks.h"
#include "train/initial.h"
#include "train/new_classifier.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static int has_prefix(const struct tensor_file *file, const char *prefix) {
    for (int64_t i = 0; i < file->count; i++)
        if (!strncmp(file->tensors[i].name, prefix, strlen(prefix))) return 1;
    return 0;
}

/* What the file leaves out in front of Hugging Face's names: the first prefix without that of the file. */
static void find_prefix(struct sa_trainer *t, const json_t *description) {
    const json_t *prefixes = json_object_get(description, "prefixes");
    const char *first = json_string_value(json_array_get(prefixes, 0)), *own;
    for (size_t i = 0; first && (own = json_string_value(json_array_get(prefixes, i))); i++) {
        const size_t all = strlen(first), length = strlen(own);
        if (!has_prefix(&t->model->file, own)) continue;
        if (length <= all && all - length < sizeof t->adapters.prefix && !strcmp(first + all - length, own))
            snprintf(t->adapters.prefix, sizeof t->adapters.prefix, "%.*s", (int)(all - length), first);
        return;
    }
}

/* Which tensor of the file has which role: the model itself forgets it. */
static sa_status bind(sa_ctx *ctx, struct sa_trainer *t) {
    struct settings settings;
    sa_status status =
        settings_open(&ctx->report, model_files_config_name(&t->model->file), &t->files, NULL, &settings);
    if (status == SA_OK) status = bind_tensors(&t->memory, &settings, &t->model->config, &t->model->file, &t->bound);
    if (status == SA_OK) find_prefix(t, settings.description);
    settings_close(&settings);
    return status;
}

/* Sinusoids that the file has, and the bias of an encoder-decoder's logits, which is a number beside the model:
 * final_logits_bias. */
static void mark_constants(struct sa_trainer *t, unsigned char *constant) {
    const struct model_config *c = &t->model->config;
    const struct tensor *const all[] = {
        c->output.bias_optional ? t->bound.output.bias : NULL,
        c->encoder.positions.kind == POSITIONS_SINUSOIDAL ? t->bound.encoder.once[POSITIONS].weight : NULL,
        c->decoder.positions.kind == POSITIONS_SINUSOIDAL ? t->bound.decoder.once[POSITIONS].weight : NULL};
    for (int64_t i = 0; i < COUNT_OF(all); i++) {
        if (!all[i]) continue;
        constant[all[i] - t->model->file.tensors] = 1;
        t->bound.used[all[i] - t->model->file.tensors] = 0;
    }
}

static sa_status make_constants(sa_ctx *ctx, struct sa_trainer *t) {
    const struct tensor_file *file = &t->model->file;
    unsigned char *constant = memory_allocate(&t->memory, file->count, 1);
    if (!constant) return fail_memory(&ctx->report, file->count, "the marks of a model's constants");
    mark_constants(t, constant);
    sa_status status = parameters_open(&t->memory, &ctx->report, file, constant, PARAMETERS_FIXED, &t->constants);
    memory_release(&t->memory, constant, file->count, 1);
    return status;
}

static sa_status make_parameters(sa_ctx *ctx, struct sa_trainer *t) {
    const enum parameters_use use = t->config.lora      ? PARAMETERS_FIXED
                                    : t->config.weights ? PARAMETERS_LEARN_ROUNDED
                                                        : PARAMETERS_LEARN;
    const struct adapted adapted = {t->model, &t->bound, &t->parameters, t->config.seed};
    sa_status status = t->config.lora ? SA_OK : make_constants(ctx, t);
    if (status == SA_OK)
        status = parameters_open(&t->memory, &ctx->report, &t->model->file, t->bound.used, use, &t->parameters);
    return status == SA_OK && t->config.lora ? adapters_open(&t->memory, &ctx->report, &adapted, &t->adapters) : status;
}

static sa_status open_files(sa_ctx *ctx, const char *path, struct sa_trainer *t) {
    const struct new_classes classes = {t->config.classes, t->config.class_count};
    const uint64_t seed = t->config.seed;
    if (t->config.initialize) return initial_files_open(&t->memory, &ctx->report, path, seed, &classes, &t->files);
    if (classes.count) return new_classifier_open(&t->memory, &ctx->report, path, seed, &classes, &t->files);
    return model_files_open(&t->memory, &ctx->report, path, 0, &t->files);
}

static sa_status fill(sa_ctx *ctx, const char *path, struct sa_trainer *t) {
    const struct conversion as_it_is = {.image_size = (int32_t)t->config.image_size};
    const char *adapter = t->adapters.config.adapter;
    sa_status status = open_files(ctx, path, t);
    if (status != SA_OK) return status;
    status = model_make(ctx, &t->files, &as_it_is, &t->model);
    if (status == SA_OK) status = trainer_check(&ctx->report, t->model);
    if (status == SA_OK && t->config.classes) status = trainer_check_classes(&ctx->report, t->model);
    if (status == SA_OK) status = bind(ctx, t);
    if (status == SA_OK) status = make_parameters(ctx, t);
    tape_open(&t->tape, &t->memory);
    if (status != SA_OK || !t->config.resume) return status;
    return trainer_read_kept(ctx, t, adapter ? adapter : t->files.directory);
}

void sa_trainer_destroy(sa_trainer **trainer) {
    sa_trainer *t = trainer ? *trainer : NULL;
    if (!t) return;
    const struct allocator memory = t->memory;
    tape_close(&t->tape);
    adapters_close(&memory, &t->adapters);
    parameters_close(&memory, &t->parameters);
    parameters_close(&memory, &t->constants);
    if (t->model) bound_release(&memory, &t->model->config, &t->bound);
    model_files_close(&t->files);
    sa_model_destroy(&t->model);
    memory_release(&memory, t, 1, sizeof *t);
    *trainer = NULL;
}

static sa_status create(sa_ctx *ctx, const char *path, const sa_trainer_config *config, sa_trainer **trainer) {
    sa_trainer_config taken;
    if (!trainer) return fail_null(&ctx->report, "trainer");
    if (!path) return fail_null(&ctx->report, "path");
    sa_status status = trainer_take_config(&ctx->report, config, &taken);
    sa_lora lora = {0};
    if (status == SA_OK && taken.lora) status = adapters_take(&ctx->report, taken.lora, &lora);
    if (status == SA_OK && taken.lora && taken.resume && !lora.adapter)
        status = fail(&ctx->report, SA_ERR_VALUE, "resume is 1, but lora names no adapter to go on with");
    if (status != SA_OK) return status;
    sa_trainer *t = memory_allocate(&ctx->memory, 1, sizeof *t);
    if (!t) return fail_memory(&ctx->report, sizeof *t, "a trainer");
    t->memory = ctx->memory;
    t->config = taken;
    t->adapters.config = lora;
    status = fill(ctx, path, t);
    t->config.classes = NULL; /* the caller's names are no longer needed */
    if (status == SA_OK)
        *trainer = t;
    else
        sa_trainer_destroy(&t);
    return status;
}

sa_status sa_trainer_create(sa_ctx *ctx, const char *path, const sa_trainer_config *config, sa_trainer **trainer) {
    if (trainer) *trainer = NULL;
    sa_status status = context_enter(ctx);
    return status == SA_OK ? context_leave(ctx, create(ctx, path, config, trainer)) : status;
}

static sa_status check_labels(struct report *report, const struct training_step *s, int64_t per_sequence,
                              int64_t classes) {
    enum { NO_LABEL = -100 };
    for (int64_t i = 0; s->labels && i < s->B * per_sequence; i++)
        if (s->labels[i] != NO_LABEL && (s->labels[i] < 0 || s->labels[i] >= classes))
            return fail(report, SA_ERR_VALUE, "labels[%lld] is %d, must be 0 to %lld, or -100 for none", (long long)i,
                        (int)s->labels[i], (long long)classes - 1);
    return SA_OK;
}

/* How many labels a sequence has to have. */
static int64_t labels_wanted(const struct sa_model *m, const sa_training_batch *b, int64_t T) {
    if (m->encoder.config.name && m->decoder.config.name) return b->labels_per_sequence;
    return m->output.out || m->config.classifier_of == CLASSIFIER_OF_TOKENS ? T : 1;
}

static sa_status take_labels(struct report *report, const struct sa_model *m, const sa_training_batch *b,
                             struct training_step *s) {
    const int can_shift = m->decoder.config.name && !m->encoder.config.name;
    const int64_t wanted = labels_wanted(m, b, s->T);
    if (!b->labels && !can_shift) return fail_null(report, "labels");
    if (b->labels ? b->labels_per_sequence != wanted || wanted < 1 : b->labels_per_sequence != 0)
        return fail(report, SA_ERR_SHAPE, "labels_per_sequence is %lld, must be %lld",
                    (long long)b->labels_per_sequence, (long long)(b->labels ? wanted : 0));
    s->labels = b->labels;
    s->labels_per_sequence = wanted;
    return check_labels(report, s, wanted, output_width(m));
}

static sa_status take_input(struct report *report, const struct sa_model *m, const sa_training_batch *b,
                            struct training_step *s) {
    const struct stack_config *c = &model_first(m)->config;
    const int64_t fixed = input_tokens(&c->input);
    s->B = b->batch, s->T = fixed ? fixed : b->tokens;
    if (b->batch < 1 || b->batch > INT32_MAX)
        return fail(report, SA_ERR_VALUE, "batch is %lld, must be 1 to 2^31 - 1", (long long)b->batch);
    if (fixed && (b->ids || b->lengths || b->tokens))
        return fail(report, SA_ERR_VALUE, "ids, lengths or tokens are given, but the model takes images");
    if (!fixed && b->features) return fail(report, SA_ERR_VALUE, "features is given, but the model takes tokens");
    if (fixed ? !b->features : !b->ids) return fail_null(report, fixed ? "features" : "ids");
    sa_status status = check_tokens(report, "tokens", s->T, c->positions.limit);
    if (status == SA_OK) status = check_token_counts(report, "lengths", b->lengths, s->B, 1, s->T);
    if (status == SA_OK && !fixed) status = check_numbers(report, "ids", b->ids, s->B, s->T, c->input.vocabulary);
    s->ids = b->ids, s->lengths = b->lengths, s->features = b->features;
    return status;
}

sa_status trainer_take_weight(struct report *report, double weight, int learns, struct training_step *s) {
    if (!(isfinite(weight) && weight >= 0))
        return fail(report, SA_ERR_VALUE, "weight is %g, must be finite and 0 or more", weight);
    s->weight = !learns ? 0 : weight > 0 ? weight : 1;
    return SA_OK;
}

static sa_status run_batch(sa_ctx *ctx, sa_trainer *t, const sa_training_batch *batch, int learns, double *loss) {
    struct report *report = &ctx->report;
    struct training_step s = {0};
    sa_training_batch b;
    if (!t) return fail_null(report, "trainer");
    if (!batch) return fail_null(report, "batch");
    if (!loss) return fail_null(report, "loss");
    sa_status status = take_struct(report, "sa_training_batch", batch, &b, sizeof b, sizeof b.struct_size);
    if (status == SA_OK) status = trainer_check_labels(report, t->model);
    if (status == SA_OK) status = take_input(report, t->model, &b, &s);
    if (status == SA_OK) status = take_labels(report, t->model, &b, &s);
    if (status == SA_OK) status = trainer_take_weight(report, b.weight, learns, &s);
    return status == SA_OK ? trainer_run(ctx, t, &s, loss) : status;
}

sa_status sa_trainer_accumulate(sa_ctx *ctx, sa_trainer *trainer, const sa_training_batch *batch, double *loss) {
    sa_status status = context_enter(ctx);
    return status == SA_OK ? context_leave(ctx, run_batch(ctx, trainer, batch, 1, loss)) : status;
}

sa_status sa_trainer_loss(sa_ctx *ctx, sa_trainer *trainer, const sa_training_batch *batch, double *loss) {
    sa_status status = context_enter(ctx);
    return status == SA_OK ? context_leave(ctx, run_batch(ctx, trainer, batch, 0, loss)) : status;
}

static sa_status update(sa_ctx *ctx, sa_trainer *t, double rate, double *norm) {
    double found;
    if (!t) return fail_null(&ctx->report, "trainer");
    if (!(isfinite(rate) && rate >= 0))
        return fail(&ctx->report, SA_ERR_VALUE, "learning_rate is %g, must be finite and 0 or more", rate);
    watch_shield(&ctx->watch);
    trainer_update(ctx, t, rate, &found);
    if (norm) *norm = found;
    return SA_OK;
}

sa_status sa_trainer_update(sa_ctx *ctx, sa_trainer *trainer, double learning_rate, double *gradient_norm) {
    sa_status status = context_enter(ctx);
    return status == SA_OK ? context_leave(ctx, update(ctx, trainer, learning_rate, gradient_norm)) : status;
}

sa_status sa_trainer_save(sa_ctx *ctx, const sa_trainer *trainer, const char *directory) {
    sa_status status = context_enter(ctx);
    if (status != SA_OK) return status;
    if (!trainer || !directory)
        status = fail_null(&ctx->report, trainer ? "directory" : "trainer");
    else
        status = trainer_write(ctx, trainer, directory);
    return context_leave(ctx, status);
}

sa_status sa_trainer_save_merged(sa_ctx *ctx, const sa_trainer *trainer, const char *directory) {
    sa_status status = context_enter(ctx);
    if (status != SA_OK) return status;
    if (!trainer || !directory)
        status = fail_null(&ctx->report, trainer ? "directory" : "trainer");
    else
        status = trainer_write_merged(ctx, trainer, directory);
    return context_leave(ctx, status);
}

int64_t sa_trainer_updates(const sa_trainer *trainer) {
    return trainer ? trainer->updates : 0;
}

int64_t sa_trainer_parameters(const sa_trainer *trainer) {
    return trainer ? trainer_learned(trainer)->count : 0;
}

const char *sa_trainer_parameter(sa_trainer *trainer, int64_t number, float **values, float **gradients,
                                 int64_t *count) {
    if (number < 0 || number >= sa_trainer_parameters(trainer)) return NULL;
    const struct parameter *p = &trainer_learned(trainer)->list[number];
    if (values) *values = p->master;
    if (gradients) *gradients = p->gradient;
    if (count) *count = p->count;
    return p->tensor->name;
}

double sa_learning_rate(int32_t schedule, int64_t update, int64_t warmup, int64_t updates, double peak) {
    if (update < warmup) return peak * (double)(update + 1) / (double)warmup;
    if (schedule == SA_SCHEDULE_CONSTANT) return peak;
    if (update >= updates) return 0;
    const double part = (double)(update - warmup) / (double)(updates - warmup), pi = 3.14159265358979323846;
    return schedule == SA_SCHEDULE_COSINE ? peak * (1 + cos(pi * part)) / 2 : peak * (1 - part);
}
