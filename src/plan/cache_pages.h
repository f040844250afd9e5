/* Pages of a cache, and the tables that name those of a sequence. For the other files of the cache alone.
 * SPDX-License-Identifier: MIT */
#ifndef SA_PLAN_CACHE_PAGES_H
#define SA_PLAN_CACHE_PAGES_H

#include "base/arith.h"
#include "plan/cache.h"

/* At the beginning of a page. */
struct page_head {
    int64_t users;
    char *next;    /* in the list of free pages */
    int64_t fixed; /* of page 0: its first token that does not move along with a window; CACHE_PAGE if all do */
    int64_t number, tokens; /* while a cache becomes bytes: which page it is, and how many tokens of it count */
};

static inline struct page_head *head_of(char *page) {
    return (struct page_head *)page;
}

static inline int64_t pages_of(int64_t tokens) {
    return ceil_div(tokens, CACHE_PAGE);
}

/* Sequence b of a layer. */
static inline int64_t index_of(const struct sa_cache *c, int64_t layer, int64_t b) {
    return layer * c->B + b;
}

/* Where page number n stands in a table. */
static inline int64_t slot_of(const struct page_table *table, int64_t n) {
    return n ? max_i64(n - table->gone, 1) : 0;
}

/* A new page; NULL if there is no memory. page_put_free() puts a page without users into the list. */
char *page_allocate(struct sa_cache *c);
void page_put_free(struct sa_cache *c, char *page);

/* Takes a page for one user: a free one or, without a capacity, a new one; NULL if there is none. Leaving it makes one
 * user less. */
char *page_take(struct sa_cache *c);
void page_leave(struct sa_cache *c, char **page);

/* Before a sequence writes to a page: replaces a shared one by a copy. 0 if there is no page for that. */
int page_own(struct sa_cache *c, char **page);

/* Room for this many pointers. */
sa_status table_grow(struct sa_cache *c, struct page_table *table, int64_t room, struct report *report);

/* table_clear() leaves the pages from number n on; table_drop() those below number n, except page 0 if `keep`. */
void table_clear(struct sa_cache *c, struct page_table *table, int64_t n);
void table_drop(struct sa_cache *c, struct page_table *table, int64_t n, int keep);

/* `to`, which has no pages, shares those of `from` below number n. */
sa_status table_share(struct sa_cache *c, struct page_table *to, const struct page_table *from, int64_t n,
                      struct report *report);

#endif
