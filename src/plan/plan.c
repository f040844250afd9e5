/* SPDX-License-Identifier: MIT */
#include "plan/plan.h"

#include "base/arith.h"
#include "base/memory.h"
#include "plan/cache.h"

#include <math.h>

/* OpenBLAS has special kernels for products of at most 10^6 multiplications; on AVX-512 they are about 1.3 times faster
 * and take neither locks nor threads. Within that, tiles of transposed keys and of values that stay in the first-level
 * cache (32 KiB each) win; 64 rows lose 2 % against 96 but waste less where a causal mask cuts. See docs/performance.md
 * for the sweep. */
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

enum { LANE_KEYS = 64, LANE_SUBTILES = 8 };

/* Lanes do not know of each other, so the last sub-tile of a block is as narrow as its rows allow. */
static struct tiling tile_by_lanes(const struct kernels *kernels) {
    int64_t rows = kernels->lanes->most_width;
    return (struct tiling){.rows = rows,
                           .first_rows = rows,
                           .unit = kernels->lanes->unit,
                           .keys = LANE_KEYS,
                           .block_rows = LANE_SUBTILES * rows};
}

/* 32 rows fill the tile registers; with 64 keys everything that one sub-tile touches stays near the first-level cache.
 * Preparing a tile of keys costs as much as a sub-tile of rows, so a block has many. */
enum { MATRIX_ROWS = 32, MATRIX_KEYS = 64, MATRIX_SUBTILES = MOST_SUBTILES };

static struct tiling tile_on_matrix_unit(const struct kernels *kernels) {
    return (struct tiling){.rows = MATRIX_ROWS,
                           .first_rows = MATRIX_ROWS,
                           .unit = kernels->lanes->unit,
                           .keys = MATRIX_KEYS,
                           .block_rows = MATRIX_SUBTILES * MATRIX_ROWS};
}

static struct tiling choose_tiling(const struct machine *machine, const struct problem *p) {
    switch (machine->path) {
    case SA_PATH_PLAIN:
        return (struct tiling){.rows = 1, .first_rows = 1, .keys = 1, .block_rows = 1};
    case SA_PATH_BLAS:
        return tile_by_rows(p->D, p->Dv, p->key.tables != NULL);
    default:
        return machine->precision ? tile_on_matrix_unit(machine->kernels) : tile_by_lanes(machine->kernels);
    }
}

/* exp turns the error of a score into a relative error of a weight. The sum of D products in one chain has one of about
 * sqrt(D) / 5 units in the last place of its usual size, scale * sqrt(D) for normal numbers; that is 1 by default, and
 * few products are as fast as one chain. Where scores are to be larger, short chains are worth their cost: see
 * docs/numerics.md. */
static int64_t choose_chain(const struct problem *p) {
    int is_sharp = fabsf(p->scale) * sqrtf((float)p->D) > 1.5f;
    return is_sharp ? CHAIN_UNIT : round_up(p->D, CHAIN_UNIT);
}

/* Books count * width elements of `size` bytes at the end of the map; 0 on overflow. */
static int book(struct scratch_map *map, int64_t *place, int64_t count, int64_t width, int64_t size) {
    int64_t elements, bytes;
    *place = map->bytes;
    return checked_mul(count, width, &elements) && checked_mul(elements, size, &bytes) &&
           checked_add(bytes, MEMORY_ALIGNMENT - 1, &bytes) &&
           checked_add(map->bytes, bytes / MEMORY_ALIGNMENT * MEMORY_ALIGNMENT, &map->bytes);
}

static int map_state(struct state_map *map, const struct tiling *t, int64_t Dv) {
    struct scratch_map all = {0};
    const int64_t f = sizeof(float), rows = t->block_rows;
    int fits = book(&all, &map->sums, rows, Dv, f) && book(&all, &map->maximum, rows, 1, f) &&
               book(&all, &map->total, rows, 1, f) && book(&all, &map->seen, rows, 1, 1);
    map->bytes = all.bytes;
    return fits;
}

static int map_matrix(struct plan *plan, int64_t D, int64_t Dv) {
    struct scratch_map *map = &plan->map;
    const struct tiling *t = &plan->tiling;
    int64_t bytes = plan->parts * (int64_t)sizeof(uint16_t), depth = round_up(D, MATRIX_UNIT),
            dims = round_up(Dv, MATRIX_UNIT);
    return book(map, &map->matrix_query, t->block_rows, depth, bytes) &&
           book(map, &map->matrix_keys, t->keys, depth, bytes) &&
           book(map, &map->matrix_values, dims, t->keys, bytes) &&
           book(map, &map->matrix_weights, t->keys, t->rows, bytes);
}

static int book_strip(struct scratch_map *map, int64_t rows, int64_t heads, int64_t distances) {
    int64_t floats;
    return checked_mul(heads, distances, &floats) && checked_add(floats, rows, &floats) &&
           book(map, &map->strip, floats, 1, sizeof(float));
}

/* The only description of the tiled paths' scratch memory, together with map_state() and map_matrix(). */
static int map_tiles(struct plan *plan, const struct problem *p, int lanes) {
    struct scratch_map *map = &plan->map;
    const struct tiling *t = &plan->tiling;
    const int64_t f = sizeof(float), i = sizeof(int64_t), rows = t->block_rows, D = p->D, Dv = p->Dv;
    const int64_t heads = rules_add(&p->rules) ? p->G : 0, strip = heads ? t->rows : 0;
    map->bytes = 0;
    return book(map, &map->query, plan->parts ? 0 : rows, D, f) && book(map, &map->keys, t->keys, D, f) &&
           book(map, &map->values, t->keys, Dv, f) && book(map, &map->scores, t->rows, t->keys, f) &&
           book(map, &map->shrink, rows, 1, f) && book(map, &map->bias, lanes ? t->rows : 0, t->keys, f) &&
           book_strip(map, strip, heads, t->keys + 1) &&
           book(map, &map->spare, max_i64(t->rows, lanes ? 0 : t->keys), max_i64(max_i64(D, Dv), t->keys), f) &&
           map_matrix(plan, D, Dv) && book(map, &map->first, rows, 1, i) && book(map, &map->last, rows, 1, i) &&
           book(map, &map->odd, t->keys, 1, 1) && map_state(&plan->state, t, Dv) &&
           book(map, &map->states, plan->chunks > 1 ? 2 : 1, plan->state.bytes, 1);
}

/* The plain path holds one row of scores and one of sums, in double. */
static int map_plain(struct plan *plan, const struct problem *p) {
    plan->map.bytes = 0;
    return book(&plan->map, &plan->map.scores, p->S, 1, sizeof(float)) &&
           book(&plan->map, &plan->map.states, p->Dv, 1, sizeof(double));
}

/* Few rows leave few tasks: then chunks of keys become tasks too. Weights need all chunks in one place. */
static int should_split(const struct plan *plan, const struct problem *p, int64_t rows) {
    return plan->chunks > 1 && rows <= plan->tiling.rows && !p->weights.data;
}

/* Scratch memory in all: the workers', then the states of split chunks. */
static int add_up(struct plan *plan) {
    int64_t states = 0;
    if (plan->split && !checked_mul(plan->tasks, plan->chunks, &states)) return 0;
    return checked_mul(plan->workers, plan->map.bytes, &plan->partial) &&
           checked_mul(states, plan->state.bytes, &states) && checked_add(plan->partial, states, &plan->bytes);
}

static int64_t parts_of(int32_t precision) {
    return precision == SA_PRECISION_HIGH ? 2 : precision == SA_PRECISION_MEDIUM ? 1 : 0;
}

int plan_attention(const struct machine *machine, const struct problem *p, struct plan *plan) {
    int plain = machine->path == SA_PATH_PLAIN, lanes = machine->path == SA_PATH_FUSED;
    int64_t rows, most;
    *plan = (struct plan){.tiling = choose_tiling(machine, p),
                          .parts = parts_of(machine->precision),
                          .chunks = lanes ? max_i64(ceil_div(p->S, CHUNK_KEYS), 1) : 1};
    if (!checked_mul(p->G, p->T, &rows)) return 0;
    plan->tiling.chain = choose_chain(p);
    plan->tiling.block_rows = min_i64(plan->tiling.block_rows, round_up(max_i64(rows, 1), plan->tiling.rows));
    plan->blocks = ceil_div(rows, plan->tiling.block_rows);
    if (!checked_mul(plan->blocks, p->K, &plan->tasks) || !checked_mul(plan->tasks, p->B, &plan->tasks)) return 0;
    plan->split = should_split(plan, p, rows);
    if (!(plain ? map_plain(plan, p) : map_tiles(plan, p, lanes))) return 0;
    if (!checked_mul(plan->tasks, plan->split ? plan->chunks : 1, &most)) return 0;
    plan->workers = parallel_workers(&machine->parallel, most);
    return add_up(plan);
}
