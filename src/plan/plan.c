/* SPDX-License-Identifier: MIT */
#include "plan/plan.h"

#include "base/arith.h"
#include "base/memory.h"

/* OpenBLAS has special kernels for products of at most 10^6 multiplications; on AVX-512 they are about 1.3 times faster
 * and take neither locks nor threads. Within that, tiles of transposed keys and of values that stay in the first-level
 * cache (32 KiB each) win; 64 rows lose 2 % against 96 but waste less where a causal mask cuts. See docs/performance.md
 * for the sweep. */
enum { ROWS = 64, FIRST_ROWS = 16, BLOCK_ROWS = 6 * ROWS, TILE_ELEMENTS = 8192, LEAST_KEYS = 32, MOST_KEYS = 256 };

static struct tiling choose_tiling(int64_t D, int64_t Dv) {
    int64_t keys = TILE_ELEMENTS / max_i64(D, Dv) / TILE_UNIT * TILE_UNIT;
    return (struct tiling){.rows = ROWS,
                           .first_rows = FIRST_ROWS,
                           .keys = max_i64(LEAST_KEYS, min_i64(MOST_KEYS, keys)),
                           .block_rows = BLOCK_ROWS};
}

/* Books count * size bytes at the end of the map; 0 on overflow. */
static int book(struct scratch_map *map, int64_t *place, int64_t count, int64_t width, int64_t size) {
    int64_t elements, bytes;
    *place = map->bytes;
    return checked_mul(count, width, &elements) && checked_mul(elements, size, &bytes) &&
           checked_add(bytes, MEMORY_ALIGNMENT - 1, &bytes) &&
           checked_add(map->bytes, bytes / MEMORY_ALIGNMENT * MEMORY_ALIGNMENT, &map->bytes);
}

/* The only description of the tiled path's scratch memory. */
static int map_tiles(struct scratch_map *map, const struct tiling *t, int64_t D, int64_t Dv) {
    const int64_t f = sizeof(float), i = sizeof(int64_t);
    map->bytes = 0;
    return book(map, &map->query, t->block_rows, D, f) && book(map, &map->keys_t, D, t->keys, f) &&
           book(map, &map->values, t->keys, Dv, f) && book(map, &map->scores, t->rows, t->keys, f) &&
           book(map, &map->sums, t->block_rows, Dv, f) && book(map, &map->maximum, t->block_rows, 1, f) &&
           book(map, &map->total, t->block_rows, 1, f) && book(map, &map->first, t->block_rows, 1, i) &&
           book(map, &map->last, t->block_rows, 1, i) && book(map, &map->seen, t->block_rows, 1, 1) &&
           book(map, &map->odd, t->keys, 1, 1);
}

/* The plain path holds one row of scores and one of sums. */
static int map_plain(struct scratch_map *map, const struct problem *p) {
    map->bytes = 0;
    return book(map, &map->scores, p->S, 1, sizeof(float)) && book(map, &map->sums, p->Dv, 1, sizeof(float));
}

int plan_attention(const struct machine *machine, const struct problem *p, struct plan *plan) {
    int plain = machine->path == SA_PATH_PLAIN;
    int64_t rows;
    if (!checked_mul(p->G, p->T, &rows)) return 0;
    plan->tiling = plain ? (struct tiling){1, 1, 1, 1} : choose_tiling(p->D, p->Dv);
    plan->blocks = ceil_div(rows, plan->tiling.block_rows);
    if (!checked_mul(plan->blocks, p->K, &plan->tasks) || !checked_mul(plan->tasks, p->B, &plan->tasks)) return 0;
    if (!(plain ? map_plain(&plan->map, p) : map_tiles(&plan->map, &plan->tiling, p->D, p->Dv))) return 0;
    plan->workers = parallel_workers(&machine->parallel, plan->tasks);
    return checked_mul(plan->workers, plan->map.bytes, &plan->bytes);
}
