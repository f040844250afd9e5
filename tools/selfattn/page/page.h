/* A page of HTML, one file without a network, in which one sees where words look.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_PAGE_PAGE_H
#define TOOLS_PAGE_PAGE_H

#include "text/reading.h"

/* What the page shows first; word is -1 for none. */
struct page_view {
    int64_t layer, head, word;
};

/* Writes the page of some readings by one model: their weights are in it, rounded to bytes. Returns its bytes; what
 * cannot be written ends the program. */
long long page_of_readings(const char *file, const char *model, const struct reading *readings,
                           const char *const *texts, int64_t count, const struct page_view *first);

#endif
