/* Which tokens tell a model that translates the languages of its texts.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_TEXT_LANGUAGES_H
#define TOOLS_TEXT_LANGUAGES_H

#include "engine.h"

struct languages {
    int32_t around;     /* stands around the source text, where the tokenizer puts it; -1: nothing */
    int32_t first;      /* the first token that the decoder is given; -1: none */
    int replaces_start; /* it stands in place of the start token (mBART), not behind it (NLLB, M2M-100) */
};

/* Finds the tokens of two codes, which may be NULL. A code that the model does not have is a usage error that names
 * some that it has. */
struct languages languages_find(const struct engine *engine, const char *source, const char *target);

#endif
