/* SPDX-License-Identifier: MIT */
#include "describe/setting.h"

#include <stdio.h>
#include <string.h>

struct section section_root(const struct settings *settings) {
    return (struct section){settings, settings->description, settings->own, ""};
}

sa_status section_member(const struct section *parent, const char *key, struct section *child) {
    const json_t *object = json_object_get(parent->object, key);
    *child = (struct section){.settings = parent->settings, .own = json_object_get(parent->own, key)};
    snprintf(child->path, sizeof child->path, "%.30s%.30s.", parent->path, key);
    if (json_is_object(object)) child->object = object;
    if (!object || json_is_null(object) || json_is_object(object)) return SA_OK;
    return fail(parent->settings->report, SA_ERR_FORMAT, "%s: %s%s is %s, must be an object",
                parent->settings->description_name, parent->path, key, json_type_text(object));
}

sa_status section_check(const struct section *s, const char *const known[]) {
    for (void *i = json_object_iter((json_t *)s->object); i; i = json_object_iter_next((json_t *)s->object, i)) {
        int at = 0;
        while (known[at] && strcmp(known[at], json_object_iter_key(i)) != 0) at++;
        if (!known[at])
            return fail(s->settings->report, SA_ERR_UNSUPPORTED, "%s: there is no setting %s%.60s",
                        s->settings->description_name, s->path, json_object_iter_key(i));
    }
    return SA_OK;
}

/* Whether a setting does not depend on config.json. */
static int is_literal(const json_t *spec) {
    int64_t times, plus;
    return !json_is_array(spec) && !json_object_get(spec, "of") && !setting_reference(spec, &times, &plus);
}

sa_status section_unused(const struct section *s, const char *key, const struct section *deciding,
                         const char *decider) {
    const struct settings *all = s->settings;
    const json_t *spec = json_object_get(deciding->object, decider);
    char text[SETTING_TEXT];
    if (json_member_absent(s->own, key) || !is_literal(spec)) return SA_OK;
    if (json_member_absent(deciding->object, decider))
        return fail(all->report, SA_ERR_UNSUPPORTED, "%s: %s%s has no effect without %s%s", all->description_name,
                    s->path, key, deciding->path, decider);
    return fail(all->report, SA_ERR_UNSUPPORTED, "%s: %s%s has no effect where %s%s is %s", all->description_name,
                s->path, key, deciding->path, decider, setting_shown(spec, text));
}

sa_status section_all_unused(const struct section *s, const char *const keys[], const struct section *deciding,
                             const char *decider) {
    sa_status status = SA_OK;
    for (int i = 0; keys[i] && status == SA_OK; i++) status = section_unused(s, keys[i], deciding, decider);
    return status;
}

sa_status section_names(const struct section *s, const char *key, const json_t **names) {
    const struct settings *all = s->settings;
    *names = json_object_get(s->object, key);
    if (json_member_absent(s->object, key)) *names = NULL;
    const size_t count = json_is_array(*names) ? json_array_size(*names) : 1;
    int fine = count > 0;
    for (size_t i = 0; i < count; i++)
        fine = fine && json_is_string(json_is_array(*names) ? json_array_get(*names, i) : *names);
    if (!*names || fine) return SA_OK;
    return fail(all->report, SA_ERR_FORMAT, "%s: %s%.60s must be a name or a list of names", all->description_name,
                s->path, key);
}
