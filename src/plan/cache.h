/* What sa_cache holds: per layer and sequence a table of pages.
 *
 * A page has CACHE_PAGE tokens of all heads: keys [K][CACHE_PAGE][row], then values likewise, so that what attention
 * reads of one head lies together. Pages count their users; whoever writes to a page that has several gets a copy
 * first. Pages that fell out of use are kept for the next one who needs a page.
 * SPDX-License-Identifier: MIT */
#ifndef SA_PLAN_CACHE_H
#define SA_PLAN_CACHE_H

#include "base/memory.h"
#include "base/report.h"
#include "plan/problem.h"

enum { CACHE_PAGE = SA_CACHE_PAGE };

/* Pages of one layer's sequence: page 0 (NULL once a window has dropped it), then those from number gone + 1 on, up to
 * that of its last token. So a table does not grow with what a window has dropped. */
struct page_table {
    char **page;
    int64_t room; /* pointers allocated */
    int64_t gone; /* pages dropped behind page 0 */
};

struct sa_cache {
    struct allocator memory;
    int64_t layers, B, K, D, Dv;
    int32_t dtype;
    int64_t capacity, window, keep_first;
    int64_t row[2], part[2]; /* bytes of a row of keys and of values, and where they begin in a page */
    int64_t page_bytes;
    int64_t pages;                 /* how many there are in all, in use or not */
    struct page_table *tables;     /* [layers][B] */
    struct page_table *new_tables; /* the same, for reordering */
    int64_t *lengths;              /* [layers][B] tokens seen */
    int64_t *held;                 /* [layers][B] first token behind keep_first that is still there */
    int64_t *before, *after;       /* [B] lengths before and after the addition that is going on */
    int64_t *kept_most;            /* [B] queries meet the first keys as if they stood no further on than here */
    char *free;                    /* list of pages that nobody uses */
};

/* An empty cache of checked sizes; with a capacity, all of its pages. */
sa_status cache_open(struct sa_cache *cache, struct report *report);
void cache_close(struct sa_cache *cache);

/* Makes room for adding[b] (NULL: `most` each) tokens to the sequences of a layer, and sets before, after and
 * kept_most. */
sa_status cache_make_room(struct sa_cache *cache, int64_t layer, const int64_t *adding, int64_t most,
                          struct report *report);

/* What was made room for has been written: lengths become `after`. `fixed`: the new keys are not rotated to their place
 * in the cache, so the first ones stay where they are. */
void cache_commit(struct sa_cache *cache, int64_t layer, int fixed);

/* Tokens between the first and the window are gone, so the first ones move up to where the window of each query begins.
 * A query then meets them as it would if it stood here. */
static inline int64_t cache_kept_most(const struct sa_cache *cache) {
    return cache->window + cache->keep_first - 1;
}

/* Longest sequence of a layer, once adding[b] (NULL: `most` each) tokens are added. */
int64_t cache_longest(const struct sa_cache *cache, int64_t layer, const int64_t *adding, int64_t most);

/* Whether a sequence can go back to that length; to be asked before it is done. */
sa_status cache_check_truncate(const struct sa_cache *cache, int64_t sequence, int64_t length, struct report *report);
void cache_truncate(struct sa_cache *cache, int64_t sequence, int64_t length);
sa_status cache_fork(struct sa_cache *cache, int64_t from, int64_t to, struct report *report);
sa_status cache_reorder(struct sa_cache *cache, const int64_t *from, struct report *report);

/* Which keys of a layer are seen: no more than its window has left. */
void cache_see_window(const struct sa_cache *cache, int64_t layer, struct visibility *visible);

/* Keys (part 0) or values (part 1) of a layer. */
struct view cache_view(const struct sa_cache *cache, int64_t layer, int part);

#endif
