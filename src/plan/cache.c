/* Making a cache, freeing it, and views of it.
 * SPDX-License-Identifier: MIT */
#include "plan/cache_pages.h"

/* Rows of SA_I8 are padded to 4 bytes; a float scale follows. */
static int64_t row_bytes(int32_t dtype, int64_t n) {
    return dtype == SA_I8 ? round_up(n, 4) + 4 : n * element_size(dtype);
}

static int lay_out_page(struct sa_cache *c) {
    int64_t bytes = MEMORY_ALIGNMENT;
    const int64_t size[2] = {c->D, c->Dv};
    for (int i = 0; i < cache_kinds(c); i++) {
        int64_t all_rows;
        c->row[i] = row_bytes(c->dtype, size[i]);
        c->begin[i] = bytes;
        if (!checked_mul(c->K * CACHE_PAGE, c->row[i], &all_rows) || !checked_add(bytes, all_rows, &bytes)) return 0;
    }
    c->page_bytes = bytes;
    return 1;
}

static sa_status open_tables(struct sa_cache *c, struct report *report) {
    int64_t all = c->layers * c->B, bytes;
    if (!checked_mul(all, sizeof *c->tables, &bytes)) return fail_overflow(report, "the size of a cache's tables");
    int complete = (c->tables = memory_allocate(&c->memory, all, sizeof *c->tables)) &&
                   (c->new_tables = memory_allocate(&c->memory, all, sizeof *c->new_tables)) &&
                   (c->lengths = memory_allocate(&c->memory, all, sizeof *c->lengths)) &&
                   (c->held = memory_allocate(&c->memory, all, sizeof *c->held)) &&
                   (c->before = memory_allocate(&c->memory, c->B, sizeof *c->before)) &&
                   (c->after = memory_allocate(&c->memory, c->B, sizeof *c->after)) &&
                   (c->kept_most = memory_allocate(&c->memory, all, sizeof *c->kept_most));
    return complete ? SA_OK : fail_memory(report, bytes, "a cache's tables");
}

/* The most pages that a sequence needs for its capacity. A window's tokens may begin and end within a page, and the
 * kept first tokens are in a page of their own. */
static int64_t most_pages(const struct sa_cache *c) {
    if (!c->capacity) return 0;
    return pages_of(c->capacity) + (c->window ? 1 : 0) + (c->keep_first ? 1 : 0);
}

static sa_status open_pages(struct sa_cache *c, struct report *report) {
    int64_t each = most_pages(c), all = 0;
    if (!checked_mul(c->layers * c->B, each, &all) || all > INT64_MAX / c->page_bytes)
        return fail_overflow(report, "the size of the cache");
    for (int64_t i = 0; i < c->layers * c->B && each; i++) {
        sa_status status = table_grow(c, &c->tables[i], each + 1, report);
        if (status == SA_OK) status = table_grow(c, &c->new_tables[i], each + 1, report);
        if (status != SA_OK) return status;
    }
    while (c->pages < all) {
        char *page = page_allocate(c);
        if (!page) return fail_memory(report, c->page_bytes, "a page of the cache");
        page_put_free(c, page);
    }
    return SA_OK;
}

sa_status cache_open(struct sa_cache *c, struct report *report) {
    if (!lay_out_page(c)) return fail_overflow(report, "the size of a page of the cache");
    sa_status status = open_tables(c, report);
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
    memory_release(&c->memory, c->kept_most, all, sizeof *c->kept_most);
    while (c->free) {
        char *page = c->free;
        c->free = head_of(page)->next;
        memory_release(&c->memory, page, c->page_bytes, 1);
    }
}

void cache_see_window(const struct sa_cache *c, int64_t layer, struct visibility *v) {
    if (!c->window) return;
    if (!v->window) v->keep = c->keep_first;
    v->window = 1;
    v->left = min_i64(v->left, c->window - 1);
    v->held = c->held + layer * c->B;
}

struct view cache_view(const struct sa_cache *c, int64_t layer, int which) {
    if (c->values_in_keys) which = 0;
    const int64_t size = which == 0 ? c->D : c->Dv;
    return (struct view){.stride_s = size,
                         .stride_d = 1,
                         .dtype = c->dtype,
                         .tables = c->tables + index_of(c, layer, 0),
                         .begin = c->begin[which],
                         .row = c->row[which]};
}
