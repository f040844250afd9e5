/* Kernels by lanes: matrices with one query row per column, [n][width] without gaps, so that a register holds the same
 * element of several queries and no step crosses lanes: a query's result does not depend on its neighbours.
 *
 * For w < width, j < count, d < D or Dv; x[j,w] stands for x[j * width + w], key[j,d] for keys[j * ld + d]:
 *
 *   name         arguments                                   effect                                              note
 *   ------------------------------------------------------------------------------------------------------------------
 *   scores       scores width query_t D chain                scores[j,w] = sum over d of key[j,d] * query_t[d,w]    1
 *                keys ld count
 *   accumulate   sums ld_sums width x_t n rows ld            sums[j * ld_sums + w] += sum over d < n
 *                count next                                                             of row[j,d] * x_t[d,w]     11
 *   add_strip    scores width count strip step               scores[j,w] += strip[w - j * step]                 exact
 *   hide         scores width count first last               scores[j,w] = -infinity unless
 *                                                                          first[w] <= j < last[w]            exact 2
 *   softmax      scores width count maximum total shrink     a step of the online softmax                           3
 *   weigh        sums width Dv shrink weights count          sums[d,w] = sums[d,w] * shrink[w]
 *                values ld                                         + sum over j of value[j,d] * weights[j,w]
 *   few_scores   scores query_t D chain keys dtype ld        as scores, of a few columns                            4
 *                count rows
 *   few_dots     scores query D keys dtype ld count          scores[j] = sum over d of key[j,d] * query[d]         4 8
 *   few_weigh    sums total Dv shrink weights count values   as weigh, of a few columns                             4
 *                dtype ld rows
 *   merge        sums maximum total                          two results over different keys become one             5
 *                sums2 maximum2 total2 width Dv
 *   exp          x width n base factor                       x[i,w] = exp(x[i,w] - base[w]) * factor[w], i < n      3
 *   softmax_     gradient width count weights mean           gradient[j,w] = (gradient[j,w] - mean[w])
 *   gradient                                                                 * weights[j,w]                    exact 9
 *   add_keys     sums largest weights width count rows       sums[j * KEY_LANES + w % KEY_LANES] += weights[j,w],
 *                                                            largest likewise, w < rows                   exact 12
 *   largest      largest weights width count rows            largest[w] = largest of weights[j,w] and 0   exact 12
 *   entropy      sums weights scores width count rows        sums[w] = sum over j of weights[j,w] *
 *                base log_total                                (log_total[w] - (scores[j,w] - base[w]))   exact 12
 *   dropout      x width count dropout query head            x[j,w] = x[j,w] * factor, or 0 where it is dropped
 *                sequence key                                                                                exact 10
 *   pack         out width in stride rows D scale            out[d,w] = in[w * stride + d] * scale              exact 6
 *   unpack       out stride in width rows Dv factor bias     out[w * stride + d] = in[d,w] * factor[w] + bias[d]
 *                                                                                                               exact 7
 *   unpack_half  out dtype stride in width rows Dv factor    the same without a bias, to SA_BF16 or SA_F16      exact 7
 *
 *   1   The sum runs in chains of `chain` terms, which are added one after the other; chain is a multiple of
 *       CHAIN_UNIT, or D or more.
 *   2   count <= 2^24.
 *   3   With new = max(maximum, scores) and base = new, or 0 where that is -infinity, scores = exp(scores - base),
 *       shrink = max(exp(maximum - base), FLT_MIN), total = total * shrink + sum of scores, maximum = new. shrink is 1
 *       where the maximum stays. exp(-infinity) is exactly 0, exp(0) exactly 1, NaN stays NaN, results below 2^-126
 *       are 0 or tiny. Relative error of exp(x) within (2 + |x| / 4) * 2^-23. The sum runs over j in ascending order.
 *   4   Matrices of width `unit` of which only the first `rows` <= `few` columns are looked at, with the bits that
 *       scores and weigh give there. Keys and values are of dtype SA_F32, SA_BF16 or SA_F16 and are read once, while
 *       those that come behind them in memory are fetched ahead; sums are by rows, sums[r * Dv + d], with room for
 *       `few` rows.
 *   5   With m = max(maximum, maximum2): total = total * f + total2 * f2, sums = sums * f + sums2 * f2, maximum = m,
 *       where f = max(exp(maximum - m), FLT_MIN), and exactly 1 where maximum is m; f2 likewise.
 *   6   For w < rows; 0 for rows <= w < width.
 *   7   For w < rows <= width. The product is rounded before the bias is added. bias may be NULL, which stands for
 *       zeros: then never -0. 16 bits are rounded as by row_kernels.store.
 *   8   Of a single row: the table of width 1 alone has it. It is faster than few_scores; the order of the sum depends
 *       on D alone, and is another one.
 *   9   0 where the weight is below 2^-126, whatever gradient and mean are. The table of width 1 has it not.
 *  10   The draw is that of base/dropout.h for head[w], query[w] and key + j. The table of width 1 has it not.
 *  11   Meanwhile what is read soon is fetched: see struct coming.
 *  12   Weights, and what largest holds, are at least 0, or NaN; for w < rows <= width. Any width. largest passes over
 * NaN, or returns it. In
 *       entropy a weight below 2^-126 counts as 0, whatever its score is. The table of width 1 has them not.
 *
 * A second table is of width 1, for a single row: unit, most_width and few are 1. There registers hold scores of
 * several keys, or several dimensions, and every kernel has the bits that the other table gives a column. few_scores
 * and few_weigh do all that scores and weigh would, which the table need not have; it has no accumulate.
 * Its few_weigh also does the step of the total, total = total * shrink + sum of weights, and its softmax does not.
 *
 * SPDX-License-Identifier: MIT */
#ifndef SA_KERNEL_LANES_H
#define SA_KERNEL_LANES_H

#include <stdint.h>

struct dropout;

enum { CHAIN_UNIT = 32, COMING_UNIT = 16, KEY_LANES = 16 };

/* What a later call reads: for COMING_UNIT numbers of row j, `pace` bytes from from + j * ld on. Addresses behind the
 * end of memory do no harm. */
struct coming {
    uintptr_t from;
    int64_t ld, pace;
};

struct lane_kernels {
    int64_t unit, most_width; /* width is a multiple of unit, at most most_width */
    int64_t few;              /* most rows of few_scores and few_weigh; 0 where there are no such kernels */

    void (*scores)(float *scores, int64_t width, const float *query_t, int64_t D, int64_t chain, const float *keys,
                   int64_t ld, int64_t count);
    void (*accumulate)(float *sums, int64_t ld_sums, int64_t width, const float *x_t, int64_t n, const float *rows,
                       int64_t ld, int64_t count, const struct coming *next); /* NULL: nothing is fetched */
    void (*add_strip)(float *scores, int64_t width, int64_t count, const float *strip, int64_t step);
    void (*hide)(float *scores, int64_t width, int64_t count, const float *first, const float *last);
    void (*softmax)(float *scores, int64_t width, int64_t count, float *maximum, float *total, float *shrink);
    void (*weigh)(float *sums, int64_t width, int64_t Dv, const float *shrink, const float *weights, int64_t count,
                  const float *values, int64_t ld);
    void (*few_scores)(float *scores, const float *query_t, int64_t D, int64_t chain, const void *keys, int32_t dtype,
                       int64_t ld, int64_t count, int64_t rows);
    void (*few_dots)(float *scores, const float *query, int64_t D, const void *keys, int32_t dtype, int64_t ld,
                     int64_t count);
    void (*few_weigh)(float *sums, float *total, int64_t Dv, const float *shrink, const float *weights, int64_t count,
                      const void *values, int32_t dtype, int64_t ld, int64_t rows);
    void (*merge)(float *sums, float *maximum, float *total, const float *sums2, const float *maximum2,
                  const float *total2, int64_t width, int64_t Dv);
    void (*exp)(float *x, int64_t width, int64_t n, const float *base, const float *factor);
    void (*softmax_gradient)(float *gradient, int64_t width, int64_t count, const float *weights, const float *mean);
    void (*add_keys)(float *sums, float *largest, const float *weights, int64_t width, int64_t count, int64_t rows);
    void (*largest)(float *largest, const float *weights, int64_t width, int64_t count, int64_t rows);
    void (*entropy)(float *sums, const float *weights, const float *scores, int64_t width, int64_t count, int64_t rows,
                    const float *base, const float *log_total);
    void (*dropout)(float *x, int64_t width, int64_t count, const struct dropout *dropout, const uint32_t *query,
                    const uint32_t *head, uint32_t sequence, int64_t key);
    void (*pack)(float *out, int64_t width, const float *in, int64_t stride, int64_t rows, int64_t D, float scale);
    void (*unpack)(float *out, int64_t stride, const float *in, int64_t width, int64_t rows, int64_t Dv,
                   const float *factor, const float *bias);
    void (*unpack_half)(uint16_t *out, int32_t dtype, int64_t stride, const float *in, int64_t width, int64_t rows,
                        int64_t Dv, const float *factor);
};

#endif
