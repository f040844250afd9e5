/* The first tokens of a page, packed: keys [K][tokens][row], then values. For the files of the cache's bytes alone.
 * SPDX-License-Identifier: MIT */
#ifndef SA_PLAN_CACHE_PAGE_BYTES_H
#define SA_PLAN_CACHE_PAGE_BYTES_H

#include "plan/cache_pages.h"

int64_t page_packed_bytes(const struct sa_cache *cache, int64_t tokens);
void page_pack(const struct sa_cache *cache, char *to, const char *page, int64_t tokens);
void page_unpack(const struct sa_cache *cache, char *page, const char *from, int64_t tokens);

/* How many of a sequence's pages a table names, once those below token `held` are dropped; which page of the sequence
 * stands at a place of the table; and how many tokens of a sequence are in page n. */
static inline int64_t pages_dropped(int64_t held) {
    return max_i64(held / CACHE_PAGE - 1, 0);
}
static inline int64_t pages_named(int64_t length, int64_t held) {
    return pages_of(length) - pages_dropped(held);
}
static inline int64_t page_at(int64_t slot, int64_t held) {
    return slot ? slot + pages_dropped(held) : 0;
}
static inline int64_t tokens_in_page(int64_t length, int64_t n) {
    return min_i64(length - n * CACHE_PAGE, CACHE_PAGE);
}

#endif
