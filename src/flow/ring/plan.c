/* SPDX-License-Identifier: MIT */
#include "flow/ring/ring.h"

#include "base/arith.h"
#include "plan/cache.h"
#include "plan/plan.h"

int64_t ring_key_bytes(const struct ring *r, int64_t rank) {
    const struct problem *p = &r->problem;
    return p->B * p->K * shards_tokens_of(&r->keys, rank) * p->D * element_size(p->key.dtype);
}

int64_t ring_message_bytes(const struct ring *r, int64_t rank) {
    const struct problem *p = &r->problem;
    return ring_key_bytes(r, rank) +
           p->B * p->K * shards_tokens_of(&r->keys, rank) * p->Dv * element_size(p->value.dtype);
}

/* Room for whole chunks. The first or the last rank has the most of them. */
static int64_t message_room(const struct ring *r) {
    const struct problem *p = &r->problem;
    const int64_t chunks = max_i64(shards_chunks_of(&r->keys, 0), shards_chunks_of(&r->keys, r->keys.ranks - 1));
    int64_t rows, keys, values;
    if (!checked_mul(p->B, p->K, &rows) || !checked_mul(rows, chunks * r->keys.chunk, &rows) ||
        !checked_mul(rows, p->D * element_size(p->key.dtype), &keys) ||
        !checked_mul(rows, p->Dv * element_size(p->value.dtype), &values) || !checked_add(keys, values, &keys))
        return -1;
    return keys;
}

/* Scratch memory of a piece depends on its sizes alone: whole chunks, or short ones. */
static int64_t piece_bytes(const struct machine *machine, const struct ring *r, int64_t queries, int64_t keys) {
    struct problem p = r->problem;
    struct plan plan;
    p.T = queries, p.S = keys;
    return plan_attention(machine, &p, &plan) ? plan.bytes : -1;
}

static int64_t pieces_bytes(const struct machine *machine, const struct ring *r) {
    const int64_t queries[2] = {min_i64(r->queries.chunk, r->queries.tokens), r->queries.tokens % r->queries.chunk};
    const int64_t keys[2] = {min_i64(r->keys.chunk, r->keys.tokens), r->keys.tokens % r->keys.chunk};
    int64_t most = 0;
    for (int i = 0; i < 4; i++) {
        const int64_t bytes = piece_bytes(machine, r, queries[i / 2], keys[i % 2]);
        if (bytes < 0) return -1;
        most = max_i64(most, bytes);
    }
    return most;
}

int plan_ring(const struct machine *machine, const struct ring *r, struct ring_plan *plan) {
    const struct problem *p = &r->problem;
    const int64_t f = sizeof(float), width = sums_width(p->Dv), queries = min_i64(r->queries.chunk, p->T);
    const int travels = r->circulates && r->exchange.ranks > 1, joins = !r->circulates && r->exchange.ranks > 1;
    int64_t heads = 0, rows = 0;
    *plan = (struct ring_plan){.all = {.title = "ring attention"}};
    struct ledger *l = &plan->all;
    ledger_require(l, checked_mul(p->B, p->H, &heads) && checked_mul(heads, p->T, &rows));
    plan->lengths = ledger_book(l, "lengths", p->B, 1, sizeof(int64_t));
    plan->offsets = ledger_book(l, "offsets", p->B, 1, sizeof(int64_t));
    plan->tables = ledger_book(l, "tables", p->key.tables ? p->B : 0, 1, sizeof(struct page_table));
    plan->sums = ledger_book(l, "sums", rows, width, sizeof(double));
    plan->more = ledger_book(l, "sums of another rank", joins ? rows : 0, width, sizeof(double));
    const int64_t room = r->circulates ? message_room(r) : 0;
    for (int i = 0; i < 2; i++) plan->messages[i] = ledger_book(l, "message", i && !travels ? 0 : room, 1, 1);
    ledger_require(l, checked_mul(heads, queries, &rows));
    plan->outputs = ledger_book(l, "outputs", rows, p->Dv, f);
    plan->lses = ledger_book(l, "log-sum-exps", rows, 1, f);
    plan->attention_bytes = pieces_bytes(machine, r);
    plan->attention = ledger_book(l, "attention", plan->attention_bytes, 1, 1);
    if (!ledger_fits(l)) return 0;
    plan->sums_bytes = p->B * p->H * p->T * width * (int64_t)sizeof(double);
    return 1;
}
