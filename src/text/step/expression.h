/* Regular expressions of tokenizers, run by PCRE2. Their files are written for Oniguruma, with Ruby's syntax.
 * SPDX-License-Identifier: MIT */
#ifndef SA_TEXT_STEP_EXPRESSION_H
#define SA_TEXT_STEP_EXPRESSION_H

#include "base/memory.h"
#include "base/report.h"

struct expression;

/* Compiles an expression of the file `file`. What PCRE2 would read in another way than Oniguruma is rewritten, or
 * refused by name. Without PCRE2 everything is refused. Immutable: any number of threads may use it. */
sa_status expression_compile(const struct allocator *memory, struct report *report, const char *file, const char *regex,
                             struct expression **expression);
void expression_destroy(const struct allocator *memory, struct expression *expression);

/* What a call needs to look for matches. Zeroed, it is closed. */
struct searcher {
    struct allocator memory;
    void *data;
    int64_t used;
    _Alignas(16) char room[768];
};
void searcher_close(struct searcher *searcher);

/* The next match at or after byte `at` of valid UTF-8: 1, 0 if there is none, EXPRESSION_RUNS_AWAY if it takes more
 * steps than are allowed, EXPRESSION_NO_MEMORY. An empty match at `at` does not count if `after_match`. */
enum { EXPRESSION_RUNS_AWAY = -1, EXPRESSION_NO_MEMORY = -2 };
enum { EXPRESSION_MOST_STEPS = 10000000 };
int expression_next(const struct expression *expression, struct searcher *searcher, const char *text, int64_t bytes,
                    int64_t at, int after_match, int64_t *first, int64_t *last);

#endif
