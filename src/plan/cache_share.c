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

/* The new tables of sequence `to`: they share the pages of `from`. */
static sa_status share_all(struct sa_cache *c, int64_t from, int64_t to, struct report *report) {
    sa_status status = SA_OK;
    for (int64_t layer = 0; layer < c->layers && status == SA_OK; layer++) {
        int64_t old = index_of(c, layer, from);
        status =
            table_share(c, &c->new_tables[index_of(c, layer, to)], &c->tables[old], pages_of(c->lengths[old]), report);
    }
    return status;
}

void cache_leave_new(struct sa_cache *c) {
    for (int64_t i = 0; i < c->layers * c->B; i++) table_clear(c, &c->new_tables[i], 0);
}

sa_status cache_prepare_fork(struct sa_cache *c, int64_t from, int64_t to, struct report *report) {
    return share_all(c, from, to, report);
}

void cache_take_fork(struct sa_cache *c, int64_t from, int64_t to) {
    for (int64_t layer = 0; layer < c->layers; layer++) {
        int64_t i = index_of(c, layer, to), source = index_of(c, layer, from);
        struct page_table table = c->tables[i];
        c->tables[i] = c->new_tables[i];
        c->new_tables[i] = table;
        c->lengths[i] = c->lengths[source];
        c->held[i] = c->held[source];
    }
}

sa_status cache_fork(struct sa_cache *c, int64_t from, int64_t to, struct report *report) {
    sa_status status = cache_prepare_fork(c, from, to, report);
    if (status == SA_OK) cache_take_fork(c, from, to);
    cache_leave_new(c);
    return status;
}

sa_status cache_prepare_reorder(struct sa_cache *c, const int64_t *from, struct report *report) {
    sa_status status = SA_OK;
    for (int64_t b = 0; b < c->B && status == SA_OK; b++) status = share_all(c, from[b], b, report);
    return status;
}

void cache_take_reorder(struct sa_cache *c, const int64_t *from) {
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
    sa_status status = cache_prepare_reorder(c, from, report);
    if (status == SA_OK) cache_take_reorder(c, from);
    cache_leave_new(c);
    return status;
}
