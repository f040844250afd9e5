/* SPDX-License-Identifier: MIT */
#include "way/workload.h"

#include "measure/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

float *floats_new(int64_t a, int64_t b, int64_t c, int64_t d, const char *what) {
    enum { LINE = 64 };
    int64_t bytes;
    void *memory = NULL;
    if (__builtin_mul_overflow(a, b, &bytes) || __builtin_mul_overflow(bytes, c, &bytes) ||
        __builtin_mul_overflow(bytes, d, &bytes) || __builtin_mul_overflow(bytes, (int64_t)sizeof(float), &bytes) ||
        posix_memalign(&memory, LINE, (size_t)bytes)) {
        complain_memory((double)a * (double)b * (double)c * (double)d * sizeof(float), what);
        return NULL;
    }
    return memory;
}

/* SplitMix64 (Steele, Lea, Flood 2014), to [0, 1). */
static double next_unit(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

/* Box and Muller (1958). */
void floats_normal(float *x, int64_t n, float sigma, uint64_t seed) {
    for (int64_t i = 0; i < n; i++) {
        double u = next_unit(&seed) + 0x1p-54, v = next_unit(&seed);
        x[i] = sigma * (float)(sqrt(-2 * log(u)) * cos(6.283185307179586 * v));
    }
}

int64_t output_count(const struct shape *s) {
    return s->B * s->H * s->T * s->D;
}

int64_t layer_width(const struct shape *s) {
    return s->H * s->D;
}

int64_t weight_rows(const struct shape *s) {
    return 2 * (s->H + s->K) * s->D;
}

static float *normal_new(int64_t a, int64_t b, int64_t c, float sigma, uint64_t seed, const char *what) {
    float *x = floats_new(a, b, c, 1, what);
    if (x) floats_normal(x, a * b * c, sigma, seed);
    return x;
}

static int make_attention(struct workload *w, const struct shape *s) {
    w->q = normal_new(s->B * s->H, s->T, s->D, 1, 1, "queries");
    w->k = w->q ? normal_new(s->B * s->K, s->S, s->D, 1, 2, "keys") : NULL;
    w->v = w->k ? normal_new(s->B * s->K, s->S, s->D, 1, 3, "values") : NULL;
    return w->v ? DONE : FAILED;
}

static int make_layer(struct workload *w, const struct shape *s) {
    const int64_t E = layer_width(s);
    const int cross = s->S != s->T;
    w->x = normal_new(s->B, s->T, E, 1, 1, "the input");
    w->weights = w->x ? normal_new(weight_rows(s), E, 1, 1 / sqrtf((float)E), 4, "weights") : NULL;
    if (w->weights && cross) w->context = normal_new(s->B, s->S, E, 1, 2, "the context");
    return w->weights && (w->context || !cross) ? DONE : FAILED;
}

int workload_make(struct workload *w, const struct shape *shape) {
    const struct shape s = *shape;
    *w = (struct workload){.shape = s};
    int status = s.layer ? make_layer(w, &s) : make_attention(w, &s);
    if (!status && !(w->o = floats_new(s.B, s.H, s.T, s.D, "the output"))) status = FAILED;
    if (status)
        workload_free(w);
    else
        memset(w->o, 0, (size_t)output_count(&s) * sizeof(float));
    return status;
}

void workload_free(struct workload *w) {
    float *const arrays[] = {w->q, w->k, w->v, w->x, w->context, w->weights, w->o};
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) free(arrays[i]);
    *w = (struct workload){.q = NULL};
}

static double attention_flops(const struct shape *s) {
    return 4.0 * (double)s->B * (double)s->H * (double)s->T * (double)s->S * (double)s->D * (s->causal ? 0.5 : 1);
}

double shape_flops(const struct shape *s) {
    const double B = (double)s->B, E = (double)layer_width(s);
    const double queries_and_output = 4 * B * (double)s->T * E * E;
    const double keys_and_values = 4 * B * (double)s->S * E * (double)(s->K * s->D);
    return attention_flops(s) + (s->layer ? queries_and_output + keys_and_values : 0);
}

double shape_bytes(const struct shape *s, double size) {
    const double E = (double)layer_width(s), B = (double)s->B, T = (double)s->T, S = (double)s->S;
    const double rows = 2 * B * T * E; /* queries or the layer's input, and the output */
    if (s->layer) return size * (rows + (double)weight_rows(s) * E + (s->S != s->T ? B * S * E : 0));
    return size * (rows + 2 * B * S * (double)(s->K * s->D));
}

int64_t visible_keys(const struct shape *s, int64_t t) {
    return s->causal && t + 1 < s->S ? t + 1 : s->S;
}

double largest_difference(const float *a, const float *b, int64_t n) {
    double largest = 0;
    for (int64_t i = 0; i < n; i++) {
        double difference = fabs((double)a[i] - (double)b[i]);
        if (!(difference <= largest)) largest = difference;
        if (isnan(largest)) return largest;
    }
    return largest;
}
