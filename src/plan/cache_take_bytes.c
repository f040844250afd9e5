/* SPDX-License-Identifier: MIT */
#include "plan/cache_bytes.h"
#include "plan/cache_page_bytes.h"

/* A page that the bytes name. */
struct named_page {
    char *page;
    int64_t tokens; /* most that a sequence sees of it */
};

struct taking {
    struct sa_cache *cache;
    struct report *report;
    struct byte_source *source;
    const char *what;
    struct named_page *pages;
    int64_t count;
};

static sa_status fail_place(const struct taking *t, const char *place) {
    return fail(t->report, SA_ERR_FORMAT, "%s: %s cannot be right", t->what, place);
}

/* Reads a number of least .. most. */
static sa_status take(const struct taking *t, const char *name, int64_t least, int64_t most, int64_t *number) {
    if (!source_number(t->source, number)) return fail(t->report, SA_ERR_FORMAT, "%s ends too early", t->what);
    if (*number >= least && *number <= most) return SA_OK;
    return fail(t->report, SA_ERR_FORMAT, "%s: %s is %lld, must be %lld to %lld", t->what, name, (long long)*number,
                (long long)least, (long long)most);
}

static sa_status take_lengths(const struct taking *t) {
    struct sa_cache *c = t->cache;
    sa_status status = SA_OK;
    for (int64_t b = 0; b < c->B && status == SA_OK; b++) {
        int64_t length;
        status = take(t, "the length of a sequence", 0, POSITION_MAX, &length);
        for (int64_t layer = 0; layer < c->layers && status == SA_OK; layer++)
            c->lengths[index_of(c, layer, b)] = length;
    }
    return status;
}

/* Pages before the window go in pages, and never the last token. Page 0 goes first, unless the window keeps tokens. */
static sa_status take_table(const struct taking *t, int64_t i) {
    struct sa_cache *c = t->cache;
    const int64_t length = c->lengths[i], most = c->window ? max_i64(length - c->window, 0) : 0;
    sa_status status = take(t, "the first token of a window", 0, most, &c->held[i]);
    if (status != SA_OK) return status;
    if (c->held[i] % CACHE_PAGE) return fail_place(t, "the first token of a window");
    const int64_t count = pages_named(length, c->held[i]);
    if (count > t->source->left / 8) return fail(t->report, SA_ERR_FORMAT, "%s ends too early", t->what);
    for (int64_t slot = 0; slot < count && status == SA_OK; slot++) {
        const int is_dropped = slot == 0 && c->held[i] && !c->keep_first;
        const int64_t tokens = tokens_in_page(length, page_at(slot, c->held[i]));
        int64_t n;
        status = take(t, "the number of a page", is_dropped ? -1 : 0, is_dropped ? -1 : t->count - 1, &n);
        if (status == SA_OK && n >= 0) t->pages[n].tokens = max_i64(t->pages[n].tokens, tokens);
    }
    return status;
}

static sa_status take_tables(const struct taking *t) {
    sa_status status = SA_OK;
    for (int64_t i = 0; i < t->cache->layers * t->cache->B && status == SA_OK; i++) status = take_table(t, i);
    return status;
}

/* No page is allocated before all its bytes are known to be there. */
static sa_status take_page(const struct taking *t, struct named_page *p) {
    struct sa_cache *c = t->cache;
    int64_t fixed;
    if (!p->tokens) return fail_place(t, "a page without users");
    sa_status status = take(t, "the first fixed token", 0, CACHE_PAGE, &fixed);
    if (status != SA_OK) return status;
    const unsigned char *bytes = source_bytes(t->source, page_packed_bytes(c, p->tokens));
    if (!bytes) return fail(t->report, SA_ERR_FORMAT, "%s ends too early", t->what);
    p->page = page_take(c);
    if (!p->page && c->capacity)
        return fail(t->report, SA_ERR_SHAPE, "%s: its %lld pages of %d tokens are more than fit the capacity of %lld",
                    t->what, (long long)t->count, CACHE_PAGE, (long long)c->capacity);
    if (!p->page) return fail_memory(t->report, c->page_bytes, "a page of the cache");
    page_unpack(c, p->page, (const char *)bytes, p->tokens);
    head_of(p->page)->fixed = fixed;
    return SA_OK;
}

/* The tables once more, now that there are pages. */
static sa_status fill_tables(const struct taking *t, struct byte_source tables) {
    struct sa_cache *c = t->cache;
    for (int64_t i = 0; i < c->layers * c->B; i++) {
        struct page_table *table = &c->tables[i];
        const int64_t count = pages_named(c->lengths[i], c->held[i]);
        sa_status status = table_grow(c, table, count, t->report);
        if (status != SA_OK) return status;
        int64_t n;
        source_number(&tables, &n); /* the first token of the window */
        for (int64_t slot = 0; slot < count; slot++) {
            source_number(&tables, &n);
            table->page[slot] = n < 0 ? NULL : t->pages[n].page;
            if (n >= 0) head_of(t->pages[n].page)->users++;
        }
        table->gone = pages_dropped(c->held[i]);
    }
    return SA_OK;
}

static sa_status take_all(struct taking *t) {
    sa_status status = take_lengths(t);
    const struct byte_source tables = *t->source;
    if (status == SA_OK) status = take_tables(t);
    for (int64_t n = 0; n < t->count && status == SA_OK; n++) status = take_page(t, &t->pages[n]);
    return status == SA_OK ? fill_tables(t, tables) : status;
}

sa_status cache_take_bytes(struct sa_cache *c, struct report *report, struct byte_source *source, const char *what) {
    struct taking t = {.cache = c, .report = report, .source = source, .what = what};
    sa_status status = take(&t, "the number of pages", 0, source->left / 8, &t.count);
    if (status != SA_OK) return status;
    t.pages = memory_allocate(&c->memory, t.count, sizeof *t.pages);
    if (!t.pages) return fail_memory(report, t.count * (int64_t)sizeof *t.pages, "a list of pages");
    status = take_all(&t);
    for (int64_t n = 0; n < t.count; n++) page_leave(c, &t.pages[n].page);
    memory_release(&c->memory, t.pages, t.count, sizeof *t.pages);
    return status;
}
