/* Pairs are in a binary heap, so a word of n bytes takes O(n log n). A pair is stale if one of its symbols has been
 * merged with another one: its end then differs from the end of the two symbols.
 * SPDX-License-Identifier: MIT */
#include "text/merge.h"

#include "text/encoder.h"

/* At first each symbol forms a pair with the next one. Each merge takes one pair from the heap and adds at most two. */
enum { PAIRS_PER_BYTE = 2 };

void *merge_room(struct encoder *e, int64_t bytes) {
    struct pad *pad = &e->ctx->pads[PAD_WORK];
    if (bytes > INT32_MAX) {
        e->status = fail(&e->ctx->report, SA_ERR_TEXT, "the text has a word of %lld bytes, at most %d are supported",
                         (long long)bytes, INT32_MAX);
        return NULL;
    }
    pad->used = 0;
    return pad_room(e, pad, bytes * (int64_t)(PAIRS_PER_BYTE * sizeof(struct pair) + sizeof(struct symbol)));
}

struct merger merge_begin(pair_fn find, const void *tokenizer, const char *word, int64_t bytes, void *workspace) {
    struct merger m = {
        .find = find, .tokenizer = tokenizer, .word = word, .bytes = (int32_t)bytes, .head = -1, .tail = -1};
    m.heap = workspace;
    m.symbols = (struct symbol *)(void *)(m.heap + PAIRS_PER_BYTE * bytes);
    return m;
}

void merge_append(struct merger *m, int64_t at, int32_t id) {
    m->symbols[at] = (struct symbol){id, m->tail, m->bytes};
    if (m->tail < 0)
        m->head = (int32_t)at;
    else
        m->symbols[m->tail].after = (int32_t)at;
    m->tail = (int32_t)at;
}

static int is_before(const struct pair *p, const struct pair *q) {
    return p->cost < q->cost || (p->cost == q->cost && p->first < q->first);
}

static void push(struct merger *m, struct pair p) {
    int64_t at = m->waiting++;
    for (int64_t parent; at > 0 && is_before(&p, &m->heap[parent = (at - 1) / 2]); at = parent)
        m->heap[at] = m->heap[parent];
    m->heap[at] = p;
}

static struct pair pop(struct merger *m) {
    const struct pair top = m->heap[0], last = m->heap[--m->waiting];
    int64_t at = 0;
    for (int64_t child; (child = 2 * at + 1) < m->waiting; at = child) {
        if (child + 1 < m->waiting && is_before(&m->heap[child + 1], &m->heap[child])) child++;
        if (!is_before(&m->heap[child], &last)) break;
        m->heap[at] = m->heap[child];
    }
    m->heap[at] = last;
    return top;
}

/* Puts the symbol at `first` and the next one into the heap, if there is a next one and the pair may be merged. */
static void consider(struct merger *m, int32_t first) {
    const int32_t second = m->symbols[first].after;
    if (second == m->bytes) return;
    struct pair p = {.first = first, .last = m->symbols[second].after};
    if (m->find(m, first, &p)) push(m, p);
}

static int is_current(const struct merger *m, const struct pair *p) {
    const struct symbol *s = &m->symbols[p->first];
    return s->id >= 0 && s->after < m->bytes && m->symbols[s->after].after == p->last;
}

void merge_all(struct merger *m) {
    m->waiting = 0;
    for (int32_t at = m->head; at >= 0 && at < m->bytes; at = m->symbols[at].after) consider(m, at);
    while (m->waiting) {
        const struct pair p = pop(m);
        if (!is_current(m, &p)) continue;
        struct symbol *s = &m->symbols[p.first];
        m->symbols[s->after].id = -1;
        s->id = p.id;
        s->after = p.last;
        if (p.last < m->bytes) m->symbols[p.last].before = p.first;
        if (s->before >= 0) consider(m, s->before);
        consider(m, p.first);
    }
}

void merge_put(const struct merger *m, struct token_sink *sink) {
    for (int32_t at = m->head; at >= 0 && at < m->bytes; at = m->symbols[at].after) token_put(sink, m->symbols[at].id);
}
