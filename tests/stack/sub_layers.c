/* The sub-layers of a block, its norms and pooling, each alone, against double precision.
 * SPDX-License-Identifier: MIT */
#include "stack/activation.h"
#include "stack/norm.h"
#include "stack/pooling.h"
#include "support/random.h"

#include <criterion/criterion.h>
#include <math.h>

enum { MOST = 1000 };

static float x[3 * MOST], weight[MOST], bias[MOST];

/* Largest error of LayerNorm on a row around `mean`, relative to the row's largest result. */
static double norm_error(int64_t n, double mean, struct rng *rng) {
    static double want[MOST];
    const struct norm norm = {0, weight, bias, 1e-12, n};
    double average = 0, variance = 0, off = 0, largest = 0;
    for (int64_t i = 0; i < n; i++) {
        x[i] = (float)(mean + (double)rng_normal(rng));
        weight[i] = rng_normal(rng), bias[i] = rng_normal(rng);
        average += (double)x[i] / (double)n;
    }
    for (int64_t i = 0; i < n; i++) variance += ((double)x[i] - average) * ((double)x[i] - average) / (double)n;
    for (int64_t i = 0; i < n; i++)
        want[i] = ((double)x[i] - average) / sqrt(variance + 1e-12) * (double)weight[i] + (double)bias[i];
    norm_row(&norm, x, x);
    for (int64_t i = 0; i < n; i++) {
        off = fmax(off, fabs((double)x[i] - want[i]));
        largest = fmax(largest, fabs(want[i]));
    }
    return off / largest;
}

Test(sub_layers, layer_norm_is_accurate_wherever_the_mean_lies) {
    struct rng rng = {3};
    const double means[] = {0, 1, -30, 1000};
    for (int64_t n = 2; n <= MOST; n += n < 20 ? 1 : 97)
        for (int m = 0; m < 4; m++) {
            double off = norm_error(n, means[m], &rng);
            cr_expect(off <= 3e-7, "%d elements around %g: error %g", (int)n, means[m], off);
        }
}

Test(sub_layers, layer_norm_of_equal_elements_is_the_bias) {
    const struct norm norm = {0, weight, bias, 1e-5, 17};
    for (int i = 0; i < 17; i++) x[i] = 3.25f, weight[i] = 2, bias[i] = (float)i;
    norm_row(&norm, x, x);
    for (int i = 0; i < 17; i++) cr_expect_eq(x[i], (float)i);
}

Test(sub_layers, activations_are_those_that_they_are_named_after) {
    const struct kernels *kernels = kernels_select(SA_ISA_PORTABLE);
    for (int k = -1200; k <= 1200; k++) {
        const double v = k / 100.0, root = sqrt(2 / acos(-1));
        const double want[] = {v < 0 ? 0 : v,
                               v / 2 * (1 + erf(v / sqrt(2))),
                               v / 2 * (1 + tanh(root * (v + 0.044715 * v * v * v))),
                               v / (1 + exp(-v)),
                               tanh(v),
                               v < 0 ? 0 : v * v,
                               v / (1 + exp(-1.702 * v))};
        for (int f = ACTIVATION_RELU; f <= ACTIVATION_QUICK_GELU; f++) {
            float got = (float)v;
            activate(kernels, (enum activation)f, &got, 1);
            cr_expect(fabs((double)got - want[f]) <= 5e-7 * fmax(1, fabs(want[f])),
                      "function %d of %g is %.9g, want %.9g", f, v, (double)got, want[f]);
        }
    }
}

Test(sub_layers, pooling_has_every_mode_one_behind_the_other) {
    const struct parallel serial = {.kind = SA_PARALLEL_SERIAL, .threads = 1};
    const struct pooling_config all = {
        .count = POOLING_MODES,
        .modes = {POOLING_LAST, POOLING_MAX, POOLING_MEAN, POOLING_MEAN_SQRT, POOLING_WEIGHTED_MEAN, POOLING_FIRST}};
    enum { E = 130, B = 2, T = 3 };
    float states[B * T * E], y[B * POOLING_MODES * E];
    const int64_t lengths[B] = {2, 3};
    for (int i = 0; i < B * T * E; i++) states[i] = (float)((i * 37 + i / E * 11) % 101 - 50);
    pool(&serial, &all, states, lengths, B, T, E, y);
    for (int64_t b = 0; b < B; b++)
        for (int64_t e = 0; e < E; e++) {
            double sum = 0, weighted = 0, weights = 0, most = -INFINITY;
            const int64_t n = lengths[b];
            for (int64_t t = 0; t < n; t++) {
                const double v = (double)states[(b * T + t) * E + e];
                sum += v, weighted += (double)(t + 1) * v, weights += (double)(t + 1), most = fmax(most, v);
            }
            const double want[POOLING_MODES] = {(double)states[(b * T + n - 1) * E + e],
                                                most,
                                                sum / (double)n,
                                                sum / sqrt((double)n),
                                                weighted / weights,
                                                (double)states[b * T * E + e]};
            for (int i = 0; i < POOLING_MODES; i++) {
                const double got = (double)y[(b * POOLING_MODES + i) * E + e];
                cr_expect(fabs(got - want[i]) < 1e-5, "mode %d: %g, want %g", i, got, want[i]);
            }
        }
    states[E + 7] = NAN, states[2 * E + 8] = NAN; /* the latter is padding */
    pool(&serial, &(struct pooling_config){.count = 1, .modes = {POOLING_MAX}}, states, lengths, B, T, E, y);
    cr_expect(isnan(y[7]) && !isnan(y[8]));
}

Test(sub_layers, pooling_skips_padding_and_scales_to_length_1) {
    const struct parallel serial = {.kind = SA_PARALLEL_SERIAL, .threads = 1};
    const struct pooling_config mean = {.count = 1, .modes = {POOLING_MEAN}};
    const int64_t lengths[] = {2, 1};
    float y[6];
    const float states[] = {3, 0, 1, 1, 8, 1, NAN, 1, 1, /* second sequence */ 0, 0, 0, NAN, 5, 5, 9, 9, 9};
    pool(&serial, &mean, states, lengths, 2, 3, 3, y);
    scale_to_length_1(&serial, 2, 3, y);
    const float want[] = {2 / sqrtf(21), 4 / sqrtf(21), 1 / sqrtf(21), 0, 0, 0};
    for (int i = 0; i < 6; i++)
        cr_expect(fabsf(y[i] - want[i]) < 1e-7f, "element %d is %g, want %g", i, (double)y[i], (double)want[i]);
}
