/* sa_mel from preprocessor_config.json.
 * SPDX-License-Identifier: MIT */
#include "base/compiler.h"
#include "file/json_file.h"
#include "file/path.h"
#include "sound/mel.h"

#include <string.h>

static const char file_name[] = "preprocessor_config.json";

/* A whole number; a missing one is left at 0, its default. */
static sa_status take_number(const struct json_source *source, const json_t *json, const char *key, int64_t *number) {
    if (json_member_absent(json, key)) return SA_OK;
    return json_member_integer(source, json, "", key, 1, INT32_MAX, number);
}

/* Settings that would change the features are refused. */
static sa_status check_kind(const struct json_source *source, const json_t *json) {
    static const char known[] = "WhisperFeatureExtractor";
    const char *kind = json_string_value(json_object_get(json, "feature_extractor_type"));
    if (kind && strcmp(kind, known))
        return fail(source->report, SA_ERR_UNSUPPORTED, "%s: feature_extractor_type is %.60s, supported: %s",
                    source->file, kind, known);
    static const char *const zeros[] = {"padding_value", "dither"};
    for (int i = 0; i < COUNT_OF(zeros); i++) {
        const double value = json_number_value(json_object_get(json, zeros[i]));
        if (value != 0)
            return fail(source->report, SA_ERR_UNSUPPORTED, "%s: %s is %g, supported: 0", source->file, zeros[i],
                        value);
    }
    return SA_OK;
}

static sa_status take_config(struct report *report, const json_t *json, sa_mel_config *c) {
    const struct json_source source = {report, file_name};
    sa_status status = check_kind(&source, json);
    if (status == SA_OK) status = take_number(&source, json, "sampling_rate", &c->rate);
    if (status == SA_OK) status = take_number(&source, json, "n_fft", &c->frame);
    if (status == SA_OK) status = take_number(&source, json, "hop_length", &c->step);
    if (status == SA_OK) status = take_number(&source, json, "feature_size", &c->bins);
    if (status == SA_OK) status = take_number(&source, json, "n_samples", &c->window);
    return status;
}

/* The file's numbers are the caller's mistake no more than its syntax. */
static sa_status as_format(sa_ctx *ctx, sa_status status) {
    if (status != SA_ERR_VALUE) return status;
    const struct report why = ctx->report;
    return fail(&ctx->report, SA_ERR_FORMAT, "%s: %.300s", file_name, why.text);
}

static sa_status read_file(sa_ctx *ctx, const char *path, json_t **json) {
    char *parent = NULL;
    sa_status status = path_check(&ctx->report, path);
    if (status != SA_OK) return status;
    if (has_ending(path, file_name) && !is_directory(path)) return json_file_read(&ctx->report, path, json);
    if (!is_directory(path)) status = path_parent(&ctx->memory, &ctx->report, path, &parent);
    if (status == SA_OK)
        status = json_file_beside(&ctx->memory, &ctx->report, parent ? parent : path, file_name, 0, json);
    path_release(&ctx->memory, parent);
    return status;
}

sa_status mel_open(sa_ctx *ctx, const char *path, sa_mel **mel) {
    json_t *json = NULL;
    sa_mel_config config = {.struct_size = sizeof config};
    sa_status status = read_file(ctx, path, &json);
    if (status == SA_OK) status = take_config(&ctx->report, json, &config);
    if (status == SA_OK) status = as_format(ctx, mel_make(ctx, &config, mel));
    json_decref(json);
    return status;
}
