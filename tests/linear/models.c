/* Models that are cases of linear attention, against their papers' own formulas in double precision.
 * SPDX-License-Identifier: MIT */
#include "support/compare.h"
#include "support/paths.h"
#include "support/random.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { B = 2, HEADS = 3, T = 200, SIZE = 24, VALUES = 40 };

static float q[B * HEADS * T * SIZE], k[B * HEADS * T * SIZE], v[B * HEADS * T * VALUES], o[B * HEADS * T * VALUES];
static double want[B * HEADS * T * VALUES];

static void make_numbers(void) {
    struct rng rng = {13};
    for (int i = 0; i < B * HEADS * T * SIZE; i++) q[i] = rng_normal(&rng), k[i] = rng_normal(&rng) / 5;
    for (int i = 0; i < B * HEADS * T * VALUES; i++) v[i] = rng_normal(&rng);
}

/* Every form in every way. */
static void check(const char *model, sa_linear_attention_args a) {
    sa_tensor_set(&a.value, v, SA_F32, SA_BHSD, B, HEADS, T, VALUES);
    sa_tensor_set(&a.output, o, SA_F32, SA_BHSD, B, HEADS, T, VALUES);
    for (int w = 0; w < ways_count; w++) {
        sa_ctx *ctx = ways[w].path == SA_PATH_BLAS ? NULL : way_open(&ways[w], 2);
        if (!ctx) continue;
        for (a.form = SA_LINEAR_AUTO; a.form <= SA_LINEAR_CHUNKED; a.form++) {
            memset(o, 0, sizeof o);
            cr_assert_eq(sa_linear_attention(ctx, &a), SA_OK, "%s", sa_ctx_last_error(ctx));
            struct difference d = compare(&a.output, want);
            cr_expect(d.wrong_class == 0 && d.norm <= 2e-6, "%s, %s, form %d: %s", model, ways[w].name, a.form,
                      difference_text(&d));
        }
        sa_ctx_destroy(&ctx);
    }
}

/* Retention in its parallel form, for head h: (Q K^T / sqrt(d) . D) V, D_tj = gamma^(t-j) for t >= j,
 * gamma = 1 - 2^(-5-h). */
static void retain(void) {
    for (int64_t bh = 0; bh < B * HEADS; bh++)
        for (int64_t t = 0; t < T; t++) {
            double *out = want + (bh * T + t) * VALUES;
            memset(out, 0, VALUES * sizeof *out);
            for (int64_t j = 0; j <= t; j++) {
                double score = 0;
                for (int64_t d = 0; d < SIZE; d++)
                    score += (double)q[(bh * T + t) * SIZE + d] * (double)k[(bh * T + j) * SIZE + d];
                score *= pow(1 - exp2(-5 - (double)(bh % HEADS)), (double)(t - j)) / sqrt(SIZE);
                for (int64_t d = 0; d < VALUES; d++) out[d] += score * (double)v[(bh * T + j) * VALUES + d];
            }
        }
}

/* One number per head, for all sequences and tokens. */
Test(models, retnet) {
    float decay[HEADS];
    sa_linear_attention_args a = {.struct_size = sizeof a};
    make_numbers();
    retain();
    for (int h = 0; h < HEADS; h++) decay[h] = (float)log1p(-exp2(-5 - h));
    sa_tensor_set(&a.query, q, SA_F32, SA_BHSD, B, HEADS, T, SIZE);
    sa_tensor_set(&a.key, k, SA_F32, SA_BHSD, B, HEADS, T, SIZE);
    sa_tensor_set(&a.decay, decay, SA_F32, SA_BHSD, B, HEADS, T, 1);
    a.decay.stride[0] = a.decay.stride[2] = 0, a.decay.stride[1] = 1;
    check("RetNet", a);
}

/* The parameters of a Mamba-2 head, and a token's step. */
static float a_log[HEADS], dt_bias[HEADS], raw[B * T * HEADS];

static double step_of(int64_t b, int64_t t, int64_t h) {
    return log1p(exp((double)raw[(b * T + t) * HEADS + h] + (double)dt_bias[h]));
}

/* The recurrence of a state space of SIZE states and VALUES channels per head, B and C being shared by the heads:
 *     A = -exp(A_log), dt = softplus(raw + dt_bias), h_t = exp(dt A) h_(t-1) + dt B_t x_t^T, y_t = C_t^T h_t.
 * B_t lies in k, C_t in q. The skip D x_t is not part of it. */
static void scan(int64_t b, int64_t h) {
    static double state[SIZE * VALUES];
    memset(state, 0, sizeof state);
    for (int64_t t = 0; t < T; t++) {
        const double dt = step_of(b, t, h), decay = exp(-dt * exp((double)a_log[h]));
        const float *bt = k + (b * T + t) * SIZE, *ct = q + (b * T + t) * SIZE,
                    *x = v + ((b * HEADS + h) * T + t) * VALUES;
        double *y = want + ((b * HEADS + h) * T + t) * VALUES;
        memset(y, 0, VALUES * sizeof *y);
        for (int64_t n = 0; n < SIZE; n++)
            for (int64_t p = 0; p < VALUES; p++) {
                double *s = &state[n * VALUES + p];
                *s = decay * *s + dt * (double)bt[n] * (double)x[p];
                y[p] += (double)ct[n] * *s;
            }
    }
}

/* What its layer hands over: values dt x, decays dt A. */
Test(models, mamba_2) {
    static float decay[B * HEADS * T];
    struct rng rng = {14};
    sa_linear_attention_args a = {.struct_size = sizeof a, .scale = 1};
    make_numbers();
    for (int h = 0; h < HEADS; h++) a_log[h] = (float)log(1 + 5 * h), dt_bias[h] = -3 + rng_normal(&rng);
    for (int i = 0; i < B * T * HEADS; i++) raw[i] = rng_normal(&rng);
    for (int64_t b = 0; b < B; b++)
        for (int64_t h = 0; h < HEADS; h++) scan(b, h);
    for (int64_t row = 0; row < B * HEADS * T; row++) {
        const int64_t h = row / T % HEADS;
        const double dt = step_of(row / T / HEADS, row % T, h);
        decay[row] = (float)(-dt * exp((double)a_log[h]));
        for (int64_t p = 0; p < VALUES; p++) v[row * VALUES + p] = (float)(dt * (double)v[row * VALUES + p]);
    }
    sa_tensor_set(&a.query, q, SA_F32, SA_BHSD, B, 1, T, SIZE);
    sa_tensor_set(&a.key, k, SA_F32, SA_BHSD, B, 1, T, SIZE);
    a.query.size[1] = a.key.size[1] = HEADS, a.query.stride[1] = a.key.stride[1] = 0;
    sa_tensor_set(&a.decay, decay, SA_F32, SA_BHSD, B, HEADS, T, 1);
    check("Mamba-2", a);
}
