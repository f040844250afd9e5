/* SPDX-License-Identifier: MIT */
#include "describe/setting.h"

#include "base/arith.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_BYTES = 64, MOST_TIMES = 1 << 20 };

/* Doubles represent all integers up to 2^53. */
#define MOST_WHOLE 9007199254740992.0

const json_t *setting_look_up(const json_t *config, const char *path) {
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

/* Whether one of the keys of a path is too long for setting_look_up(). */
static int has_long_key(const char *path) {
    size_t length;
    for (; (length = strcspn(path, ".")) < KEY_BYTES && path[length]; path += length + 1) continue;
    return length >= KEY_BYTES;
}

const char *setting_reference(const json_t *spec, int64_t *times, int64_t *plus) {
    const char *text = json_is_string(spec) ? json_string_value(spec) : "";
    char *end;
    *times = 1, *plus = 0;
    if (text[0] == '$') return text + 1;
    if (text[0] < '1' || text[0] > '9') return NULL;
    const int64_t number = strtol(text, &end, 10);
    if (number > MOST_TIMES || (end[0] != '*' && end[0] != '+') || end[1] != '$') return NULL;
    *(end[0] == '*' ? times : plus) = number;
    return end + 2;
}

int setting_whole(const json_t *value, int64_t *integer) {
    const double real = json_real_value(value);
    if (json_is_real(value) && real == floor(real) && fabs(real) <= MOST_WHOLE)
        *integer = (int64_t)real;
    else if (json_is_integer(value))
        *integer = json_integer_value(value);
    else
        return 0;
    return 1;
}

/* How a case is written in the description. */
static const char *case_text(const json_t *value, char text[SETTING_TEXT]) {
    int64_t whole;
    snprintf(text, SETTING_TEXT, "%s", json_is_boolean(value) ? json_type_text(value) : "");
    if (json_is_string(value)) snprintf(text, SETTING_TEXT, "%s", json_string_value(value));
    if (setting_whole(value, &whole)) snprintf(text, SETTING_TEXT, "%lld", (long long)whole);
    return text;
}

void setting_list(char *list, size_t size, const char *name) {
    size_t used = strlen(list);
    snprintf(list + used, size - used, "%s\"%.40s\"", used ? ", " : "", name);
}

static sa_status resolve(const struct section *section, const json_t *spec, struct setting *out);

static sa_status resolve_case(const struct section *section, const json_t *spec, struct setting *out) {
    struct setting of = *out;
    char text[SETTING_TEXT], wanted[200] = "";
    sa_status status = resolve(section, json_object_get(spec, "of"), &of);
    *out = (struct setting){NULL, 1, 0, of.file, of.path, of.key};
    if (status != SA_OK || !of.value) return status;
    const json_t *member = json_object_get(spec, case_text(of.value, text));
    if (member && strcmp(text, "of") != 0) return resolve(section, member, out);
    for (void *i = json_object_iter((json_t *)spec); i; i = json_object_iter_next((json_t *)spec, i))
        if (strcmp(json_object_iter_key(i), "of") != 0) setting_list(wanted, sizeof wanted, json_object_iter_key(i));
    return setting_unsupported(section, &of, wanted);
}

/* The first number of "$ratio*$key"; `ratio` is not ended by a NUL. *times becomes 0 where it is not given. */
static sa_status find_ratio(const struct section *section, const char *ratio, size_t length, struct setting *out) {
    char path[4 * KEY_BYTES];
    struct setting s = {NULL, 1, 0, section->settings->config_name, "", path};
    snprintf(path, sizeof path, "%.*s", (int)length, ratio);
    s.value = setting_look_up(section->settings->config, path);
    out->times = 0;
    if (!s.value || json_is_null(s.value)) return SA_OK;
    if (setting_whole(s.value, &out->times) && out->times >= 1 && out->times <= MOST_TIMES) return SA_OK;
    return setting_malformed(section, &s, "an integer of 1 or more, which another is multiplied by");
}

/* `out` names the setting's place in the description; the first key of config.json replaces it. */
static sa_status resolve(const struct section *section, const json_t *spec, struct setting *out) {
    const struct settings *s = section->settings;
    const char *key = setting_reference(spec, &out->times, &out->plus), *second = key ? strstr(key, "*$") : NULL;
    if (second) {
        sa_status status = find_ratio(section, key, (size_t)(second - key), out);
        if (status != SA_OK) return status;
        if (out->times == 0) {
            *out = (struct setting){NULL, 1, 0, s->config_name, "", key};
            return SA_OK;
        }
        key = second + 2;
    }
    if (key && has_long_key(key))
        return fail(s->report, SA_ERR_UNSUPPORTED,
                    "%s: %s%s looks for \"%.80s\"; keys of at most %d bytes are supported", out->file, out->path,
                    out->key, key, KEY_BYTES - 1);
    if (key) {
        out->value = setting_look_up(s->config, key);
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
    *setting = (struct setting){NULL, 1, 0, section->settings->description_name, section->path, key};
    sa_status status = resolve(section, json_object_get(section->object, key), setting);
    const int as_it_is = setting->times == 1 && setting->plus == 0;
    if (status != SA_OK || as_it_is || !setting->value || json_is_number(setting->value)) return status;
    return setting_malformed(section, setting, "a number, which is multiplied or added to");
}

const char *setting_shown(const json_t *value, char text[SETTING_TEXT]) {
    if (json_is_string(value))
        snprintf(text, SETTING_TEXT, "\"%.60s\"", json_string_value(value));
    else if (json_is_integer(value))
        snprintf(text, SETTING_TEXT, "%lld", (long long)json_integer_value(value));
    else if (json_is_real(value))
        snprintf(text, SETTING_TEXT, "%g", json_real_value(value));
    else
        snprintf(text, SETTING_TEXT, "%s", json_type_text(value));
    return text;
}

sa_status setting_unsupported(const struct section *section, const struct setting *s, const char *wanted) {
    char text[SETTING_TEXT];
    return fail(section->settings->report, SA_ERR_UNSUPPORTED, "%s: %s%.60s is %s; supported: %s", s->file, s->path,
                s->key, setting_shown(s->value, text), wanted);
}

sa_status setting_malformed(const struct section *section, const struct setting *s, const char *wanted) {
    struct report *report = section->settings->report;
    const json_t *config = section->settings->config;
    if (!s->value && (*s->path || !setting_look_up(config, s->key)))
        return fail(report, SA_ERR_FORMAT, "%s: %s%.60s is missing", s->file, s->path, s->key);
    return fail(report, SA_ERR_FORMAT, "%s: %s%.60s is %s, must be %s", s->file, s->path, s->key,
                json_type_text(s->value), wanted);
}

static sa_status take_integer(const struct section *section, struct setting s, int64_t least, int64_t most,
                              int64_t *integer) {
    int64_t given;
    if (!setting_whole(s.value, &given)) return setting_malformed(section, &s, "an integer");
    if (given >= least - s.plus && given <= most && checked_mul(given, s.times, integer) && *integer <= most - s.plus) {
        *integer += s.plus;
        return SA_OK;
    }
    return fail(section->settings->report, SA_ERR_FORMAT, "%s: %s%.60s is %lld, must be %lld to %lld", s.file, s.path,
                s.key, (long long)given, (long long)(least - s.plus), (long long)((most - s.plus) / s.times));
}

sa_status setting_integer(const struct section *section, const char *key, int64_t fallback, int64_t least, int64_t most,
                          int64_t *integer) {
    struct setting s;
    sa_status status = setting_find(section, key, &s);
    *integer = fallback;
    if (status != SA_OK || (!s.value && fallback != NO_FALLBACK)) return status;
    return take_integer(section, s, least, most, integer);
}

/* The integers of a text as a list; NULL: there is something else in it. */
static json_t *list_of(const char *text) {
    json_t *list = json_array();
    char *end;
    for (; list && *text; text = end + strspn(end, " ")) {
        const json_int_t number = strtoll(text, &end, 10);
        if (end != text && !json_array_append_new(list, json_integer(number))) continue;
        json_decref(list);
        return NULL;
    }
    return list;
}

static sa_status take_integers(const struct section *section, struct setting s, int64_t least, int64_t most,
                               int64_t most_count, int64_t *integers, int64_t *count) {
    const json_t *list = s.value;
    sa_status status = SA_OK;
    *count = (int64_t)json_array_size(list);
    if (!json_is_array(list) || *count < 1 || *count > most_count)
        return setting_malformed(section, &s, "a list of integers, not too long");
    for (int64_t i = 0; i < *count && status == SA_OK; i++) {
        s.value = json_array_get(list, (size_t)i);
        status = take_integer(section, s, least, most, &integers[i]);
    }
    return status;
}

sa_status setting_integers(const struct section *section, const char *key, int64_t least, int64_t most,
                           int64_t most_count, int64_t *integers, int64_t *count) {
    struct setting s;
    sa_status status = setting_find(section, key, &s);
    *count = 0;
    if (status != SA_OK || !s.value) return status;
    if (json_is_number(s.value)) {
        *count = 1;
        return take_integer(section, s, least, most, integers);
    }
    json_t *own = json_is_string(s.value) ? list_of(json_string_value(s.value)) : NULL;
    if (own) s.value = own;
    status = take_integers(section, s, least, most, most_count, integers, count);
    json_decref(own);
    return status;
}

sa_status setting_side(const struct section *section, const char *key, int which, int64_t most, int64_t *side) {
    struct setting s;
    sa_status status = setting_find(section, key, &s);
    if (status != SA_OK || !json_is_array(s.value)) return setting_integer(section, key, NO_FALLBACK, 1, most, side);
    if (json_array_size(s.value) != 2) return setting_malformed(section, &s, "an integer or a list of two");
    s.value = json_array_get(s.value, (size_t)which);
    return take_integer(section, s, 1, most, side);
}

sa_status setting_number(const struct section *section, const char *key, double fallback, double least, double most,
                         double *number) {
    struct setting s;
    sa_status status = setting_find(section, key, &s);
    *number = fallback;
    if (status != SA_OK || !s.value) return status;
    if (!json_is_number(s.value)) return setting_malformed(section, &s, "a number");
    *number = json_number_value(s.value) * (double)s.times + (double)s.plus;
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
    *choice = fallback == NO_FALLBACK ? 0 : (int)fallback;
    if (status != SA_OK || (!s.value && fallback != NO_FALLBACK)) return status;
    if (!json_is_string(s.value)) return setting_malformed(section, &s, "a string");
    for (int i = 0; names[i]; i++) {
        if (!strcmp(names[i], json_string_value(s.value))) {
            *choice = i;
            return SA_OK;
        }
        setting_list(wanted, sizeof wanted, names[i]);
    }
    return setting_unsupported(section, &s, wanted);
}
