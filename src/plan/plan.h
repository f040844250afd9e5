/* Decides how a problem is cut into tiles and tasks and what scratch memory that takes. Running decides nothing.
 *
 * For each sequence and key/value head, the G*T query rows of its query heads stand below each other: row r is query r
 * / G of the group's head r % G. A task is a block of these rows; it walks over the keys tile by tile, transposes each
 * tile of K once, and uses it for all sub-tiles of its rows. Cuts depend on sizes alone, never on the number of
 * threads. SPDX-License-Identifier: MIT */
#ifndef SA_PLAN_PLAN_H
#define SA_PLAN_PLAN_H

#include "plan/machine.h"
#include "plan/problem.h"

struct tiling {
    int64_t rows;       /* query rows of a sub-tile, the height of a score tile */
    int64_t first_rows; /* the same for the first sub-tile; the second makes up for the difference */
    int64_t keys;       /* keys of a tile, the width of a score tile; a multiple of TILE_UNIT */
    int64_t block_rows; /* query rows of a task; a multiple of rows */
};

/* Score tiles always have a width that is a multiple of this; the rest is zeros. */
enum { TILE_UNIT = 16 };

/* Most sub-tiles of a block. */
enum { SUBTILES = 7 };

/* Where a worker's buffers lie in its scratch memory, in bytes from its start, and how much there is in all. */
struct scratch_map {
    int64_t query;   /* float  [block_rows][D]     packed queries, zero rows at the end */
    int64_t keys_t;  /* float  [D][keys]           transposed keys of one tile */
    int64_t values;  /* float  [keys][Dv]          values of one tile, where they cannot be used as they lie */
    int64_t scores;  /* float  [rows][keys]        score tile, then probabilities */
    int64_t sums;    /* float  [block_rows][Dv]    weighted sums, not yet divided */
    int64_t maximum; /* float  [block_rows]        largest score so far */
    int64_t total;   /* float  [block_rows]        sum of the exponentials so far */
    int64_t first;   /* int64_t[block_rows]        visible keys are first <= j < last ... */
    int64_t last;    /* int64_t[block_rows]        ... before the mask tensor */
    int64_t seen;    /* uint8_t[block_rows]        whether any key was visible */
    int64_t odd;     /* uint8_t[keys]              values of this key hold NaN or infinity */
    int64_t bytes;
};

struct plan {
    struct tiling tiling;
    struct scratch_map map;
    int64_t blocks; /* per sequence and key/value head */
    int64_t tasks;
    int32_t workers;
    int64_t bytes; /* scratch memory of all workers */
};

/* Plans `problem` for `machine`; 0 if the scratch memory's size does not fit, else 1. */
int plan_attention(const struct machine *machine, const struct problem *problem, struct plan *plan);

#endif
