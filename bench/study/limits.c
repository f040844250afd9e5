/* SPDX-License-Identifier: MIT */
#include "study/limits.h"

#include "measure/blas.h"
#include "measure/harness.h"
#include "measure/machine.h"
#include "measure/progress.h"
#include "measure/report.h"
#include "rivals/recurrent.h"
#include "way/way.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One length: inputs, what the ways write, and what exact attention wrote, if that was computed. */
struct stage {
    sa_ctx *ctx;
    struct workload w;
    float *exact, *decay, *beta;
    sa_random_features *features;
    sa_block_list bigbird;
    int64_t blocks;
    struct recurrent lstm;
    void *unfused;
};

static int refused(const struct stage *s) {
    return complain(FAILED, "%s", sa_ctx_last_error(s->ctx));
}

/* ---- the ways; each returns 0, or a complaint was made */

static int run_attention(struct stage *s, int64_t window, const sa_block_list *blocks) {
    const int64_t n = s->w.shape.T;
    const sa_masking masking = {
        .struct_size = sizeof masking, .causal = 1, .window = window > 0, .window_left = window > 0 ? window - 1 : 0};
    sa_attention_args a = {.struct_size = sizeof a, .masking = &masking, .blocks = blocks};
    sa_tensor_set(&a.query, s->w.q, SA_F32, SA_BHSD, 1, 1, n, LIMIT_HEAD);
    sa_tensor_set(&a.key, s->w.k, SA_F32, SA_BHSD, 1, 1, n, LIMIT_HEAD);
    sa_tensor_set(&a.value, s->w.v, SA_F32, SA_BHSD, 1, 1, n, LIMIT_HEAD);
    sa_tensor_set(&a.output, s->w.o, SA_F32, SA_BHSD, 1, 1, n, LIMIT_HEAD);
    return sa_attention(s->ctx, &a) == SA_OK ? DONE : refused(s);
}

static int run_flash(struct stage *s) {
    return run_attention(s, 0, NULL);
}

static int run_window(struct stage *s) {
    return run_attention(s, LIMIT_WINDOW, NULL);
}

static int run_bigbird(struct stage *s) {
    return run_attention(s, 0, &s->bigbird);
}

static int run_unfused(struct stage *s) {
    return way_unfused.run(s->unfused);
}

static sa_linear_attention_args linear_args(const struct stage *s) {
    const int64_t n = s->w.shape.T;
    sa_linear_attention_args a = {.struct_size = sizeof a};
    sa_tensor_set(&a.query, s->w.q, SA_F32, SA_BHSD, 1, 1, n, LIMIT_HEAD);
    sa_tensor_set(&a.key, s->w.k, SA_F32, SA_BHSD, 1, 1, n, LIMIT_HEAD);
    sa_tensor_set(&a.value, s->w.v, SA_F32, SA_BHSD, 1, 1, n, LIMIT_HEAD);
    sa_tensor_set(&a.output, s->w.o, SA_F32, SA_BHSD, 1, 1, n, LIMIT_HEAD);
    return a;
}

static int run_linear(struct stage *s) {
    sa_linear_attention_args a = linear_args(s);
    a.normalised = 1, a.features = SA_FEATURES_ELU;
    return sa_linear_attention(s->ctx, &a) == SA_OK ? DONE : refused(s);
}

/* Keys of deviation 1/8 have norms near 1. */
static int run_gated_delta(struct stage *s) {
    const int64_t n = s->w.shape.T;
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

/* The head's queries as inputs. */
static int run_lstm(struct stage *s) {
    recurrent_run(&s->lstm, s->w.q, s->w.shape.T, s->w.o, 1, 1);
    return DONE;
}

enum { FLASH, UNFUSED, WINDOW, BIGBIRD, LINEAR, GATED_DELTA, FAVOR, LSTM_CELLS };
static const struct {
    const char *name;
    int (*run)(struct stage *s);
    int approximates; /* exact attention */
} ways[LIMIT_WAYS] = {{"flash", run_flash, 0},     {"unfused", run_unfused, 1}, {"window", run_window, 1},
                      {"BigBird", run_bigbird, 1}, {"linear", run_linear, 1},   {"gated delta", run_gated_delta, 0},
                      {"FAVOR+", run_favor, 1},    {"LSTM", run_lstm, 0}};

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

/* The fastest of calls for a quarter of a second, at least two: the first one touches its memory. */
static int time_way(struct stage *s, int way, double *ms) {
    const double begin = cpu_seconds();
    *ms = INFINITY;
    for (int calls = 0; calls < 2 || cpu_seconds() - begin < 0.25; calls++) {
        const double start = cpu_seconds();
        if (ways[way].run(s)) return FAILED;
        *ms = fmin(*ms, (cpu_seconds() - start) * 1e3);
    }
    return DONE;
}

static uint64_t bytes_of(const struct stage *s, int way) {
    if (way == UNFUSED) return way_unfused.extra_bytes(s->unfused);
    if (way == LSTM_CELLS) return recurrent_extra_bytes(&s->lstm);
    const int64_t lines = (s->w.shape.T + LIMIT_BLOCK - 1) / LIMIT_BLOCK;
    const uint64_t list = (uint64_t)(lines + 1) * sizeof(int64_t) + (uint64_t)s->blocks * sizeof(int32_t);
    return sa_ctx_scratch_bytes(s->ctx) + (way == BIGBIRD ? list : 0);
}

static int measure_point(struct limits *l, struct stage *s, int way, int at) {
    static const struct settings settings = {.threads = 1};
    struct limit_point *p = &l->points[way][at];
    const int64_t count = output_count(&s->w.shape);
    const sa_ctx_options options = {.struct_size = sizeof options, .threads = 1};
    if (way == UNFUSED && !(s->unfused = way_unfused.open(&s->w, &settings))) return FAILED;
    if (sa_ctx_create(&options, &s->ctx) != SA_OK) return complain(FAILED, "%s", sa_ctx_last_error(NULL));
    int status = time_way(s, way, &p->ms);
    p->bytes = bytes_of(s, way);
    if (way == FLASH) memcpy(s->exact, s->w.o, (size_t)count * sizeof *s->exact);
    if (ways[way].approximates && l->points[FLASH][at].ms > 0) p->error = distance(s->w.o, s->exact, count);
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

/* Lines have at most the window's blocks, the first tokens' and those by chance. */
static int list_bigbird(struct stage *s, int64_t n) {
    enum { LINE = LIMIT_WINDOW / LIMIT_BLOCK + 1 + LIMIT_GLOBAL / LIMIT_BLOCK + LIMIT_RANDOM };
    const int64_t lines = (n + LIMIT_BLOCK - 1) / LIMIT_BLOCK;
    const sa_pattern pattern = {.struct_size = sizeof pattern,
                                .queries = n,
                                .keys = n,
                                .query_block = LIMIT_BLOCK,
                                .key_block = LIMIT_BLOCK,
                                .causal = 1,
                                .window = 1,
                                .window_left = LIMIT_WINDOW - 1,
                                .global_tokens = LIMIT_GLOBAL,
                                .random_blocks = LIMIT_RANDOM,
                                .seed = 1};
    int64_t *offsets = malloc((size_t)(lines + 1) * sizeof *offsets);
    int32_t *indices = malloc((size_t)lines * LINE * sizeof *indices);
    s->bigbird = (sa_block_list){sizeof s->bigbird, LIMIT_BLOCK, LIMIT_BLOCK, 1, 1, offsets, indices};
    if (!offsets || !indices) return complain_memory((double)lines * (8 + 4 * LINE), "a list of blocks");
    if (sa_pattern_blocks(&pattern, offsets, indices, lines * LINE, &s->blocks) == SA_OK) return DONE;
    return complain(FAILED, "%s", sa_ctx_last_error(NULL));
}

static int make_stage(struct stage *s, int64_t n) {
    s->exact = floats_new(n, LIMIT_HEAD, 1, 1, "exact results");
    s->decay = floats_new(n, 1, 1, 1, "decays"), s->beta = floats_new(n, 1, 1, 1, "betas");
    int status = s->exact && s->decay && s->beta ? list_bigbird(s, n) : FAILED;
    for (int64_t i = 0; i < n * LIMIT_HEAD; i++) s->w.k[i] /= 8;
    for (int64_t i = 0; i < n && !status; i++) s->decay[i] = -.01f * (float)(i % 10), s->beta[i] = .5f;
    return status;
}

static void free_stage(struct stage *s) {
    free(s->exact), free(s->decay), free(s->beta);
    free((void *)s->bigbird.offsets), free((void *)s->bigbird.indices);
    s->exact = s->decay = s->beta = NULL;
    s->bigbird.offsets = NULL, s->bigbird.indices = NULL;
}

static int measure_length(struct limits *l, struct stage *s, int at, struct progress *progress) {
    const int64_t n = l->lengths[at];
    const struct shape shape = {1, 1, 1, n, n, LIMIT_HEAD, 1, 0};
    if (workload_make(&s->w, &shape)) return FAILED;
    int status = make_stage(s, n);
    for (int way = 0; way < LIMIT_WAYS && !status; way++) {
        char text[64];
        snprintf(text, sizeof text, "%s, n %lld", ways[way].name, (long long)n);
        progress_say(progress, text);
        if (worth_taking(l, way, at)) status = measure_point(l, s, way, at);
        progress_step(progress, 1);
    }
    free_stage(s);
    workload_free(&s->w);
    return status;
}

/* Orthogonal directions need LAPACKE, others do as well for times. */
static int make_features(struct stage *s) {
    sa_ctx *ctx;
    sa_random_features_config config = {
        .struct_size = sizeof config, .count = LIMIT_FEATURES, .head_size = LIMIT_HEAD, .seed = 2026};
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
    blas_use_one_thread();
    int status = make_features(&s);
    if (!status) status = recurrent_open(&s.lstm, LSTM, LIMIT_HEAD, 0);
    progress_start(&progress, (double)l->count * LIMIT_WAYS);
    for (int i = 0; i < l->count && !status; i++) status = measure_length(l, &s, i, &progress);
    progress_end(&progress);
    recurrent_close(&s.lstm);
    sa_random_features_destroy(&s.features);
    return status;
}
