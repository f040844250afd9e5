/* Kernels for products of bf16, summed in float: on a matrix unit, or by instructions that multiply pairs of bf16.
 *
 * A float is represented by `parts` bf16 whose sum it is, within 2^-8 of it for one and 2^-17 for two, or within
 * 2^-126; from 2^128 - 2^119 on it counts as infinite, and the second part of an infinity is NaN. Operands are stored
 * part after part; of the four products of two parts each the least is left out. width is 16 or 32; depths and padded
 * sizes are multiples of MATRIX_UNIT. `in` is of dtype SA_F32, SA_BF16 or SA_F16. For r < rows, d < n, w < width, j <
 * count:
 *
 *   name          arguments                                effect                                               note
 *   -----------------------------------------------------------------------------------------------------------------
 *   begin, end                                             a thread's use of scores, weigh, weigh_few begins, ends
 *   pack_rows     out padded width parts                   out[p][r][d] = part p of in[r * stride + d]             1
 *                 in dtype stride rows n
 *   pack_columns  the same                                 out[p][d][r] = part p of in[r * stride + d]             2
 *   pack_pairs    the same                                 out[p][r / 2][d][r % 2] = part p of in[r * stride + d]  1
 *   pack_queries  out width depth parts                    out[p][d / 2][r][d % 2] =
 *                 in dtype stride rows n scale                             part p of in[r * stride + d] * scale    3
 *   scores        scores width query depth                 scores[j * width + w] =
 *                 keys ld key_part count parts rows          sum over d of keys[j * ld + d] * query[d][w]          4
 *   softmax       weights part_step scores width count     lane_kernels.softmax; the weights, in parts,
 *                 maximum total shrink parts               to weights[p][j / 2][w][j % 2]                          5
 *   weigh         sums width Dv shrink                     lane_kernels.weigh, of packed operands                  6
 *                 weights weight_part count
 *                 values ld value_part parts spare
 *   weigh_few     sums rows Dv shrink                      the same of the first rows of a width of 16             7
 *                 weights weight_part count
 *                 values ld value_part parts spare
 *
 *   1   0 up to r < padded, any number, and d < width. One part of a bf16 is itself, the second part of an infinite
 *       one NaN: here and in notes 2 and 3.
 *   2   0 up to d < padded, r < width.
 *   3   0 up to r < width, d < depth.
 *   4   For w < rows <= width; the other columns may hold anything. query as pack_queries, keys as pack_rows leave
 *       them, with key_part elements between parts; or, being bf16 and for one part, in place. Scores are written, and
 *       keys read, up to the next multiple of MATRIX_UNIT at most.
 *   5   0 for j from count up to the next multiple of MATRIX_UNIT; part_step elements between parts. Weights are
 *       rounded to one bf16, or within 2^-16 of the sum of two; the total is of the weights as rounded to one, or
 *       before they are cut into two. With one part exp is within 2^-12 before it is rounded, so that the weight of
 *       the largest score is exactly 1. scores are only read; a NaN among them whose bits 15 to 21 are all ones, which
 *       neither scores nor row_kernels.add_mask leaves, may get lost.
 *   6   weights as softmax leaves them, values [Dv padded][ld] as pack_columns does or, without value_columns, as for
 *       weigh_few. spare has room for MATRIX_UNIT * width floats.
 *   7   With the same bits: sums[r * Dv + d]; values [count / 2][ld][2] as pack_pairs leaves them. spare has room for
 *       16 * (64 + parts * padded count / 2) floats.
 *
 * SPDX-License-Identifier: MIT */
#ifndef SA_KERNEL_MATRIX_H
#define SA_KERNEL_MATRIX_H

#include <stdint.h>

enum { MATRIX_UNIT = 32 };

struct matrix_kernels {
    int64_t most_parts;       /* with more, products would be slower than those of floats */
    int64_t least_projection; /* projections of fewer rows are faster as dot products, but for floats packed as bf16 */
    int value_columns;        /* which layout of values weigh reads */

    void (*begin)(void);
    void (*end)(void);
    void (*pack_rows)(uint16_t *out, int64_t padded, int64_t width, int64_t parts, const void *in, int32_t dtype,
                      int64_t stride, int64_t rows, int64_t n);
    void (*pack_columns)(uint16_t *out, int64_t padded, int64_t width, int64_t parts, const void *in, int32_t dtype,
                         int64_t stride, int64_t rows, int64_t n);
    void (*pack_pairs)(uint16_t *out, int64_t padded, int64_t width, int64_t parts, const void *in, int32_t dtype,
                       int64_t stride, int64_t rows, int64_t n);
    void (*pack_queries)(uint16_t *out, int64_t width, int64_t depth, int64_t parts, const void *in, int32_t dtype,
                         int64_t stride, int64_t rows, int64_t n, float scale);
    void (*scores)(float *scores, int64_t width, const uint16_t *query, int64_t depth, const uint16_t *keys, int64_t ld,
                   int64_t key_part, int64_t count, int64_t parts, int64_t rows);
    void (*softmax)(uint16_t *weights, int64_t part_step, const float *scores, int64_t width, int64_t count,
                    float *maximum, float *total, float *shrink, int64_t parts);
    void (*weigh)(float *sums, int64_t width, int64_t Dv, const float *shrink, const uint16_t *weights,
                  int64_t weight_part, int64_t count, const uint16_t *values, int64_t ld, int64_t value_part,
                  int64_t parts, float *spare);
    void (*weigh_few)(float *sums, int64_t rows, int64_t Dv, const float *shrink, const uint16_t *weights,
                      int64_t weight_part, int64_t count, const uint16_t *values, int64_t ld, int64_t value_part,
                      int64_t parts, float *spare);
};

/* Those on AMX; most_parts is 0 if the compiler could not build them. */
extern const struct matrix_kernels matrix_amx;

#endif
