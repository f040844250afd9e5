/* SPDX-License-Identifier: MIT */
#include "support/oracle_backward.h"

#include "support/oracle.h"

#include <math.h>
#include <stdlib.h>

/* A call, its matrices [B,H,T,S], and the sums. */
struct backward {
    const sa_attention_args *a;
    const sa_tensor *upstream;
    double *weights, *scaled, *biased, *output, *lse;
    struct oracle_gradients g;
};

static void add(struct backward *w, enum oracle_gradient which, int64_t at, double value, double size) {
    if (!w->g.value[which]) return;
    w->g.value[which][at] += value;
    w->g.size[which][at] += size;
}

static int64_t mask_at(const sa_tensor *m, int64_t b, int64_t h, int64_t t, int64_t j) {
    const int64_t at[4] = {b, h, t, j};
    int64_t place = 0;
    for (int i = 0; i < 4; i++) place = place * m->size[i] + (m->size[i] == 1 ? 0 : at[i]);
    return place;
}

/* dS for the weight P of key j, and the size of its terms. */
static void add_score(struct backward *w, int64_t b, int64_t h, int64_t t, int64_t j, double scaled, double dS,
                      double size) {
    const sa_attention_args *a = w->a;
    int64_t D = a->query.size[3], group = a->query.size[1] / a->key.size[1], k = h / group, K = a->key.size[1];
    double scale = a->scale != 0 ? (double)a->scale : 1 / sqrt((double)D);
    const double capped = a->softcap > 0 ? tanh(scaled / a->softcap) : 0, c = 1 - capped * capped;
    const int64_t distance = j - oracle_position(a, b, t);
    if (w->g.value[ORACLE_MASK]) add(w, ORACLE_MASK, mask_at(&a->masking->mask, b, h, t, j), dS, size);
    add(w, ORACLE_SLOPES, h, dS * (double)distance, size * fabs((double)distance));
    if (w->g.value[ORACLE_BIAS]) {
        int64_t R = a->rules->relative_reach, d = distance < -R ? -R : distance > R ? R : distance;
        add(w, ORACLE_BIAS, h * (2 * R + 1) + R + d, dS, size);
    }
    for (int64_t d = 0; d < D; d++) {
        double key = oracle_at(&a->key, b, k, j, d), query = oracle_at(&a->query, b, h, t, d);
        double q = scale * c * dS, s = fabs(scale) * size;
        add(w, ORACLE_QUERY, ((b * a->query.size[1] + h) * a->query.size[2] + t) * D + d, q * key, s * fabs(key));
        add(w, ORACLE_KEY, ((b * K + k) * a->key.size[2] + j) * D + d, q * query, s * fabs(query));
    }
}

/* A value that is not finite stays so in the output, even if its weight underflows: then all that the row sees gets NaN
 * or an infinity. */
static int is_finite(const struct backward *w, int64_t row) {
    int64_t Dv = w->a->value.size[3];
    for (int64_t d = 0; d < Dv; d++)
        if (!isfinite(w->output[row * Dv + d])) return 0;
    return 1;
}

static void add_row(struct backward *w, int64_t b, int64_t h, int64_t t) {
    const sa_attention_args *a = w->a;
    int64_t H = a->query.size[1], K = a->key.size[1], S = a->key.size[2], Dv = a->value.size[3], k = h / (H / K);
    int64_t row = (b * H + h) * a->query.size[2] + t;
    const double *P = w->weights + row * S;
    double *dP = calloc((size_t)S + 1, sizeof *dP), *size = calloc((size_t)S + 1, sizeof *size), mean = 0,
           mean_size = 0;
    for (int64_t j = 0; j < S; j++) {
        const double factor = oracle_dropout(a->dropout, b, h, t, j);
        if (P[j] == 0 || factor == 0) continue;
        for (int64_t d = 0; d < Dv; d++) {
            double dO = oracle_at(w->upstream, b, h, t, d), v = oracle_at(&a->value, b, k, j, d);
            dP[j] += factor * dO * v;
            size[j] += factor * fabs(dO * v);
            add(w, ORACLE_VALUE, ((b * K + k) * S + j) * Dv + d, factor * P[j] * dO, factor * P[j] * fabs(dO));
        }
        mean += P[j] * dP[j];
        mean_size += P[j] * size[j];
    }
    for (int64_t j = 0; !is_finite(w, row) && j < S; j++)
        if (w->biased[row * S + j] != -INFINITY) add_score(w, b, h, t, j, 0, NAN, INFINITY);
    for (int64_t j = 0; is_finite(w, row) && j < S; j++)
        if (P[j] != 0)
            add_score(w, b, h, t, j, w->scaled[row * S + j], P[j] * (dP[j] - mean), P[j] * (size[j] + mean_size));
    if (w->g.value[ORACLE_SINKS] && w->lse[row] != -INFINITY) {
        double weight = exp((double)a->rules->sink_logits[h] - w->lse[row]);
        add(w, ORACLE_SINKS, h, -weight * mean, is_finite(w, row) ? weight * mean_size : INFINITY);
    }
    free(dP);
    free(size);
}

static int64_t elements(const sa_tensor *t) {
    return t->size[0] * t->size[1] * t->size[2] * t->size[3];
}

static void make_room(struct backward *w) {
    const sa_attention_args *a = w->a;
    const sa_score_rules *r = a->rules;
    int64_t *count = w->g.count, H = a->query.size[1];
    count[ORACLE_QUERY] = elements(&a->query);
    count[ORACLE_KEY] = elements(&a->key);
    count[ORACLE_VALUE] = elements(&a->value);
    if (a->masking && a->masking->mask.data && a->masking->mask.dtype != SA_BOOL)
        count[ORACLE_MASK] = elements(&a->masking->mask);
    if (r && r->alibi_slopes) count[ORACLE_SLOPES] = H;
    if (r && r->relative_bias) count[ORACLE_BIAS] = H * (2 * r->relative_reach + 1);
    if (r && r->sink_logits) count[ORACLE_SINKS] = H;
    for (int i = 0; i < ORACLE_GRADIENTS; i++)
        if (count[i]) {
            w->g.value[i] = calloc((size_t)count[i], sizeof(double));
            w->g.size[i] = calloc((size_t)count[i], sizeof(double));
        }
}

struct oracle_gradients oracle_attention_backward(const sa_attention_args *args, const sa_tensor *upstream) {
    struct backward w = {.a = args, .upstream = upstream};
    int64_t B = args->query.size[0], H = args->query.size[1], T = args->query.size[2], S = args->key.size[2];
    size_t numbers = (size_t)(B * H * T * S + 1);
    sa_attention_args a = *args;
    w.weights = malloc(numbers * sizeof(double));
    w.scaled = malloc(numbers * sizeof(double));
    w.biased = malloc(numbers * sizeof(double));
    w.output = malloc((size_t)(B * H * T * args->value.size[3] + 1) * sizeof(double));
    w.lse = malloc((size_t)(B * H * T + 1) * sizeof(double));
    make_room(&w);
    a.weights_kind = SA_WEIGHTS_PROBABILITIES;
    oracle_attention(&a, w.output, w.lse, w.weights);
    a.weights_kind = SA_WEIGHTS_SCALED;
    oracle_attention(&a, NULL, NULL, w.scaled);
    a.weights_kind = SA_WEIGHTS_BIASED;
    oracle_attention(&a, NULL, NULL, w.biased);
    for (int64_t row = 0; row < B * H * T; row++) add_row(&w, row / T / H, row / T % H, row % T);
    free(w.weights);
    free(w.scaled);
    free(w.biased);
    free(w.output);
    free(w.lse);
    return w.g;
}

void oracle_gradients_free(struct oracle_gradients *g) {
    for (int i = 0; i < ORACLE_GRADIENTS; i++) {
        free(g->value[i]);
        free(g->size[i]);
    }
}
