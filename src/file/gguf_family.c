/* SPDX-License-Identifier: MIT */
#include "file/gguf_family.h"

#include "base/arith.h"

#include <stdio.h>
#include <string.h>

enum { ARCHITECTURE_BYTES = 40 };

extern const struct built_in gguf_families[];

sa_status gguf_family_find(struct report *report, const char *architecture, json_t **family) {
    const struct json_source source = {report, "a page of GGUF's names"};
    sa_status status = json_built_in(&source, gguf_families, architecture, family);
    if (status == SA_OK && *family) status = json_follow_like(&source, gguf_families, family);
    if (status == SA_OK) return SA_OK;
    json_decref(*family);
    *family = NULL;
    return status;
}

static sa_status refuse(const struct gguf *g, struct gguf_text name) {
    char list[800] = "";
    int at = 0;
    for (const struct built_in *b = gguf_families; b->name && at < (int)sizeof list; b++)
        at += snprintf(list + at, sizeof list - (size_t)at, "%s%s", b == gguf_families ? "" : ", ", b->name);
    return fail(g->report, SA_ERR_UNSUPPORTED, "%s: general.architecture is \"%.*s\"; supported: %s", g->file->name,
                (int)min_i64(name.length, 80), name.bytes, list);
}

sa_status gguf_family(const struct gguf *g, json_t **family) {
    struct gguf_text name;
    char text[ARCHITECTURE_BYTES];
    *family = NULL;
    sa_status status = gguf_take_text(g, "general.architecture", &name);
    if (status == SA_OK && name.length < ARCHITECTURE_BYTES) {
        snprintf(text, sizeof text, "%.*s", (int)name.length, name.bytes);
        if (gguf_is(name, text)) status = gguf_family_find(g->report, text, family);
    }
    return status != SA_OK || *family ? status : refuse(g, name);
}

/* Whether a name matches the pattern, perhaps with an ending, which *end becomes; *block is the number at its '#'. */
static int matches(struct gguf_text name, const char *pattern, int64_t *block, const char **end) {
    static const char *const endings[] = {"", ".weight", ".bias"};
    int64_t at = 0;
    *block = 0;
    for (; *pattern; pattern++) {
        if (*pattern != '#') {
            if (at == name.length || name.bytes[at++] != *pattern) return 0;
            continue;
        }
        const int64_t first = at;
        for (; at < name.length && at < first + 4 && name.bytes[at] >= '0' && name.bytes[at] <= '9'; at++)
            *block = 10 * *block + name.bytes[at] - '0';
        if (at == first || (at > first + 1 && name.bytes[first] == '0')) return 0;
    }
    for (int i = 0; i < 3; i++)
        if (gguf_is((struct gguf_text){name.bytes + at, name.length - at}, *end = endings[i])) return 1;
    return 0;
}

static void write_name(char to[TENSOR_NAME_BYTES], const char *pattern, int64_t block, const char *end) {
    tensor_name(to, pattern, block);
    const size_t used = strlen(to);
    snprintf(to + used, TENSOR_NAME_BYTES - used, "%s", end);
}

int gguf_their_name(const json_t *family, struct gguf_text own, char name[TENSOR_NAME_BYTES]) {
    json_t *names = json_object_get(family, "tensors");
    int64_t block;
    const char *end;
    for (void *i = json_object_iter(names); i; i = json_object_iter_next(names, i))
        if (matches(own, json_object_iter_key(i), &block, &end)) {
            write_name(name, json_string_value(json_object_iter_value(i)), block, end);
            return 1;
        }
    return 0;
}

int gguf_own_name(const json_t *family, const char *name, char own[TENSOR_NAME_BYTES]) {
    const struct gguf_text ours = {name, (int64_t)strlen(name)};
    json_t *names = json_object_get(family, "tensors");
    int64_t block;
    const char *end;
    for (void *i = json_object_iter(names); i; i = json_object_iter_next(names, i))
        if (matches(ours, json_string_value(json_object_iter_value(i)), &block, &end)) {
            write_name(own, json_object_iter_key(i), block, end);
            return 1;
        }
    return 0;
}

int gguf_is_interleaved(const json_t *family) {
    return json_is_true(json_object_get(json_object_get(family, "config"), "rope_interleave"));
}
