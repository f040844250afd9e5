/* The formulas, row by row.
 * SPDX-License-Identifier: MIT */
#include "support/any.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME = 64 };

static void *room(int64_t count) {
    void *memory = calloc((size_t)count + 1, sizeof(double));
    if (!memory) abort();
    return memory;
}

/* y[o] = sum_i W[o][i] x[i] + b[o], for a tensor of any axes behind the first. */
static void apply(const struct any *a, const char *name, int64_t in, int64_t out, int in_out, const double *x,
                  double *y) {
    char full[NAME];
    snprintf(full, sizeof full, "%.40s.weight", name);
    const float *W = any_values(a, full);
    snprintf(full, sizeof full, "%.40s.bias", name);
    const float *b = any_has(a, full) ? any_values(a, full) : NULL;
    for (int64_t o = 0; o < out; o++) {
        y[o] = b ? (double)b[o] : 0;
        for (int64_t i = 0; i < in; i++) y[o] += (double)(in_out ? W[i * out + o] : W[o * in + i]) * x[i];
    }
}

static void matrix(const struct any *a, const struct any_stack *s, int64_t l, const char *role, int64_t in, int64_t out,
                   const double *x, double *y) {
    char name[NAME];
    snprintf(name, sizeof name, "%.8s.%lld.%.30s", s->name, (long long)l, role);
    apply(a, name, in, out, s->in_out, x, y);
}

/* Over n elements with the weights of this name; without weights they are 1. Norms of heads are RMSNorms. */
static void normalise(const struct any *a, const struct any_stack *s, const char *name, int of_heads, int64_t n,
                      const double *x, double *y) {
    const int rms = of_heads || s->norm == ANY_RMS || s->norm == ANY_RMS_PLUS_ONE;
    char weight[NAME], bias[NAME];
    double mean = 0, variance = 0;
    snprintf(weight, sizeof weight, "%.40s.weight", name);
    snprintf(bias, sizeof bias, "%.40s.bias", name);
    const float *w = any_has(a, weight) ? any_values(a, weight) : NULL;
    const float *b = any_has(a, bias) ? any_values(a, bias) : NULL;
    for (int64_t i = 0; i < n && !rms; i++) mean += x[i] / (double)n;
    for (int64_t i = 0; i < n; i++) variance += (x[i] - mean) * (x[i] - mean) / (double)n;
    for (int64_t i = 0; i < n; i++) {
        const int plus_one = s->norm == ANY_RMS_PLUS_ONE || (s->norm == ANY_LAYER_PLUS_ONE && !of_heads);
        const double factor = w ? (double)w[i] + (plus_one ? 1 : 0) : 1;
        y[i] = (x[i] - mean) / sqrt(variance + s->epsilon) * factor + (b ? (double)b[i] : 0);
    }
}

static void norm(const struct any *a, const struct any_stack *s, int64_t l, const char *role, const double *x,
                 double *y) {
    char name[NAME];
    if (l < 0)
        snprintf(name, sizeof name, "%s.%s", s->name, role);
    else
        snprintf(name, sizeof name, "%.8s.%lld.%.30s", s->name, (long long)l, role);
    normalise(a, s, name, 0, s->E, x, y);
}

static double activation(enum any_function f, double x) {
    switch (f) {
    case ANY_RELU:
        return x > 0 ? x : 0;
    case ANY_GELU:
        return x / 2 * (1 + erf(x / sqrt(2)));
    case ANY_GELU_TANH:
        return x / 2 * (1 + tanh(sqrt(2 / acos(-1)) * (x + 0.044715 * x * x * x)));
    case ANY_RELU2:
        return x > 0 ? x * x : 0;
    case ANY_QUICK_GELU:
        return x / (1 + exp(-1.702 * x));
    default:
        return x / (1 + exp(-x));
    }
}

/* Whose matrices: names begin with `prefix`; of expert e, or of none below 0. */
struct inner {
    const char *prefix;
    int64_t e, F;
    int in_out;
};

/* A matrix of one of all experts, which is a tensor of its own or a slice of one. */
static void expert_matrix(const struct any *a, const struct any_stack *s, int64_t l, const struct inner *n,
                          const char *role, int64_t in, int64_t out, const double *x, double *y) {
    char name[NAME], full[NAME + 8], number[12] = "";
    const int64_t slice = s->stacked ? n->e : 0;
    if (!s->stacked) snprintf(number, sizeof number, ".%d", (int)n->e);
    snprintf(name, sizeof name, "%.8s.%d.%s%.20s%s", s->name, (int)l, n->prefix, role, number);
    snprintf(full, sizeof full, "%s%s", name, s->plain_names ? "" : ".weight");
    const float *W = any_values(a, full) + slice * in * out;
    snprintf(full, sizeof full, "%s%s", name, s->plain_names ? "_bias" : ".bias");
    const float *b = any_has(a, full) ? any_values(a, full) + slice * out : NULL;
    for (int64_t o = 0; o < out; o++) {
        y[o] = b ? (double)b[o] : 0;
        for (int64_t i = 0; i < in; i++) y[o] += (double)(n->in_out ? W[i * out + o] : W[o * in + i]) * x[i];
    }
}

static void inner_matrix(const struct any *a, const struct any_stack *s, int64_t l, const struct inner *n,
                         const char *role, int64_t in, int64_t out, const double *x, double *y) {
    char name[NAME];
    snprintf(name, sizeof name, "%s%.20s", n->prefix, role);
    if (n->e >= 0)
        expert_matrix(a, s, l, n, role, in, out, x, y);
    else
        matrix(a, s, l, name, in, out, x, y);
}

static void pass_inner(const struct any *a, const struct any_stack *s, int64_t l, const struct inner *n,
                       const double *x, double *y) {
    double *up = room(n->F), *gate = room(n->F), *both = room(2 * n->F);
    const int packed = s->inner_packing && strcmp(n->prefix, "shared_") != 0,
              mixed = s->inner_packing == ANY_INTERLEAVED;
    if (packed) {
        inner_matrix(a, s, l, n, "gate_up", s->E, 2 * n->F, x, both);
        for (int64_t i = 0; i < n->F; i++) {
            gate[i] = both[mixed ? 2 * i : i];
            up[i] = both[mixed ? 2 * i + 1 : n->F + i];
        }
    } else {
        inner_matrix(a, s, l, n, "up", s->E, n->F, x, up);
        if (s->gated) inner_matrix(a, s, l, n, "gate", s->E, n->F, x, gate);
    }
    for (int64_t i = 0; i < n->F; i++) {
        if (s->clamp > 0) gate[i] = fmin(gate[i], s->clamp), up[i] = fmax(fmin(up[i], s->clamp), -s->clamp);
        up[i] = s->gated ? activation(s->function, gate[i]) * (up[i] + s->up_plus_one) : activation(s->function, up[i]);
    }
    inner_matrix(a, s, l, n, "down", n->F, s->E, up, y);
    free(up);
    free(gate);
    free(both);
}

/* y += factor * what one of the experts, or the shared one, makes of x. */
static void add_inner(const struct any *a, const struct any_stack *s, int64_t l, const struct inner *n, double factor,
                      const double *x, double *y) {
    double *result = room(s->E);
    pass_inner(a, s, l, n, x, result);
    for (int64_t i = 0; i < s->E; i++) y[i] += factor * result[i];
    free(result);
}

static void router(const struct any *a, const struct any_stack *s, int64_t l, const char *role, int64_t out,
                   const double *x, double *y) {
    char name[NAME];
    snprintf(name, sizeof name, "%.8s.%d.%.30s", s->name, (int)l, role);
    apply(a, name, s->E, out, 0, x, y);
}

static double logistic(double x) {
    return 1 / (1 + exp(-x));
}

static void experts(const struct any *a, const struct any_stack *s, int64_t l, const double *x, double *y) {
    double p[8], all = 0, chosen = 0, own;
    int taken[8] = {0};
    router(a, s, l, "router", s->experts, x, p);
    for (int64_t e = 0; e < s->experts; e++) all += exp(p[e]);
    for (int64_t e = 0; e < s->experts; e++) p[e] = s->sigmoid ? logistic(p[e]) : exp(p[e]) / all;
    for (int64_t i = 0; i < s->used; i++) {
        int64_t best = 0;
        while (taken[best]) best++;
        for (int64_t e = best; e < s->experts; e++)
            if (!taken[e] && p[e] > p[best]) best = e;
        taken[best] = 1;
        chosen += p[best];
    }
    memset(y, 0, (size_t)s->E * sizeof *y);
    for (int64_t e = 0; e < s->experts; e++) {
        const struct inner n = {"expert_", e, s->expert_inner, s->expert_in_out};
        if (taken[e]) add_inner(a, s, l, &n, s->expert_multiplier * p[e] / (s->normalise ? chosen : 1), x, y);
    }
    const struct inner shared = {"shared_", -1, s->shared, 0};
    if (s->shared_gate) router(a, s, l, "shared_router", 1, x, &own);
    if (s->shared) add_inner(a, s, l, &shared, s->shared_gate ? logistic(own) : 1, x, y);
}

static void feed_forward(const struct any *a, const struct any_stack *s, int64_t l, const double *x, double *y) {
    const struct inner dense = {"", -1, s->F, 0};
    if (any_has_experts(s, l))
        experts(a, s, l, x, y);
    else
        pass_inner(a, s, l, &dense, x, y);
}

/* ---- attention */

static void head_norm(const struct any *a, const struct any_stack *s, int64_t l, const char *role, int64_t heads,
                      double *x) {
    char name[NAME];
    const int64_t n = s->norm_all_heads ? heads * s->D : s->D;
    snprintf(name, sizeof name, "%.8s.%lld.%.30s", s->name, (long long)l, role);
    for (int64_t i = 0; i < heads * s->D; i += n) normalise(a, s, name, 1, n, x + i, x + i);
}

/* Whether block l has a window. */
static int has_window(const struct any_stack *s, int64_t l) {
    return s->window && l % s->period == 0 && (!s->except || (l + 1) % s->except);
}

static int is_rotated(const struct any_stack *s, int64_t l) {
    if (s->positions != ANY_ROTARY || (s->unrotated && (l + 1) % s->unrotated == 0)) return 0;
    return !s->windows_rotated || !s->window || has_window(s, l);
}

static void rotate(const struct any_stack *s, int64_t l, double *x, int64_t heads, int64_t position) {
    const int own = s->window_theta > 0 && has_window(s, l);
    const double theta = own ? s->window_theta : s->theta, stretch = own ? 1 : s->stretch;
    const int64_t pairs = (s->rotary + 1) / 2;
    for (int64_t h = 0; h < heads && is_rotated(s, l); h++)
        for (int64_t i = 0; i < pairs; i++) {
            double *u = x + h * s->D + (s->style ? 2 * i : i), *v = s->style ? u + 1 : u + pairs;
            double angle = (double)position * pow(theta, -2 * (double)i / (double)s->rotary) / stretch;
            double first = *u * cos(angle) - *v * sin(angle);
            *v = *u * sin(angle) + *v * cos(angle);
            *u = first;
        }
}

/* Press et al. 2021: 2^-8/n, 2^-16/n, ... for a power of two of heads; others take every second of twice as many. */
static double slope(const struct any_stack *s, int64_t h) {
    int64_t power = 1;
    while (2 * power <= s->H) power *= 2;
    if (h < power) return pow(2, -s->exponent * (double)(h + 1) / (double)power);
    return pow(2, -s->exponent / 2 * (double)(2 * (h - power) + 1) / (double)power);
}

/* Of scores, apart from scale_by_block. */
static double plain_scale(const struct any_stack *s) {
    return s->scale > 0 ? s->scale : s->scale_from > 0 ? 1 / sqrt(s->scale_from) : 1 / sqrt((double)s->D);
}

/* Raffel et al. 2019. */
static int64_t bucket(const struct any_stack *s, int64_t distance, int causal) {
    int64_t n = s->buckets, first = 0, far = -distance;
    if (!causal) {
        n /= 2;
        if (distance > 0) first = n;
        far = distance < 0 ? -distance : distance;
    }
    if (far < 0) far = 0;
    const int64_t exact = n / 2;
    if (far < exact) return first + far;
    int64_t large = exact + (int64_t)(logf((float)far / (float)exact) /
                                      (float)log((double)s->distance / (double)exact) * (float)(n - exact));
    return first + (large < n ? large : n - 1);
}

static double bias(const struct any *a, const struct any_stack *s, int64_t h, int64_t i, int64_t j, int causal) {
    if (s->positions == ANY_ALIBI) return slope(s, h) * (s->scaled ? plain_scale(s) : 1) * (double)(j - i);
    if (s->positions != ANY_BUCKETS) return 0;
    char name[NAME];
    snprintf(name, sizeof name, "%s.relative_bias", s->name);
    return (double)any_values(a, name)[bucket(s, j - i, causal) * s->H + h];
}

static int visible(const struct any_stack *s, int64_t l, int64_t i, int64_t j, int causal) {
    if (causal && j > i) return 0;
    if (!has_window(s, l)) return 1;
    return j > i - s->window && j < i + s->window;
}

static double scale(const struct any_stack *s, int64_t l, int cross) {
    return s->scale_by_block && !cross ? plain_scale(s) / (double)(l + 1) : plain_scale(s);
}

/* Weights p [S] of query i, head h. */
static void weigh(const struct any *a, const struct any_stack *s, int64_t l, int64_t h, int64_t i, int64_t S, int cross,
                  const double *q, const double *k, double *p) {
    const int causal = !strcmp(s->name, "decoder");
    double most = -INFINITY, total = 0;
    for (int64_t j = 0; j < S; j++) {
        double score = 0, amounts = 0;
        for (int64_t d = 0; d < s->D; d++) {
            const double product = q[(i * s->H + h) * s->D + d] * k[(j * s->K + h / (s->H / s->K)) * s->D + d];
            score += product;
            amounts += fabs(product);
        }
        score *= scale(s, l, cross);
        if (a->largest) *a->largest = fmax(*a->largest, fabs(amounts * scale(s, l, cross)));
        if (s->softcap > 0) score = s->softcap * tanh(score / s->softcap);
        if (!cross) score += bias(a, s, h, i, j, causal);
        p[j] = cross || visible(s, l, i, j, causal) ? score : -INFINITY;
        if (p[j] > most) most = p[j];
    }
    if (!cross && s->sinks) {
        char name[NAME];
        snprintf(name, sizeof name, "%.8s.%d.sinks", s->name, (int)l);
        const double sink = (double)any_values(a, name)[h];
        most = fmax(most, sink);
        total = exp(sink - most);
    }
    for (int64_t j = 0; j < S; j++) total += exp(p[j] - most);
    for (int64_t j = 0; j < S; j++) p[j] = exp(p[j] - most) / total;
}

/* Queries of x [T], keys and values of c [S], to y [T][E] and weights [H][T][S]. */
static void attend(const struct any *a, const struct any_stack *s, int64_t l, int cross, int64_t T, int64_t S,
                   const double *q, const double *k, const double *v, double *y, double *weights) {
    const int64_t width = s->H * s->D;
    double *joined = room(T * width);
    for (int64_t h = 0; h < s->H; h++)
        for (int64_t i = 0; i < T; i++) {
            double *p = weights + (h * T + i) * S;
            weigh(a, s, l, h, i, S, cross, q, k, p);
            for (int64_t d = 0; d < s->D; d++)
                for (int64_t j = 0; j < S; j++)
                    joined[i * width + h * s->D + d] += p[j] * v[(j * s->K + h / (s->H / s->K)) * s->D + d];
        }
    for (int64_t i = 0; i < T; i++)
        matrix(a, s, l, cross ? "cross_output" : "attention_output", width, s->E, joined + i * width, y + i * s->E);
    free(joined);
}

/* A token's query, key and value. */
static void project(const struct any *a, const struct any_stack *s, int64_t l, const double *x, double *q, double *k,
                    double *v) {
    const int64_t Q = s->H * s->D, K = s->K * s->D;
    if (s->packing == ANY_SEPARATE) {
        matrix(a, s, l, "query", s->E, Q, x, q);
        matrix(a, s, l, "key", s->E, K, x, k);
        matrix(a, s, l, "value", s->E, K, x, v);
        return;
    }
    double *all = room(Q + 2 * K);
    matrix(a, s, l, "qkv", s->E, Q + 2 * K, x, all);
    const int64_t G = s->groups, width = (Q + 2 * K) / G;
    for (int64_t i = 0; i < Q; i++) q[i] = all[i / (Q / G) * width + i % (Q / G)];
    for (int64_t i = 0; i < K; i++) {
        const double *behind = all + i / (K / G) * width + Q / G + i % (K / G);
        k[i] = behind[s->value_first ? K / G : 0];
        v[i] = behind[s->value_first ? 0 : K / G];
    }
    free(all);
}

static void self_attention(const struct any *a, const struct any_stack *s, int64_t l, int64_t T, const double *x,
                           double *y, double *weights) {
    const int64_t Q = s->H * s->D, K = s->K * s->D;
    double *q = room(T * Q), *k = room(T * K), *v = room(T * K);
    for (int64_t t = 0; t < T; t++) {
        project(a, s, l, x + t * s->E, q + t * Q, k + t * K, v + t * K);
        if (s->head_norms) head_norm(a, s, l, "query_norm", s->H, q + t * Q);
        if (s->head_norms) head_norm(a, s, l, "key_norm", s->K, k + t * K);
        rotate(s, l, q + t * Q, s->H, t);
        rotate(s, l, k + t * K, s->K, t);
    }
    attend(a, s, l, 0, T, T, q, k, v, y, weights);
    free(q);
    free(k);
    free(v);
}

static void cross_attention(const struct any *a, const struct any_stack *s, int64_t l, int64_t T, int64_t S,
                            const double *x, const double *context, double *y, double *weights) {
    const int64_t Q = s->H * s->D, K = s->K * s->D;
    double *q = room(T * Q), *k = room(S * K), *v = room(S * K);
    for (int64_t t = 0; t < T; t++) matrix(a, s, l, "cross_query", s->E, Q, x + t * s->E, q + t * Q);
    for (int64_t j = 0; j < S; j++) {
        matrix(a, s, l, "cross_key", s->C, K, context + j * s->C, k + j * K);
        matrix(a, s, l, "cross_value", s->C, K, context + j * s->C, v + j * K);
    }
    attend(a, s, l, 1, T, S, q, k, v, y, weights);
    free(q);
    free(k);
    free(v);
}

/* ---- blocks */

/* The input h of a sub-layer: norm(x), or x if norms come after sub-layers. behind() adds the sub-layer's result y to
 * x. */
static void before(const struct any *a, const struct any_stack *s, int64_t l, const char *role, int64_t T,
                   const double *x, double *h) {
    for (int64_t t = 0; t < T; t++)
        if (s->place == ANY_AFTER || s->place == ANY_RESULTS)
            memcpy(h + t * s->E, x + t * s->E, (size_t)s->E * sizeof *h);
        else
            norm(a, s, l, role, x + t * s->E, h + t * s->E);
}

static void behind(const struct any *a, const struct any_stack *s, int64_t l, const char *role, int64_t T,
                   const double *h, double *y, double *x) {
    char after[NAME];
    snprintf(after, sizeof after, "%.30s_after", role);
    for (int64_t t = 0; t < T; t++) {
        double *state = x + t * s->E, *change = y + t * s->E;
        if (s->place == ANY_AROUND || s->place == ANY_RESULTS) norm(a, s, l, after, change, change);
        for (int64_t i = 0; i < s->E; i++)
            state[i] = (s->of_residual ? h[t * s->E + i] : state[i]) + s->residual_multiplier * change[i];
        if (s->place == ANY_AFTER) norm(a, s, l, role, state, state);
    }
}

static void block(const struct any *a, const struct any_stack *s, int64_t l, int64_t T, int64_t S,
                  const double *context, double *x, double *weights, double *cross) {
    double *h = room(T * s->E), *y = room(T * s->E), *z = room(T * s->E);
    before(a, s, l, "attention_norm", T, x, h);
    self_attention(a, s, l, T, h, y, weights);
    if (s->parallel) {
        before(a, s, l, s->one_norm ? "attention_norm" : "feed_forward_norm", T, x, h);
        for (int64_t t = 0; t < T; t++) feed_forward(a, s, l, h + t * s->E, z + t * s->E);
        for (int64_t i = 0; i < T * s->E; i++) x[i] += s->residual_multiplier * (y[i] + z[i]);
    } else {
        behind(a, s, l, "attention_norm", T, h, y, x);
        if (s->C) {
            before(a, s, l, "cross_norm", T, x, h);
            cross_attention(a, s, l, T, S, h, context, y, cross);
            behind(a, s, l, "cross_norm", T, h, y, x);
        }
        before(a, s, l, "feed_forward_norm", T, x, h);
        for (int64_t t = 0; t < T; t++) feed_forward(a, s, l, h + t * s->E, y + t * s->E);
        behind(a, s, l, "feed_forward_norm", T, h, y, x);
    }
    free(h);
    free(y);
    free(z);
}

/* ---- input */

static const float *table(const struct any *a, const struct any_stack *s, const char *role) {
    char name[NAME];
    snprintf(name, sizeof name, "%s.%s", s->name, role);
    return any_values(a, name);
}

/* Vaswani et al. 2017, and the orders of Marian and Whisper. */
static double sinusoid(const struct any_stack *s, int64_t p, int64_t i) {
    const int64_t sines = (s->E + 1) / 2;
    const double E = (double)s->E, half = (double)sines;
    if (s->style == 0)
        return i % 2 ? cos((double)p * pow(10000, -(double)(i - 1) / E)) : sin((double)p * pow(10000, -(double)i / E));
    const int cosine = (double)i >= half;
    const double pair = cosine ? (double)i - half : (double)i;
    const double angle =
        (double)p * (s->style == 1 ? pow(10000, -2 * pair / E) : exp(-log(10000) * pair / (E / 2 - 1)));
    return cosine ? cos(angle) : sin(angle);
}

static void embed_patch(const struct any *a, const struct any_stack *s, const float *image, int64_t t, double *x) {
    char name[NAME];
    const int64_t columns = s->width / s->patch, p = s->patch, size = s->channels * p * p;
    double *pixels = room(size);
    for (int64_t i = 0; i < size; i++) {
        const int64_t c = i / (p * p), row = (t - 1) / columns * p + i / p % p, column = (t - 1) % columns * p + i % p;
        pixels[i] = (double)image[(c * s->height + row) * s->width + column];
    }
    snprintf(name, sizeof name, "%s.patches", s->name);
    apply(a, name, size, s->E, 0, pixels, x);
    free(pixels);
}

/* x [channels][n] to y [E][n / stride], over three neighbours. */
static void convolve(const struct any *a, const struct any_stack *s, const char *role, int64_t channels, int64_t n,
                     int64_t stride, const double *x, double *y) {
    char name[NAME];
    const int64_t m = (n + stride - 1) / stride;
    double *near = room(3 * channels), *column = room(s->E);
    snprintf(name, sizeof name, "%s.%s", s->name, role);
    for (int64_t t = 0; t < m; t++) {
        for (int64_t i = 0; i < 3 * channels; i++) {
            const int64_t at = t * stride + i % 3 - 1;
            near[i] = at < 0 || at >= n ? 0 : x[i / 3 * n + at];
        }
        apply(a, name, 3 * channels, s->E, 0, near, column);
        for (int64_t e = 0; e < s->E; e++) y[e * m + t] = activation(ANY_GELU, column[e]);
    }
    free(near);
    free(column);
}

static void embed_sound(const struct any *a, const struct any_stack *s, const float *sound, double *states) {
    const int64_t n = s->width, m = (n + 1) / 2;
    double *x = room(s->channels * n), *y = room(s->E * n), *z = room(s->E * m);
    for (int64_t i = 0; i < s->channels * n; i++) x[i] = (double)sound[i];
    convolve(a, s, "convolution_1", s->channels, n, 1, x, y);
    convolve(a, s, "convolution_2", s->E, n, 2, y, z);
    for (int64_t t = 0; t < m; t++)
        for (int64_t e = 0; e < s->E; e++) states[t * s->E + e] = z[e * m + t];
    free(x);
    free(y);
    free(z);
}

static void embed_token(const struct any *a, const struct any_stack *s, int32_t id, int32_t type, double *x) {
    for (int64_t i = 0; i < s->E; i++) {
        x[i] = (double)table(a, s, "words")[id * s->E + i] * (s->scale_words ? sqrt((double)s->E) : 1) *
               s->word_multiplier;
        if (s->types) x[i] += (double)table(a, s, "types")[type * s->E + i];
    }
}

static void embed(const struct any *a, const struct any_stack *s, const int32_t *ids, const int32_t *types,
                  const float *features, int64_t T, double *states) {
    if (s->input == ANY_SOUND) embed_sound(a, s, features, states);
    for (int64_t t = 0; t < T; t++) {
        double *x = states + t * s->E;
        if (s->input == ANY_TOKENS) embed_token(a, s, ids[t], types ? types[t] : 0, x);
        if (s->input == ANY_PATCHES && t > 0) embed_patch(a, s, features, t, x);
        for (int64_t i = 0; i < s->E; i++) {
            if (s->input == ANY_PATCHES && t == 0) x[i] = (double)table(a, s, "class_token")[i];
            if (s->positions == ANY_LEARNED) x[i] += (double)table(a, s, "positions")[(t + s->offset) * s->E + i];
            if (s->positions == ANY_SINUSOIDAL) x[i] += sinusoid(s, t, i);
        }
        if (s->input_norm) norm(a, s, -1, "input_norm", x, x);
    }
}

void any_forward(const struct any *a, const struct any_stack *s, const int32_t *ids, const int32_t *types,
                 const float *features, int64_t T, const double *context, int64_t S, double *states, double *weights,
                 double *cross) {
    double *own = room(s->H * T * T), *others = room(s->H * T * S);
    embed(a, s, ids, types, features, T, states);
    for (int64_t l = 0; l < s->L; l++)
        block(a, s, l, T, S, context, states, weights ? weights + l * s->H * T * T : own,
              cross ? cross + l * s->H * T * S : others);
    for (int64_t t = 0; t < T && s->place != ANY_AFTER; t++)
        norm(a, s, -1, "final_norm", states + t * s->E, states + t * s->E);
    free(own);
    free(others);
}

void any_logits(const struct any *a, const double *state, double *logits) {
    const struct any_stack *d = &a->decoder;
    const float *W = a->tied ? table(a, d, "words") : any_values(a, "head.weight");
    for (int64_t v = 0; v < d->V; v++) {
        double sum = 0;
        for (int64_t i = 0; i < d->E; i++) sum += (double)W[v * d->E + i] * state[i];
        if (a->scale_states) sum /= sqrt((double)d->E);
        if (a->output_bias) sum += (double)any_values(a, "head_bias")[v];
        sum *= a->output_multiplier > 0 ? a->output_multiplier : -1 / a->output_multiplier;
        logits[v] = a->output_softcap > 0 ? a->output_softcap * tanh(sum / a->output_softcap) : sum;
    }
}

void any_pooled(const struct any *a, const double *state, double *pooled) {
    apply(a, "pooler", a->encoder.E, a->encoder.E, 0, state, pooled);
    for (int64_t i = 0; i < a->encoder.E; i++) pooled[i] = tanh(pooled[i]);
}

void any_classes(const struct any *a, const double *state, double *logits) {
    apply(a, "classes", a->encoder.E, a->classes, 0, state, logits);
}
