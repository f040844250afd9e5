/* SPDX-License-Identifier: MIT */
#include "flow/backward/backward.h"

/* Tiles of 64 keys as in the forward pass. A query block has fewer sub-tiles: its operands lie in memory twice, as
 * columns and as rows, and should stay in the second-level cache. */
enum { BACKWARD_TILE = 64, BACKWARD_SUBTILES = 4 };

/* The sums of so many keys are held while queries pass by. Small chunks are for passes with few sequences and heads:
 * they are tasks. */
enum { LARGE_CHUNK = 2048, SMALL_CHUNK = 512 };

/* With fewer tasks than this, chunks are small, and two passes with more tasks are used where threads would wait
 * otherwise. Bits are the same: keys meet the query blocks in order, and queries the chunks. */
enum { FEW_TASKS = 8 };

/* Products of two matrices in one pass, and in two: both find the scores and their gradients. */
enum { ONE_PASS = 5, TWO_PASSES = 7 };

static struct tiling tile_backward(const struct lane_kernels *lanes, int64_t all) {
    int64_t rows = round_up(max_i64(min_i64(all, lanes->most_width), 1), lanes->unit);
    int64_t block = max_i64(round_up(min_i64(all, BACKWARD_SUBTILES * rows), rows), rows);
    return (struct tiling){
        .rows = rows, .first_rows = rows, .unit = lanes->unit, .keys = BACKWARD_TILE, .block_rows = block};
}

static void map_shared(struct backward_plan *plan, const struct problem *p, const struct gradients *g) {
    struct ledger *l = &plan->worker_memory;
    struct backward_map *map = &plan->map;
    int64_t biases = 0;
    map->slopes = ledger_book(l, "slopes", g->slopes ? p->G : 0, 1, sizeof(double));
    map->sinks = ledger_book(l, "sinks", g->sinks ? p->G : 0, 1, sizeof(double));
    ledger_require(l, !g->bias || checked_mul(p->G, 2 * p->rules.reach + 1, &biases));
    map->bias = ledger_book(l, "bias", biases, 1, sizeof(double));
}

static void map_plain(struct backward_plan *plan, const struct problem *p) {
    struct ledger *l = &plan->worker_memory;
    int64_t width = 0, sums = 0;
    ledger_require(l, checked_add(p->D, p->Dv, &width) && checked_mul(p->S, width, &sums) &&
                          checked_add(sums, p->D, &sums));
    plan->map.plain = ledger_book(l, "plain", sums, 1, sizeof(double));
}

static void map_block(struct backward_plan *plan, const struct problem *p) {
    struct ledger *l = &plan->worker_memory;
    struct scratch_map *map = &plan->map.tiles;
    const struct tiling *t = &plan->tiling;
    const int64_t f = sizeof(float), rows = t->block_rows;
    map->query = ledger_book(l, "query", rows, p->D, f);
    map->keys = ledger_book(l, "keys", t->keys, p->D, f);
    map->values = ledger_book(l, "values", t->keys, p->Dv, f);
    map->scores = ledger_book(l, "scores", t->rows, t->keys, f);
    map->bias = ledger_book(l, "bias", t->rows, max_i64(t->keys, 2), f);
    map->spare = ledger_book(l, "spare", t->rows, t->keys, f);
    map_sights(l, map, p, t);
    plan->map.seen = ledger_book(l, "seen", rows, 1, sizeof(uint8_t));
}

static void map_gradients(struct backward_plan *plan, const struct problem *p) {
    struct ledger *l = &plan->worker_memory;
    struct backward_map *map = &plan->map;
    const struct tiling *t = &plan->tiling;
    const int64_t f = sizeof(float), rows = t->block_rows;
    const int64_t D = round_up(p->D, t->unit), Dv = round_up(p->Dv, t->unit);
    map->line = ledger_book(l, "line", t->rows, max_i64(p->D, p->Dv), f);
    map->upstream = ledger_book(l, "upstream", rows, p->Dv, f);
    map->query_rows = ledger_book(l, "query rows", rows, D, f);
    map->upstream_rows = ledger_book(l, "upstream rows", rows, Dv, f);
    map->query_sums = ledger_book(l, "query sums", rows, p->D, f);
    map->base = ledger_book(l, "base", rows, 1, f);
    map->factor = ledger_book(l, "factor", rows, 1, f);
    map->mean = ledger_book(l, "mean", rows, 1, f);
    map->ones = ledger_book(l, "ones", t->rows, 1, f);
    map->gradient = ledger_book(l, "gradient", t->rows, t->keys, f);
    map->slope = ledger_book(l, "slope", p->softcap > 0 ? t->rows : 0, t->keys, f);
    map->dropped = ledger_book(l, "dropped", drops(&p->dropout) ? t->rows : 0, t->keys, f);
    map->clean = ledger_book(l, "clean", t->keys, p->D, f);
    map->key_sums = ledger_book(l, "key sums", plan->chunk_keys, D, f);
    map->value_sums = ledger_book(l, "value sums", plan->chunk_keys, Dv, f);
}

/* How many tasks there are, and of what. Tasks never add to the same gradient: its sum would depend on their order. */
static int cut(struct backward_plan *plan, const struct problem *p, const struct gradients *g, int32_t threads) {
    int64_t pairs;
    plan->shares_sequences = g->slopes || g->bias || g->sinks || (g->mask && !g->mask_b);
    plan->shares_heads = g->mask && !g->mask_h;
    if (!checked_mul(plan->shares_sequences ? 1 : p->B, plan->shares_heads ? 1 : p->K, &pairs)) return 0;
    const int shares_queries = g->mask && !g->mask_t;
    const int can_cut = !plan->shares_sequences && !plan->shares_heads && !shares_queries && pairs < FEW_TASKS;
    plan->two_passes = can_cut && threads * ONE_PASS > min_i64(pairs, threads) * TWO_PASSES;
    plan->chunk_keys = max_i64(min_i64(p->S, can_cut ? SMALL_CHUNK : LARGE_CHUNK), 1);
    plan->chunks = max_i64(ceil_div(p->S, plan->chunk_keys), 1);
    plan->tasks = plan->key_tasks = pairs;
    return !plan->two_passes ||
           (checked_mul(pairs, plan->blocks, &plan->tasks) && checked_mul(pairs, plan->chunks, &plan->key_tasks));
}

int plan_backward(const struct machine *machine, const struct problem *p, const struct gradients *g,
                  struct backward_plan *plan) {
    int64_t rows;
    *plan = (struct backward_plan){.plain = machine->path == SA_PATH_PLAIN,
                                   .worker_memory = {.title = "attention backward, a worker"}};
    if (!checked_mul(p->G, p->T, &rows)) return 0;
    plan->tiling = tile_backward(machine->kernels->lanes, rows);
    plan->blocks = ceil_div(rows, plan->tiling.block_rows);
    if (!cut(plan, p, g, machine->parallel.threads)) return 0;
    map_shared(plan, p, g);
    if (plan->plain) {
        map_plain(plan, p);
    } else {
        map_block(plan, p);
        map_gradients(plan, p);
    }
    plan->workers = plan->plain ? 1
                                : parallel_workers(&machine->parallel,
                                                   max_i64(plan->tasks, plan->two_passes ? plan->key_tasks : 0));
    struct ledger all = {.title = "attention backward"};
    ledger_book_each(&all, &plan->worker_memory, plan->workers);
    plan->bytes = all.bytes;
    return ledger_fits(&all);
}
