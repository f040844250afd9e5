/* The online softmax over tiles of keys (Milakov and Gimelshein, "Online normalizer calculation for softmax", 2018).
 *
 * After each tile:  maximum = largest score so far,  total = sum of exp(score - maximum),  sums = sum of exp(score -
 * maximum) * v. Where the maximum grows, total and sums are multiplied by shrink = exp(old - new). While no score is
 * above -infinity the exponentials are taken against 0: they are 0, or NaN where a score is. shrink is never 0, which
 * would turn an infinite sum into NaN.
 * SPDX-License-Identifier: MIT */
#include "flow/tile/softmax.h"

static void softmax_row(struct query_block *block, int64_t r, float *scores, int64_t count) {
    const struct kernels *kernels = block->machine->kernels;
    float old = block->now.maximum[r], largest = kernels->rows->max(scores, count);
    float new = largest > old ? largest : old;
    float sum = kernels->rows->exp_sum(scores, count, new == -INFINITY ? 0 : new);
    block->shrink[r] = new != old ? fmaxf(expf(old - new), FLT_MIN) : 1;
    block->now.total[r] = block->now.total[r] * block->shrink[r] + sum;
    block->now.maximum[r] = new;
}

void softmax_rows(struct query_block *block, const struct subtile *sub) {
    for (int64_t r = 0; r < sub->rows; r++) softmax_row(block, sub->at + r, scores_of_row(block, sub, r), sub->count);
}

void softmax_lanes(struct query_block *block, const struct subtile *sub) {
    block->lanes->softmax(block->scores, sub->height, sub->count, block->now.maximum + sub->at,
                          block->now.total + sub->at, block->shrink + sub->at);
}

/* The scores stay as they are; the weights go to block->matrix.weights. */
void softmax_matrix(struct query_block *block, const struct subtile *sub) {
    block->machine->kernels->matrix->softmax(block->matrix.weights, block->tiling->keys * sub->height, block->scores,
                                             sub->height, sub->count, block->now.maximum + sub->at,
                                             block->now.total + sub->at, block->shrink + sub->at, block->matrix.parts);
}

void normalise_rows(struct query_block *block, const struct subtile *sub) {
    const struct kernels *kernels = block->machine->kernels;
    for (int64_t r = 0; r < sub->rows; r++) {
        float *scores = scores_of_row(block, sub, r);
        kernels->rows->exp_sum(scores, sub->count, base_of(block, sub->at + r));
        kernels->rows->scale(scores, sub->count, 1 / block->now.total[sub->at + r]);
    }
}

void normalise_lanes(struct query_block *block, const struct subtile *sub) {
    float *base = block->bias, *factor = block->bias + sub->height;
    for (int64_t r = 0; r < sub->height; r++) {
        base[r] = base_of(block, sub->at + r);
        factor[r] = 1 / block->now.total[sub->at + r];
    }
    block->lanes->exp(block->scores, sub->height, sub->count, base, factor);
}
