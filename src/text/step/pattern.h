/* What is searched in a text to cut or to replace it.
 * SPDX-License-Identifier: MIT */
#ifndef SA_TEXT_STEP_PATTERN_H
#define SA_TEXT_STEP_PATTERN_H

#include "file/json.h"
#include "text/step/expression.h"
#include "text/step/split.h"

enum pattern_kind {
    PATTERN_WHITESPACE,  /* one character */
    PATTERN_PUNCTUATION, /* one character */
    PATTERN_NUMBER,      /* one character */
    PATTERN_WORDS, /* a run of letters, marks, digits and connectors, or of what is neither these nor whitespace */
    PATTERN_TEXT,
    PATTERN_KNOWN, /* a known expression */
    PATTERN_EXPRESSION
};

struct pattern {
    enum pattern_kind kind;
    char *text;
    int64_t bytes;
    struct split_rules rules;
    struct expression *expression;
};

/* A pattern of a file: {"String": ...} or {"Regex": ...}. On failure it is left for pattern_release(). */
sa_status pattern_read(const struct allocator *memory, const struct json_source *source, const json_t *object,
                       const char *path, struct pattern *pattern);
sa_status pattern_of_text(const struct allocator *memory, struct report *report, const char *text,
                          struct pattern *pattern);
sa_status pattern_of_regex(const struct allocator *memory, struct report *report, const char *file, const char *regex,
                           struct pattern *pattern);
void pattern_release(const struct allocator *memory, struct pattern *pattern);

/* The next match, as expression_next(). */
int pattern_next(const struct pattern *pattern, struct searcher *searcher, const char *text, int64_t bytes, int64_t at,
                 int after_match, int64_t *first, int64_t *last);

#endif
