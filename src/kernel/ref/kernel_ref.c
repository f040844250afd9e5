/* Plain C: the definition of each kernel.
 * SPDX-License-Identifier: MIT */
#include "base/compiler.h"
#include "base/dropout.h"
#include "kernel/kernel.h"
#include "selfattn.h"

#include <float.h>
#include <math.h>

static float row_max(const float *x, int64_t n) {
    float max = -INFINITY;
    for (int64_t i = 0; i < n; i++)
        if (x[i] > max) max = x[i];
    return max;
}

static float row_exp_sum(float *x, int64_t n, float max) {
    float sum = 0;
    for (int64_t i = 0; i < n; i++) sum += x[i] = expf(x[i] - max);
    return sum;
}

static void row_scale(float *x, int64_t n, float factor) {
    for (int64_t i = 0; i < n; i++) x[i] *= factor;
}

static void row_scale_to(float *y, const float *x, int64_t n, float factor) {
    for (int64_t i = 0; i < n; i++) y[i] = x[i] * factor;
}

static void row_softcap(float *x, int64_t n, float cap) {
    for (int64_t i = 0; i < n; i++) x[i] = cap * tanhf(x[i] / cap);
}

static void row_gelu(float *x, int64_t n) {
    for (int64_t i = 0; i < n; i++) x[i] = 0.5f * x[i] * erfcf(-0.70710678f * x[i]);
}

static void row_gelu_tanh(float *x, int64_t n) {
    for (int64_t i = 0; i < n; i++)
        x[i] = 0.5f * x[i] * (1 + tanhf(x[i] * (0.79788456f + 0.035677408f * (x[i] * x[i]))));
}

static void row_silu(float *x, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        float e = expf(-fabsf(x[i]));
        x[i] *= (x[i] < 0 ? e : 1) / (1 + e);
    }
}

static void row_multiply(float *x, const float *y, int64_t n) {
    for (int64_t i = 0; i < n; i++) x[i] *= y[i];
}

static void row_add(float *x, float term, int64_t n) {
    for (int64_t i = 0; i < n; i++) x[i] += term;
}

static void row_add_mask(float *x, const float *bias, int64_t n) {
    for (int64_t i = 0; i < n; i++) x[i] = bias[i] == -INFINITY ? -INFINITY : x[i] + bias[i];
}

static void row_load(float *y, const void *x, int32_t dtype, int64_t n) {
    for (int64_t i = 0; i < n; i++) y[i] = element_load(x, dtype, i);
}

static void row_load_bytes(float *y, const int8_t *x, float scale, int64_t n) {
    for (int64_t i = 0; i < n; i++) y[i] = (float)x[i] * scale;
}

static void row_store(void *y, int32_t dtype, const float *x, int64_t n) {
    for (int64_t i = 0; i < n; i++) element_store(y, dtype, i, x[i]);
}

static int row_below(const float *x, int64_t n, float limit) {
    for (int64_t i = 0; i < n; i++)
        if (!(fabsf(x[i]) < limit)) return 0;
    return 1;
}

static void dots(float *y, int64_t ldy, const void *w, int32_t dtype, int64_t ld, int64_t outs, const float *x,
                 int64_t ldx, int64_t rows, int64_t n) {
    for (int64_t r = 0; r < rows; r++)
        for (int64_t o = 0; o < outs; o++) {
            float sum = 0;
            for (int64_t i = 0; i < n; i++) sum += element_load(w, dtype, o * ld + i) * x[r * ldx + i];
            y[r * ldy + o] = sum;
        }
}

static void transpose(float *out, int64_t ld, const float *in, int64_t stride, int64_t rows, int64_t columns,
                      int64_t padded) {
    for (int64_t c = 0; c < columns; c++)
        for (int64_t r = 0; r < padded; r++) out[c * ld + r] = r < rows ? in[r * stride + c] : 0;
}

static void lane_scores(float *scores, int64_t width, const float *query_t, int64_t D, int64_t chain, const float *keys,
                        int64_t ld, int64_t count) {
    for (int64_t j = 0; j < count; j++)
        for (int64_t w = 0; w < width; w++) {
            float sum = 0, total = 0;
            for (int64_t d = 0; d < D; d++) {
                sum += keys[j * ld + d] * query_t[d * width + w];
                if ((d + 1) % chain != 0) continue;
                total += sum;
                sum = 0;
            }
            scores[j * width + w] = total + sum;
        }
}

static void lane_accumulate(float *sums, int64_t ld_sums, int64_t width, const float *x_t, int64_t n, const float *rows,
                            int64_t ld, int64_t count, const struct coming *next) {
    (void)next;
    for (int64_t j = 0; j < count; j++)
        for (int64_t w = 0; w < width; w++) {
            float sum = 0;
            for (int64_t d = 0; d < n; d++) sum += rows[j * ld + d] * x_t[d * width + w];
            sums[j * ld_sums + w] += sum;
        }
}

static void lane_hide(float *scores, int64_t width, int64_t count, const float *first, const float *last) {
    for (int64_t j = 0; j < count; j++)
        for (int64_t w = 0; w < width; w++)
            if ((float)j < first[w] || (float)j >= last[w]) scores[j * width + w] = -INFINITY;
}

static float worth(float maximum, float largest) {
    return maximum < largest ? fmaxf(expf(maximum - largest), FLT_MIN) : 1;
}

static void lane_add_strip(float *scores, int64_t width, int64_t count, const float *strip, int64_t step) {
    for (int64_t j = 0; j < count; j++)
        for (int64_t w = 0; w < width; w++) scores[j * width + w] += strip[w - j * step];
}

static void lane_softmax(float *scores, int64_t width, int64_t count, float *maximum, float *total, float *shrink) {
    for (int64_t w = 0; w < width; w++) {
        float new = maximum[w], sum = 0;
        for (int64_t j = 0; j < count; j++)
            if (scores[j * width + w] > new) new = scores[j * width + w];
        float base = new == -INFINITY ? 0 : new;
        for (int64_t j = 0; j < count; j++) sum += scores[j * width + w] = expf(scores[j * width + w] - base);
        shrink[w] = worth(maximum[w], new);
        total[w] = total[w] * shrink[w] + sum;
        maximum[w] = new;
    }
}

static void lane_weigh(float *sums, int64_t width, int64_t Dv, const float *shrink, const float *weights, int64_t count,
                       const float *values, int64_t ld) {
    for (int64_t d = 0; d < Dv; d++)
        for (int64_t w = 0; w < width; w++) {
            float sum = 0;
            for (int64_t j = 0; j < count; j++) sum += values[j * ld + d] * weights[j * width + w];
            sums[d * width + w] = sums[d * width + w] * shrink[w] + sum;
        }
}

static void lane_merge(float *sums, float *maximum, float *total, const float *sums2, const float *maximum2,
                       const float *total2, int64_t width, int64_t Dv) {
    for (int64_t w = 0; w < width; w++) {
        float largest = maximum2[w] > maximum[w] ? maximum2[w] : maximum[w];
        float f1 = worth(maximum[w], largest), f2 = worth(maximum2[w], largest);
        for (int64_t d = 0; d < Dv; d++) sums[d * width + w] = sums[d * width + w] * f1 + sums2[d * width + w] * f2;
        total[w] = total[w] * f1 + total2[w] * f2;
        maximum[w] = largest;
    }
}

static void lane_exp(float *x, int64_t width, int64_t n, const float *base, const float *factor) {
    for (int64_t i = 0; i < n; i++)
        for (int64_t w = 0; w < width; w++) x[i * width + w] = expf(x[i * width + w] - base[w]) * factor[w];
}

static void lane_softmax_gradient(float *gradient, int64_t width, int64_t count, const float *weights,
                                  const float *mean) {
    for (int64_t j = 0; j < count; j++)
        for (int64_t w = 0; w < width; w++) {
            float *at = gradient + j * width + w, weight = weights[j * width + w];
            *at = weight < FLT_MIN ? 0 : (*at - mean[w]) * weight;
        }
}

static void lane_dropout(float *x, int64_t width, int64_t count, const struct dropout *d, const uint32_t *query,
                         const uint32_t *head, uint32_t sequence, int64_t key) {
    for (int64_t j = 0; j < count; j++)
        for (int64_t w = 0; w < width; w++) drop_row(d, sequence, head[w], query[w], key + j, x + j * width + w, 1);
}

static void lane_pack(float *out, int64_t width, const float *in, int64_t stride, int64_t rows, int64_t D,
                      float scale) {
    for (int64_t d = 0; d < D; d++)
        for (int64_t w = 0; w < width; w++) out[d * width + w] = w < rows ? in[w * stride + d] * scale : 0;
}

static void lane_unpack(float *out, int64_t stride, const float *in, int64_t width, int64_t rows, int64_t Dv,
                        const float *factor, const float *bias) {
    for (int64_t w = 0; w < rows; w++)
        for (int64_t d = 0; d < Dv; d++) out[w * stride + d] = in[d * width + w] * factor[w] + (bias ? bias[d] : 0.0f);
}

static void lane_unpack_half(uint16_t *out, int32_t dtype, int64_t stride, const float *in, int64_t width, int64_t rows,
                             int64_t Dv, const float *factor) {
    for (int64_t w = 0; w < rows; w++)
        for (int64_t d = 0; d < Dv; d++)
            element_store(out, dtype, w * stride + d, in[d * width + w] * factor[w] + 0.0f);
}

static void lane_add_keys(float *sums, float *largest, const float *weights, int64_t width, int64_t count,
                          int64_t rows) {
    for (int64_t j = 0; j < count; j++)
        for (int64_t w = 0; w < rows; w++) {
            const int64_t at = j * KEY_LANES + w % KEY_LANES;
            sums[at] += weights[j * width + w];
            largest[at] = fmaxf(largest[at], weights[j * width + w]);
        }
}

static void lane_largest(float *largest, const float *weights, int64_t width, int64_t count, int64_t rows) {
    for (int64_t w = 0; w < rows; w++) {
        largest[w] = 0;
        for (int64_t j = 0; j < count; j++) largest[w] = fmaxf(largest[w], weights[j * width + w]);
    }
}

static void lane_entropy(float *sums, const float *weights, const float *scores, int64_t width, int64_t count,
                         int64_t rows, const float *base, const float *log_total) {
    for (int64_t w = 0; w < rows; w++) {
        sums[w] = 0;
        for (int64_t j = 0; j < count; j++) {
            const float weight = weights[j * width + w];
            if (!(weight < FLT_MIN)) sums[w] += weight * (log_total[w] - (scores[j * width + w] - base[w]));
        }
    }
}

static const struct row_kernels row_table = {
    .max = row_max,
    .exp_sum = row_exp_sum,
    .scale = row_scale,
    .scale_to = row_scale_to,
    .softcap = row_softcap,
    .gelu = row_gelu,
    .gelu_tanh = row_gelu_tanh,
    .silu = row_silu,
    .multiply = row_multiply,
    .add = row_add,
    .add_mask = row_add_mask,
    .load = row_load,
    .load_bytes = row_load_bytes,
    .store = row_store,
    .below = row_below,
    .dots = dots,
    .most_dots = 16,
    .most_bf16_dots = 16,
    .transpose = transpose,
};

static const struct lane_kernels lane_table = {
    .unit = 4,
    .most_width = 12,
    .scores = lane_scores,
    .accumulate = lane_accumulate,
    .add_strip = lane_add_strip,
    .hide = lane_hide,
    .softmax = lane_softmax,
    .weigh = lane_weigh,
    .merge = lane_merge,
    .exp = lane_exp,
    .softmax_gradient = lane_softmax_gradient,
    .add_keys = lane_add_keys,
    .largest = lane_largest,
    .entropy = lane_entropy,
    .dropout = lane_dropout,
    .pack = lane_pack,
    .unpack = lane_unpack,
    .unpack_half = lane_unpack_half,
};

static const struct lane_kernels single_table = {
    .unit = 1,
    .most_width = 1,
    .scores = lane_scores,
    .add_strip = lane_add_strip,
    .hide = lane_hide,
    .softmax = lane_softmax,
    .weigh = lane_weigh,
    .merge = lane_merge,
    .exp = lane_exp,
    .pack = lane_pack,
    .unpack = lane_unpack,
    .unpack_half = lane_unpack_half,
};

const struct kernels kernels_ref = {.isa = SA_ISA_PORTABLE,
                                    .rows = &row_table,
                                    .lanes = &lane_table,
                                    .single = &single_table,
                                    .quants = &quants_ref,
                                    .linear = &linear_ref};
