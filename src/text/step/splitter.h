/* How a text is cut into words; no token crosses the end of a word. A list of steps, as tokenizer.json's pre_tokenizer
 * has them: each cuts the pieces of the one before.
 * SPDX-License-Identifier: MIT */
#ifndef SA_TEXT_STEP_SPLITTER_H
#define SA_TEXT_STEP_SPLITTER_H

#include "text/step/pattern.h"

enum cut_kind {
    CUT_PATTERN,
    CUT_BERT,      /* at whitespace, which is dropped; punctuation characters are words */
    CUT_METASPACE, /* spaces become a visible character, which begins a word */
    CUT_PREFIX,    /* puts a space before a piece that has none */
    CUT_ALPHABET,  /* writes bytes as characters */
    CUT_LENGTH     /* into pieces of some characters */
};

/* What becomes of the matches of a pattern. */
enum cut_behavior { CUT_ISOLATED, CUT_REMOVED, CUT_CONTIGUOUS, CUT_WITH_PREVIOUS, CUT_WITH_NEXT };

enum prepend { PREPEND_NEVER, PREPEND_FIRST, PREPEND_ALWAYS };

struct cut_step {
    enum cut_kind kind;
    struct pattern pattern;
    enum cut_behavior behavior;
    int invert; /* what lies between matches counts as the matches */
    char replacement[5];
    enum prepend prepend;
    int splits;
    int64_t length;
};

enum { MOST_CUT_STEPS = 16 };
struct splitter {
    struct cut_step steps[MOST_CUT_STEPS];
    int count;
};

/* Reads the section "pre_tokenizer". On failure it is left for splitter_release(). */
sa_status splitter_read(const struct allocator *memory, const struct json_source *source, const json_t *root,
                        struct splitter *splitter);
/* Adds a step by an expression whose matches stay words of their own, and one for bytes. */
sa_status splitter_add_regex(const struct allocator *memory, struct report *report, const char *file, const char *regex,
                             struct splitter *splitter);
void splitter_release(const struct allocator *memory, struct splitter *splitter);

#endif
