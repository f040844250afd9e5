/* The softmax online over tiles of keys (Milakov and Gimelshein, "Online normalizer calculation for softmax", 2018).
 *
 * After each tile:  maximum = largest score so far,  total = sum of exp(score - maximum),  sums = sum of exp(score -
 * maximum) * v. Where the maximum grows, total and sums are multiplied by exp(old - new). While no score is above
 * -infinity the exponentials are taken against 0: they are 0, or NaN where a score is. SPDX-License-Identifier: MIT */
#include "flow/tile.h"

static void softmax_row(struct block *block, int64_t r, float *scores, int64_t keys) {
    const struct kernels *kernels = block->machine->kernels;
    float old = block->maximum[r], largest = kernels->row_max(scores, keys);
    float new = largest > old ? largest : old;
    float sum = kernels->row_exp_sum(scores, keys, new == -INFINITY ? 0 : new);
    if (new != old && old != -INFINITY) {
        float shrink = expf(old - new);
        if (shrink < FLT_MIN) shrink = FLT_MIN; /* not 0, which would turn an infinite sum into NaN */
        block->total[r] *= shrink;
        kernels->row_scale(block->sums + r * block->p->Dv, block->p->Dv, shrink);
    }
    block->maximum[r] = new;
    block->total[r] += sum;
}

void online_softmax(struct block *block, const struct subtile *sub) {
    for (int64_t r = 0; r < sub->rows; r++)
        softmax_row(block, sub->at + r, block->scores + r * block->tiling->keys + sub->from, sub->keys);
}
