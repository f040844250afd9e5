/* SPDX-License-Identifier: MIT */
#include "workload.h"

#include "report.h"

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

int workload_make(struct workload *w, const struct shape *shape) {
    const struct shape s = *shape;
    *w = (struct workload){.shape = s};
    w->q = floats_new(s.B, s.H, s.T, s.D, "queries");
    w->k = w->q ? floats_new(s.B, s.K, s.S, s.D, "keys") : NULL;
    w->v = w->k ? floats_new(s.B, s.K, s.S, s.D, "values") : NULL;
    w->o = w->v ? floats_new(s.B, s.H, s.T, s.D, "the output") : NULL;
    if (!w->o) {
        workload_free(w);
        return FAILED;
    }
    floats_normal(w->q, output_count(&s), 1, 1);
    floats_normal(w->k, s.B * s.K * s.S * s.D, 1, 2);
    floats_normal(w->v, s.B * s.K * s.S * s.D, 1, 3);
    memset(w->o, 0, (size_t)output_count(&s) * sizeof(float));
    return DONE;
}

void workload_free(struct workload *w) {
    free(w->q);
    free(w->k);
    free(w->v);
    free(w->o);
    *w = (struct workload){.q = NULL};
}

double shape_flops(const struct shape *s) {
    return 4.0 * (double)s->B * (double)s->H * (double)s->T * (double)s->S * (double)s->D * (s->causal ? 0.5 : 1);
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
