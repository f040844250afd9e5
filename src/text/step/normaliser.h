/* Changes of a text before it is cut into words: a list of steps, as tokenizer.json's normalizer has them.
 * SPDX-License-Identifier: MIT */
#ifndef SA_TEXT_STEP_NORMALISER_H
#define SA_TEXT_STEP_NORMALISER_H

#include "text/step/bert_text.h"
#include "text/step/charsmap.h"
#include "text/step/pattern.h"
#include "text/step/unicode_form.h"

enum normal_kind {
    NORMAL_BERT,
    NORMAL_FORM,
    NORMAL_LOWERCASE,
    NORMAL_STRIP,         /* whitespace at the ends */
    NORMAL_STRIP_ACCENTS, /* all marks, also those that take space */
    NORMAL_NMT,
    NORMAL_PREPEND,  /* a text, before what is not empty */
    NORMAL_REPLACE,  /* a pattern by a text */
    NORMAL_CHARSMAP, /* as tokenizer.json means it: by clusters of characters */
    NORMAL_SENTENCE, /* as SentencePiece means it: the longest match, and rules for spaces */
    NORMAL_BYTE_ALPHABET
};

struct normal_step {
    enum normal_kind kind;
    struct bert_rules bert;
    enum unicode_form form;
    int left, right; /* NORMAL_STRIP; NORMAL_SENTENCE: whether a space is put before or behind the text */
    int single_spaces;
    char *text;
    int64_t bytes;
    struct pattern pattern;
    struct charsmap map;
};

enum { MOST_NORMAL_STEPS = 16 };
struct normaliser {
    struct normal_step steps[MOST_NORMAL_STEPS];
    int count;
};

/* Reads the section "normalizer". On failure it is left for normaliser_release(). */
sa_status normaliser_read(const struct allocator *memory, const struct json_source *source, const json_t *root,
                          struct normaliser *normaliser);
/* Adds a step that puts `text` before a text. */
sa_status normaliser_prepend(const struct allocator *memory, struct report *report, const char *text,
                             struct normaliser *normaliser);
void normaliser_release(const struct allocator *memory, struct normaliser *normaliser);

#endif
