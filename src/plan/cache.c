/* SPDX-License-Identifier: MIT */
#include "plan/cache.h"

#include "base/arith.h"

#include <string.h>

/* At the beginning of a page. */
struct page_head {
    int64_t users;
    char *next; /* in the list of free pages */
};

static struct page_head *head_of(char *page) {
    return (struct page_head *)page;
}

static int64_t pages_of(int64_t tokens) {
    return ceil_div(tokens, CACHE_PAGE);
}

/* Sequence b of a layer. */
static int64_t index_of(const struct sa_cache *c, int64_t layer, int64_t b) {
    return layer * c->B + b;
}

/* ---- pages */

static char *page_allocate(struct sa_cache *c) {
    char *page = memory_allocate(&c->memory, c->page_bytes, 1);
    if (page) c->pages++;
    return page;
}

static void put_free(struct sa_cache *c, char *page) {
    head_of(page)->next = c->free;
    c->free = page;
}

static char *page_take(struct sa_cache *c) {
    char *page = c->free;
    if (page)
        c->free = head_of(page)->next;
    else if (!c->capacity)
        page = page_allocate(c);
    if (page) head_of(page)->users = 1;
    return page;
}

static void page_leave(struct sa_cache *c, char **page) {
    if (*page && --head_of(*page)->users == 0) put_free(c, *page);
    *page = NULL;
}

/* ---- tables */

static int table_grow(struct sa_cache *c, struct page_table *table, int64_t room) {
    if (room <= table->room) return 1;
    int64_t larger = max_i64(room, 2 * table->room + 4);
    char **page = memory_allocate(&c->memory, larger, sizeof *page);
    if (!page) return 0;
    if (table->room) memcpy(page, table->page, (size_t)table->room * sizeof *page);
    memory_release(&c->memory, table->page, table->room, sizeof *page);
    *table = (struct page_table){page, larger};
    return 1;
}

static void table_clear(struct sa_cache *c, struct page_table *table, int64_t from) {
    for (int64_t i = from; i < table->room; i++) page_leave(c, &table->page[i]);
}

/* `to`, which has no pages, shares those of `from`. */
static int table_share(struct sa_cache *c, struct page_table *to, const struct page_table *from, int64_t count) {
    if (!table_grow(c, to, count)) return 0;
    for (int64_t i = 0; i < count; i++) {
        to->page[i] = from->page[i];
        if (to->page[i]) head_of(to->page[i])->users++;
    }
    return 1;
}

/* ---- the cache */

/* Whole rows of a dtype are followed by a scale where they are bytes. */
static int64_t row_bytes(int32_t dtype, int64_t n) {
    return dtype == SA_I8 ? round_up(n, 4) + 4 : n * element_size(dtype);
}

static int lay_out_page(struct sa_cache *c) {
    int64_t bytes = MEMORY_ALIGNMENT;
    const int64_t size[2] = {c->D, c->Dv};
    for (int i = 0; i < 2; i++) {
        int64_t part;
        c->row[i] = row_bytes(c->dtype, size[i]);
        c->part[i] = bytes;
        if (!checked_mul(c->K * CACHE_PAGE, c->row[i], &part) || !checked_add(bytes, part, &bytes)) return 0;
    }
    c->page_bytes = bytes;
    return 1;
}

/* Floats of one sequence's first keys; at most as many as a page has elements. */
static int64_t first_size(const struct sa_cache *c) {
    return c->K * c->keep_first * c->D;
}

/* Buffers for the first tokens. */
static sa_status open_first(struct sa_cache *c, struct report *report) {
    int64_t all = c->layers * c->B, bytes;
    if (!checked_mul(first_size(c), sizeof(float), &bytes))
        return fail_overflow(report, "the size of a cache's first keys");
    c->first_keys = memory_allocate(&c->memory, all, bytes);
    c->new_first_keys = memory_allocate(&c->memory, all, bytes);
    c->first_new = memory_allocate(&c->memory, c->B, sizeof *c->first_new);
    c->first_moved = memory_allocate(&c->memory, c->B, sizeof *c->first_moved);
    c->first_positions = memory_allocate(&c->memory, c->B * c->keep_first, sizeof *c->first_positions);
    int complete = c->first_keys && c->new_first_keys && c->first_new && c->first_moved && c->first_positions;
    return complete ? SA_OK : fail_memory(report, bytes, "a cache's first keys");
}

static void close_first(struct sa_cache *c) {
    int64_t all = c->layers * c->B, bytes = first_size(c) * (int64_t)sizeof(float);
    memory_release(&c->memory, c->first_keys, all, bytes);
    memory_release(&c->memory, c->new_first_keys, all, bytes);
    memory_release(&c->memory, c->first_new, c->B, sizeof *c->first_new);
    memory_release(&c->memory, c->first_moved, c->B, sizeof *c->first_moved);
    memory_release(&c->memory, c->first_positions, c->B * c->keep_first, sizeof *c->first_positions);
}

static sa_status open_tables(struct sa_cache *c, struct report *report) {
    int64_t all = c->layers * c->B;
    c->tables = memory_allocate(&c->memory, all, sizeof *c->tables);
    c->new_tables = memory_allocate(&c->memory, all, sizeof *c->new_tables);
    c->lengths = memory_allocate(&c->memory, all, sizeof *c->lengths);
    c->held = memory_allocate(&c->memory, all, sizeof *c->held);
    c->before = memory_allocate(&c->memory, c->B, sizeof *c->before);
    c->after = memory_allocate(&c->memory, c->B, sizeof *c->after);
    int complete = c->tables && c->new_tables && c->lengths && c->held && c->before && c->after;
    return complete ? SA_OK : fail_memory(report, all * (int64_t)(2 * sizeof *c->tables), "a cache's tables");
}

static sa_status open_pages(struct sa_cache *c, struct report *report) {
    int64_t each = pages_of(c->capacity), all = 0;
    if (!checked_mul(c->layers * c->B, each, &all) || all > INT64_MAX / c->page_bytes)
        return fail_overflow(report, "the size of the cache");
    for (int64_t i = 0; i < c->layers * c->B && each; i++)
        if (!table_grow(c, &c->tables[i], each) || !table_grow(c, &c->new_tables[i], each))
            return fail_memory(report, each * (int64_t)sizeof(char *), "a cache's tables");
    while (c->pages < all) {
        char *page = page_allocate(c);
        if (!page) return fail_memory(report, c->page_bytes, "a page of the cache");
        put_free(c, page);
    }
    return SA_OK;
}

sa_status cache_open(struct sa_cache *c, struct report *report) {
    if (!lay_out_page(c)) return fail_overflow(report, "the size of a page of the cache");
    sa_status status = open_tables(c, report);
    if (status == SA_OK && c->keep_first) status = open_first(c, report);
    return status == SA_OK ? open_pages(c, report) : status;
}

static void close_tables(struct sa_cache *c, struct page_table *tables) {
    for (int64_t i = 0; tables && i < c->layers * c->B; i++) {
        table_clear(c, &tables[i], 0);
        memory_release(&c->memory, tables[i].page, tables[i].room, sizeof *tables[i].page);
    }
    memory_release(&c->memory, tables, c->layers * c->B, sizeof *tables);
}

void cache_close(struct sa_cache *c) {
    int64_t all = c->layers * c->B;
    close_tables(c, c->tables);
    close_tables(c, c->new_tables);
    memory_release(&c->memory, c->lengths, all, sizeof *c->lengths);
    memory_release(&c->memory, c->held, all, sizeof *c->held);
    memory_release(&c->memory, c->before, c->B, sizeof *c->before);
    memory_release(&c->memory, c->after, c->B, sizeof *c->after);
    close_first(c);
    while (c->free) {
        char *page = c->free;
        c->free = head_of(page)->next;
        memory_release(&c->memory, page, c->page_bytes, 1);
    }
}

/* ---- adding */

static int64_t added(const int64_t *adding, int64_t most, int64_t b) {
    return adding ? adding[b] : most;
}

int64_t cache_longest(const struct sa_cache *c, int64_t layer, const int64_t *adding, int64_t most) {
    int64_t longest = 0;
    for (int64_t b = 0; b < c->B; b++)
        longest = max_i64(longest, c->lengths[index_of(c, layer, b)] + added(adding, most, b));
    return longest;
}

/* Leaves the pages that no later query can see. */
static void drop_old(struct sa_cache *c, int64_t i, int64_t length) {
    if (!c->window) return;
    int64_t first = max_i64(length - c->window + 1, 0) / CACHE_PAGE;
    for (int64_t n = c->held[i] / CACHE_PAGE; n < first; n++)
        if (n * CACHE_PAGE >= c->keep_first) page_leave(c, &c->tables[i].page[n]);
    c->held[i] = max_i64(c->held[i], first * CACHE_PAGE);
}

static int64_t pages_held(const struct sa_cache *c, int64_t i, int64_t length) {
    int64_t dropped = c->held[i] / CACHE_PAGE, kept = min_i64(pages_of(c->keep_first), dropped);
    return pages_of(length) - dropped + kept;
}

/* A page that a sequence is going to write to becomes its own. */
static int own_page(struct sa_cache *c, char **page) {
    if (head_of(*page)->users == 1) return 1;
    char *copy = page_take(c);
    if (!copy) return 0;
    memcpy(copy + MEMORY_ALIGNMENT, *page + MEMORY_ALIGNMENT, (size_t)(c->page_bytes - MEMORY_ALIGNMENT));
    page_leave(c, page);
    *page = copy;
    return 1;
}

static sa_status make_room(struct sa_cache *c, int64_t i, int64_t length, struct report *report) {
    drop_old(c, i, c->lengths[i]);
    if (c->capacity && (c->window ? pages_held(c, i, length) > pages_of(c->capacity) : length > c->capacity))
        return fail(report, SA_ERR_MEMORY, "the cache's capacity is %lld tokens, and sequence %lld would hold %lld",
                    (long long)c->capacity, (long long)(i % c->B), (long long)(length - c->held[i]));
    struct page_table *table = &c->tables[i];
    int fits = table_grow(c, table, pages_of(length));
    if (fits && c->lengths[i] % CACHE_PAGE) fits = own_page(c, &table->page[c->lengths[i] / CACHE_PAGE]);
    for (int64_t n = pages_of(c->lengths[i]); fits && n < pages_of(length); n++)
        if (!table->page[n]) fits = (table->page[n] = page_take(c)) != NULL;
    return fits ? SA_OK : fail_memory(report, c->page_bytes, "a page of the cache");
}

sa_status cache_make_room(struct sa_cache *c, int64_t layer, const int64_t *adding, int64_t most,
                          struct report *report) {
    sa_status status = SA_OK;
    for (int64_t b = 0; b < c->B && status == SA_OK; b++) {
        int64_t i = index_of(c, layer, b);
        c->before[b] = c->lengths[i];
        if (!checked_add(c->lengths[i], added(adding, most, b), &c->after[b]) || c->after[b] > POSITION_MAX)
            status = fail_overflow(report, "the length of a sequence");
        if (status == SA_OK) status = make_room(c, i, c->after[b], report);
    }
    return status;
}

void cache_commit(struct sa_cache *c, int64_t layer) {
    for (int64_t b = 0; b < c->B; b++) c->lengths[index_of(c, layer, b)] = c->after[b];
}

/* ---- the first tokens, which a window keeps */

struct view cache_first_keys(const struct sa_cache *c, int64_t layer) {
    return (struct view){.data = c->first_keys + layer * c->B * first_size(c),
                         .stride_b = first_size(c),
                         .stride_h = c->keep_first * c->D,
                         .stride_s = c->D,
                         .stride_d = 1};
}

/* How far the first keys of a sequence stand behind their place in the text, so that they end where the window begins for the first of the
 * new tokens. */
static int64_t shift_of(const struct sa_cache *c, int64_t b) {
    return max_i64(c->before[b] + 1 - c->window - c->keep_first, 0);
}

sa_status cache_plan_first(struct sa_cache *c, int64_t layer, struct report *report) {
    for (int64_t b = 0; b < c->B; b++) {
        int64_t shift = shift_of(c, b);
        c->first_new[b] = max_i64(min_i64(c->after[b], c->keep_first) - c->before[b], 0);
        c->first_moved[b] = shift && c->after[b] > c->before[b] ? c->keep_first : 0;
        for (int64_t j = 0; j < c->keep_first; j++) c->first_positions[b * c->keep_first + j] = j + shift;
        if (c->first_moved[b] && !own_page(c, &c->tables[index_of(c, layer, b)].page[0]))
            return fail_memory(report, c->page_bytes, "a page of the cache");
    }
    return SA_OK;
}

/* ---- rewinding and sharing */

sa_status cache_truncate(struct sa_cache *c, int64_t sequence, int64_t length, struct report *report) {
    for (int64_t layer = 0; layer < c->layers; layer++) {
        int64_t i = index_of(c, layer, sequence);
        if (length < c->lengths[i] && c->held[i] > max_i64(length - c->window + 1, 0))
            return fail(report, SA_ERR_VALUE,
                        "sequence %lld cannot go back to %lld tokens: the window has dropped those before %lld",
                        (long long)sequence, (long long)length, (long long)c->held[i]);
    }
    for (int64_t layer = 0; layer < c->layers; layer++) {
        int64_t i = index_of(c, layer, sequence);
        if (length >= c->lengths[i]) continue;
        c->lengths[i] = length;
        table_clear(c, &c->tables[i], pages_of(length));
    }
    return SA_OK;
}

/* Sequence i's first keys in `to` become sequence `source`'s. */
static void copy_first(const struct sa_cache *c, float *to, int64_t i, int64_t source) {
    size_t size = (size_t)first_size(c);
    if (size) memcpy(to + (size_t)i * size, c->first_keys + (size_t)source * size, size * sizeof *to);
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
        copy_first(c, c->first_keys, i, source);
    }
    clear_new_tables(c);
    return fits ? SA_OK : fail_memory(report, (int64_t)sizeof(char *), "a cache's tables");
}

static void swap_tables(struct sa_cache *c, const int64_t *from) {
    for (int64_t layer = 0; layer < c->layers; layer++) {
        for (int64_t b = 0; b < c->B; b++) {
            c->before[b] = c->lengths[index_of(c, layer, from[b])];
            c->after[b] = c->held[index_of(c, layer, from[b])];
            copy_first(c, c->new_first_keys, index_of(c, layer, b), index_of(c, layer, from[b]));
        }
        for (int64_t b = 0; b < c->B; b++) {
            c->lengths[index_of(c, layer, b)] = c->before[b];
            c->held[index_of(c, layer, b)] = c->after[b];
        }
    }
    struct page_table *tables = c->tables;
    float *first_keys = c->first_keys;
    c->tables = c->new_tables, c->new_tables = tables;
    c->first_keys = c->new_first_keys, c->new_first_keys = first_keys;
}

sa_status cache_reorder(struct sa_cache *c, const int64_t *from, struct report *report) {
    int fits = 1;
    for (int64_t b = 0; b < c->B && fits; b++) fits = share_all(c, from[b], b);
    if (fits) swap_tables(c, from);
    clear_new_tables(c);
    return fits ? SA_OK : fail_memory(report, (int64_t)sizeof(char *), "a cache's tables");
}

void *cache_row(const struct view *v, int64_t b, int64_t h, int64_t s) {
    return v->tables[b].page[s / CACHE_PAGE] + v->part + (h * CACHE_PAGE + s % CACHE_PAGE) * v->row;
}

struct view cache_view(const struct sa_cache *c, int64_t layer, int part) {
    const int64_t size = part == 0 ? c->D : c->Dv;
    return (struct view){.stride_s = size,
                         .stride_d = 1,
                         .dtype = c->dtype,
                         .tables = c->tables + index_of(c, layer, 0),
                         .part = c->part[part],
                         .row = c->row[part]};
}
