/* Unicode's normal form C: characters and their marks composed.
 * SPDX-License-Identifier: MIT */
#ifndef SA_TEXT_NFC_H
#define SA_TEXT_NFC_H

#include <stdint.h>

/* Normalises valid UTF-8 into `out` and returns the length in bytes; out NULL: only the length. A sequence of more than
 * 60 marks is ordered in groups of 60. */
int64_t nfc_normalise(const char *text, int64_t bytes, char *out);

#endif
