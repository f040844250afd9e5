/* SPDX-License-Identifier: MIT */
#include "describe/pooling.h"

#include "base/arith.h"
#include "describe/setting.h"

#include <string.h>

static const struct {
    const char *name, *flag; /* of "pooling_mode", and the flag of older files */
} modes[POOLING_MODES] = {
    [POOLING_FIRST] = {"cls", "pooling_mode_cls_token"},
    [POOLING_MAX] = {"max", "pooling_mode_max_tokens"},
    [POOLING_MEAN] = {"mean", "pooling_mode_mean_tokens"},
    [POOLING_MEAN_SQRT] = {"mean_sqrt_len_tokens", "pooling_mode_mean_sqrt_len_tokens"},
    [POOLING_WEIGHTED_MEAN] = {"weightedmean", "pooling_mode_weightedmean_tokens"},
    [POOLING_LAST] = {"lasttoken", "pooling_mode_lasttoken"},
};

sa_status pooling_check_members(const struct json_source *s, const json_t *object, const char *const known[]) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value) {
        int64_t i = 0;
        while (known[i] && strcmp(known[i], key) != 0) i++;
        if (!known[i] && !json_is_null(value))
            return fail(s->report, SA_ERR_UNSUPPORTED, "%s: %.80s is not supported", s->file, key);
    }
    return SA_OK;
}

static sa_status add_mode(const struct json_source *s, const json_t *value, struct pooling_config *c) {
    char text[SETTING_TEXT];
    const char *name = json_string_value(value);
    if (!name)
        return fail(s->report, SA_ERR_FORMAT, "%s: pooling_mode is %s, must be a name or a list of names", s->file,
                    setting_shown(value, text));
    for (int i = 0; i < POOLING_MODES; i++) {
        if (strcmp(modes[i].name, name) != 0) continue;
        if (c->count == POOLING_MODES)
            return fail(s->report, SA_ERR_UNSUPPORTED, "%s: pooling_mode has more than %d names", s->file,
                        POOLING_MODES);
        c->modes[c->count++] = (enum pooling_mode)i;
        return SA_OK;
    }
    return fail(s->report, SA_ERR_UNSUPPORTED,
                "%s: pooling_mode is \"%.60s\"; supported: cls, max, mean, mean_sqrt_len_tokens, weightedmean, "
                "lasttoken",
                s->file, name);
}

static sa_status read_names(const struct json_source *s, const json_t *given, struct pooling_config *c) {
    sa_status status = SA_OK;
    if (!json_is_array(given)) return add_mode(s, given, c);
    for (size_t i = 0; i < json_array_size(given) && status == SA_OK; i++)
        status = add_mode(s, json_array_get(given, i), c);
    if (status == SA_OK && !c->count) return fail(s->report, SA_ERR_FORMAT, "%s: pooling_mode is empty", s->file);
    return status;
}

static sa_status read_flags(const struct json_source *s, const json_t *object, struct pooling_config *c) {
    for (int i = 0; i < POOLING_MODES; i++) {
        int flag = 0;
        if (json_member_absent(object, modes[i].flag)) continue;
        sa_status status = json_member_flag(s, object, "", modes[i].flag, &flag);
        if (status != SA_OK) return status;
        if (flag) c->modes[c->count++] = (enum pooling_mode)i;
    }
    if (!c->count) c->modes[c->count++] = POOLING_MEAN;
    return SA_OK;
}

static sa_status check_width(const struct json_source *s, const json_t *object, const char *key, int64_t width) {
    int64_t given;
    if (json_member_absent(object, key)) return SA_OK;
    sa_status status = json_member_integer(s, object, "", key, 1, GEMM_MAX, &given);
    if (status != SA_OK || given == width) return status;
    return fail(s->report, SA_ERR_FORMAT, "%s: %s is %lld, the model's states have %lld", s->file, key,
                (long long)given, (long long)width);
}

sa_status pooling_read(const struct json_source *s, const json_t *object, int64_t width, struct pooling_config *c) {
    const char *known[POOLING_MODES + 5] = {"word_embedding_dimension", "embedding_dimension", "pooling_mode",
                                            "include_prompt"};
    const json_t *names = json_object_get(object, "pooling_mode");
    int with_prompt = 1;
    *c = (struct pooling_config){0};
    for (int i = 0; i < POOLING_MODES; i++) known[4 + i] = modes[i].flag;
    sa_status status = pooling_check_members(s, object, known);
    if (status == SA_OK) status = check_width(s, object, "word_embedding_dimension", width);
    if (status == SA_OK) status = check_width(s, object, "embedding_dimension", width);
    if (status == SA_OK && !json_member_absent(object, "include_prompt"))
        status = json_member_flag(s, object, "", "include_prompt", &with_prompt);
    if (status == SA_OK && !with_prompt)
        return fail(s->report, SA_ERR_UNSUPPORTED,
                    "%s: include_prompt is false: to leave the tokens of a prompt out is not supported", s->file);
    if (status != SA_OK) return status;
    return names && !json_is_null(names) ? read_names(s, names, c) : read_flags(s, object, c);
}
