/* Room for new tokens, and the position of kept first tokens.
 * SPDX-License-Identifier: MIT */
#include "plan/cache_pages.h"

static int64_t added(const int64_t *adding, int64_t most, int64_t b) {
    return adding ? adding[b] : most;
}

int64_t cache_longest(const struct sa_cache *c, int64_t layer, const int64_t *adding, int64_t most) {
    int64_t longest = 0;
    for (int64_t b = 0; b < c->B; b++)
        longest = max_i64(longest, c->lengths[index_of(c, layer, b)] + added(adding, most, b));
    return longest;
}

/* Drops the pages before the last `window` tokens. New tokens are not counted yet, so nothing is lost if the addition
 * fails or is empty. */
static void drop_old(struct sa_cache *c, int64_t i) {
    if (!c->window) return;
    int64_t first = max_i64(c->lengths[i] - c->window, 0) / CACHE_PAGE;
    table_drop(c, &c->tables[i], first, c->keep_first > 0);
    c->held[i] = max_i64(c->held[i], first * CACHE_PAGE);
}

/* What the first of the new tokens sees, and the others. */
int64_t cache_tokens_needed(const struct sa_cache *c, int64_t layer, int64_t sequence, int64_t length) {
    const int64_t first = c->window ? max_i64(c->lengths[index_of(c, layer, sequence)] - c->window + 1, 0) : 0;
    return length - first + min_i64(c->keep_first, first);
}

static sa_status make_room(struct sa_cache *c, int64_t i, int64_t length, struct report *report) {
    struct page_table *table = &c->tables[i];
    const int64_t needed = cache_tokens_needed(c, i / c->B, i % c->B, length);
    if (c->capacity && needed > c->capacity)
        return fail(report, SA_ERR_MEMORY, "the cache's capacity is %lld tokens, and sequence %lld would hold %lld",
                    (long long)c->capacity, (long long)(i % c->B), (long long)needed);
    if (length == c->lengths[i]) return SA_OK;
    drop_old(c, i);
    sa_status status = table_grow(c, table, slot_of(table, pages_of(length)), report);
    if (status != SA_OK) return status;
    int fits = 1;
    if (c->lengths[i] % CACHE_PAGE) fits = page_own(c, &table->page[slot_of(table, c->lengths[i] / CACHE_PAGE)]);
    for (int64_t n = pages_of(c->lengths[i]); fits && n < pages_of(length); n++) {
        char **page = &table->page[slot_of(table, n)];
        if (!*page) fits = (*page = page_take(c)) != NULL;
    }
    return fits ? SA_OK : fail_memory(report, c->page_bytes, "a page of the cache");
}

/* The largest position of a query for the kept first keys of a sequence. These move together or not at all: their order
 * stays. */
static int64_t kept_most(const struct sa_cache *c, int64_t i) {
    int64_t kept = min_i64(c->lengths[i], c->keep_first);
    return kept && head_of(c->tables[i].page[0])->fixed < kept ? INT64_MAX : cache_kept_most(c);
}

sa_status cache_make_room(struct sa_cache *c, int64_t layer, const int64_t *adding, int64_t most,
                          struct report *report) {
    sa_status status = SA_OK;
    for (int64_t b = 0; b < c->B && status == SA_OK; b++) {
        int64_t i = index_of(c, layer, b);
        c->before[b] = c->lengths[i];
        if (!checked_add(c->lengths[i], added(adding, most, b), &c->after[b]) || c->after[b] > POSITION_MAX)
            status =
                fail(report, SA_ERR_OVERFLOW, "sequence %lld has %lld tokens and gets %lld more, above 2^60 in all",
                     (long long)b, (long long)c->lengths[i], (long long)added(adding, most, b));
        if (status == SA_OK) status = make_room(c, i, c->after[b], report);
        if (status == SA_OK) c->kept_most[i] = kept_most(c, i);
    }
    return status;
}

/* Tokens before .. after - 1 have come, in place of those that truncation has left there. */
static void note_fixed(struct page_table *table, int64_t before, int64_t after, int fixed) {
    if (before == after || before >= CACHE_PAGE) return;
    struct page_head *head = head_of(table->page[0]);
    if (head->fixed >= before) head->fixed = fixed ? before : CACHE_PAGE;
}

void cache_commit(struct sa_cache *c, int64_t layer, int fixed) {
    for (int64_t b = 0; b < c->B; b++) {
        int64_t i = index_of(c, layer, b);
        note_fixed(&c->tables[i], c->before[b], c->after[b], fixed);
        c->lengths[i] = c->after[b];
    }
}

void cache_revert(struct sa_cache *c, int64_t layer) {
    for (int64_t b = 0; b < c->B; b++) {
        int64_t i = index_of(c, layer, b);
        c->lengths[i] = c->before[b];
        table_clear(c, &c->tables[i], pages_of(c->before[b]));
    }
}
