/* SPDX-License-Identifier: MIT */
#include "model/config.h"

#include <math.h>
#include <string.h>

static sa_status take_architecture(const struct json_source *s, const json_t *root, const struct architecture **a) {
    const char *model_type;
    sa_status status = json_member_text(s, root, "", "model_type", &model_type);
    if (status != SA_OK) return status;
    *a = architecture_find(model_type);
    if (*a) return SA_OK;
    return fail(s->report, SA_ERR_UNSUPPORTED, "%s: model_type is \"%.60s\", which this version does not have", s->file,
                model_type);
}

static sa_status take_sizes(const struct json_source *s, const json_t *root, const struct size_rule *rules,
                            struct model_config *config) {
    sa_status status = SA_OK;
    for (int i = 0; i < MOST_SIZES && rules[i].key && status == SA_OK; i++) {
        int64_t *size = (int64_t *)((char *)config + rules[i].place);
        status = json_member_integer(s, root, "", rules[i].key, 1, rules[i].most, size);
    }
    return status;
}

static sa_status check_text(const struct json_source *s, const json_t *value, const struct option_rule *rule) {
    if (!json_is_string(value))
        return fail(s->report, SA_ERR_FORMAT, "%s: %s is %s, must be a string", s->file, rule->key,
                    json_type_text(value));
    if (!strcmp(json_string_value(value), rule->text)) return SA_OK;
    return fail(s->report, SA_ERR_UNSUPPORTED, "%s: %s is \"%.60s\"; only \"%s\" is supported", s->file, rule->key,
                json_string_value(value), rule->text);
}

static sa_status check_off(const struct json_source *s, const json_t *value, const struct option_rule *rule) {
    if (json_is_false(value) || (json_is_object(value) && json_object_size(value) == 0)) return SA_OK;
    if (json_is_true(value) || json_is_object(value))
        return fail(s->report, SA_ERR_UNSUPPORTED, "%s: %s is set, which is not supported", s->file, rule->key);
    return fail(s->report, SA_ERR_FORMAT, "%s: %s is %s, must be false or an object", s->file, rule->key,
                json_type_text(value));
}

static sa_status check_options(const struct json_source *s, const json_t *root, const struct option_rule *rules) {
    sa_status status = SA_OK;
    for (int i = 0; i < MOST_OPTIONS && rules[i].key && status == SA_OK; i++) {
        if (json_member_absent(root, rules[i].key)) continue;
        const json_t *value = json_object_get(root, rules[i].key);
        status = rules[i].text ? check_text(s, value, &rules[i]) : check_off(s, value, &rules[i]);
    }
    return status;
}

static sa_status take_epsilon(const struct json_source *s, const json_t *root, const struct architecture *a,
                              struct model_config *config) {
    const json_t *value = json_object_get(root, a->epsilon_key);
    config->norm_epsilon = value ? json_number_value(value) : a->epsilon;
    if (value && !json_is_number(value))
        return fail(s->report, SA_ERR_FORMAT, "%s: %s is %s, must be a number", s->file, a->epsilon_key,
                    json_type_text(value));
    if (config->norm_epsilon >= 0 && config->norm_epsilon <= 1) return SA_OK;
    return fail(s->report, SA_ERR_FORMAT, "%s: %s is %g, must be 0 to 1", s->file, a->epsilon_key,
                config->norm_epsilon);
}

sa_status config_read(const struct json_source *s, const json_t *root, const struct architecture **a,
                      struct model_config *config) {
    *config = (struct model_config){0};
    sa_status status = take_architecture(s, root, a);
    if (status == SA_OK) status = check_options(s, root, (*a)->options);
    if (status == SA_OK) status = take_sizes(s, root, (*a)->sizes, config);
    if (status == SA_OK) status = take_epsilon(s, root, *a, config);
    if (status == SA_OK && config->width % config->heads)
        status = fail(s->report, SA_ERR_FORMAT, "%s: a width of %lld cannot be split into %lld heads", s->file,
                      (long long)config->width, (long long)config->heads);
    return status;
}
