/* The alphabet in which byte-level vocabularies are written (GPT-2): a visible character for each byte.
 * SPDX-License-Identifier: MIT */
#ifndef SA_TEXT_STEP_BYTE_ALPHABET_H
#define SA_TEXT_STEP_BYTE_ALPHABET_H

#include "text/place.h"

struct encoder;
struct pad;

/* Writes the byte's character as UTF-8 and returns its length, 1 or 2. */
enum { ALPHABET_MOST_BYTES = 2 };
int64_t alphabet_character(unsigned char byte, char *out);

/* Writes the bytes of a text in it. */
void alphabet_write(struct encoder *encoder, struct text text, struct pad *out);

/* The byte of a character, -1 if it is not in the alphabet. */
int32_t alphabet_byte(int32_t c);

#endif
