/* SPDX-License-Identifier: MIT */
#include "plan/cache_bytes.h"
#include "plan/cache_page_bytes.h"

struct putting {
    const struct sa_cache *cache;
    const struct byte_sink *sink;
    char *packed; /* a page */
    int64_t pages;
};

/* Calls `visit` with the pages of all sequences, once for each that uses it, and the tokens that this one sees of it.
 */
static void visit_pages(struct putting *p, void (*visit)(struct putting *, char *page, int64_t tokens)) {
    const struct sa_cache *c = p->cache;
    for (int64_t i = 0; i < c->layers * c->B; i++)
        for (int64_t slot = 0; slot < pages_named(c->lengths[i], c->held[i]); slot++)
            if (c->tables[i].page[slot])
                visit(p, c->tables[i].page[slot], tokens_in_page(c->lengths[i], page_at(slot, c->held[i])));
}

static void forget(struct putting *p, char *page, int64_t tokens) {
    (void)p, (void)tokens;
    head_of(page)->number = -1, head_of(page)->tokens = 0;
}

static void give_number(struct putting *p, char *page, int64_t tokens) {
    struct page_head *head = head_of(page);
    if (head->number < 0) head->number = p->pages++;
    head->tokens = max_i64(head->tokens, tokens);
}

/* At its first user. */
static void put_page(struct putting *p, char *page, int64_t tokens) {
    const struct page_head *head = head_of(page);
    (void)tokens;
    if (head->number != p->pages) return;
    p->pages++;
    page_pack(p->cache, p->packed, page, head->tokens);
    sink_number(p->sink, head->fixed);
    p->sink->put(p->sink->user, p->packed, page_packed_bytes(p->cache, head->tokens));
}

static void put_tables(const struct sa_cache *c, const struct byte_sink *sink) {
    for (int64_t i = 0; i < c->layers * c->B; i++) {
        sink_number(sink, c->held[i]);
        for (int64_t slot = 0; slot < pages_named(c->lengths[i], c->held[i]); slot++) {
            char *page = c->tables[i].page[slot];
            sink_number(sink, page ? head_of(page)->number : -1);
        }
    }
}

sa_status cache_put_bytes(struct sa_cache *c, struct report *report, const struct byte_sink *sink) {
    struct putting p = {c, sink, memory_allocate(&c->memory, c->page_bytes, 1), 0};
    if (!p.packed) return fail_memory(report, c->page_bytes, "a page of the cache");
    visit_pages(&p, forget);
    visit_pages(&p, give_number);
    sink_number(sink, p.pages);
    for (int64_t b = 0; b < c->B; b++) sink_number(sink, c->lengths[b]);
    put_tables(c, sink);
    p.pages = 0;
    visit_pages(&p, put_page);
    memory_release(&c->memory, p.packed, c->page_bytes, 1);
    return SA_OK;
}
