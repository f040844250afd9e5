/* The inner loops that BLAS does not offer: one table per instruction set.
 *
 * ref/kernel_ref.c is plain C and defines each entry; the other tables compute the same within the bound given here.
 * Rows are contiguous; n >= 0 is any length; nothing is read or written outside of the n elements; alignment is not
 * needed.
 * SPDX-License-Identifier: MIT */
#ifndef SA_KERNEL_KERNEL_H
#define SA_KERNEL_KERNEL_H

#include <stdint.h>

/* See row_exp_sum. */
enum { SUM_UNIT = 32 };

/* See lane_scores. */
enum { CHAIN_UNIT = 32 };

/* See the matrix kernels. */
enum { MATRIX_UNIT = 32 };

struct kernels {
    int32_t isa; /* SA_ISA_... */

    /* The largest of x[0..n), -infinity for n == 0. NaN elements are ignored or returned. Exact. */
    float (*row_max)(const float *x, int64_t n);

    /* x[i] = exp(x[i] - max), returns the sum. exp(-infinity) is exactly 0, NaN stays NaN, results below 2^-126 may be 0.
     * Each exp within 1 ULP. The sum is the same when elements of -infinity are appended, or prepended by multiples of
     * SUM_UNIT, so that it does not depend on how many hidden keys stand around the visible ones. */
    float (*row_exp_sum)(float *x, int64_t n, float max);

    /* x[i] = x[i] * factor. Exact rounding. */
    void (*row_scale)(float *x, int64_t n, float factor);

    /* y[i] = x[i] * factor. Exact rounding. x and y are equal or do not overlap. */
    void (*row_scale_to)(float *y, const float *x, int64_t n, float factor);

    /* x[i] = cap * tanh(x[i] / cap), cap > 0. Absolute error within 4e-7 * cap, relative error within 1e-6 where
     * x[i] / cap is a normal number. */
    void (*row_softcap)(float *x, int64_t n, float cap);

    /* Activations, in place. gelu(x) = x/2 erfc(-x / sqrt 2) (Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016); gelu_tanh is
     * the paper's approximation, x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))); silu(x) = x / (1 + exp(-x)). Absolute error within 4e-7 * |x| + 2^-149;
     * gelu and silu also within 2e-5 of the result where that is a normal number. NaN stays NaN, infinity infinity; -infinity is NaN. */
    void (*row_gelu)(float *x, int64_t n);
    void (*row_gelu_tanh)(float *x, int64_t n);
    void (*row_silu)(float *x, int64_t n);

    /* x[i] = x[i] * y[i]. Exact rounding. */
    void (*row_multiply)(float *x, const float *y, int64_t n);

    /* x[i] = x[i] + term. Exact rounding. */
    void (*row_add)(float *x, float term, int64_t n);

    /* x[i] = x[i] + bias[i], but -infinity wherever bias[i] is, whatever x[i] is. Where bias[i] is NaN the result is C's NAN, whose lower
     * half is 0, as matrix_softmax wants it. */
    void (*row_add_mask)(float *x, const float *bias, int64_t n);

    /* y[i] = x[i] for n contiguous elements of `dtype`, SA_BF16 or SA_F16. Exact. */
    void (*row_load)(float *y, const void *x, int32_t dtype, int64_t n);

    /* y[i] = x[i] * scale for n bytes. Exact rounding. */
    void (*row_load_bytes)(float *y, const int8_t *x, float scale, int64_t n);

    /* y[i] = x[i] rounded to `dtype`, SA_BF16 or SA_F16: to nearest even, overflow to infinity, NaN stays NaN. */
    void (*row_store)(void *y, int32_t dtype, const float *x, int64_t n);

    /* Whether all of x[0..n) are below `limit` > 0 in magnitude (and so none is NaN): 1 or 0. */
    int (*row_below)(const float *x, int64_t n, float limit);

    /* y[r * ldy + o] = sum over i < n of w[o * ld + i] * x[r * ldx + i] for r < rows, o < outs; elements of w are of `dtype`, SA_F32, SA_BF16 or
     * SA_F16. The order of a sum depends on n alone. */
    void (*dots)(float *y, int64_t ldy, const void *w, int32_t dtype, int64_t ld, int64_t outs, const float *x,
                 int64_t ldx, int64_t rows, int64_t n);

    /* out[c * ld + r] = in[r * stride + c] for r < rows, c < columns; and 0 for rows <= r < padded. in's rows are contiguous.
     * padded <= ld. */
    void (*transpose)(float *out, int64_t ld, const float *in, int64_t stride, int64_t rows, int64_t columns,
                      int64_t padded);

    /* The lane kernels work on matrices with one query row per column, [n][width] without gaps, so that a register holds the
     * same element of several queries and no step crosses lanes: a query's result does not depend on its neighbours.
     * width is a multiple of `lanes`, at most `most_width`. */
    int64_t lanes, most_width;

    /* scores[j][w] = sum over d of keys[j * ld + d] * query_t[d][w], for j < count, d < D. The sum runs in chains of `chain` terms, which are
     * added one after the other; chain is a multiple of CHAIN_UNIT, or D or more. */
    void (*lane_scores)(float *scores, int64_t width, const float *query_t, int64_t D, int64_t chain, const float *keys,
                        int64_t ld, int64_t count);

    /* sums[j][w] = sums[j][w] + sum over d of rows[j * ld + d] * x_t[d][w], for j < count, d < n. */
    void (*lane_accumulate)(float *sums, int64_t width, const float *x_t, int64_t n, const float *rows, int64_t ld,
                            int64_t count);

    /* scores[j][w] = scores[j][w] + strip[w - j * step], for j < count. Exact rounding. */
    void (*lane_add_strip)(float *scores, int64_t width, int64_t count, const float *strip, int64_t step);

    /* scores[j][w] = -infinity unless first[w] <= j < last[w], for j < count <= 2^24. */
    void (*lane_hide)(float *scores, int64_t width, int64_t count, const float *first, const float *last);

    /* One step of the online softmax, for each column: with new = max(maximum, scores) and base = new, or 0 where that is -infinity,
     *     scores = exp(scores - base), shrink = max(exp(maximum - base), FLT_MIN), total = total * shrink + sum of scores,
     *     maximum = new.
     * shrink is 1 where the maximum stays. exp(-infinity) is exactly 0, NaN stays NaN, results below 2^-126 are 0 or tiny.
     * Relative error of exp(x) within (2 + |x| / 4) * 2^-23. The sum runs over j in ascending order. */
    void (*lane_softmax)(float *scores, int64_t width, int64_t count, float *maximum, float *total, float *shrink);

    /* sums[d][w] = sums[d][w] * shrink[w] + sum over j of values[j * ld + d] * weights[j][w], for j < count, d < Dv. */
    void (*lane_weigh)(float *sums, int64_t width, int64_t Dv, const float *shrink, const float *weights, int64_t count,
                       const float *values, int64_t ld);

    /* As lane_scores and lane_weigh for matrices of width `lanes` of which only the first `rows` <= `few` columns are looked at, with the same bits
     * there. Keys and values are of `dtype`, SA_F32, SA_BF16 or SA_F16, and are read once, while those that come behind them in memory are
     * fetched ahead; sums are by rows, sums[r * Dv + d], with room for `few` rows. `few` is 0 where there are no such kernels. */
    int64_t few;
    void (*few_scores)(float *scores, const float *query_t, int64_t D, int64_t chain, const void *keys, int32_t dtype,
                       int64_t ld, int64_t count, int64_t rows);
    void (*few_weigh)(float *sums, int64_t Dv, const float *shrink, const float *weights, int64_t count,
                      const void *values, int32_t dtype, int64_t ld, int64_t rows);

    /* Two results of lane_softmax and lane_weigh over different keys become one: with m = max(maximum, maximum2),
     *     total = total * f + total2 * f2, sums = sums * f + sums2 * f2, maximum = m,
     * f = max(exp(maximum - m), FLT_MIN), and exactly 1 where maximum is m; f2 likewise. */
    void (*lane_merge)(float *sums, float *maximum, float *total, const float *sums2, const float *maximum2,
                       const float *total2, int64_t width, int64_t Dv);

    /* x[i][w] = exp(x[i][w] - base[w]) * factor[w] for i < n; exp as in lane_softmax. */
    void (*lane_exp)(float *x, int64_t width, int64_t n, const float *base, const float *factor);

    /* out[d][w] = in[w * stride + d] * scale for w < rows, 0 for rows <= w < width, for d < D. */
    void (*lane_pack)(float *out, int64_t width, const float *in, int64_t stride, int64_t rows, int64_t D, float scale);

    /* out[w * stride + d] = in[d][w] * factor[w] + bias[d] for w < rows <= width, d < Dv, the product rounded. bias may be NULL, which stands for
     * zeros: then never -0. */
    void (*lane_unpack)(float *out, int64_t stride, const float *in, int64_t width, int64_t rows, int64_t Dv,
                        const float *factor, const float *bias);

    /* The same without a bias into elements of `dtype`, SA_BF16 or SA_F16, rounded as by row_store. */
    void (*lane_unpack_half)(uint16_t *out, int32_t dtype, int64_t stride, const float *in, int64_t width, int64_t rows,
                             int64_t Dv, const float *factor);

    /* The matrix kernels multiply bf16 on a matrix unit and sum in float; NULL where there is none. A float is represented by `parts` bf16
     * whose sum it is, within 2^-8 of it for one and 2^-17 for two, or within 2^-126; from 2^128 - 2^119 on it counts as infinite, and the second
     * part of an infinity is NaN. Operands are stored part after part; of the four products of two parts each the least is left out. width is 16
     * or 32, depths and padded sizes are multiples of MATRIX_UNIT. A thread calls matrix_begin() before and matrix_end() after using
     * matrix_scores and matrix_weigh. */
    void (*matrix_begin)(void);
    void (*matrix_end)(void);

    /* out[p][r][d] = part p of in[r * stride + d] for r < rows, d < n; 0 up to r < padded, any number, d < width. Elements of `in` are of `dtype`,
     * here and below SA_F32, SA_BF16 or SA_F16. One part of a bf16 is itself, the second part of an infinite one NaN. */
    void (*matrix_pack_rows)(uint16_t *out, int64_t padded, int64_t width, int64_t parts, const void *in, int32_t dtype,
                             int64_t stride, int64_t rows, int64_t n);

    /* out[p][d][r] = part p of in[r * stride + d] for r < rows, d < n; 0 up to d < padded, r < width. */
    void (*matrix_pack_columns)(uint16_t *out, int64_t padded, int64_t width, int64_t parts, const void *in,
                                int32_t dtype, int64_t stride, int64_t rows, int64_t n);

    /* out[p][r / 2][d][r % 2] = part p of in[r * stride + d] for r < rows, d < n; 0 up to r < padded, d < width. */
    void (*matrix_pack_pairs)(uint16_t *out, int64_t padded, int64_t width, int64_t parts, const void *in,
                              int32_t dtype, int64_t stride, int64_t rows, int64_t n);

    /* out[p][d / 2][w][d % 2] = part p of in[w * stride + d] * scale for w < rows, d < n; 0 up to w < width, d < depth. */
    void (*matrix_pack_queries)(uint16_t *out, int64_t width, int64_t depth, int64_t parts, const void *in,
                                int32_t dtype, int64_t stride, int64_t rows, int64_t n, float scale);

    /* scores[j][w] = sum over d of keys[j * ld + d] * query[d][w], for j < count, d < depth; and finite or not for j up to the next multiple of
     * MATRIX_UNIT, up to where keys are read. query as matrix_pack_queries, keys as matrix_pack_rows leave them, with key_part elements between
     * parts; or, being bf16 and for one part, in place. */
    void (*matrix_scores)(float *scores, int64_t width, const uint16_t *query, int64_t depth, const uint16_t *keys,
                          int64_t ld, int64_t key_part, int64_t count, int64_t parts);

    /* As lane_softmax, but the weights go to weights[p][j / 2][w][j % 2], 0 for j from count up to the next multiple of MATRIX_UNIT,
     * with part_step elements between parts: rounded to one bf16, or within 2^-16 of their sum. The total is of the weights as rounded to
     * one, or before they are cut into two. With one part exp is within 2^-12. scores are only read; a NaN among them whose bits 15 to 21 are
     * all ones, which neither matrix_scores nor row_add_mask leaves, may get lost. */
    void (*matrix_softmax)(uint16_t *weights, int64_t part_step, const float *scores, int64_t width, int64_t count,
                           float *maximum, float *total, float *shrink, int64_t parts);

    /* As lane_weigh, with weights as matrix_softmax and values [Dv padded][ld] as matrix_pack_columns leave them. spare has room for
     * MATRIX_UNIT * width floats. */
    void (*matrix_weigh)(float *sums, int64_t width, int64_t Dv, const float *shrink, const uint16_t *weights,
                         int64_t weight_part, int64_t count, const uint16_t *values, int64_t ld, int64_t value_part,
                         int64_t parts, float *spare);

    /* The same for a width of 16, of which the first `rows` are looked at, with the same bits there: sums[r * Dv + d] for r < rows, d < Dv;
     * values [count / 2][ld][2] as matrix_pack_pairs leave them. spare has room for 16 * (64 + parts * padded count / 2) floats. */
    void (*matrix_weigh_few)(float *sums, int64_t rows, int64_t Dv, const float *shrink, const uint16_t *weights,
                             int64_t weight_part, int64_t count, const uint16_t *values, int64_t ld, int64_t value_part,
                             int64_t parts, float *spare);
};

/* The best table that does not exceed `isa`, an SA_ISA_ number that the CPU supports. */
const struct kernels *kernels_select(int32_t isa);

/* One table per unit; NULL where the compiler could not build it. */
extern const struct kernels kernels_ref;
const struct kernels *kernels_avx2(void);
const struct kernels *kernels_avx512(void);
const struct kernels *kernels_amx(void);

#endif
