/* Kernels on a matrix unit: products of bf16, summed in float.
 * SPDX-License-Identifier: MIT */
#ifndef SA_KERNEL_MATRIX_H
#define SA_KERNEL_MATRIX_H

#include <stdint.h>

/* Depths and padded sizes are multiples of this. */
enum { MATRIX_UNIT = 32 };

struct matrix_kernels {
    /* The matrix kernels multiply bf16 on a matrix unit and sum in float; NULL where there is none. A float is
     * represented by `parts` bf16 whose sum it is, within 2^-8 of it for one and 2^-17 for two, or within 2^-126; from
     * 2^128 - 2^119 on it counts as infinite, and the second part of an infinity is NaN. Operands are stored part after
     * part; of the four products of two parts each the least is left out. width is 16 or 32, depths and padded sizes
     * are multiples of MATRIX_UNIT. A thread calls matrix_begin() before and matrix_end() after using matrix_scores and
     * matrix_weigh. */
    void (*begin)(void);
    void (*end)(void);

    /* out[p][r][d] = part p of in[r * stride + d] for r < rows, d < n; 0 up to r < padded, any number, d < width.
     * Elements of `in` are of `dtype`, here and below SA_F32, SA_BF16 or SA_F16. One part of a bf16 is itself, the
     * second part of an infinite one NaN. */
    void (*pack_rows)(uint16_t *out, int64_t padded, int64_t width, int64_t parts, const void *in, int32_t dtype,
                      int64_t stride, int64_t rows, int64_t n);

    /* out[p][d][r] = part p of in[r * stride + d] for r < rows, d < n; 0 up to d < padded, r < width. */
    void (*pack_columns)(uint16_t *out, int64_t padded, int64_t width, int64_t parts, const void *in, int32_t dtype,
                         int64_t stride, int64_t rows, int64_t n);

    /* out[p][r / 2][d][r % 2] = part p of in[r * stride + d] for r < rows, d < n; 0 up to r < padded, d < width. */
    void (*pack_pairs)(uint16_t *out, int64_t padded, int64_t width, int64_t parts, const void *in, int32_t dtype,
                       int64_t stride, int64_t rows, int64_t n);

    /* out[p][d / 2][w][d % 2] = part p of in[w * stride + d] * scale for w < rows, d < n; 0 up to w < width, d < depth.
     */
    void (*pack_queries)(uint16_t *out, int64_t width, int64_t depth, int64_t parts, const void *in, int32_t dtype,
                         int64_t stride, int64_t rows, int64_t n, float scale);

    /* scores[j][w] = sum over d of keys[j * ld + d] * query[d][w], for j < count, d < depth; and finite or not for j up
     * to the next multiple of MATRIX_UNIT, up to where keys are read. query as matrix_pack_queries, keys as
     * matrix_pack_rows leave them, with key_part elements between parts; or, being bf16 and for one part, in place. */
    void (*scores)(float *scores, int64_t width, const uint16_t *query, int64_t depth, const uint16_t *keys, int64_t ld,
                   int64_t key_part, int64_t count, int64_t parts);

    /* As lane_softmax, but the weights go to weights[p][j / 2][w][j % 2], 0 for j from count up to the next multiple of
     * MATRIX_UNIT, with part_step elements between parts: rounded to one bf16, or within 2^-16 of their sum. The total
     * is of the weights as rounded to one, or before they are cut into two. With one part exp is within 2^-12. scores
     * are only read; a NaN among them whose bits 15 to 21 are all ones, which neither matrix_scores nor row_add_mask
     * leaves, may get lost. */
    void (*softmax)(uint16_t *weights, int64_t part_step, const float *scores, int64_t width, int64_t count,
                    float *maximum, float *total, float *shrink, int64_t parts);

    /* As lane_weigh, with weights as matrix_softmax and values [Dv padded][ld] as matrix_pack_columns leave them. spare
     * has room for MATRIX_UNIT * width floats. */
    void (*weigh)(float *sums, int64_t width, int64_t Dv, const float *shrink, const uint16_t *weights,
                  int64_t weight_part, int64_t count, const uint16_t *values, int64_t ld, int64_t value_part,
                  int64_t parts, float *spare);

    /* The same for a width of 16, of which the first `rows` are looked at, with the same bits there: sums[r * Dv + d]
     * for r < rows, d < Dv; values [count / 2][ld][2] as matrix_pack_pairs leave them. spare has room for 16 * (64 +
     * parts * padded count / 2) floats. */
    void (*weigh_few)(float *sums, int64_t rows, int64_t Dv, const float *shrink, const uint16_t *weights,
                      int64_t weight_part, int64_t count, const uint16_t *values, int64_t ld, int64_t value_part,
                      int64_t parts, float *spare);
};

#endif
