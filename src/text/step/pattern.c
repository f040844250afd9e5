/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* memmem */
#include "text/step/pattern.h"

#include "text/characters.h"

#include <string.h>

sa_status pattern_of_text(const struct allocator *memory, struct report *report, const char *text, struct pattern *p) {
    const int64_t bytes = (int64_t)strlen(text);
    *p = (struct pattern){.kind = PATTERN_TEXT, .text = memory_allocate(memory, bytes + 1, 1)};
    if (!p->text) return fail_memory(report, bytes + 1, "a pattern");
    memcpy(p->text, text, (size_t)bytes);
    p->bytes = bytes;
    return SA_OK;
}

sa_status pattern_of_regex(const struct allocator *memory, struct report *report, const char *file, const char *regex,
                           struct pattern *p) {
    *p = (struct pattern){.kind = PATTERN_NUMBER};
    if (!strcmp(regex, "\\p{N}")) return SA_OK;
    p->kind = PATTERN_KNOWN;
    if (split_rules_of(regex, &p->rules)) return SA_OK;
    p->kind = PATTERN_EXPRESSION;
    return expression_compile(memory, report, file, regex, &p->expression);
}

sa_status pattern_read(const struct allocator *memory, const struct json_source *s, const json_t *object,
                       const char *path, struct pattern *p) {
    json_t *json;
    const char *text;
    sa_status status = json_member(s, object, path, "pattern", JSON_OBJECT, &json);
    if (status != SA_OK) return status;
    const int is_text = json_object_get(json, "String") != NULL;
    status = json_member_text(s, json, path, is_text ? "String" : "Regex", &text);
    if (status != SA_OK) return status;
    if (!is_text) return pattern_of_regex(memory, s->report, s->file, text, p);
    if (*text) return pattern_of_text(memory, s->report, text, p);
    return fail(s->report, SA_ERR_UNSUPPORTED, "%s: %spattern.String is \"\", which is everywhere", s->file, path);
}

void pattern_release(const struct allocator *memory, struct pattern *p) {
    if (p->text) memory_release(memory, p->text, p->bytes + 1, 1);
    expression_destroy(memory, p->expression);
    *p = (struct pattern){0};
}

static int next_of_class(int (*is_in)(int32_t c), const char *text, int64_t bytes, int64_t at, int64_t *first,
                         int64_t *last) {
    int32_t c;
    for (int64_t length; at < bytes; at += length) {
        length = next_character(text + at, bytes - at, &c);
        if (!is_in(c)) continue;
        *first = at;
        *last = at + length;
        return 1;
    }
    return 0;
}

enum word_class { SPACE_CLASS, WORD_CLASS, OTHER_CLASS };

static enum word_class word_class(int32_t c) {
    if (is_word(c)) return WORD_CLASS;
    return is_whitespace(c) ? SPACE_CLASS : OTHER_CLASS;
}

static int next_word(const char *text, int64_t bytes, int64_t at, int64_t *first, int64_t *last) {
    int32_t c;
    int64_t length = 0;
    enum word_class class = SPACE_CLASS;
    for (; at < bytes && class == SPACE_CLASS; at += length) {
        length = next_character(text + at, bytes - at, &c);
        class = word_class(c);
    }
    if (class == SPACE_CLASS) return 0;
    for (*first = at - length; at < bytes; at += length) {
        length = next_character(text + at, bytes - at, &c);
        if (word_class(c) != class) break;
    }
    *last = at;
    return 1;
}

static int next_text(const struct pattern *p, const char *text, int64_t bytes, int64_t at, int64_t *first,
                     int64_t *last) {
    const char *found = at < bytes ? memmem(text + at, (size_t)(bytes - at), p->text, (size_t)p->bytes) : NULL;
    if (!found) return 0;
    *first = found - text;
    *last = *first + p->bytes;
    return 1;
}

static int next_known(const struct pattern *p, const char *text, int64_t bytes, int64_t at, int64_t *first,
                      int64_t *last) {
    if (at == bytes) return 0;
    *first = at;
    *last = split_next(&p->rules, text, bytes, at);
    return 1;
}

int pattern_next(const struct pattern *p, struct searcher *s, const char *text, int64_t bytes, int64_t at,
                 int after_match, int64_t *first, int64_t *last) {
    switch (p->kind) {
    case PATTERN_WHITESPACE:
        return next_of_class(is_whitespace, text, bytes, at, first, last);
    case PATTERN_PUNCTUATION:
        return next_of_class(is_punctuation, text, bytes, at, first, last);
    case PATTERN_NUMBER:
        return next_of_class(is_number, text, bytes, at, first, last);
    case PATTERN_WORDS:
        return next_word(text, bytes, at, first, last);
    case PATTERN_TEXT:
        return next_text(p, text, bytes, at, first, last);
    case PATTERN_KNOWN:
        return next_known(p, text, bytes, at, first, last);
    default:
        return expression_next(p->expression, s, text, bytes, at, after_match, first, last);
    }
}
