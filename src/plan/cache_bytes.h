/* The contents of a cache as bytes, little-endian: what a file holds of it. Sizes of the cache are not in there.
 *
 *   pages           number of pages; a page that several sequences share counts once
 *   lengths [B]     tokens of each sequence
 *   for each layer and sequence: the first token behind keep_first that is still there, then the number of each of its
 *                   pages, -1 for a dropped page 0
 *   for each page:  its first token that does not move along with a window; keys [K][n][row], values [K][n][row], where
 *                   n are the tokens that somebody sees of it
 *
 * All numbers have 8 bytes.
 * SPDX-License-Identifier: MIT */
#ifndef SA_PLAN_CACHE_BYTES_H
#define SA_PLAN_CACHE_BYTES_H

#include "plan/cache.h"

/* Where bytes go. */
struct byte_sink {
    void (*put)(void *user, const void *bytes, int64_t count);
    void *user;
};

void sink_number(const struct byte_sink *sink, int64_t number);

/* Where bytes come from. */
struct byte_source {
    const unsigned char *at;
    int64_t left;
};

/* The next bytes, NULL if there are fewer; the next number, 0 if there is none. */
const unsigned char *source_bytes(struct byte_source *source, int64_t count);
int source_number(struct byte_source *source, int64_t *number);

/* All layers have to have the same lengths. Fails only without memory for a page. */
sa_status cache_put_bytes(struct sa_cache *cache, struct report *report, const struct byte_sink *sink);

/* Fills an empty cache. The bytes may be anything: `what` they are not, is told. After a failure the cache can only be
 * closed. */
sa_status cache_take_bytes(struct sa_cache *cache, struct report *report, struct byte_source *source, const char *what);

#endif
