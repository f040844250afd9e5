/* Bytes as letters of a page, nearly one for each: base64 takes a third more.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_PAGE_LETTERS_H
#define TOOLS_PAGE_LETTERS_H

#include <stddef.h>
#include <stdio.h>

/* Writes bytes [count] as letters of windows-1252, the page's encoding, which has one for each of 256 values: 128 is
 * added, which makes common bytes of weights, those around 0, ordinary. What HTML does not keep, 0 and 13, and what
 * could end a script, "<", are written as "=" and the letter that is 64 on; so is "=". view/letters.js reads them. */
void put_letters(const unsigned char *bytes, size_t count, FILE *stream);

#endif
