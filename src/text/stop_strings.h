/* Stop strings: texts that end a sequence as soon as its new text contains one, wherever tokens begin and end.
 * SPDX-License-Identifier: MIT */
#ifndef SA_TEXT_STOP_STRINGS_H
#define SA_TEXT_STOP_STRINGS_H

#include "base/report.h"

struct stop_strings {
    const char *const *text;
    int64_t count;
    int64_t longest; /* bytes */
};

/* The end of a sequence's new text, as much of it as matters. */
struct text_end {
    char *bytes; /* [longest] */
    int64_t count;
};

/* Checks a caller's list and measures it. */
sa_status stop_strings_take(struct report *report, const char *const *text, int64_t count, struct stop_strings *stops);

/* Adds `count` bytes of text; 1 if one of the strings has been completed by any of them. */
int stop_strings_find(const struct stop_strings *stops, struct text_end *end, const char *bytes, int64_t count);

/* In a text that is there as a whole: where the first of them begins, -1 if none does; and how many bytes at its end
 * begin one, the most that do. */
int64_t stop_strings_begin(const struct stop_strings *stops, const char *text, int64_t length);
int64_t stop_strings_open_end(const struct stop_strings *stops, const char *text, int64_t length);

#endif
