/* sa_mel from preprocessor_config.json, or from its place in processor_config.json.
 * SPDX-License-Identifier: MIT */
#include "base/compiler.h"
#include "file/json_file.h"
#include "file/path.h"
#include "sound/mel.h"

#include <string.h>

/* Transformers has written the first one since version 5, which has the second one's settings in a section. */
static const char whole_name[] = "processor_config.json", part_name[] = "preprocessor_config.json";
static const char section[] = "feature_extractor";

/* A whole number; a missing one is left as it is. */
static sa_status take_number(const struct json_source *source, const json_t *json, const char *key, int64_t *number) {
    if (json_member_absent(json, key)) return SA_OK;
    return json_member_integer(source, json, "", key, 1, INT32_MAX, number);
}

/* The same of any number, and of true or false. */
static sa_status take_real(const struct json_source *source, const json_t *json, const char *key, double *number) {
    const json_t *value = json_object_get(json, key);
    if (json_member_absent(json, key)) return SA_OK;
    *number = json_number_value(value);
    if (json_is_number(value)) return SA_OK;
    return fail(source->report, SA_ERR_FORMAT, "%s: %s is %s, must be a number", source->file, key,
                json_type_text(value));
}

static sa_status take_flag(const struct json_source *source, const json_t *json, const char *key, int *flag) {
    return json_member_absent(json, key) ? SA_OK : json_member_flag(source, json, "", key, flag);
}

/* Settings that would change the features are refused. */
static sa_status check_zeros(const struct json_source *source, const json_t *json) {
    static const char *const zeros[] = {"padding_value", "dither"};
    for (int i = 0; i < COUNT_OF(zeros); i++) {
        const double value = json_number_value(json_object_get(json, zeros[i]));
        if (value != 0)
            return fail(source->report, SA_ERR_UNSUPPORTED, "%s: %s is %g, supported: 0", source->file, zeros[i],
                        value);
    }
    return SA_OK;
}

static sa_status take_whisper(const struct json_source *source, const json_t *json, sa_mel_config *c) {
    sa_status status = take_number(source, json, "sampling_rate", &c->rate);
    if (status == SA_OK) status = take_number(source, json, "n_fft", &c->frame);
    if (status == SA_OK) status = take_number(source, json, "hop_length", &c->step);
    if (status == SA_OK) status = take_number(source, json, "feature_size", &c->bins);
    if (status == SA_OK) status = take_number(source, json, "n_samples", &c->window);
    return status;
}

/* The rate, of which frames and steps are parts, and the bins. */
static sa_status take_kaldi(const struct json_source *source, const json_t *json, int64_t bins, sa_mel_config *c) {
    c->kind = SA_MEL_KALDI;
    c->rate = 16000;
    c->bins = bins;
    sa_status status = take_number(source, json, "sampling_rate", &c->rate);
    return status == SA_OK ? take_number(source, json, "num_mel_bins", &c->bins) : status;
}

static sa_status take_ast(const struct json_source *source, const json_t *json, sa_mel_config *c) {
    int64_t frames = 1024;
    int normalises = 1;
    double mean = -4.2677393, deviation = 4.5689974;
    sa_status status = take_kaldi(source, json, 128, c);
    if (status == SA_OK) status = take_number(source, json, "max_length", &frames);
    if (status == SA_OK) status = take_flag(source, json, "do_normalize", &normalises);
    if (status == SA_OK) status = take_real(source, json, "mean", &mean);
    if (status == SA_OK) status = take_real(source, json, "std", &deviation);
    if (status != SA_OK) return status;
    if (!(deviation > 0))
        return fail(source->report, SA_ERR_FORMAT, "%s: std is %g, must be above 0", source->file, deviation);
    c->window = frames * (c->rate * 10 / 1000);
    if (normalises) {
        c->mean = mean;
        c->deviation = 2 * deviation;
    }
    return SA_OK;
}

static sa_status take_speech_to_text(const struct json_source *source, const json_t *json, sa_mel_config *c) {
    int normalises = 1, means = 1, deviations = 1;
    sa_status status = take_kaldi(source, json, 80, c);
    if (status == SA_OK) status = take_flag(source, json, "do_ceptral_normalize", &normalises);
    if (status == SA_OK) status = take_flag(source, json, "normalize_means", &means);
    if (status == SA_OK) status = take_flag(source, json, "normalize_vars", &deviations);
    c->scale = 32768;
    c->window_power = 0.85;
    if (normalises) c->by_bin = (means ? SA_MEL_MEANS : 0) | (deviations ? SA_MEL_DEVIATIONS : 0);
    return status;
}

/* The first files of speech_to_text and of Whisper say no type. */
static const char *type_of(const json_t *json) {
    const char *type = json_string_value(json_object_get(json, "feature_extractor_type"));
    if (type) return type;
    return json_member_absent(json, "num_mel_bins") ? "WhisperFeatureExtractor" : "Speech2TextFeatureExtractor";
}

static sa_status take_config(const struct json_source *source, const json_t *json, sa_mel_config *c) {
    static const struct {
        const char *type;
        sa_status (*take)(const struct json_source *source, const json_t *json, sa_mel_config *c);
    } types[] = {{"WhisperFeatureExtractor", take_whisper},
                 {"ASTFeatureExtractor", take_ast},
                 {"Speech2TextFeatureExtractor", take_speech_to_text}};
    const char *type = type_of(json);
    sa_status status = check_zeros(source, json);
    for (int i = 0; i < COUNT_OF(types) && status == SA_OK; i++)
        if (!strcmp(type, types[i].type)) return types[i].take(source, json, c);
    if (status != SA_OK) return status;
    return fail(source->report, SA_ERR_UNSUPPORTED, "%s: feature_extractor_type is %.60s, supported: %s, %s, %s",
                source->file, type, types[0].type, types[1].type, types[2].type);
}

/* The file's numbers are the caller's mistake no more than its syntax. */
static sa_status as_format(const struct json_source *source, sa_status status) {
    if (status != SA_ERR_VALUE) return status;
    const struct report why = *source->report;
    return fail(source->report, SA_ERR_FORMAT, "%s: %.300s", source->file, why.text);
}

/* The section, where there is one, takes the place of the file. Returns whether it does. */
static int take_section(json_t **json) {
    json_t *inner = json_object_get(*json, section);
    if (!json_is_object(inner)) return 0;
    json_incref(inner);
    json_decref(*json);
    *json = inner;
    return 1;
}

static sa_status read_beside(sa_ctx *ctx, const char *directory, json_t **json, const char **name) {
    *name = whole_name;
    sa_status status = json_file_beside(&ctx->memory, &ctx->report, directory, whole_name, 1, json);
    if (status != SA_OK || take_section(json)) return status;
    json_decref(*json);
    *name = part_name;
    return json_file_beside(&ctx->memory, &ctx->report, directory, part_name, 0, json);
}

static sa_status read_file(sa_ctx *ctx, const char *path, json_t **json, const char **name) {
    char *parent = NULL;
    sa_status status = path_check(&ctx->report, path);
    if (status != SA_OK) return status;
    /* Both names end so. */
    if (has_ending(path, whole_name) && !is_directory(path)) {
        *name = has_ending(path, part_name) ? part_name : whole_name;
        status = json_file_read(&ctx->report, path, json);
        if (status == SA_OK) take_section(json);
        return status;
    }
    if (!is_directory(path)) status = path_parent(&ctx->memory, &ctx->report, path, &parent);
    if (status == SA_OK) status = read_beside(ctx, parent ? parent : path, json, name);
    path_release(&ctx->memory, parent);
    return status;
}

sa_status mel_open(sa_ctx *ctx, const char *path, sa_mel **mel) {
    json_t *json = NULL;
    sa_mel_config config = {.struct_size = sizeof config};
    struct json_source source = {&ctx->report, NULL};
    sa_status status = read_file(ctx, path, &json, &source.file);
    if (status == SA_OK) status = take_config(&source, json, &config);
    if (status == SA_OK) status = as_format(&source, mel_make(ctx, &config, mel));
    json_decref(json);
    return status;
}
