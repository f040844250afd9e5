/* SPDX-License-Identifier: MIT */
#include "study/limits.h"

#include "measure/harness.h"
#include "measure/machine.h"
#include "measure/progress.h"
#include "measure/report.h"
#include "way/way.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One length: inputs, what the ways write, and what exact attention wrote, if that was computed. */
struct stage {
    sa_ctx *ctx;
    const struct workload *w;
    float *exact, *decay, *beta;
    sa_random_features *features;
    void *unfused;
};

static int refused(const struct stage *s) {
    return complain(FAILED, "%s", sa_ctx_last_error(s->ctx));
}

/* ---- the ways; each returns 0, or a complaint was made */

static int run_attention(struct stage *s, int64_t window) {
    const int64_t n = s->w->shape.T;
    const sa_masking masking = {
        .struct_size = sizeof masking, .causal = 1, .window = window > 0, .window_left = window > 0 ? window - 1 : 0};
    sa_attention_args a = {.struct_size = sizeof a, .masking = &masking};
    sa_tensor_set(&a.query, s->w->q, SA_F32, SA_BHSD, 1, 1, n, LIMIT_HEAD);
    sa_tensor_set(&a.key, s->w->k, SA_F32, SA_BHSD, 1, 1, n, LIMIT_HEAD);
    sa_tensor_set(&a.value, s->w->v, SA_F32, SA_BHSD, 1, 1, n, LIMIT_HEAD);
    sa_tensor_set(&a.output, s->w->o, SA_F32, SA_BHSD, 1, 1, n, LIMIT_HEAD);
    return sa_attention(s->ctx, &a) == SA_OK ? DONE : refused(s);
}

static int run_flash(struct stage *s) {
    return run_attention(s, 0);
}

static int run_window(struct stage *s) {
    return run_attention(s, LIMIT_WINDOW);
}

static int run_unfused(struct stage *s) {
    return way_unfused.run(s->unfused);
}

static sa_linear_attention_args linear_args(const struct stage *s) {
    const int64_t n = s->w->shape.T;
    sa_linear_attention_args a = {.struct_size = sizeof a};
    sa_tensor_set(&a.query, s->w->q, SA_F32, SA_BHSD, 1, 1, n, LIMIT_HEAD);
    sa_tensor_set(&a.key, s->w->k, SA_F32, SA_BHSD, 1, 1, n, LIMIT_HEAD);
    sa_tensor_set(&a.value, s->w->v, SA_F32, SA_BHSD, 1, 1, n, LIMIT_HEAD);
    sa_tensor_set(&a.output, s->w->o, SA_F32, SA_BHSD, 1, 1, n, LIMIT_HEAD);
    return a;
}

static int run_linear(struct stage *s) {
    sa_linear_attention_args a = linear_args(s);
    a.normalised = 1, a.features = SA_FEATURES_ELU;
    return sa_linear_attention(s->ctx, &a) == SA_OK ? DONE : refused(s);
}

/* Keys of deviation 1/8 have norms near 1. */
static int run_gated_delta(struct stage *s) {
    const int64_t n = s->w->shape.T;
    sa_linear_attention_args a = linear_args(s);
    sa_tensor_set(&a.decay, s->decay, SA_F32, SA_BHSD, 1, 1, n, 1);
    sa_tensor_set(&a.beta, s->beta, SA_F32, SA_BHSD, 1, 1, n, 1);
    return sa_linear_attention(s->ctx, &a) == SA_OK ? DONE : refused(s);
}

static int run_favor(struct stage *s) {
    sa_linear_attention_args a = linear_args(s);
    a.normalised = 1, a.random_features = s->features;
    return sa_linear_attention(s->ctx, &a) == SA_OK ? DONE : refused(s);
}

enum { FLASH, UNFUSED, WINDOW, LINEAR, GATED_DELTA, FAVOR };
static const struct {
    const char *name;
    int (*run)(struct stage *s);
} ways[LIMIT_WAYS] = {{"flash", run_flash},   {"unfused", run_unfused},         {"window", run_window},
                      {"linear", run_linear}, {"gated delta", run_gated_delta}, {"FAVOR+", run_favor}};

const char *limit_name(int way) {
    return ways[way].name;
}

/* ---- measuring */

static double distance(const float *a, const float *b, int64_t count) {
    double difference = 0, norm = 0;
    for (int64_t i = 0; i < count; i++) {
        const double d = (double)a[i] - (double)b[i];
        difference += d * d, norm += (double)b[i] * (double)b[i];
    }
    return sqrt(difference / norm);
}

/* The fastest of calls for a quarter of a second, at least one. */
static int time_way(struct stage *s, int way, double *ms) {
    const double begin = clock_seconds();
    *ms = INFINITY;
    do {
        const double start = clock_seconds();
        if (ways[way].run(s)) return FAILED;
        *ms = fmin(*ms, (clock_seconds() - start) * 1e3);
    } while (clock_seconds() - begin < 0.25);
    return DONE;
}

static int measure_point(struct limits *l, struct stage *s, int way, int at) {
    static const struct settings settings = {.threads = 1};
    struct limit_point *p = &l->points[way][at];
    const int64_t count = output_count(&s->w->shape);
    const sa_ctx_options options = {.struct_size = sizeof options, .threads = 1};
    if (way == UNFUSED && !(s->unfused = way_unfused.open(s->w, &settings))) return FAILED;
    if (sa_ctx_create(&options, &s->ctx) != SA_OK) return complain(FAILED, "%s", sa_ctx_last_error(NULL));
    int status = time_way(s, way, &p->ms);
    p->bytes = way == UNFUSED ? way_unfused.extra_bytes(s->unfused) : sa_ctx_scratch_bytes(s->ctx);
    if (way == FLASH) memcpy(s->exact, s->w->o, (size_t)count * sizeof *s->exact);
    if ((way == UNFUSED || way == FAVOR) && l->points[FLASH][at].ms > 0) p->error = distance(s->w->o, s->exact, count);
    if (way == UNFUSED) way_unfused.close(s->unfused);
    sa_ctx_destroy(&s->ctx);
    return status;
}

/* Whether a way may take its turn at a length: its last call was short enough, and its memory is there. */
static int worth_taking(const struct limits *l, int way, int at) {
    const double n = (double)l->lengths[at];
    if (way == UNFUSED && n * n * sizeof(float) > (double)memory_available() / 2) return 0;
    if (at == 0) return 1;
    const double before = l->points[way][at - 1].ms;
    return before > 0 && before * (way <= UNFUSED ? 4 : 2) <= l->seconds * 1e3;
}

static int measure_length(struct limits *l, struct stage *s, int at, struct progress *progress) {
    const int64_t n = l->lengths[at];
    const struct shape shape = {1, 1, 1, n, n, LIMIT_HEAD, 1, 0};
    struct workload w;
    if (workload_make(&w, &shape)) return FAILED;
    s->w = &w;
    for (int64_t i = 0; i < n * LIMIT_HEAD; i++) w.k[i] /= 8;
    s->exact = floats_new(n, LIMIT_HEAD, 1, 1, "exact results");
    s->decay = floats_new(n, 1, 1, 1, "decays"), s->beta = floats_new(n, 1, 1, 1, "betas");
    int status = s->exact && s->decay && s->beta ? DONE : FAILED;
    for (int64_t i = 0; i < n && !status; i++) s->decay[i] = -.01f * (float)(i % 10), s->beta[i] = .5f;
    for (int way = 0; way < LIMIT_WAYS && !status; way++) {
        char text[64];
        snprintf(text, sizeof text, "%s, n %lld", ways[way].name, (long long)n);
        progress_say(progress, text);
        if (worth_taking(l, way, at)) status = measure_point(l, s, way, at);
        progress_step(progress, 1);
    }
    free(s->exact), free(s->decay), free(s->beta);
    workload_free(&w);
    return status;
}

/* Orthogonal directions need LAPACKE, others do as well for times. */
static int make_features(struct stage *s) {
    sa_ctx *ctx;
    sa_random_features_config config = {
        .struct_size = sizeof config, .count = LIMIT_FEATURES, .head_size = LIMIT_HEAD, .seed = 1};
    if (sa_ctx_create(NULL, &ctx) != SA_OK) return complain(FAILED, "%s", sa_ctx_last_error(NULL));
    sa_status status = sa_random_features_create(ctx, &config, &s->features);
    config.independent = 1;
    if (status == SA_ERR_UNSUPPORTED) status = sa_random_features_create(ctx, &config, &s->features);
    if (status != SA_OK) complain(FAILED, "%s", sa_ctx_last_error(ctx));
    sa_ctx_destroy(&ctx);
    return status == SA_OK ? DONE : FAILED;
}

int limits_measure(struct limits *l, int64_t n_most, double seconds) {
    struct stage s = {0};
    struct progress progress;
    *l = (struct limits){.seconds = seconds};
    for (int64_t n = LIMIT_LEAST; n <= n_most && l->count < LIMIT_LENGTHS; n *= 2) l->lengths[l->count++] = n;
    for (int way = 0; way < LIMIT_WAYS; way++)
        for (int i = 0; i < l->count; i++) l->points[way][i].error = NAN;
    int status = make_features(&s);
    progress_start(&progress, (double)l->count * LIMIT_WAYS);
    for (int i = 0; i < l->count && !status; i++) status = measure_length(l, &s, i, &progress);
    progress_end(&progress);
    sa_random_features_destroy(&s.features);
    return status;
}
