/* SPDX-License-Identifier: MIT */
#include "file/json.h"

#include <stdlib.h>
#include <string.h>

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

static int is_digit(unsigned char c) {
    return c >= '0' && c <= '9';
}

/* Bytes of the number's digits, points, signs and exponents from `text` on; *is_integer: there are digits alone,
 * perhaps behind a sign. */
static int64_t number_bytes(const unsigned char *text, int64_t bytes, int *is_integer) {
    int64_t n = 0;
    *is_integer = 1;
    for (; n < bytes && (is_digit(text[n]) || (text[n] && strchr("+-.eE", text[n]))); n++)
        *is_integer &= is_digit(text[n]) || (n == 0 && text[n] == '-');
    return n;
}

/* Copies a text to `to`, which has room for a ninth more, and makes real numbers of integers that 64 bits may not hold:
 * of those with 18 or more bytes. Returns the bytes. */
static size_t copy_with_reals(const unsigned char *text, int64_t bytes, char *to) {
    enum { LARGE = 18 };
    size_t made = 0;
    int in_string = 0, is_integer;
    for (int64_t i = 0, n; i < bytes; i += n) {
        n = in_string ? 0 : number_bytes(text + i, bytes - i, &is_integer);
        const int is_large = n >= LARGE && is_integer;
        if (!n) n = in_string && text[i] == '\\' && i + 1 < bytes ? 2 : 1;
        if (text[i] == '"') in_string = !in_string;
        memcpy(to + made, text + i, (size_t)n);
        made += (size_t)n;
        if (is_large) to[made++] = '.', to[made++] = '0';
    }
    return made;
}

/* Transformers writes 10^30 for "no limit" (model_max_length), which jansson refuses as an integer. */
static json_t *load_with_reals(const unsigned char *text, int64_t bytes, json_error_t *error) {
    char *copy = malloc((size_t)(bytes + bytes / 9 + 2));
    if (!copy) return NULL;
    json_t *root = json_loadb(copy, copy_with_reals(text, bytes, copy), JSON_REJECT_DUPLICATES, error);
    free(copy);
    return root;
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
    if (!root && json_error_code(&error) == json_error_numeric_overflow) root = load_with_reals(text, bytes, &error);
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

static int is_section(const json_t *value) {
    return json_is_object(value) && !json_object_get(value, "of");
}

int json_merge(json_t *base, const json_t *over) {
    int fits = 1;
    for (void *i = json_object_iter((json_t *)over); i && fits; i = json_object_iter_next((json_t *)over, i)) {
        const char *key = json_object_iter_key(i);
        json_t *value = json_object_iter_value(i), *before = json_object_get(base, key);
        if (json_is_null(value))
            json_object_del(base, key);
        else if (is_section(value) && is_section(before))
            fits = json_merge(before, value);
        else
            fits = json_object_set_new(base, key, json_deep_copy(value)) == 0;
    }
    return fits;
}

sa_status json_built_in(const struct json_source *s, const struct built_in *list, const char *name, json_t **page) {
    *page = NULL;
    for (; list->name; list++)
        if (!strcmp(list->name, name)) return json_parse(s, list->text, (int64_t)strlen(list->text), page);
    return SA_OK;
}

/* The page that "like" of another one names. */
static sa_status find_like(const struct json_source *s, const struct built_in *list, const json_t *page,
                           json_t **base) {
    const char *like = json_string_value(json_object_get(page, "like"));
    *base = NULL;
    if (!like) return fail(s->report, SA_ERR_FORMAT, "%s: \"like\" must be a string", s->file);
    sa_status status = json_built_in(s, list, like, base);
    if (status != SA_OK || *base) return status;
    return fail(s->report, SA_ERR_UNSUPPORTED, "%s: like is \"%.60s\", which is not built in", s->file, like);
}

/* The first page is laid over the second one at last, so that its nulls remove what any of the others has. */
sa_status json_follow_like(const struct json_source *s, const struct built_in *list, json_t **page) {
    json_t *chain[JSON_MOST_LIKE + 1] = {*page};
    int last = 0, fits = 1;
    sa_status status = SA_OK;
    while (!json_member_absent(chain[last], "like") && status == SA_OK)
        if (last == JSON_MOST_LIKE)
            status = fail(s->report, SA_ERR_FORMAT, "%s: \"like\" runs in a circle", s->file);
        else if ((status = find_like(s, list, chain[last], &chain[last + 1])) == SA_OK)
            last++;
    for (int i = last; i > 0 && status == SA_OK; i--) {
        json_object_del(chain[i - 1], "like");
        if (!json_merge(chain[last], chain[i - 1])) fits = 0;
    }
    json_object_del(chain[last], "like");
    *page = chain[last];
    for (int i = 0; i < last; i++) json_decref(chain[i]);
    return status == SA_OK && !fits ? fail_memory_for(s->report, "merging pages of JSON") : status;
}
