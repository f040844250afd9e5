/* SPDX-License-Identifier: MIT */
#include "plan/plan.h"

#include "base/arith.h"
#include "base/memory.h"
#include "plan/cache.h"

#include <math.h>

/* OpenBLAS has special kernels for products of at most 10^6 multiplications; on AVX-512 they are about 1.3 times faster
 * and take neither locks nor threads. Within that limit, tiles of transposed keys and of values that stay in the
 * first-level cache (32 KiB each) are fastest. 64 rows are 2 % slower than 96, but waste less where a causal mask
 * cuts. */
enum { ROWS = 64, FIRST_ROWS = 16, ROWS_OF_BLOCK = 6 * ROWS, TILE_ELEMENTS = 8192, LEAST_KEYS = 32, MOST_KEYS = 256 };

static struct tiling tile_by_rows(int64_t D, int64_t Dv, int paged) {
    int64_t keys = TILE_ELEMENTS / max_i64(D, Dv) / TILE_UNIT * TILE_UNIT;
    if (paged)
        keys = keys >= CACHE_PAGE       ? CACHE_PAGE
               : keys >= CACHE_PAGE / 2 ? CACHE_PAGE / 2
                                        : LEAST_KEYS; /* a tile lies in one page */
    return (struct tiling){.rows = ROWS,
                           .first_rows = FIRST_ROWS,
                           .keys = max_i64(LEAST_KEYS, min_i64(MOST_KEYS, keys)),
                           .block_rows = ROWS_OF_BLOCK};
}

enum { LANE_KEYS = 64, LANE_SUBTILES = 8, OWN_ELEMENTS = 32768 };

/* Tiles of tensors for a single row in an order of its own: long streams, which the processor fetches ahead. 512 keys
 * of 64 are 3 % faster than 256, and 8 % faster than 64. */
static int64_t own_keys(const struct problem *p) {
    int64_t keys = CHUNK_KEYS;
    while (keys > LANE_KEYS && keys * max_i64(p->D, p->Dv) > OWN_ELEMENTS) keys /= 2;
    return keys;
}

/* Lanes do not depend on each other, so the last sub-tile of a query block may be as narrow as its rows allow, and so
 * may be all memory if there are only `all` rows. */
static struct tiling tile_by_lanes(const struct plan *plan, const struct problem *p, int64_t all) {
    const struct lane_kernels *lanes = plan->lanes;
    int64_t rows = round_up(max_i64(min_i64(all, lanes->most_width), 1), lanes->unit);
    return (struct tiling){.rows = rows,
                           .first_rows = rows,
                           .unit = lanes->unit,
                           .keys = plan->own_order ? own_keys(p) : LANE_KEYS,
                           .block_rows = LANE_SUBTILES * rows};
}

/* 32 rows fill the tile registers. With 64 keys, the data of one sub-tile about fit the first-level cache. Preparing a
 * tile of keys costs as much as one sub-tile, so a query block has many sub-tiles. */
enum { MATRIX_ROWS = 32, MATRIX_KEYS = 64, MATRIX_SUBTILES = 16 };

static struct tiling tile_on_matrix_unit(const struct kernels *kernels) {
    return (struct tiling){.rows = MATRIX_ROWS,
                           .first_rows = MATRIX_ROWS,
                           .unit = kernels->lanes->unit,
                           .keys = MATRIX_KEYS,
                           .block_rows = MATRIX_SUBTILES * MATRIX_ROWS};
}

/* Weights on their way between softmax and the sum of values: what changes them needs floats. So do tensors for a
 * single row, at every precision: each key is used once, and to pack it costs three times its products. (From a cache,
 * and with same_bits, a row has the bits of its prefill.) */
static int needs_floats(const struct machine *machine, const struct problem *p, int64_t rows) {
    return p->callbacks.prob_mod || drops(&p->dropout) || (rows == 1 && !p->key.tables && !machine->same_bits);
}

static enum walk choose_walk(const struct machine *machine, const struct problem *p, int64_t rows) {
    switch (machine->path) {
    case SA_PATH_PLAIN:
        return WALK_PLAIN;
    case SA_PATH_BLAS:
        return WALK_ROWS;
    default:
        return parts_of_float(machine) && !needs_floats(machine, p, rows) ? WALK_MATRIX : WALK_LANES;
    }
}

static struct tiling choose_tiling(const struct plan *plan, const struct kernels *kernels, const struct problem *p,
                                   int64_t rows) {
    switch (plan->walk) {
    case WALK_ROWS:
        return tile_by_rows(p->D, p->Dv, p->key.tables != NULL);
    case WALK_LANES:
        return tile_by_lanes(plan, p, rows);
    case WALK_MATRIX:
        return tile_on_matrix_unit(kernels);
    default:
        return (struct tiling){.rows = 1, .first_rows = 1, .keys = 1, .block_rows = 1};
    }
}

/* exp turns the error of a score into a relative error of a weight. A sum of D products in one chain has an error of
 * about sqrt(D) / 5 units in the last place of its usual size. That size is scale * sqrt(D) for normal numbers: 1 by
 * default, and then one chain is exact enough, and faster. If the scale makes scores larger, short chains are worth
 * their cost: see docs/numerics.md. */
int64_t choose_chain(float scale, int64_t D) {
    int is_sharp = fabsf(scale) * sqrtf((float)D) > 1.5f;
    return is_sharp ? CHAIN_UNIT : round_up(D, CHAIN_UNIT);
}

static void map_state(struct plan *plan, int64_t Dv) {
    struct ledger *l = &plan->state_memory;
    struct state_map *map = &plan->state;
    const int64_t rows = plan->tiling.block_rows;
    map->sums = ledger_book(l, "sums", rows, Dv, sizeof(float));
    map->maximum = ledger_book(l, "maximum", rows, 1, sizeof(float));
    map->total = ledger_book(l, "total", rows, 1, sizeof(float));
    map->seen = ledger_book(l, "seen", rows, 1, sizeof(uint8_t));
}

static void map_matrix(struct plan *plan, int64_t D, int64_t Dv) {
    struct ledger *l = &plan->worker_memory;
    struct scratch_map *map = &plan->map;
    const struct tiling *t = &plan->tiling;
    int64_t bytes = plan->parts * (int64_t)sizeof(uint16_t), depth = round_up(D, MATRIX_UNIT),
            dims = round_up(Dv, MATRIX_UNIT);
    map->matrix_query = ledger_book(l, "matrix query", t->block_rows, depth, bytes);
    map->matrix_keys = ledger_book(l, "matrix keys", t->keys, depth, bytes);
    map->matrix_values = ledger_book(l, "matrix values", dims, t->keys, bytes);
    map->matrix_weights = ledger_book(l, "matrix weights", t->keys, t->rows, bytes);
}

static int64_t book_strip(struct ledger *l, int64_t rows, int64_t heads, int64_t distances) {
    int64_t floats = 0;
    ledger_require(l, checked_mul(heads, distances, &floats) && checked_add(floats, rows, &floats));
    return ledger_book(l, "strip", floats, 1, sizeof(float));
}

static void map_callbacks(struct ledger *l, struct scratch_map *map, const struct problem *p, const struct tiling *t) {
    map->shown = ledger_book(l, "shown", t->rows, t->keys, sizeof(uint8_t));
    map->held = ledger_book(l, "held", p->callbacks.prob_mod ? t->block_rows : 0, 1, sizeof(float));
}

/* Reading a score costs less than computing it again. Of 65,536 keys of a causal head, one worker keeps nine in ten
 * scores of 192 rows. Callbacks may hide some of a tile, which is not kept. */
enum { KEPT_BYTES = 32 << 20 };
static int64_t count_kept_keys(const struct plan *plan, const struct problem *p) {
    const struct tiling *t = &plan->tiling;
    const int lanes = plan->walk == WALK_LANES || plan->walk == WALK_MATRIX;
    if (!lanes || !wants_summaries(p) || has_callbacks(&p->callbacks)) return 0;
    const int64_t most = KEPT_BYTES / (int64_t)sizeof(float) / plan->workers / t->block_rows / t->keys;
    return min_i64(most, ceil_div(p->S, t->keys)) * t->keys;
}

static void map_summaries(struct ledger *l, struct scratch_map *map, const struct problem *p, const struct tiling *t) {
    const int64_t rows = t->block_rows, f = sizeof(float), count = p->summaries.strongest;
    const int64_t entropy = p->summaries.entropy.data ? rows : 0, heads = wants_keys(p) ? p->G : 0;
    map->entropy = ledger_book(l, "entropy", entropy, 1, sizeof(double));
    map->base = ledger_book(l, "base", entropy, 1, f);
    map->log_total = ledger_book(l, "log total", entropy, 1, f);
    map->part = ledger_book(l, "part", entropy || count ? t->rows : 0, 1, f);
    map->strongest_keys = ledger_book(l, "strongest keys", rows, count, sizeof(int32_t));
    map->strongest_weights = ledger_book(l, "strongest weights", rows, count, f);
    map->tile_sums = ledger_book(l, "tile sums", heads, t->keys, f);
    map->tile_maxima = ledger_book(l, "tile maxima", heads, t->keys, f);
    map->lane_sums = ledger_book(l, "lane sums", heads ? KEY_LANES : 0, t->keys, f);
    map->lane_maxima = ledger_book(l, "lane maxima", heads ? KEY_LANES : 0, t->keys, f);
}

static void map_lines(struct ledger *l, struct scratch_map *map, int64_t rows, int64_t G) {
    map->line = ledger_book(l, "line numbers", rows, 1, sizeof(int32_t));
    map->units = ledger_book(l, "units", rows + 2 * G, 1, sizeof(uint64_t));
}

static void map_draws(struct ledger *l, struct scratch_map *map, int64_t rows) {
    map->draw_query = ledger_book(l, "queries of draws", rows, 1, sizeof(uint32_t));
    map->draw_head = ledger_book(l, "heads of draws", rows, 1, sizeof(uint32_t));
}

void map_sights(struct ledger *l, struct scratch_map *map, const struct problem *p, const struct tiling *t) {
    const int64_t rows = t->block_rows;
    map->first = ledger_book(l, "first", rows, 1, sizeof(int64_t));
    map->last = ledger_book(l, "last", rows, 1, sizeof(int64_t));
    map->extents = ledger_book(l, "extents", rows / t->rows + 1, EXTENT_KEYS, sizeof(int64_t));
    if (rules_add(&p->rules)) map->strip = book_strip(l, t->rows, p->G, t->keys + 1);
    if (p->rules.slopes) map->shift = ledger_book(l, "shift", rows, 1, sizeof(int64_t));
    if (p->blocks.offsets) map_lines(l, map, rows, p->G);
    if (drops(&p->dropout)) map_draws(l, map, rows);
}

/* With the functions it calls, the only place that lays out the tiled paths' scratch memory. Gradients have more, and
 * a block's operands otherwise: flow/backward/plan.c. What a problem does not have is not booked: each piece costs a
 * small call some nanoseconds. */
static void map_tiles(struct plan *plan, const struct problem *p) {
    struct ledger *l = &plan->worker_memory;
    struct scratch_map *map = &plan->map;
    const struct tiling *t = &plan->tiling;
    const int64_t f = sizeof(float), rows = t->block_rows, D = p->D, Dv = p->Dv;
    const int lanes = plan->walk != WALK_ROWS;
    if (!plan->parts) map->query = ledger_book(l, "query", rows, D, f);
    map->keys = ledger_book(l, "keys", t->keys, D, f);
    map->values = ledger_book(l, "values", t->keys, Dv, f);
    map->scores = ledger_book(l, "scores", t->rows, t->keys, f);
    map->shrink = ledger_book(l, "shrink", rows, 1, f);
    map->bias = ledger_book(l, "bias", lanes ? t->rows : 0, t->keys, f);
    map->spare = ledger_book(l, "spare", max_i64(t->rows, lanes ? 0 : t->keys), max_i64(max_i64(D, Dv), t->keys), f);
    if (plan->parts) map_matrix(plan, D, Dv);
    map->odd = ledger_book(l, "odd", t->keys, 1, sizeof(uint8_t));
    if (has_callbacks(&p->callbacks)) map_callbacks(l, map, p, t);
    if (wants_summaries(p)) map_summaries(l, map, p, t);
    if (plan->kept_keys) map->kept = ledger_book(l, "kept scores", plan->kept_keys, rows, f);
    map_sights(l, map, p, t);
    map_state(plan, Dv);
    map->states = ledger_book_each(l, &plan->state_memory, plan->chunks > 1 ? 2 : 1);
}

/* The plain path holds one row of scores and one of sums, in double. */
static void map_plain(struct plan *plan, const struct problem *p) {
    plan->map.scores = ledger_book(&plan->worker_memory, "scores", p->S, 1, sizeof(float));
    plan->map.shown =
        ledger_book(&plan->worker_memory, "shown", has_callbacks(&p->callbacks) ? p->S : 0, 1, sizeof(uint8_t));
    plan->map.strongest_weights =
        ledger_book(&plan->worker_memory, "strongest weights", p->summaries.strongest, 1, sizeof(float));
    plan->map.states = ledger_book(&plan->worker_memory, "sums", p->Dv, 1, sizeof(double));
}

/* Few rows leave few tasks, so chunks of keys become tasks too. Not if there is a second pass over the weights: a task
 * then needs all chunks. */
static int should_split(const struct plan *plan, const struct problem *p, int64_t rows) {
    return plan->chunks > 1 && rows <= plan->tiling.rows && !p->weights.data && !p->callbacks.prob_mod &&
           !wants_summaries(p);
}

/* Keys of all sequences and query heads. */
static int count_summary_keys(const struct problem *p, int64_t *count) {
    const int64_t *starts = p->visible.key_starts;
    return (starts ? (*count = starts[p->B], 1) : checked_mul(p->B, p->S, count)) && checked_mul(*count, p->H, count);
}

/* The accumulators of sums over the queries of a key. */
static void map_key_summaries(struct ledger *all, struct plan *plan, const struct problem *p) {
    ledger_require(all, count_summary_keys(p, &plan->summary_keys));
    plan->key_sums = ledger_book(all, "key sums", plan->summary_keys, 1, sizeof(int64_t));
    plan->key_maxima = ledger_book(all, "key maxima", plan->summary_keys, 1, sizeof(uint32_t));
}

static void map_partial_states(struct ledger *all, struct plan *plan) {
    int64_t states = 0;
    ledger_require(all, checked_mul(plan->tasks, plan->chunks, &states));
    plan->partial = ledger_book_each(all, &plan->state_memory, states);
}

/* Scratch memory in all: the workers', then the states of split chunks, then the accumulators of summaries. */
static int add_up(struct plan *plan, const struct problem *p) {
    struct ledger all = {.title = "attention"};
    ledger_book_each(&all, &plan->worker_memory, plan->workers);
    if (plan->split) map_partial_states(&all, plan);
    if (wants_keys(p)) map_key_summaries(&all, plan, p);
    plan->bytes = all.bytes;
    return ledger_fits(&all);
}

/* Keys of a cache are summed up as in a prefill, so that a step has its bits; those of a tensor as it is fastest,
 * unless the scale asks for short chains, or a list leaves out keys, which long tiles would visit. */
static int has_own_order(const struct plan *plan, const struct problem *p) {
    return plan->lanes->few_dots && !p->key.tables && !p->blocks.offsets && p->chain >= p->D;
}

/* The kernels of a single row have no dropout. */
static int is_single(enum walk walk, const struct problem *p, int64_t rows) {
    return walk == WALK_LANES && rows == 1 && !drops(&p->dropout);
}

int plan_attention(const struct machine *machine, const struct problem *p, struct plan *plan) {
    int64_t rows, most;
    if (!checked_mul(p->G, p->T, &rows)) return 0;
    const enum walk walk = choose_walk(machine, p, rows);
    const int lanes = walk == WALK_LANES || walk == WALK_MATRIX;
    memory_clear(plan, sizeof *plan);
    plan->walk = walk;
    plan->lanes = is_single(walk, p, rows) ? machine->kernels->single : machine->kernels->lanes;
    plan->parts = walk == WALK_MATRIX ? parts_of_float(machine) : 0;
    plan->worker_memory.title = "attention, a worker";
    plan->state_memory.title = "attention, a chunk";
    plan->chunks = lanes ? max_i64(ceil_div(p->S, CHUNK_KEYS), 1) : 1;
    plan->own_order = walk == WALK_LANES && !machine->same_bits && has_own_order(plan, p);
    plan->tiling = choose_tiling(plan, machine->kernels, p, rows);
    struct tiling *t = &plan->tiling;
    t->block_rows = max_i64(round_up(min_i64(rows, t->block_rows), t->rows), t->rows);
    plan->blocks = ceil_div(rows, t->block_rows);
    if (!checked_mul(plan->blocks, p->K, &plan->tasks) || !checked_mul(plan->tasks, p->B, &plan->tasks)) return 0;
    plan->split = should_split(plan, p, rows);
    if (!checked_mul(plan->tasks, plan->split ? plan->chunks : 1, &most)) return 0;
    plan->workers = parallel_workers(&machine->parallel, most);
    plan->kept_keys = count_kept_keys(plan, p);
    if (walk == WALK_PLAIN)
        map_plain(plan, p);
    else
        map_tiles(plan, p);
    return add_up(plan, p);
}
