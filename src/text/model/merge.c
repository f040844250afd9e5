/* The symbols of a short word stand in a row, which is gone through for each merge. Of a long one, pairs are in a
 * binary heap, so a word of n bytes takes O(n log n). A pair is stale if one of its symbols has been merged with
 * another one: its end then differs from the end of the two symbols.
 * SPDX-License-Identifier: MIT */
#include "text/model/merge.h"

#include "text/encoder.h"

#include <math.h>
#include <string.h>

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
    if (m->find(m, m->symbols[first].id, m->symbols[second].id, &p)) push(m, p);
}

static int is_current(const struct merger *m, const struct pair *p) {
    const struct symbol *s = &m->symbols[p->first];
    return s->id >= 0 && s->after < m->bytes && m->symbols[s->after].after == p->last;
}

static void merge_by_heap(struct merger *m) {
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

/* A short word: its symbols in a row, and what each pair of neighbours costs. */
enum { SHORT = 48 };
struct row {
    int32_t ids[SHORT], begins[SHORT + 1];
    float costs[SHORT]; /* of the pair that begins here */
    int32_t merged[SHORT];
    int count;
};

static void weigh(const struct merger *m, struct row *r, int i) {
    struct pair p = {.first = r->begins[i]};
    r->costs[i] = INFINITY;
    if (i + 1 >= r->count) return;
    p.last = r->begins[i + 2];
    if (!m->find(m, r->ids[i], r->ids[i + 1], &p)) return;
    r->costs[i] = p.cost;
    r->merged[i] = p.id;
}

static int cheapest(const struct row *r) {
    int best = 0;
    for (int i = 1; i < r->count; i++)
        if (r->costs[i] < r->costs[best]) best = i;
    return best;
}

/* Returns 0 if the word is not short. */
static int make_row(const struct merger *m, struct row *r) {
    r->count = 0;
    for (int32_t at = m->head; at >= 0 && at < m->bytes; at = m->symbols[at].after) {
        if (r->count == SHORT - 1) return 0;
        r->ids[r->count] = m->symbols[at].id;
        r->begins[r->count++] = at;
    }
    r->begins[r->count] = m->bytes;
    for (int i = 0; i < r->count; i++) weigh(m, r, i);
    return 1;
}

static void remove_at(struct row *r, int i) {
    const size_t behind = (size_t)(r->count - i - 1);
    memmove(r->ids + i, r->ids + i + 1, behind * sizeof *r->ids);
    memmove(r->begins + i, r->begins + i + 1, (behind + 1) * sizeof *r->begins);
    memmove(r->costs + i, r->costs + i + 1, behind * sizeof *r->costs);
    memmove(r->merged + i, r->merged + i + 1, behind * sizeof *r->merged);
    r->count--;
}

static void merge_row(struct merger *m, struct row *r) {
    for (int i; r->count > 1 && r->costs[i = cheapest(r)] < INFINITY;) {
        r->ids[i] = r->merged[i];
        remove_at(r, i + 1);
        weigh(m, r, i);
        if (i) weigh(m, r, i - 1);
    }
    for (int i = 0; i < r->count; i++)
        m->symbols[r->begins[i]] = (struct symbol){r->ids[i], i ? r->begins[i - 1] : -1, r->begins[i + 1]};
}

void merge_all(struct merger *m) {
    struct row row;
    if (make_row(m, &row))
        merge_row(m, &row);
    else
        merge_by_heap(m);
}

void merge_put(const struct merger *m, struct encoder *e, end_fn end_of) {
    for (int32_t at = m->head; at >= 0 && at < m->bytes; at = m->symbols[at].after) {
        const int64_t next = m->symbols[at].after, end = end_of ? end_of(m, at, next) : next;
        encoder_put_part(e, m->symbols[at].id, m->word + at, end - at);
    }
}

void each_word(struct encoder *e, const char *space, const char *text, int64_t bytes,
               void (*put)(struct encoder *e, const char *word, int64_t bytes)) {
    const int64_t width = (int64_t)strlen(space);
    int64_t first = 0;
    int was_space = 1;
    for (int64_t at = 0; at < bytes && e->status == SA_OK;) {
        const int is_space = text[at] == *space && bytes - at >= width && !memcmp(text + at, space, (size_t)width);
        if (is_space && !was_space) {
            put(e, text + first, at - first);
            first = at;
        }
        was_space = is_space;
        at += is_space ? width : 1;
    }
    if (e->status == SA_OK) put(e, text + first, bytes - first);
}
