/* The file of a page: its view, with what it shows.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_PAGE_FRAME_H
#define TOOLS_PAGE_FRAME_H

#include <jansson.h>
#include <stddef.h>

/* Bytes that stand in the page under this id, as letters. */
struct page_part {
    const char *id;
    const unsigned char *bytes; /* [count] */
    size_t count;
};

/* Writes the view with these data, which it releases, and parts [count] in it. Returns its bytes; what cannot be
 * written ends the program. */
long long page_write(const char *path, json_t *data, const struct page_part *parts, int count);

/* What a model is called: the last part of its path. */
json_t *page_name(const char *path);

#endif
