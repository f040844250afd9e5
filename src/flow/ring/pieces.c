/* Pieces: a chunk of queries against a chunk of keys.
 * SPDX-License-Identifier: MIT */
#include "flow/attention.h"
#include "flow/ring/ring.h"
#include "flow/visible.h"
#include "plan/cache.h"

/* Where a piece stands: local numbers are those of rows in this rank's tensors, or in the message. */
struct piece {
    int64_t query, queries, local_query;
    int64_t key, keys, local_key;
};

/* Keys of sequence b, and the offset of its queries, in whole sequences. */
static int64_t length_of(const struct ring *r, int64_t b) {
    const struct visibility *v = &r->problem.visible;
    return v->key_lengths ? v->key_lengths[b] : r->keys.tokens;
}
static int64_t offset_of(const struct ring *r, int64_t b) {
    const struct visibility *v = &r->problem.visible;
    return v->bottom_right ? length_of(r, b) - r->queries.tokens : v->offsets ? v->offsets[b] : v->offset;
}

/* Sets lengths and offsets of the piece; returns whether one of its queries may see one of its keys. */
static int place_piece(const struct ring *r, const struct piece *c, int64_t *lengths, int64_t *offsets) {
    const struct visibility *v = &r->problem.visible;
    int seen = 0;
    for (int64_t b = 0; b < r->problem.B; b++) {
        lengths[b] = max_i64(0, min_i64(c->keys, length_of(r, b) - c->key));
        offsets[b] = offset_of(r, b) + c->query - c->key;
        const int64_t last = offsets[b] + c->queries - 1;
        const int before = lengths[b] > 0 && last + (v->causal ? 0 : v->right) >= 0;
        seen |= before && (offsets[b] - v->left < lengths[b] || c->key < v->keep);
    }
    return seen;
}

static void skip_rows(struct view *view, int64_t rows) {
    view->data = (char *)view->data + rows * view->stride_s * element_size(view->dtype);
}

/* A cache's pages from the piece's first one on. Chunks begin with pages. Sequences without keys are not read. */
static void skip_pages(const struct ring *r, int64_t tokens, const int64_t *lengths, struct page_table *tables) {
    for (int64_t b = 0; b < r->problem.B; b++) {
        tables[b] = r->problem.key.tables[b];
        if (lengths[b] > 0) tables[b].page += tokens / CACHE_PAGE;
    }
}

static struct view contiguous(void *data, const struct problem *p, int64_t rows, int64_t width) {
    return (struct view){.data = data,
                         .stride_b = p->H * rows * width,
                         .stride_h = rows * width,
                         .stride_s = width,
                         .stride_d = 1,
                         .dtype = SA_F32};
}

static void attend_piece(struct ring_work *w, const struct shard_views *shard, const struct piece *c) {
    const struct ring *r = w->r;
    int64_t *lengths = (int64_t *)(w->scratch + w->plan->lengths),
            *offsets = (int64_t *)(w->scratch + w->plan->offsets);
    float *outputs = (float *)(w->scratch + w->plan->outputs), *lses = (float *)(w->scratch + w->plan->lses);
    struct plan plan;
    if (!place_piece(r, c, lengths, offsets)) return;
    struct problem p = r->problem;
    p.T = c->queries, p.S = c->keys;
    p.key = shard->key, p.value = shard->value;
    skip_rows(&p.query, c->local_query);
    if (p.key.tables) {
        struct page_table *tables = (struct page_table *)(w->scratch + w->plan->tables);
        skip_pages(r, c->local_key, lengths, tables);
        p.key.tables = p.value.tables = tables;
    } else {
        skip_rows(&p.key, c->local_key), skip_rows(&p.value, c->local_key);
    }
    p.output = contiguous(outputs, &p, c->queries, p.Dv), p.lse = contiguous(lses, &p, c->queries, 1);
    p.visible.key_lengths = lengths, p.visible.offsets = offsets, p.visible.bottom_right = 0;
    p.visible.keep = max_i64(0, p.visible.keep - c->key);
    p.rules.sinks = NULL;
    /* It fitted before: plan_ring() has planned these sizes. */
    plan_attention(w->machine, &p, &plan);
    attention_run(w->machine, &p, &plan, w->scratch + w->plan->attention);
    sums_add(&w->sums, c->local_query, c->queries, outputs, lses);
    if (r->exchange.progress) r->exchange.progress(r->exchange.user);
}

void ring_attend(struct ring_work *w, const struct shard_views *shard) {
    const struct shards *queries = &w->r->queries, *keys = &w->r->keys;
    const int64_t rank = ring_query_rank(w->r);
    for (int64_t i = 0; i < shards_chunks_of(queries, rank); i++)
        for (int64_t j = 0; j < shards_chunks_of(keys, shard->rank); j++) {
            const int64_t query = shards_chunk(queries, rank, i), key = shards_chunk(keys, shard->rank, j);
            attend_piece(w, shard,
                         &(struct piece){.query = query * queries->chunk,
                                         .queries = shards_tokens_in(queries, query),
                                         .local_query = i * queries->chunk,
                                         .key = key * keys->chunk,
                                         .keys = shards_tokens_in(keys, key),
                                         .local_key = j * keys->chunk});
        }
}
