/* SPDX-License-Identifier: MIT */
#include "measure/report.h"
#include "study/recurrent.h"
#include "way/workload.h"

#include <math.h>
#include <stdlib.h>

enum { WIDTH = INFLUENCE_WIDTH, ATTENTION = INFLUENCE_LAYERS - 1 };

static const struct {
    const char *name;
    int kind;
    float forget;
} layers[INFLUENCE_LAYERS] = {
    {"RNN", RNN, 0}, {"LSTM", LSTM, 0}, {"LSTM, forget bias 1", LSTM, 1}, {"GRU", GRU, 0}, {"attention", -1, 0}};

const char *influence_name(int layer) {
    return layers[layer].name;
}

static double norm(const double *x) {
    double sum = 0;
    for (int i = 0; i < WIDTH; i++) sum += x[i] * x[i];
    return sqrt(sum);
}

/* Adds the logarithms of one draw; -infinity once nothing is left of the first token. */
static int draw_recurrent(struct influence *f, int layer, const float *x, const float *direction) {
    struct recurrent r;
    struct recurrent_exact e;
    double first = 0;
    int status = recurrent_open(&r, layers[layer].kind, WIDTH, layers[layer].forget);
    if (status) return status;
    status = recurrent_exact_open(&e, &r);
    for (int64_t n = 1, at = 0; !status && at < f->count; n++) {
        recurrent_exact_step(&e, x + (n - 1) * WIDTH, n == 1 ? direction : NULL);
        const double left = norm(e.dh);
        if (n == 1) first = left;
        if (n == f->lengths[at]) f->reaches[layer][at++] += left > 1e-300 ? log(left / first) : -INFINITY;
        if (!(left > 1e-300))
            for (; at < f->count; at++) f->reaches[layer][at] = -INFINITY;
    }
    if (!status) recurrent_exact_close(&e);
    recurrent_close(&r);
    return status;
}

/* y = W x */
static void map(const float *W, const float *x, double *y) {
    for (int i = 0; i < WIDTH; i++) {
        y[i] = 0;
        for (int j = 0; j < WIDTH; j++) y[i] += (double)W[i * WIDTH + j] * (double)x[j];
    }
}

static double dot(const double *a, const double *b) {
    double sum = 0;
    for (int i = 0; i < WIDTH; i++) sum += a[i] * b[i];
    return sum;
}

/* One causal head, o = sum_j p_j v_j for the last query. Of a change dx of the first token, dk and dv are the changes
 * of its key and value; ds = q dk / sqrt(d), and do = p_1 (dv + ds (v_1 - o)). For n = 1, p_1 = 1 and do = dv. */
static double attention_reaches(const float *W, const float *x, int64_t n, const float *direction) {
    double q[WIDTH], k[WIDTH], v[WIDTH], o[WIDTH] = {0}, total = 0, first = 0, v_first[WIDTH] = {0};
    double dk[WIDTH], dv[WIDTH], change[WIDTH];
    const double scale = 1 / sqrt(WIDTH);
    const float *W_k = W + WIDTH * WIDTH, *W_v = W_k + WIDTH * WIDTH;
    map(W, x + (n - 1) * WIDTH, q), map(W_k, direction, dk), map(W_v, direction, dv);
    for (int64_t j = 0; j < n; j++) {
        map(W_k, x + j * WIDTH, k), map(W_v, x + j * WIDTH, v);
        const double weight = exp(scale * dot(q, k)); /* scores are near 1 */
        for (int i = 0; i < WIDTH; i++) o[i] += weight * v[i];
        total += weight;
        if (j > 0) continue;
        first = weight;
        for (int i = 0; i < WIDTH; i++) v_first[i] = v[i];
    }
    const double ds = n > 1 ? scale * dot(q, dk) : 0;
    for (int i = 0; i < WIDTH; i++) change[i] = first / total * (dv[i] + ds * (v_first[i] - o[i] / total));
    return norm(change) / norm(dv);
}

/* Weights that keep queries, keys and values at 1. */
static int draw_attention(struct influence *f, const float *x, const float *direction) {
    float *W = floats_new(3, WIDTH, WIDTH, 1, "weights");
    if (!W) return FAILED;
    floats_normal(W, 3 * WIDTH * WIDTH, 1 / sqrtf(WIDTH), 21);
    for (int at = 0; at < f->count; at++)
        f->reaches[ATTENTION][at] += log(attention_reaches(W, x, f->lengths[at], direction));
    free(W);
    return DONE;
}

static int draw(struct influence *f, int64_t n_most, uint64_t seed) {
    float *x = floats_new(n_most + 1, WIDTH, 1, 1, "tokens");
    if (!x) return FAILED;
    float *direction = x + n_most * WIDTH;
    floats_normal(x, n_most * WIDTH, 1, seed), floats_normal(direction, WIDTH, 1, seed + 1000);
    int status = draw_attention(f, x, direction);
    for (int layer = 0; layer < ATTENTION && !status; layer++) status = draw_recurrent(f, layer, x, direction);
    free(x);
    return status;
}

int influence_measure(struct influence *f, int64_t n_most) {
    int status = DONE;
    *f = (struct influence){.count = 0};
    for (int64_t n = 1; n <= n_most && f->count < INFLUENCE_LENGTHS; n *= 2) f->lengths[f->count++] = n;
    for (int i = 0; i < INFLUENCE_DRAWS && !status; i++) status = draw(f, n_most, 31 + (uint64_t)i);
    for (int layer = 0; layer < INFLUENCE_LAYERS; layer++)
        for (int at = 0; at < f->count; at++) f->reaches[layer][at] = exp(f->reaches[layer][at] / INFLUENCE_DRAWS);
    return status;
}
