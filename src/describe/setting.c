/* SPDX-License-Identifier: MIT */
#include "describe/setting.h"

#include "base/arith.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_BYTES = 64, TEXT_BYTES = 100, MOST_TIMES = 1 << 20 };

struct section section_root(const struct settings *settings) {
    return (struct section){settings, settings->description, ""};
}

sa_status section_member(const struct section *parent, const char *key, struct section *child) {
    const json_t *object = json_object_get(parent->object, key);
    *child = (struct section){.settings = parent->settings};
    snprintf(child->path, sizeof child->path, "%.20s%.20s.", parent->path, key);
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

/* What config.json has at "outer.inner". */
static const json_t *look_up(const json_t *config, const char *path) {
    while (config) {
        char key[KEY_BYTES];
        size_t length = strcspn(path, ".");
        snprintf(key, sizeof key, "%.*s", (int)length, path);
        config = length < sizeof key ? json_object_get(config, key) : NULL;
        if (!path[length]) break;
        path += length + 1;
    }
    return config;
}

/* "$key" or "4*$key". Returns the key, NULL if the text is neither. */
static const char *reference_in(const char *text, int64_t *times) {
    char *end;
    *times = 1;
    if (text[0] == '$') return text + 1;
    if (text[0] < '1' || text[0] > '9') return NULL;
    *times = strtol(text, &end, 10);
    return *times <= MOST_TIMES && end[0] == '*' && end[1] == '$' ? end + 2 : NULL;
}

/* How a case is written in the description. */
static const char *case_text(const json_t *value, char text[TEXT_BYTES]) {
    snprintf(text, TEXT_BYTES, "%s", json_is_boolean(value) ? json_type_text(value) : "");
    if (json_is_string(value)) snprintf(text, TEXT_BYTES, "%s", json_string_value(value));
    if (json_is_integer(value)) snprintf(text, TEXT_BYTES, "%lld", (long long)json_integer_value(value));
    return text;
}

/* Adds to a list of names: "a", "b" */
static void list_name(char *list, size_t size, const char *name) {
    size_t used = strlen(list);
    snprintf(list + used, size - used, "%s\"%.40s\"", used ? ", " : "", name);
}

static sa_status resolve(const struct section *section, const json_t *spec, struct setting *out);

static sa_status resolve_case(const struct section *section, const json_t *spec, struct setting *out) {
    struct setting of = *out;
    char text[TEXT_BYTES], wanted[200] = "";
    sa_status status = resolve(section, json_object_get(spec, "of"), &of);
    *out = (struct setting){NULL, 1, of.file, of.path, of.key};
    if (status != SA_OK || !of.value) return status;
    const json_t *member = json_object_get(spec, case_text(of.value, text));
    if (member && strcmp(text, "of") != 0) return resolve(section, member, out);
    for (void *i = json_object_iter((json_t *)spec); i; i = json_object_iter_next((json_t *)spec, i))
        if (strcmp(json_object_iter_key(i), "of") != 0) list_name(wanted, sizeof wanted, json_object_iter_key(i));
    return setting_unsupported(section, &of, wanted);
}

/* `out` says where the setting stands in the description; that is overwritten by the first key of config.json. */
static sa_status resolve(const struct section *section, const json_t *spec, struct setting *out) {
    const struct settings *s = section->settings;
    const char *key = json_is_string(spec) ? reference_in(json_string_value(spec), &out->times) : NULL;
    if (key) {
        out->value = look_up(s->config, key);
        out->file = s->config_name, out->path = "", out->key = key;
    } else if (json_is_array(spec)) {
        const struct setting nowhere = *out;
        struct setting first = nowhere;
        for (size_t i = 0; i < json_array_size(spec); i++) {
            *out = nowhere;
            sa_status status = resolve(section, json_array_get(spec, i), out);
            if (status != SA_OK || out->value) return status;
            if (i == 0) first = *out;
        }
        *out = first;
    } else if (json_is_object(spec) && json_object_get(spec, "of")) {
        return resolve_case(section, spec, out);
    } else {
        out->value = spec;
    }
    if (json_is_null(out->value)) out->value = NULL;
    return SA_OK;
}

sa_status setting_find(const struct section *section, const char *key, struct setting *setting) {
    *setting = (struct setting){NULL, 1, section->settings->description_name, section->path, key};
    return resolve(section, json_object_get(section->object, key), setting);
}

/* A value in a failure: short ones as they are. */
static const char *shown(const json_t *value, char text[TEXT_BYTES]) {
    if (json_is_string(value))
        snprintf(text, TEXT_BYTES, "\"%.60s\"", json_string_value(value));
    else if (json_is_integer(value))
        snprintf(text, TEXT_BYTES, "%lld", (long long)json_integer_value(value));
    else if (json_is_real(value))
        snprintf(text, TEXT_BYTES, "%g", json_real_value(value));
    else
        snprintf(text, TEXT_BYTES, "%s", json_type_text(value));
    return text;
}

sa_status setting_unsupported(const struct section *section, const struct setting *s, const char *wanted) {
    char text[TEXT_BYTES];
    return fail(section->settings->report, SA_ERR_UNSUPPORTED, "%s: %s%.60s is %s; supported: %s", s->file, s->path,
                s->key, shown(s->value, text), wanted);
}

sa_status setting_malformed(const struct section *section, const struct setting *s, const char *wanted) {
    struct report *report = section->settings->report;
    const json_t *config = section->settings->config;
    if (!s->value && (*s->path || !look_up(config, s->key)))
        return fail(report, SA_ERR_FORMAT, "%s: %s%.60s is missing", s->file, s->path, s->key);
    return fail(report, SA_ERR_FORMAT, "%s: %s%.60s is %s, must be %s", s->file, s->path, s->key,
                json_type_text(s->value), wanted);
}

sa_status setting_integer(const struct section *section, const char *key, int64_t fallback, int64_t least, int64_t most,
                          int64_t *integer) {
    struct setting s;
    sa_status status = setting_find(section, key, &s);
    *integer = fallback;
    if (status != SA_OK || (!s.value && fallback != NO_FALLBACK)) return status;
    if (!json_is_integer(s.value)) return setting_malformed(section, &s, "an integer");
    const int64_t given = json_integer_value(s.value);
    if (given >= least && given <= most && checked_mul(given, s.times, integer) && *integer <= most) return SA_OK;
    return fail(section->settings->report, SA_ERR_FORMAT, "%s: %s%.60s is %lld, must be %lld to %lld", s.file, s.path,
                s.key, (long long)given, (long long)least, (long long)(most / s.times));
}

sa_status setting_number(const struct section *section, const char *key, double fallback, double least, double most,
                         double *number) {
    struct setting s;
    sa_status status = setting_find(section, key, &s);
    *number = fallback;
    if (status != SA_OK || !s.value) return status;
    if (!json_is_number(s.value)) return setting_malformed(section, &s, "a number");
    *number = json_number_value(s.value) * (double)s.times;
    if (*number >= least && *number <= most) return SA_OK;
    return fail(section->settings->report, SA_ERR_FORMAT, "%s: %s%.60s is %g, must be %g to %g", s.file, s.path, s.key,
                *number, least, most);
}

sa_status setting_flag(const struct section *section, const char *key, int fallback, int *flag) {
    struct setting s;
    sa_status status = setting_find(section, key, &s);
    *flag = s.value ? json_is_true(s.value) : fallback;
    if (status != SA_OK || !s.value || json_is_boolean(s.value)) return status;
    return setting_malformed(section, &s, "true or false");
}

sa_status setting_choice(const struct section *section, const char *key, int64_t fallback, const char *const names[],
                         int *choice) {
    struct setting s;
    char wanted[200] = "";
    sa_status status = setting_find(section, key, &s);
    *choice = (int)fallback;
    if (status != SA_OK || (!s.value && fallback != NO_FALLBACK)) return status;
    if (!json_is_string(s.value)) return setting_malformed(section, &s, "a string");
    for (*choice = 0; names[*choice]; ++*choice) {
        if (!strcmp(names[*choice], json_string_value(s.value))) return SA_OK;
        list_name(wanted, sizeof wanted, names[*choice]);
    }
    return setting_unsupported(section, &s, wanted);
}

static int is_off(const json_t *value) {
    return !value || json_is_null(value) || json_is_false(value) ||
           (json_is_object(value) && json_object_size(value) == 0);
}

static sa_status require_off(const struct section *root, const struct setting *s) {
    if (is_off(s->value)) return SA_OK;
    if (json_is_true(s->value) || json_is_object(s->value))
        return fail(root->settings->report, SA_ERR_UNSUPPORTED, "%s: %s is set, which is not supported", s->file,
                    s->key);
    return setting_malformed(root, s, "false or an object");
}

static int is_allowed(const struct section *root, const json_t *value, const json_t *allowed, int *same_type) {
    int64_t times;
    const char *key = json_is_string(allowed) ? reference_in(json_string_value(allowed), &times) : NULL;
    if (key) allowed = look_up(root->settings->config, key);
    if (allowed && json_typeof(allowed) == json_typeof(value)) *same_type = 1;
    return json_equal(value, allowed);
}

static sa_status require_any(const struct section *root, const struct setting *s, const json_t *list) {
    char wanted[200] = "", text[TEXT_BYTES];
    int same_type = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *allowed = json_array_get(list, i);
        size_t used = strlen(wanted);
        if (is_allowed(root, s->value, allowed, &same_type)) return SA_OK;
        snprintf(wanted + used, sizeof wanted - used, "%s%s", i ? ", " : "", shown(allowed, text));
    }
    return same_type ? setting_unsupported(root, s, wanted) : setting_malformed(root, s, wanted);
}

sa_status settings_require(const struct section *root) {
    struct section rules;
    sa_status status = section_member(root, "require", &rules);
    json_t *object = (json_t *)rules.object;
    for (void *i = json_object_iter(object); i && status == SA_OK; i = json_object_iter_next(object, i)) {
        const json_t *rule = json_object_iter_value(i);
        const struct setting s = {.value = json_object_get(root->settings->config, json_object_iter_key(i)),
                                  .file = root->settings->config_name,
                                  .path = "",
                                  .key = json_object_iter_key(i)};
        if (!s.value || json_is_null(s.value) || json_is_null(rule)) continue;
        status = json_is_array(rule) ? require_any(root, &s, rule) : require_off(root, &s);
    }
    return status;
}
