/* Rewinding, and sequences that share pages.
 * SPDX-License-Identifier: MIT */
#include "plan/cache_pages.h"

sa_status cache_check_truncate(const struct sa_cache *c, int64_t sequence, int64_t length, struct report *report) {
    for (int64_t layer = 0; layer < c->layers && length > c->keep_first; layer++) {
        int64_t i = index_of(c, layer, sequence);
        if (length < c->lengths[i] && c->held[i] > max_i64(length - c->window, 0))
            return fail(report, SA_ERR_VALUE,
                        "sequence %lld cannot go back to %lld tokens: the window has dropped those before %lld",
                        (long long)sequence, (long long)length, (long long)c->held[i]);
    }
    return SA_OK;
}

void cache_truncate(struct sa_cache *c, int64_t sequence, int64_t length) {
    for (int64_t layer = 0; layer < c->layers; layer++) {
        int64_t i = index_of(c, layer, sequence);
        if (length >= c->lengths[i]) continue;
        c->lengths[i] = length;
        if (length <= c->keep_first) c->held[i] = 0;
        table_clear(c, &c->tables[i], pages_of(length));
    }
}

/* New tables are made first, so that a failure changes nothing. */
static int share_all(struct sa_cache *c, int64_t from, int64_t to) {
    for (int64_t layer = 0; layer < c->layers; layer++) {
        int64_t old = index_of(c, layer, from);
        if (!table_share(c, &c->new_tables[index_of(c, layer, to)], &c->tables[old], pages_of(c->lengths[old])))
            return 0;
    }
    return 1;
}

static void clear_new_tables(struct sa_cache *c) {
    for (int64_t i = 0; i < c->layers * c->B; i++) table_clear(c, &c->new_tables[i], 0);
}

sa_status cache_fork(struct sa_cache *c, int64_t from, int64_t to, struct report *report) {
    int fits = share_all(c, from, to);
    for (int64_t layer = 0; fits && layer < c->layers; layer++) {
        int64_t i = index_of(c, layer, to), source = index_of(c, layer, from);
        struct page_table table = c->tables[i];
        c->tables[i] = c->new_tables[i];
        c->new_tables[i] = table;
        c->lengths[i] = c->lengths[source];
        c->held[i] = c->held[source];
    }
    clear_new_tables(c);
    return fits ? SA_OK : fail_memory(report, (int64_t)sizeof(char *), "a cache's tables");
}

static void swap_tables(struct sa_cache *c, const int64_t *from) {
    for (int64_t layer = 0; layer < c->layers; layer++) {
        for (int64_t b = 0; b < c->B; b++) {
            c->before[b] = c->lengths[index_of(c, layer, from[b])];
            c->after[b] = c->held[index_of(c, layer, from[b])];
        }
        for (int64_t b = 0; b < c->B; b++) {
            c->lengths[index_of(c, layer, b)] = c->before[b];
            c->held[index_of(c, layer, b)] = c->after[b];
        }
    }
    struct page_table *tables = c->tables;
    c->tables = c->new_tables, c->new_tables = tables;
}

sa_status cache_reorder(struct sa_cache *c, const int64_t *from, struct report *report) {
    int fits = 1;
    for (int64_t b = 0; b < c->B && fits; b++) fits = share_all(c, from[b], b);
    if (fits) swap_tables(c, from);
    clear_new_tables(c);
    return fits ? SA_OK : fail_memory(report, (int64_t)sizeof(char *), "a cache's tables");
}
