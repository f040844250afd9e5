/* SentencePiece's compiled table of replacements: a trie of byte strings (Darts' double array), and the texts that they
 * become.
 * SPDX-License-Identifier: MIT */
#ifndef SA_TEXT_STEP_CHARSMAP_H
#define SA_TEXT_STEP_CHARSMAP_H

#include "base/memory.h"
#include "base/report.h"

struct charsmap {
    uint32_t *units;
    int64_t unit_count;
    char *texts; /* each ends with a NUL */
    int64_t text_bytes;
};

/* Copies a table. What is wrong with it is SA_ERR_FORMAT. */
sa_status charsmap_create(const struct allocator *memory, struct report *report, const char *file, const void *table,
                          int64_t bytes, struct charsmap *map);
/* The same from its form in JSON, in base 64. */
sa_status charsmap_of_base64(const struct allocator *memory, struct report *report, const char *file, const char *text,
                             struct charsmap *map);
void charsmap_destroy(const struct allocator *memory, struct charsmap *map);

/* What the longest (or the shortest) beginning of a text that is in the table becomes; NULL if there is none. *matched
 * is the length of that beginning. */
const char *charsmap_find(const struct charsmap *map, int longest, const char *text, int64_t bytes, int64_t *matched);

#endif
