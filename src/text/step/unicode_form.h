/* Unicode's normal forms: characters and their marks composed (C) or decomposed (D), and without the
 * distinctions of compatibility (K), such as wide letters and ligatures.
 * SPDX-License-Identifier: MIT */
#ifndef SA_TEXT_STEP_UNICODE_FORM_H
#define SA_TEXT_STEP_UNICODE_FORM_H

#include <stdint.h>

enum unicode_form { FORM_C, FORM_D, FORM_KC, FORM_KD };

/* Normalises valid UTF-8 into `out` and returns the length in bytes; out NULL: only the length. A sequence of more than
 * 60 marks is ordered in groups of 60. */
int64_t unicode_normalise(enum unicode_form form, const char *text, int64_t bytes, char *out);

/* The end of the stretch that begins at byte `at`: what stands behind it does not change what becomes of it. */
int64_t unicode_stretch(enum unicode_form form, const char *text, int64_t bytes, int64_t at);

#endif
