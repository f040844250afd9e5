/* Room for new tokens, and where the first ones stand that a window keeps.
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

/* Leaves the pages behind the last `window` tokens: of those that are there, so that nothing is lost where an addition
 * fails or is empty. */
static void drop_old(struct sa_cache *c, int64_t i) {
    if (!c->window) return;
    int64_t first = max_i64(c->lengths[i] - c->window, 0) / CACHE_PAGE;
    table_drop(c, &c->tables[i], first, c->keep_first > 0);
    c->held[i] = max_i64(c->held[i], first * CACHE_PAGE);
}

/* Tokens that have to be there while those up to `length` are added: what the first of them sees, and the others. */
static int64_t tokens_needed(const struct sa_cache *c, int64_t i, int64_t length) {
    int64_t first = c->window ? max_i64(c->lengths[i] - c->window + 1, 0) : 0;
    return length - first + min_i64(c->keep_first, first);
}

static sa_status make_room(struct sa_cache *c, int64_t i, int64_t length, struct report *report) {
    struct page_table *table = &c->tables[i];
    if (c->capacity && tokens_needed(c, i, length) > c->capacity)
        return fail(report, SA_ERR_MEMORY, "the cache's capacity is %lld tokens, and sequence %lld would hold %lld",
                    (long long)c->capacity, (long long)(i % c->B), (long long)tokens_needed(c, i, length));
    if (length == c->lengths[i]) return SA_OK;
    drop_old(c, i);
    int fits = table_grow(c, table, slot_of(table, pages_of(length)));
    if (fits && c->lengths[i] % CACHE_PAGE)
        fits = page_own(c, &table->page[slot_of(table, c->lengths[i] / CACHE_PAGE)]);
    for (int64_t n = pages_of(c->lengths[i]); fits && n < pages_of(length); n++) {
        char **page = &table->page[slot_of(table, n)];
        if (!*page) fits = (*page = page_take(c)) != NULL;
    }
    return fits ? SA_OK : fail_memory(report, c->page_bytes, "a page of the cache");
}

sa_status cache_make_room(struct sa_cache *c, int64_t layer, const int64_t *adding, int64_t most,
                          struct report *report) {
    sa_status status = SA_OK;
    for (int64_t b = 0; b < c->B && status == SA_OK; b++) {
        int64_t i = index_of(c, layer, b);
        c->before[b] = c->lengths[i];
        if (c->keep_first) c->first_moved[b] = 0;
        if (!checked_add(c->lengths[i], added(adding, most, b), &c->after[b]) || c->after[b] > POSITION_MAX)
            status = fail_overflow(report, "the length of a sequence");
        if (status == SA_OK) status = make_room(c, i, c->after[b], report);
    }
    return status;
}

void cache_commit(struct sa_cache *c, int64_t layer) {
    for (int64_t b = 0; b < c->B; b++) {
        int64_t i = index_of(c, layer, b);
        c->lengths[i] = c->after[b];
        if (c->keep_first && c->first_moved[b])
            head_of(c->tables[i].page[0])->shift = c->first_positions[b * c->keep_first];
    }
}

/* How far the first keys of a sequence stand behind their place in the text, so that they end where the window begins
 * for the first of the new tokens. */
static int64_t shift_of(const struct sa_cache *c, int64_t b) {
    return max_i64(c->before[b] + 1 - c->window - c->keep_first, 0);
}

void cache_fix_first(struct sa_cache *c, int64_t layer) {
    for (int64_t b = 0; b < c->B; b++)
        if (c->before[b] < c->keep_first && c->after[b] > c->before[b])
            head_of(c->tables[index_of(c, layer, b)].page[0])->shift = SHIFT_FIXED;
}

/* Whether the first keys of a sequence have to be rotated again to stand that far behind their place. */
static int moves_first(const struct sa_cache *c, int64_t b, char *page, int64_t shift) {
    if (c->after[b] == c->before[b]) return 0;
    return head_of(page)->shift != SHIFT_FIXED && head_of(page)->shift != shift;
}

sa_status cache_plan_first(struct sa_cache *c, int64_t layer, int own_positions, struct report *report) {
    for (int64_t b = 0; b < c->B; b++) {
        int64_t shift = shift_of(c, b), first = min_i64(c->after[b], c->keep_first);
        char **page = &c->tables[index_of(c, layer, b)].page[0];
        c->first_new[b] = max_i64(first - c->before[b], 0);
        c->first_moved[b] = !own_positions && moves_first(c, b, *page, shift) ? first : 0;
        for (int64_t j = 0; j < c->keep_first; j++) c->first_positions[b * c->keep_first + j] = j + shift;
        if (c->first_moved[b] && !page_own(c, page)) return fail_memory(report, c->page_bytes, "a page of the cache");
    }
    return SA_OK;
}
