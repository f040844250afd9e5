/* Unicode's normal form C: characters and their marks composed.
 * SPDX-License-Identifier: MIT */
#ifndef SA_TEXT_NFC_H
#define SA_TEXT_NFC_H

#include <stdint.h>

/* Normalises valid UTF-8 into `out` and returns the length in bytes; out NULL: only the length. Of more than 60 marks
 * in a row, each 60 are put in order by themselves. */
int64_t nfc_normalise(const char *text, int64_t bytes, char *out);

#endif
