/* The contents of sa_cache: a table of pages per layer and sequence.
 *
 * A page has CACHE_PAGE tokens of all heads: keys [K][CACHE_PAGE][row], then values in the same order, unless these are
 * part of the keys. So all that attention reads of one head lies together. A page counts its users. Before a page with
 * several users is written to, the writer gets a copy. Pages without users are kept in a list and used again.
 * SPDX-License-Identifier: MIT */
#ifndef SA_PLAN_CACHE_H
#define SA_PLAN_CACHE_H

#include "base/memory.h"
#include "base/report.h"
#include "plan/problem.h"

enum { CACHE_PAGE = SA_CACHE_PAGE };

/* Pages of one sequence in one layer: page 0 (NULL once a window has dropped it), then those from number gone + 1 to
 * that of the last token. So dropped pages take no room in the table. */
struct page_table {
    char **page;
    int64_t room; /* pointers allocated */
    int64_t gone; /* pages dropped behind page 0 */
};

struct sa_cache {
    struct allocator memory;
    int64_t layers, B, K, D, Dv;
    int32_t dtype;
    int values_in_keys; /* values are the first Dv numbers of the keys, and have no rows of their own */
    int64_t capacity, window, keep_first;
    int64_t row[2], begin[2]; /* bytes of a row of keys and of values, and where they begin in a page; 0 for values that
                                 are in keys */
    int64_t page_bytes;
    int64_t pages;                 /* how many there are in all, in use or not */
    struct page_table *tables;     /* [layers][B] */
    struct page_table *new_tables; /* the same, for reordering */
    int64_t *lengths;              /* [layers][B] tokens seen */
    int64_t *held;                 /* [layers][B] first token behind keep_first that is still there */
    int64_t *kept_most;      /* [layers][B] for the kept first keys, queries are rotated to this position at most */
    int64_t *before, *after; /* [B] lengths before and after the addition that is going on */
    char *free;              /* list of pages without users */
};

/* An empty cache of checked sizes; with a capacity, all of its pages. */
sa_status cache_open(struct sa_cache *cache, struct report *report);
void cache_close(struct sa_cache *cache);

/* Makes room for adding[b] (NULL: `most` each) tokens to the sequences of a layer, and sets before, after and
 * the layer's kept_most. */
sa_status cache_make_room(struct sa_cache *cache, int64_t layer, const int64_t *adding, int64_t most,
                          struct report *report);

/* The new tokens have been written: lengths become `after`. `fixed`: the new keys are not rotated to their position in
 * the cache, so kept first keys do not move along with the window. */
void cache_commit(struct sa_cache *cache, int64_t layer, int fixed);

/* Takes the addition back, whether it has been committed or not. Nothing of the tokens before it was lost: pages that a
 * window no longer needs are dropped as of the lengths before the addition. */
void cache_revert(struct sa_cache *cache, int64_t layer);

/* The kept first keys move along, right before the window of each query (docs/mathematics.md). A query far enough
 * behind them is multiplied by them as if it stood at this position. */
static inline int64_t cache_kept_most(const struct sa_cache *cache) {
    return cache->window + cache->keep_first - 1;
}

/* Longest sequence of a layer, once adding[b] (NULL: `most` each) tokens are added. */
int64_t cache_longest(const struct sa_cache *cache, int64_t layer, const int64_t *adding, int64_t most);

/* Whether a sequence can be truncated to that length; to be called before cache_truncate(). */
sa_status cache_check_truncate(const struct sa_cache *cache, int64_t sequence, int64_t length, struct report *report);
void cache_truncate(struct sa_cache *cache, int64_t sequence, int64_t length);
sa_status cache_fork(struct sa_cache *cache, int64_t from, int64_t to, struct report *report);
sa_status cache_reorder(struct sa_cache *cache, const int64_t *from, struct report *report);

/* The same in two steps, so that two caches move together or not at all: what may fail makes new tables, which then are
 * taken or not; in the end those that are not in use are left. */
sa_status cache_prepare_fork(struct sa_cache *cache, int64_t from, int64_t to, struct report *report);
sa_status cache_prepare_reorder(struct sa_cache *cache, const int64_t *from, struct report *report);
void cache_take_fork(struct sa_cache *cache, int64_t from, int64_t to);
void cache_take_reorder(struct sa_cache *cache, const int64_t *from);
void cache_leave_new(struct sa_cache *cache);

/* Tokens of a sequence that have to be held while it grows to `length`; to be compared with the capacity. */
int64_t cache_tokens_needed(const struct sa_cache *cache, int64_t layer, int64_t sequence, int64_t length);

/* Which keys of a layer are seen: no more than its window has left. */
void cache_see_window(const struct sa_cache *cache, int64_t layer, struct visibility *visible);

/* How many kinds of rows a page has: keys, and values of their own. */
static inline int cache_kinds(const struct sa_cache *cache) {
    return cache->values_in_keys ? 1 : 2;
}

/* Keys (`which` 0) or values (1) of a layer. */
struct view cache_view(const struct sa_cache *cache, int64_t layer, int which);

#endif
