/* Checks the values of config.json that a description requires.
 * SPDX-License-Identifier: MIT */
#include "describe/setting.h"

#include <stdio.h>
#include <string.h>

static int is_off(const json_t *value) {
    return !value || json_is_null(value) || json_is_false(value) ||
           (json_is_object(value) && json_object_size(value) == 0);
}

static sa_status require_off(const struct section *root, const struct setting *s) {
    char shown[SETTING_TEXT] = "set";
    if (is_off(s->value)) return SA_OK;
    if (json_is_number(s->value) || json_is_string(s->value)) setting_shown(s->value, shown);
    return fail(root->settings->report, SA_ERR_UNSUPPORTED, "%s: %s is %s, which is not supported", s->file, s->key,
                shown);
}

static int is_allowed(const struct section *root, const json_t *value, const json_t *allowed, int *same_type) {
    int64_t times, plus, a, b;
    const char *key = setting_reference(allowed, &times, &plus);
    if (key) allowed = setting_look_up(root->settings->config, key);
    if (allowed && json_typeof(allowed) == json_typeof(value)) *same_type = 1;
    if (setting_whole(value, &a) && setting_whole(allowed, &b)) return a == b && times == 1 && plus == 0;
    return json_equal(value, allowed);
}

static sa_status require_any(const struct section *root, const struct setting *s, const json_t *list) {
    char wanted[200] = "", text[SETTING_TEXT];
    int same_type = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *allowed = json_array_get(list, i);
        size_t used = strlen(wanted);
        if (is_allowed(root, s->value, allowed, &same_type)) return SA_OK;
        snprintf(wanted + used, sizeof wanted - used, "%s%s", i ? ", " : "", setting_shown(allowed, text));
    }
    return same_type ? setting_unsupported(root, s, wanted) : setting_malformed(root, s, wanted);
}

/* A rule is "off" or a list of values. */
static sa_status check_rule(const struct section *rules, const char *key, const json_t *rule) {
    const struct settings *all = rules->settings;
    int fine = json_is_array(rule) && json_array_size(rule) > 0;
    for (size_t i = 0; i < json_array_size(rule); i++) {
        const json_t *value = json_array_get(rule, i);
        fine = fine && !json_is_object(value) && !json_is_array(value);
    }
    if (fine || (json_is_string(rule) && !strcmp(json_string_value(rule), "off"))) return SA_OK;
    return fail(all->report, SA_ERR_FORMAT, "%s: %s%.60s must be \"off\" or a list of values", all->description_name,
                rules->path, key);
}

sa_status settings_require(const struct section *root) {
    struct section rules;
    sa_status status = section_member(root, "require", &rules);
    json_t *object = (json_t *)rules.object;
    for (void *i = json_object_iter(object); i && status == SA_OK; i = json_object_iter_next(object, i)) {
        const char *key = json_object_iter_key(i);
        const json_t *rule = json_object_iter_value(i);
        const struct setting s = {.value = setting_look_up(root->settings->config, key),
                                  .file = root->settings->config_name,
                                  .path = "",
                                  .key = key};
        if (json_is_null(rule)) continue;
        status = check_rule(&rules, key, rule);
        if (status != SA_OK || !s.value || json_is_null(s.value)) continue;
        status = json_is_array(rule) ? require_any(root, &s, rule) : require_off(root, &s);
    }
    return status;
}
