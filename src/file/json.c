/* SPDX-License-Identifier: MIT */
#include "file/json.h"

/* The cost of parsing a text: memory for this many values at most, and stack for values nested this deep. */
struct extent {
    int64_t values, depth;
};

/* Each value but the first follows a bracket or a comma outside of strings. */
static struct extent measure(const unsigned char *text, int64_t bytes) {
    struct extent e = {1, 0};
    int64_t depth = 0;
    int in_string = 0;
    for (int64_t i = 0; i < bytes; i++) {
        const unsigned char c = text[i];
        const int opens = !in_string && (c == '[' || c == '{'), closes = !in_string && (c == ']' || c == '}');
        if (in_string && c == '\\')
            i++;
        else if (c == '"')
            in_string = !in_string;
        e.values += opens || (!in_string && c == ',');
        depth += opens - closes;
        if (depth > e.depth) e.depth = depth;
    }
    return e;
}

static const char *const wanted_types[] = {"an object", "an array", "a string", "an integer", "a real number"};

sa_status json_parse(const struct json_source *s, const void *text, int64_t bytes, json_t **object) {
    return json_parse_as(s, text, bytes, JSON_OBJECT, object);
}

sa_status json_parse_as(const struct json_source *s, const void *text, int64_t bytes, json_type type, json_t **value) {
    json_error_t error;
    *value = NULL;
    if (bytes > JSON_MOST_BYTES)
        return fail(s->report, SA_ERR_FORMAT, "%s: %lld bytes of JSON, at most %d are accepted", s->file,
                    (long long)bytes, JSON_MOST_BYTES);
    const struct extent extent = measure(text, bytes);
    if (extent.values > JSON_MOST_VALUES)
        return fail(s->report, SA_ERR_FORMAT, "%s: JSON of up to %lld values, at most %d are accepted", s->file,
                    (long long)extent.values, JSON_MOST_VALUES);
    if (extent.depth > JSON_MOST_DEPTH)
        return fail(s->report, SA_ERR_FORMAT, "%s: JSON nested %lld deep, at most %d is accepted", s->file,
                    (long long)extent.depth, JSON_MOST_DEPTH);
    json_t *root = json_loadb(bytes ? text : "", (size_t)bytes, JSON_REJECT_DUPLICATES, &error);
    if (!root && json_error_code(&error) == json_error_out_of_memory)
        return fail_memory(s->report, bytes, "parsing a JSON text");
    if (!root)
        return fail(s->report, SA_ERR_FORMAT, "%s: line %d, column %d: %s", s->file, error.line, error.column,
                    error.text);
    if (json_typeof(root) == type) {
        *value = root;
        return SA_OK;
    }
    sa_status status = fail(s->report, SA_ERR_FORMAT, "%s: the JSON text is %s, must be %s", s->file,
                            json_type_text(root), wanted_types[type]);
    json_decref(root);
    return status;
}

const char *json_type_text(const json_t *value) {
    switch (value ? json_typeof(value) : JSON_NULL) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "an array";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
        return "an integer";
    case JSON_REAL:
        return "a real number";
    case JSON_TRUE:
        return "true";
    case JSON_FALSE:
        return "false";
    default:
        return "null";
    }
}

static sa_status fail_type(const struct json_source *s, const char *path, const char *key, const json_t *value,
                           const char *wanted) {
    if (!value) return fail(s->report, SA_ERR_FORMAT, "%s: %.100s%.100s is missing", s->file, path, key);
    return fail(s->report, SA_ERR_FORMAT, "%s: %.100s%.100s is %s, must be %s", s->file, path, key,
                json_type_text(value), wanted);
}

sa_status json_member(const struct json_source *s, const json_t *object, const char *path, const char *key,
                      json_type type, json_t **value) {
    *value = json_object_get(object, key);
    return *value && json_typeof(*value) == type ? SA_OK : fail_type(s, path, key, *value, wanted_types[type]);
}

sa_status json_member_text(const struct json_source *s, const json_t *object, const char *path, const char *key,
                           const char **text) {
    json_t *value;
    sa_status status = json_member(s, object, path, key, JSON_STRING, &value);
    *text = json_string_value(value);
    return status;
}

sa_status json_member_flag(const struct json_source *s, const json_t *object, const char *path, const char *key,
                           int *flag) {
    const json_t *value = json_object_get(object, key);
    *flag = json_is_true(value);
    return json_is_boolean(value) ? SA_OK : fail_type(s, path, key, value, "true or false");
}

sa_status json_member_integer(const struct json_source *s, const json_t *object, const char *path, const char *key,
                              int64_t least, int64_t most, int64_t *integer) {
    json_t *value;
    sa_status status = json_member(s, object, path, key, JSON_INTEGER, &value);
    *integer = json_integer_value(value);
    if (status != SA_OK || (*integer >= least && *integer <= most)) return status;
    return fail(s->report, SA_ERR_FORMAT, "%s: %.100s%.100s is %lld, must be %lld to %lld", s->file, path, key,
                (long long)*integer, (long long)least, (long long)most);
}

int json_member_absent(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return !value || json_is_null(value);
}
