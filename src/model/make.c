/* SPDX-License-Identifier: MIT */
#include "model/make.h"

#include "api/context.h"
#include "describe/image_size.h"
#include "describe/settings_open.h"
#include "model/fingerprint.h"

/* Everything but the handle. */
static sa_status fill(sa_ctx *ctx, const struct settings *settings, const struct model_files *files,
                      const struct conversion *conversion, struct sa_model *model) {
    struct bound_model bound = {0};
    const struct stack_config *first = &model->config.encoder;
    sa_status status = config_read(settings, &model->config);
    if (!first->name) first = &model->config.decoder;
    if (status == SA_OK) status = sentence_read(&ctx->report, files, first->width, &model->sentence);
    if (status == SA_OK) status = prompts_read(&ctx->memory, &ctx->report, files->prompts, &model->prompts);
    if (status == SA_OK) status = bind_tensors(&ctx->memory, settings, &model->config, &model->file, &bound);
    if (status == SA_OK && model->config.embeds_pooled && model->sentence.is_default &&
        bound_is_pooled(&bound, &model->config))
        sentence_take_pooled(&model->sentence, bound.projection.weight, bound_pooled_width(&bound, &model->config));
    if (status == SA_OK) status = unused_list(&ctx->memory, settings, &model->file, &bound, &model->unused);
    if (status == SA_OK && conversion->image_size)
        status = config_set_image_size(&ctx->report, conversion->image_size, &model->config.encoder);
    if (status == SA_OK) status = model_load(ctx, settings, &bound, conversion, model);
    bound_release(&ctx->memory, &model->config, &bound);
    return status;
}

sa_status model_make(sa_ctx *ctx, struct model_files *files, const struct conversion *conversion, sa_model **model) {
    struct sa_model made = {.memory = ctx->memory, .file = files->weights};
    struct settings settings;
    files->weights = (struct tensor_file){0};
    sa_status status =
        settings_open(&ctx->report, model_files_config_name(&made.file), files, conversion->part, &settings);
    if (status == SA_OK) status = fill(ctx, &settings, files, conversion, &made);
    settings_close(&settings);
    if (status == SA_OK && !(made.settings = settings_fingerprint(files->config, conversion)))
        status = fail_memory_for(&ctx->report, "the model's settings");
    if (status == SA_OK && !(*model = memory_allocate(&ctx->memory, 1, sizeof made)))
        status = fail_memory(&ctx->report, sizeof made, "a model");
    if (status == SA_OK)
        **model = made;
    else
        model_release(&made);
    return status;
}
