/* The strongest links between words: who looks at whom, in which layer and head, with which weight.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_TEXT_LINKS_H
#define TOOLS_TEXT_LINKS_H

#include "text/reading.h"

#include <jansson.h>

struct link {
    int64_t layer, head, from, to;
    float weight;
};

/* Which links are wanted; ANY takes all. */
enum { ANY = -1 };
struct link_filter {
    int64_t layer, head, from;
    int no_special; /* leave out links from and to what the tokenizer added */
};

struct links {
    int64_t count;
    struct link *link; /* strongest first, to be freed with free() */
};

/* At most `most` links of a reading with weights. */
struct links links_strongest(const struct reading *reading, const struct link_filter *filter, int64_t most);

/* Sorts links, keeps the strongest `most`. */
void links_keep(struct links *links, int64_t most);

/* Whether the filter takes links from this word to that one. */
int link_wanted(const struct reading *reading, const struct link_filter *filter, int64_t from, int64_t to);

void links_print(const struct links *links, const struct reading *reading);
json_t *links_json(const struct links *links, const struct reading *reading);

#endif
