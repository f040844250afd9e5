/* Kernels by lanes: a register holds the same element of several query rows.
 * SPDX-License-Identifier: MIT */
#ifndef SA_KERNEL_LANES_H
#define SA_KERNEL_LANES_H

#include <stdint.h>

/* See scores. */
enum { CHAIN_UNIT = 32 };

struct lane_kernels {
    /* The lane kernels work on matrices with one query row per column, [n][width] without gaps, so that a register
     * holds the same element of several queries and no step crosses lanes: a query's result does not depend on its
     * neighbours. width is a multiple of `unit`, at most `most_width`. */
    int64_t unit, most_width;

    /* scores[j][w] = sum over d of keys[j * ld + d] * query_t[d][w], for j < count, d < D. The sum runs in chains of
     * `chain` terms, which are added one after the other; chain is a multiple of CHAIN_UNIT, or D or more. */
    void (*scores)(float *scores, int64_t width, const float *query_t, int64_t D, int64_t chain, const float *keys,
                   int64_t ld, int64_t count);

    /* sums[j][w] = sums[j][w] + sum over d of rows[j * ld + d] * x_t[d][w], for j < count, d < n. */
    void (*accumulate)(float *sums, int64_t width, const float *x_t, int64_t n, const float *rows, int64_t ld,
                       int64_t count);

    /* scores[j][w] = scores[j][w] + strip[w - j * step], for j < count. Exact rounding. */
    void (*add_strip)(float *scores, int64_t width, int64_t count, const float *strip, int64_t step);

    /* scores[j][w] = -infinity unless first[w] <= j < last[w], for j < count <= 2^24. */
    void (*hide)(float *scores, int64_t width, int64_t count, const float *first, const float *last);

    /* One step of the online softmax, for each column: with new = max(maximum, scores) and base = new, or 0 where that
     * is -infinity,
     *     scores = exp(scores - base), shrink = max(exp(maximum - base), FLT_MIN),
     *     total = total * shrink + sum of scores, maximum = new.
     * shrink is 1 where the maximum stays. exp(-infinity) is exactly 0, exp(0) exactly 1, NaN stays NaN, results
     * below 2^-126 are 0 or tiny. Relative error of exp(x) within (2 + |x| / 4) * 2^-23. The sum runs over j in
     * ascending order. */
    void (*softmax)(float *scores, int64_t width, int64_t count, float *maximum, float *total, float *shrink);

    /* sums[d][w] = sums[d][w] * shrink[w] + sum over j of values[j * ld + d] * weights[j][w], for j < count, d < Dv. */
    void (*weigh)(float *sums, int64_t width, int64_t Dv, const float *shrink, const float *weights, int64_t count,
                  const float *values, int64_t ld);

    /* As lane_scores and lane_weigh for matrices of width `unit` of which only the first `rows` <= `few` columns are
     * looked at, with the same bits there. Keys and values are of `dtype`, SA_F32, SA_BF16 or SA_F16, and are read
     * once, while those that come behind them in memory are fetched ahead; sums are by rows, sums[r * Dv + d], with
     * room for `few` rows. `few` is 0 where there are no such kernels. */
    int64_t few;
    void (*few_scores)(float *scores, const float *query_t, int64_t D, int64_t chain, const void *keys, int32_t dtype,
                       int64_t ld, int64_t count, int64_t rows);
    void (*few_weigh)(float *sums, int64_t Dv, const float *shrink, const float *weights, int64_t count,
                      const void *values, int32_t dtype, int64_t ld, int64_t rows);

    /* Two results of lane_softmax and lane_weigh over different keys become one: with m = max(maximum, maximum2),
     *     total = total * f + total2 * f2, sums = sums * f + sums2 * f2, maximum = m,
     * f = max(exp(maximum - m), FLT_MIN), and exactly 1 where maximum is m; f2 likewise. */
    void (*merge)(float *sums, float *maximum, float *total, const float *sums2, const float *maximum2,
                  const float *total2, int64_t width, int64_t Dv);

    /* x[i][w] = exp(x[i][w] - base[w]) * factor[w] for i < n; exp as in lane_softmax. */
    void (*exp)(float *x, int64_t width, int64_t n, const float *base, const float *factor);

    /* out[d][w] = in[w * stride + d] * scale for w < rows, 0 for rows <= w < width, for d < D. */
    void (*pack)(float *out, int64_t width, const float *in, int64_t stride, int64_t rows, int64_t D, float scale);

    /* out[w * stride + d] = in[d][w] * factor[w] + bias[d] for w < rows <= width, d < Dv, the product rounded. bias may
     * be NULL, which stands for zeros: then never -0. */
    void (*unpack)(float *out, int64_t stride, const float *in, int64_t width, int64_t rows, int64_t Dv,
                   const float *factor, const float *bias);

    /* The same without a bias into elements of `dtype`, SA_BF16 or SA_F16, rounded as by row_store. */
    void (*unpack_half)(uint16_t *out, int32_t dtype, int64_t stride, const float *in, int64_t width, int64_t rows,
                        int64_t Dv, const float *factor);
};

#endif
