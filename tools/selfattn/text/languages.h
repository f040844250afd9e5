/* Which tokens tell a model that translates the languages of its texts.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_TEXT_LANGUAGES_H
#define TOOLS_TEXT_LANGUAGES_H

#include "engine.h"

#include <jansson.h>

struct languages {
    int32_t around;     /* stands around the source text, where the tokenizer puts it; -1: nothing */
    int32_t first;      /* the first token that the decoder is given; -1: none */
    int replaces_start; /* it stands in place of the start token (mBART), not behind it (NLLB, M2M-100) */
};

/* Whether the tokenizer puts the code of a language beside every text (NLLB, M2M-100, mBART). */
int languages_are_told(const struct engine *engine);

/* Some codes of the tokenizer's languages, for a sentence; returns how many there are. */
enum { LANGUAGES_SHOWN_BYTES = 256 };
int languages_show(const struct engine *engine, char text[LANGUAGES_SHOWN_BYTES]);

/* Finds the tokens of two codes, which may be NULL. A code that the model does not have is a usage error that names
 * some that it has. */
struct languages languages_find(const struct engine *engine, const char *source, const char *target);

/* The same for a choice that is made later: {"codes": [code, token, whether it stands in the source text] of each,
 * "source", "target": the tokens of these two or -1, "replacesStart"}. NULL: the tokenizer has no languages. */
json_t *languages_json(const struct engine *engine, const char *source, const char *target);

#endif
