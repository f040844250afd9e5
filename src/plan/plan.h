/* Decides how a problem is cut into tiles and tasks, and how much scratch memory that takes. Nothing is decided later.
 *
 * For each sequence and key/value head, the G*T query rows of its query heads stand below each other: row r is query r
 * / G of the group's head r % G. A task is a query block of these rows. It walks over the keys tile by tile, prepares
 * each tile once, and uses it for all sub-tiles of its rows. The cuts depend on sizes alone, never on the number of
 * threads.
 * SPDX-License-Identifier: MIT */
#ifndef SA_PLAN_PLAN_H
#define SA_PLAN_PLAN_H

#include "base/arith.h"
#include "base/ledger.h"
#include "plan/machine.h"
#include "plan/problem.h"

/* How keys are walked over: row by row in plain C; or tile by tile with scores by rows, by lanes, or by lanes with
 * products on the matrix unit. docs/architecture.md has the layouts. */
enum walk { WALK_PLAIN, WALK_ROWS, WALK_LANES, WALK_MATRIX };

struct tiling {
    int64_t rows;       /* query rows of a sub-tile */
    int64_t first_rows; /* the same for the first sub-tile; the second makes up for the difference */
    int64_t unit;       /* 0: sub-tiles have fixed heights; else any multiple of this */
    int64_t keys;       /* keys of a tile; a multiple of TILE_UNIT */
    int64_t block_rows; /* query rows of a task; a multiple of rows */
};

/* Score tiles always have a width that is a multiple of this; the rest is zeros. */
enum { TILE_UNIT = 16 };

/* How many numbers say which keys a sub-tile sees: struct extent in flow/tile/state.h. */
enum { EXTENT_KEYS = 8 };

/* By lanes, keys are also cut into chunks of this many. Each chunk is summed up on its own, and the results are merged
 * in order. So workers can share the keys of a few queries, and the bits are those of a long prompt computed at
 * once. */
enum { CHUNK_KEYS = 512 };

/* The state of a query block after some tiles, in bytes from the state's start. */
struct state_map {
    int64_t sums;    /* float  [block_rows][Dv] weighted sums, not yet divided: by rows, or [Dv][rows] per sub-tile */
    int64_t maximum; /* float  [block_rows]     largest score so far */
    int64_t total;   /* float  [block_rows]     sum of the exponentials so far */
    int64_t seen;    /* uint8_t[block_rows]     whether any key was visible */
};

/* Where a worker's buffers lie in its scratch memory, in bytes from its start. */
struct scratch_map {
    int64_t query; /* float  [block_rows][D]  packed queries: by rows, or [D][rows] per sub-tile */
    int64_t keys;  /* float  [keys][D]        keys of one tile: transposed, or copied if they cannot be read in place */
    int64_t values; /* float  [keys][Dv]       values of one tile, if they cannot be read in place */
    int64_t scores; /* float  [rows][keys]     score tile, then weights: by rows, or [keys][rows] */
    /* uint16_t, on a matrix unit: [parts][block_rows][D padded] as matrix_pack_queries leaves it per sub-tile,
     * [parts][keys][D padded] as matrix_pack_rows, [parts][Dv padded][keys padded] as matrix_pack_columns or, for few
     * rows, the same size as matrix_pack_pairs, and [parts][keys][rows] as matrix_softmax */
    int64_t matrix_query, matrix_keys, matrix_values, matrix_weights;
    int64_t shrink;  /* float  [block_rows]     factor of the sums so far, after a tile with a larger maximum */
    int64_t bias;    /* float  [rows][keys]     by lanes: mask tile, or bounds per lane */
    int64_t strip;   /* float  [rows + (keys + 1) * G]  what rules add, by distance and head */
    int64_t spare;   /* float  [rows (by rows: keys)][most of D, Dv, keys]  between memory's order and the tile's */
    int64_t first;   /* int64_t[block_rows]     visible keys are first <= j < last ... */
    int64_t last;    /* int64_t[block_rows]     ... before the mask tensor */
    int64_t extents; /* int64_t[block_rows / rows + 1][EXTENT_KEYS]  the same for sub-tiles */
    int64_t shift;   /* int64_t[block_rows]     with slopes: what their distances are counted from */
    int64_t odd;     /* uint8_t[keys]           values of this key are not all finite */
    int64_t shown;   /* uint8_t[rows][keys]     with callbacks: what they hide, in the order of the scores */
    int64_t held;    /* float  [block_rows]     with prob_mod: totals of the first pass */
    int64_t draw_query, draw_head; /* uint32_t[block_rows] with dropout: numbers of a row's query and head */
    /* with sa_summaries, those that are wanted: double [block_rows], float [block_rows] twice, float [rows], int32_t
     * and float [block_rows][strongest], float [G][keys] twice, float [keys][KEY_LANES] twice */
    int64_t entropy, base, log_total, part, strongest_keys, strongest_weights, tile_sums, tile_maxima, lane_sums,
        lane_maxima;
    int64_t kept;   /* float  [kept_keys][block_rows]  with sa_summaries: scores that are read twice */
    int64_t line;   /* int32_t[block_rows]     with a block list: which of the lines is the row's */
    int64_t units;  /* uint64_t[block_rows + 2 G]  units of a tile that each line names: a line per query and head at
                       most, of queries that may be cut at both ends */
    int64_t states; /* state of the chunk, then of all chunks so far */
};

struct plan {
    enum walk walk;
    const struct lane_kernels *lanes; /* by lanes: those of a single row, or of several */
    int own_order;                    /* scores of a single row are summed up as is fastest, not as in a prefill */
    struct tiling tiling;
    int64_t parts;     /* bf16 per float on the matrix unit; 0: not used */
    int64_t kept_keys; /* with summaries: keys whose scores are kept for the second pass, a multiple of tiling.keys */
    struct scratch_map map;
    struct state_map state;
    struct ledger worker_memory, state_memory; /* memory of the two maps, per worker and per state */
    int64_t blocks;                            /* per sequence and key/value head */
    int64_t chunks;                            /* of the keys; 1 where they are not cut */
    int split;     /* chunks are tasks of their own, which leave their states behind the workers' scratch memory */
    int64_t tasks; /* blocks of all sequences and heads */
    int32_t workers;
    int64_t partial;              /* where the states of split chunks begin in scratch memory */
    int64_t summary_keys;         /* with summaries of keys: keys of all sequences and query heads ... */
    int64_t key_sums, key_maxima; /* ... and where their accumulators begin in scratch memory */
    int64_t bytes;                /* scratch memory in all */
};

/* How many terms of a score should be summed up at a time. */
int64_t choose_chain(float scale, int64_t D);

/* The largest number of keys for which a plan for S keys holds too: as many chunks have so many. */
static inline int64_t plan_keys(int64_t S) {
    return round_up(S, CHUNK_KEYS);
}

/* Books what rules add to a query block, what its rows may see, and the numbers of their draws; for gradients too. */
void map_sights(struct ledger *ledger, struct scratch_map *map, const struct problem *p, const struct tiling *t);

/* Plans `problem` for `machine`; 0 if the scratch memory's size does not fit, else 1. */
int plan_attention(const struct machine *machine, const struct problem *problem, struct plan *plan);

#endif
