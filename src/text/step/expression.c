/* PCRE2 with Unicode properties. Its compiler to machine code is left alone: the code would lie in pages that can be
 * both written and executed, and many systems refuse those.
 * SPDX-License-Identifier: MIT */
#include "text/step/expression.h"

#include "base/sized.h"
#include "text/step/onig.h"

#include <string.h>

#ifdef SELFATTN_PCRE2
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum { MOST_HEAP_KIB = 1 << 16 };

struct expression {
    struct allocator memory;
    pcre2_code *code;
    pcre2_match_context *limits;
    pcre2_general_context *general;
};

static void *allocate(PCRE2_SIZE size, void *user) {
    return sized_allocate(user, size);
}

static void release(void *memory, void *user) {
    sized_release(user, memory);
}

static sa_status fail_compile(struct report *report, const char *file, const char *regex, int error, size_t at) {
    PCRE2_UCHAR text[120] = "";
    pcre2_get_error_message(error, text, sizeof text);
    return fail(report, error == PCRE2_ERROR_NOMEMORY ? SA_ERR_MEMORY : SA_ERR_FORMAT,
                "%s: the expression \"%.100s\" cannot be used: %s, before byte %lld of it", file, regex, (char *)text,
                (long long)at);
}

static sa_status compile(struct report *report, const char *file, const char *regex, const char *rewritten,
                         struct expression *e) {
    int error;
    PCRE2_SIZE at;
    pcre2_compile_context *context = pcre2_compile_context_create(e->general);
    if (!context) return fail_memory_for(report, "an expression");
    pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    pcre2_set_parens_nest_limit(context, 100);
    e->code = pcre2_compile((PCRE2_SPTR)rewritten, PCRE2_ZERO_TERMINATED,
                            PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C, &error, &at, context);
    pcre2_compile_context_free(context);
    if (!e->code && error == PCRE2_ERROR_HEAP_FAILED) return fail_memory_for(report, "an expression");
    if (!e->code) return fail_compile(report, file, regex, error, at);
    e->limits = pcre2_match_context_create(e->general);
    if (!e->limits) return fail_memory_for(report, "an expression");
    pcre2_set_match_limit(e->limits, EXPRESSION_MOST_STEPS);
    pcre2_set_heap_limit(e->limits, MOST_HEAP_KIB);
    return SA_OK;
}

/* Expressions of models that look at the whole rest of a number from each of its digits, so that 30,000 digits and a
 * letter take a minute, and others with the same matches, where only the first group of three looks. */
static const struct {
    const char *slow, *quick;
} numbers[] = {
    {"\\d{1,3}(?=(?:\\d{3})*\\b)", "(?<!\\d)\\d{1,3}(?=(?:\\d{3})*\\b)|\\G(?<=\\d)\\d{3}"},
    {"\\p{N}{1,3}(?=(?:\\p{N}{3})*(?!\\p{N}))",
     "(?<!\\p{N})\\p{N}{1,3}(?=(?:\\p{N}{3})*(?!\\p{N}))|(?<=\\p{N})\\p{N}{3}"},
};

static const char *quicker(const char *regex) {
    for (int64_t i = 0; i < COUNT_OF(numbers); i++)
        if (!strcmp(regex, numbers[i].slow)) return numbers[i].quick;
    return regex;
}

static sa_status rewrite_and_compile(const struct allocator *memory, struct report *report, const char *file,
                                     const char *regex, struct expression *e) {
    const int64_t room = onig_room((int64_t)strlen(regex));
    char *rewritten = memory_allocate(memory, room, 1);
    if (!rewritten) return fail_memory(report, room, "an expression");
    const char *refused = onig_rewrite(regex, rewritten);
    sa_status status =
        refused ? fail(report, SA_ERR_UNSUPPORTED, "%s: the expression \"%.200s\" has %s", file, regex, refused)
                : compile(report, file, regex, rewritten, e);
    memory_release(memory, rewritten, room, 1);
    return status;
}

sa_status expression_compile(const struct allocator *memory, struct report *report, const char *file, const char *regex,
                             struct expression **expression) {
    enum { MOST_BYTES = 1 << 16 };
    *expression = NULL;
    if (strlen(regex) > MOST_BYTES)
        return fail(report, SA_ERR_UNSUPPORTED, "%s: an expression has %lld bytes, at most %d are accepted", file,
                    (long long)strlen(regex), MOST_BYTES);
    struct expression *e = memory_allocate(memory, 1, sizeof *e);
    if (!e) return fail_memory(report, sizeof *e, "an expression");
    *expression = e;
    e->memory = *memory;
    e->general = pcre2_general_context_create(allocate, release, &e->memory);
    if (!e->general) return fail_memory_for(report, "an expression");
    return rewrite_and_compile(memory, report, file, quicker(regex), e);
}

void expression_destroy(const struct allocator *memory, struct expression *e) {
    if (!e) return;
    pcre2_match_context_free(e->limits);
    pcre2_code_free(e->code);
    pcre2_general_context_free(e->general);
    memory_release(memory, e, 1, sizeof *e);
}

/* A searcher's small blocks come from its own room; the interpreter's large ones do not. */
static void *searcher_allocate(PCRE2_SIZE size, void *user) {
    struct searcher *s = user;
    const int64_t bytes = size < sizeof s->room ? ((int64_t)size + 15) & ~(int64_t)15 : (int64_t)sizeof s->room + 1;
    if (s->used + bytes > (int64_t)sizeof s->room) return allocate(size, &s->memory);
    s->used += bytes;
    return s->room + s->used - bytes;
}

static void searcher_release(void *memory, void *user) {
    struct searcher *s = user;
    const uintptr_t at = (uintptr_t)memory, room = (uintptr_t)s->room;
    if (at < room || at >= room + sizeof s->room) release(memory, &s->memory);
}

static int searcher_open(struct searcher *s) {
    if (s->data) return 1;
    pcre2_general_context *general = pcre2_general_context_create(searcher_allocate, searcher_release, s);
    if (general) s->data = pcre2_match_data_create(1, general);
    return s->data != NULL;
}

void searcher_close(struct searcher *s) {
    if (s->data) pcre2_match_data_free(s->data);
    s->data = NULL;
    s->used = 0;
}

int expression_next(const struct expression *e, struct searcher *s, const char *text, int64_t bytes, int64_t at,
                    int after_match, int64_t *first, int64_t *last) {
    if (!searcher_open(s)) return EXPRESSION_NO_MEMORY;
    while (at <= bytes) {
        const int result = pcre2_match(e->code, (PCRE2_SPTR)text, (PCRE2_SIZE)bytes, (PCRE2_SIZE)at, PCRE2_NO_UTF_CHECK,
                                       s->data, e->limits);
        if (result == PCRE2_ERROR_NOMATCH) return 0;
        if (result == PCRE2_ERROR_NOMEMORY) return EXPRESSION_NO_MEMORY;
        if (result < 0) return EXPRESSION_RUNS_AWAY;
        const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(s->data);
        *first = (int64_t)ends[0];
        *last = (int64_t)ends[1];
        if (*last != *first || !after_match || *first != at) return 1;
        do at++;
        while (at < bytes && ((unsigned char)text[at] & 0xc0) == 0x80);
        after_match = 0;
    }
    return 0;
}
#else
sa_status expression_compile(const struct allocator *memory, struct report *report, const char *file, const char *regex,
                             struct expression **expression) {
    (void)memory;
    *expression = NULL;
    return fail(report, SA_ERR_UNSUPPORTED,
                "%s: splits by the expression \"%.200s\"; this library was built without PCRE2, which it needs for it",
                file, regex);
}

void expression_destroy(const struct allocator *memory, struct expression *e) {
    (void)memory;
    (void)e;
}

void searcher_close(struct searcher *s) {
    (void)s;
}

int expression_next(const struct expression *e, struct searcher *s, const char *text, int64_t bytes, int64_t at,
                    int after_match, int64_t *first, int64_t *last) {
    (void)e, (void)s, (void)text, (void)bytes, (void)at, (void)after_match, (void)first, (void)last;
    return 0;
}
#endif
