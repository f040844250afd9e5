/* Reads JSON of a file that may be malformed or hostile. Every refusal names the file and the member's path.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FILE_JSON_H
#define SA_FILE_JSON_H

#include "base/report.h"

#include <jansson.h>

/* The file that JSON comes from, and where failures go. */
struct json_source {
    struct report *report;
    const char *file;
};

/* Limits of a text. They bound the memory for parsing: jansson takes up to about 100 bytes per value. The depth bounds
 * the stack: jansson, and functions that walk over values, recurse once per level. */
enum { JSON_MOST_BYTES = 100 * 1000 * 1000, JSON_MOST_VALUES = 4 * 1000 * 1000, JSON_MOST_DEPTH = 64 };

/* Parses a text whose outermost value is an object; or whose outermost value is of this type. Objects have no repeated
 * keys. json_decref() the value. */
sa_status json_parse(const struct json_source *source, const void *text, int64_t bytes, json_t **object);
sa_status json_parse_as(const struct json_source *source, const void *text, int64_t bytes, json_type type,
                        json_t **value);

/* Members of an object. `path` is put before `key` in failures: "model." or "". Missing members, null and wrong types
 * are SA_ERR_FORMAT. */
sa_status json_member(const struct json_source *source, const json_t *object, const char *path, const char *key,
                      json_type type, json_t **value);
sa_status json_member_text(const struct json_source *source, const json_t *object, const char *path, const char *key,
                           const char **text);
sa_status json_member_flag(const struct json_source *source, const json_t *object, const char *path, const char *key,
                           int *flag);
sa_status json_member_integer(const struct json_source *source, const json_t *object, const char *path, const char *key,
                              int64_t least, int64_t most, int64_t *integer);

/* Whether a member is missing or null. */
int json_member_absent(const json_t *object, const char *key);

/* Lays `over` over `base`: objects are merged, but an object with "of", which is a setting of a description, and any
 * other value replaces that of the same name; null removes it. 0 if there is no memory. */
int json_merge(json_t *base, const json_t *over);

/* A page of JSON that is compiled in; made by cmake/EmbedArchitectures.cmake. A list of them ends with a name NULL. */
struct built_in {
    const char *name, *text;
};

/* Parses the page of this name; *page stays NULL if there is none. json_decref() it. */
sa_status json_built_in(const struct json_source *source, const struct built_in *list, const char *name, json_t **page);

/* Lays a page over the one that its member "like" names, which may have one itself; at most JSON_MOST_LIKE in all.
 * *page becomes the result, without "like". */
enum { JSON_MOST_LIKE = 4 };
sa_status json_follow_like(const struct json_source *source, const struct built_in *list, json_t **page);

/* "a string", "null", ... */
const char *json_type_text(const json_t *value);

#endif
