/* A whole text from a file, and its sentences.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_TEXT_TEXT_FILE_H
#define TOOLS_TEXT_TEXT_FILE_H

#include "text/sentences.h"

#include <stddef.h>

/* The text of a file, "-" is standard input, ended by NUL; free() it. A mark of UTF-8 before it is left out. A failure,
 * a NUL in it, or what is not UTF-8 ends the program. */
char *text_file_read(const char *file);

/* The same; where the file cannot be opened or is no such text, NULL, with a sentence in `why`. */
char *text_file_try(const char *file, char *why, size_t room);

/* Gives each line of a file, "-" is standard input, as soon as it is read, without its end. A failure, or a line as
 * above, ends the program. */
void text_lines(const char *file, void (*take)(void *user, const char *line), void *user);

/* The same, but a line that is no text goes to `refuse`, as a sentence, and the next one follows. */
void text_lines_or(const char *file, void (*take)(void *user, const char *line),
                   void (*refuse)(void *user, const char *why), void *user);

/* Cuts a text behind ".", "!", "?" and their kin, where a space and no small letter follow; and at empty
 * lines and lines of Markdown that begin something new. Within a sentence, line ends become spaces. Titles of the
 * letters A to Z ("J. Smith") and the common ones ("Dr.") end none.
 */
struct sentences text_sentences(const char *text);

/* Where the sentence that begins there ends, with the same rules. */
const char *text_sentence_end(const char *begin);

/* A copy of the text between, trimmed, its white space made single spaces; free() it. */
char *text_between(const char *begin, const char *end);

/* Whether such a piece ends as sentences do: headings and rows of tables do not. */
int text_is_sentence(const char *text);

#endif
