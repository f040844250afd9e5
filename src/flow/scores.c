/* S = scale * Q K^T, then softcap.
 * SPDX-License-Identifier: MIT */
#include "flow/tile.h"

void compute_scores(struct block *block, const struct subtile *sub, int capped) {
    const struct problem *p = block->p;
    int64_t ld = block->tiling->keys;
    struct gemm_shape shape = {
        .m = sub->height, .n = round_up(sub->keys, TILE_UNIT), .k = p->D, .lda = p->D, .ldb = ld, .ldc = ld};
    block->machine->gemm(&shape, p->scale, block->query + sub->at * p->D, block->keys_t + sub->from, 0,
                         block->scores + sub->from);
    if (!capped || p->softcap <= 0) return;
    for (int64_t r = 0; r < sub->rows; r++)
        block->machine->kernels->row_softcap(block->scores + r * ld + sub->from, sub->keys, p->softcap);
}
