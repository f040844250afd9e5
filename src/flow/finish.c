/* The last division: sums / totals into the output view, so that concatenating the heads costs nothing; and the
 * log-sum-exp. SPDX-License-Identifier: MIT */
#include "flow/tile.h"

#include <string.h>

static void write_row(const struct block *block, int64_t r, float *out, int64_t stride) {
    int64_t Dv = block->p->Dv;
    const float *sums = block->sums + r * Dv;
    float inverse = block->seen[r] ? 1 / block->total[r] : 0;
    if (stride == 1 && block->seen[r]) {
        block->machine->kernels->row_scale_to(out, sums, Dv, inverse);
        return;
    }
    for (int64_t d = 0; d < Dv; d++) out[d * stride] = block->seen[r] ? sums[d] * inverse : 0;
}

void finish(struct block *block) {
    const struct problem *p = block->p;
    for (int64_t r = 0; r < block->rows; r++) {
        int64_t h = row_head(block, r), t = row_query(block, r);
        write_row(block, r, view_row(&p->output, block->b, h, t), p->output.stride_d);
        if (!p->lse.data) continue;
        float base = block->maximum[r] == -INFINITY ? 0 : block->maximum[r];
        *view_row(&p->lse, block->b, h, t) = block->seen[r] ? base + logf(block->total[r]) : -INFINITY;
    }
}
