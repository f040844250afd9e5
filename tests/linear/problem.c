/* SPDX-License-Identifier: MIT */
#include "problem.h"

#include "support/oracle.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- making */

static int64_t pick(struct rng *rng, const int64_t *from, int64_t count) {
    return from[rng_below(rng, count)];
}

void linear_sample_fill(struct linear_sample *s, sa_tensor *t, struct rng *rng, int64_t heads, int64_t tokens,
                        int64_t size, float factor) {
    const int64_t count = s->B * heads * tokens * size;
    float *data = s->memory[s->memories++] = malloc((size_t)(count + 1) * sizeof *data);
    for (int64_t i = 0; i < count; i++) data[i] = factor * rng_normal(rng);
    sa_tensor_set(t, data, SA_F32, rng_chance(rng, .5) ? SA_BHSD : SA_BSHD, s->B, heads, tokens, size);
}

static void each(const sa_tensor *t, float (*change)(float x)) {
    float *x = t->data;
    for (int64_t i = 0; i < t->size[0] * t->size[1] * t->size[2] * t->size[3]; i++) x[i] = change(x[i]);
}
static float to_decay(float x) {
    return x > 2.5f ? -INFINITY : -.2f * fabsf(x);
}
static float to_beta(float x) {
    return 1 / (1 + expf(-x));
}

static void add_rule(struct linear_sample *s, struct rng *rng) {
    sa_linear_attention_args *a = &s->args;
    if (rng_chance(rng, .7)) {
        linear_sample_fill(s, &a->decay, rng, s->K, s->S, rng_chance(rng, .5) ? 1 : s->D, 1);
        each(&a->decay, to_decay);
    }
    if (rng_chance(rng, .5)) {
        linear_sample_fill(s, &a->beta, rng, rng_chance(rng, .3) ? 1 : s->K, s->S, 1, 1);
        each(&a->beta, to_beta);
    } else if (rng_chance(rng, .4)) {
        a->normalised = 1, a->scale = 0;
        a->epsilon = rng_chance(rng, .5) ? .001f : 0;
        a->features = 1 + (int32_t)rng_below(rng, 3);
    }
}

static void describe(struct linear_sample *s, uint64_t seed) {
    const sa_linear_attention_args *a = &s->args;
    snprintf(s->text, sizeof s->text,
             "seed %llu: B %lld H %lld K %lld T %lld S %lld D %lld Dv %lld, decay %lld, beta %d, features %d, "
             "normalised %d, bidirectional %d, lengths %d",
             (unsigned long long)seed, (long long)s->B, (long long)s->H, (long long)s->K, (long long)s->T,
             (long long)s->S, (long long)s->D, (long long)s->Dv, a->decay.data ? (long long)a->decay.size[3] : 0LL,
             a->beta.data != NULL, a->features, a->normalised, a->bidirectional, a->lengths != NULL);
}

void linear_sample_make(struct linear_sample *s, uint64_t seed) {
    static const int64_t tokens[] = {1, 2, 13, 14, 27, 63, 64, 65, 130, 200}, sizes[] = {1, 4, 8, 15, 16, 17, 33, 64};
    struct rng rng = {seed};
    *s = (struct linear_sample){.B = 1 + rng_below(&rng, 3), .K = 1 + rng_below(&rng, 3)};
    s->H = s->K * (1 + rng_below(&rng, 3)), s->T = pick(&rng, tokens, 10);
    s->D = pick(&rng, sizes, 8), s->Dv = pick(&rng, sizes, 8);
    s->args.struct_size = sizeof s->args;
    s->args.bidirectional = rng_chance(&rng, .2);
    s->args.scale = rng_chance(&rng, .5) ? .7f : 0;
    s->args.features = (int32_t)rng_below(&rng, 4);
    s->S = s->args.bidirectional ? pick(&rng, tokens, 10) : s->T;
    linear_sample_fill(s, &s->args.query, &rng, s->H, s->T, s->D, 1);
    linear_sample_fill(s, &s->args.key, &rng, s->K, s->S, s->D, 1 / sqrtf((float)s->D));
    linear_sample_fill(s, &s->args.value, &rng, s->K, s->S, s->Dv, 1);
    linear_sample_fill(s, &s->args.output, &rng, s->H, s->T, s->Dv, 0);
    if (!s->args.bidirectional) add_rule(s, &rng);
    if (s->args.beta.data) s->args.features = SA_FEATURES_IDENTITY;
    for (int64_t b = 0; b < s->B; b++) s->lengths[b] = rng_below(&rng, s->S + 1);
    if (rng_chance(&rng, .3)) s->args.lengths = s->lengths;
    describe(s, seed);
}

void linear_sample_free(struct linear_sample *s) {
    for (int i = 0; i < s->memories; i++) free(s->memory[i]);
}

/* ---- the formula */

static double feature(double x, int32_t kind) {
    switch (kind) {
    case SA_FEATURES_ELU:
        return x < 0 ? exp(x) : x + 1;
    case SA_FEATURES_RELU:
        return x < 0 ? 0 : x;
    case SA_FEATURES_SQUARE:
        return x * x;
    default:
        return x;
    }
}

/* A head's state: rows of features, a column more than a value has, for values of 1. */
struct state {
    const struct linear_sample *s;
    int64_t b, k;
    double *sums;
};

static double key_of(const struct state *t, int64_t token, int64_t d) {
    return feature(oracle_at(&t->s->args.key, t->b, t->k, token, d), t->s->args.features);
}

static void add(const struct state *t, int64_t token) {
    const sa_linear_attention_args *a = &t->s->args;
    const int64_t D = t->s->D, n = t->s->Dv + 1;
    for (int64_t d = 0; d < D && a->decay.data; d++)
        for (int64_t c = 0; c < n; c++)
            t->sums[d * n + c] *= exp(oracle_at(&a->decay, t->b, t->k, token, a->decay.size[3] > 1 ? d : 0));
    for (int64_t c = 0; c < n; c++) {
        double u = c == t->s->Dv ? 1 : oracle_at(&a->value, t->b, t->k, token, c);
        for (int64_t d = 0; d < D && a->beta.data; d++) u -= t->sums[d * n + c] * key_of(t, token, d);
        if (a->beta.data) u *= oracle_at(&a->beta, t->b, a->beta.size[1] > 1 ? t->k : 0, token, 0);
        for (int64_t d = 0; d < D; d++) t->sums[d * n + c] += key_of(t, token, d) * u;
    }
}

static void ask(const struct state *t, int64_t h, int64_t token, double *output) {
    const sa_linear_attention_args *a = &t->s->args;
    const int64_t D = t->s->D, Dv = t->s->Dv, n = Dv + 1;
    const double scale = a->normalised ? 1 : a->scale != 0 ? (double)a->scale : 1 / sqrt((double)D);
    double total = 0;
    for (int64_t c = Dv; c >= 0; c--) {
        double sum = 0;
        for (int64_t d = 0; d < D; d++)
            sum += t->sums[d * n + c] * feature(oracle_at(&a->query, t->b, h, token, d), a->features);
        if (c == Dv)
            total = sum + (double)a->epsilon;
        else
            output[c] = !a->normalised ? scale * sum : total == 0 ? 0 : sum / total;
    }
}

static void run_head(const struct state *t, double *output) {
    const struct linear_sample *s = t->s;
    const int64_t length = s->args.lengths ? s->args.lengths[t->b] : s->S, G = s->H / s->K;
    for (int64_t i = 0; i < length && s->args.bidirectional; i++) add(t, i);
    for (int64_t i = 0; i < s->T; i++) {
        if (!s->args.bidirectional && i >= length) break; /* rows of padding are not written */
        if (!s->args.bidirectional) add(t, i);
        for (int64_t h = t->k * G; h < (t->k + 1) * G; h++)
            ask(t, h, i, output + ((t->b * s->H + h) * s->T + i) * s->Dv);
    }
}

double *linear_oracle(const struct linear_sample *s) {
    double *output = calloc((size_t)(s->B * s->H * s->T * s->Dv) + 1, sizeof *output);
    for (int64_t i = 0; i < s->B * s->K; i++) {
        struct state t = {s, i / s->K, i % s->K, calloc((size_t)(s->D * (s->Dv + 1)), sizeof(double))};
        run_head(&t, output);
        free(t.sums);
    }
    return output;
}
