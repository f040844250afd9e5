/* A whole text from a file, and its sentences.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_TEXT_FILE_H
#define TOOLS_TEXT_FILE_H

#include "sentences.h"

/* The text of a file, "-" is standard input, ended by NUL; free() it. A failure, a NUL in it, or what is not UTF-8 ends
 * the program. */
char *text_file_read(const char *file);

/* Cuts a text behind ".", "!", "?" and their kin, where a space and no small letter follow; and at empty
 * lines and lines of Markdown that begin something new. Within a sentence, line ends become spaces. Titles of the
 * letters A to Z ("J. Smith") and the common ones ("Dr.") end none.
 */
struct sentences text_sentences(const char *text);

/* Whether such a piece ends as sentences do: headings and rows of tables do not. */
int text_is_sentence(const char *text);

#endif
