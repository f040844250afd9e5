/* Merges the states of two chunks of keys:  with m the larger maximum,
 *     total = total1 exp(m1 - m) + total2 exp(m2 - m),  sums likewise.
 * A chunk without visible keys (maximum -infinity, 0, 0) changes no bit of the other.
 * SPDX-License-Identifier: MIT */
#include "flow/tile/merge.h"

void merge_lanes(const struct query_block *block, const struct state *into, const struct state *from) {
    int64_t Dv = block->p->Dv;
    for (int64_t at = 0; at < block->rows;) {
        struct subtile sub = subtile_at(block, at);
        block->lanes->merge(into->sums + at * Dv, into->maximum + at, into->total + at, from->sums + at * Dv,
                            from->maximum + at, from->total + at, sub.height, Dv);
        at += sub.rows;
    }
    for (int64_t r = 0; r < block->rows; r++) into->seen[r] |= from->seen[r];
}
