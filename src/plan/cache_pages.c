/* SPDX-License-Identifier: MIT */
#include "plan/cache_pages.h"

#include <string.h>

char *page_allocate(struct sa_cache *c) {
    char *page = memory_allocate(&c->memory, c->page_bytes, 1);
    if (page) c->pages++;
    return page;
}

void page_put_free(struct sa_cache *c, char *page) {
    head_of(page)->next = c->free;
    c->free = page;
}

char *page_take(struct sa_cache *c) {
    char *page = c->free;
    if (page)
        c->free = head_of(page)->next;
    else if (!c->capacity)
        page = page_allocate(c);
    if (page) head_of(page)->users = 1, head_of(page)->fixed = CACHE_PAGE;
    return page;
}

void page_leave(struct sa_cache *c, char **page) {
    if (*page && --head_of(*page)->users == 0) page_put_free(c, *page);
    *page = NULL;
}

int page_own(struct sa_cache *c, char **page) {
    if (head_of(*page)->users == 1) return 1;
    char *copy = page_take(c);
    if (!copy) return 0;
    head_of(copy)->fixed = head_of(*page)->fixed;
    memcpy(copy + MEMORY_ALIGNMENT, *page + MEMORY_ALIGNMENT, (size_t)(c->page_bytes - MEMORY_ALIGNMENT));
    page_leave(c, page);
    *page = copy;
    return 1;
}

sa_status table_grow(struct sa_cache *c, struct page_table *table, int64_t room, struct report *report) {
    if (room <= table->room) return SA_OK;
    int64_t larger = max_i64(room, 2 * table->room + 4);
    char **page = memory_allocate(&c->memory, larger, sizeof *page);
    if (!page) return fail_memory(report, larger * (int64_t)sizeof *page, "a cache's tables");
    if (table->room) memcpy(page, table->page, (size_t)table->room * sizeof *page);
    memory_release(&c->memory, table->page, table->room, sizeof *page);
    *table = (struct page_table){page, larger, table->gone};
    return SA_OK;
}

void table_clear(struct sa_cache *c, struct page_table *table, int64_t n) {
    for (int64_t i = slot_of(table, n); i < table->room; i++) page_leave(c, &table->page[i]);
    if (n <= 1) table->gone = 0;
}

void table_drop(struct sa_cache *c, struct page_table *table, int64_t n, int keep) {
    int64_t leaving = n - 1 - table->gone, rest = table->room - 1 - leaving;
    if (n > 0 && !keep) page_leave(c, &table->page[0]);
    if (leaving <= 0) return;
    for (int64_t i = 1; i <= leaving; i++) page_leave(c, &table->page[i]);
    memmove(table->page + 1, table->page + 1 + leaving, (size_t)rest * sizeof *table->page);
    for (int64_t i = 1 + rest; i < table->room; i++) table->page[i] = NULL;
    table->gone += leaving;
}

sa_status table_share(struct sa_cache *c, struct page_table *to, const struct page_table *from, int64_t n,
                      struct report *report) {
    int64_t count = slot_of(from, n);
    sa_status status = table_grow(c, to, count, report);
    if (status != SA_OK) return status;
    to->gone = from->gone;
    for (int64_t i = 0; i < count; i++) {
        to->page[i] = from->page[i];
        if (to->page[i]) head_of(to->page[i])->users++;
    }
    return SA_OK;
}

void *cache_row(const struct view *v, int64_t b, int64_t h, int64_t s) {
    const struct page_table *table = &v->tables[b];
    return table->page[slot_of(table, s / CACHE_PAGE)] + v->begin + (h * CACHE_PAGE + s % CACHE_PAGE) * v->row;
}
