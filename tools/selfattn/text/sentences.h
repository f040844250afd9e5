/* A list of sentences from the command line and from a file.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_TEXT_SENTENCES_H
#define TOOLS_TEXT_SENTENCES_H

#include <stdint.h>

struct sentences {
    int64_t count;
    char **text; /* [count] */
};

/* The NULL-terminated `given` and, when `file` is not NULL, its lines but empty ones; "-" is standard input, which is
 * also read when there is neither. A failure ends the program. */
struct sentences sentences_read(const char *const *given, const char *file);

void sentences_free(struct sentences *sentences);

#endif
