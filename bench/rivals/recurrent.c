/* SPDX-License-Identifier: MIT */
#include "rivals/recurrent.h"

#include "loops/loops.h"
#include "measure/blas.h"
#include "measure/report.h"
#include "way/workload.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    int64_t gates;
} kinds[RECURRENT_KINDS] = {{"RNN", 1}, {"LSTM", 4}, {"GRU", 3}};

const char *recurrent_name(int kind) {
    return kinds[kind].name;
}

int64_t recurrent_gates(int kind) {
    return kinds[kind].gates;
}

static float *take(float **memory, int64_t count) {
    float *at = *memory;
    *memory += count;
    return at;
}

static int make(struct recurrent *r, float forget) {
    const int64_t width = r->width, rows = kinds[r->kind].gates * width;
    const float sigma = 1 / sqrtf(3 * (float)width);
    float *memory = r->memory = floats_new(r->floats, 1, 1, 1, "a recurrent layer");
    if (!memory) return FAILED;
    r->W = take(&memory, rows * width), r->U = take(&memory, rows * width);
    r->b = take(&memory, rows), r->d = take(&memory, rows);
    r->projected = take(&memory, RECURRENT_CHUNK * rows);
    r->product = take(&memory, rows), r->state = take(&memory, width), r->c = take(&memory, width);
    floats_normal(r->W, rows * width, sigma, 11), floats_normal(r->U, rows * width, sigma, 12);
    floats_normal(r->b, rows, sigma, 13), floats_normal(r->d, rows, sigma, 14);
    for (int64_t i = 0; r->kind == LSTM && i < width; i++) r->b[width + i] += forget;
    return DONE;
}

/* Rounding grows little from token to token, for the state stays below 1. */
static int check(struct recurrent *r) {
    enum { TOKENS = 64 };
    const double most = 2e-5;
    struct recurrent_exact e;
    float *x = floats_new(TOKENS, r->width, 2, 1, "tokens");
    double worst = 0;
    if (!x) return FAILED;
    float *y = x + TOKENS * r->width;
    int status = recurrent_exact_open(&e, r);
    floats_normal(x, TOKENS * r->width, 1, 15);
    recurrent_run(r, x, TOKENS, y, 1, 1);
    for (int64_t t = 0; t < TOKENS && !status; t++) {
        recurrent_exact_step(&e, x + t * r->width, NULL);
        for (int64_t i = 0; i < r->width; i++) {
            const double difference = fabs(e.h[i] - (double)y[t * r->width + i]);
            if (!(difference <= worst)) worst = difference;
        }
    }
    if (!status) recurrent_exact_close(&e);
    free(x);
    if (status || worst <= most) return status;
    return complain(FAILED, "%s of width %lld is off the same in doubles by %g", kinds[r->kind].name,
                    (long long)r->width, worst);
}

int recurrent_open(struct recurrent *r, int kind, int64_t width, float forget) {
    const int64_t rows = kinds[kind].gates * width;
    *r = (struct recurrent){
        .kind = kind, .width = width, .floats = rows * (2 * width + 3 + RECURRENT_CHUNK) + 2 * width};
    int status = make(r, forget);
    if (!status) status = check(r);
    if (status) recurrent_close(r);
    return status;
}

void recurrent_close(struct recurrent *r) {
    free(r->memory);
    r->memory = NULL;
}

static void project(struct recurrent *r, const float *x, int64_t tokens) {
    const int64_t rows = kinds[r->kind].gates * r->width;
    for (int64_t t = 0; t < tokens; t++) memcpy(r->projected + t * rows, r->b, (size_t)rows * sizeof *r->b);
    sgemm_abt_add(tokens, rows, r->width, (struct matrix){(float *)x, r->width}, (struct matrix){r->W, r->width},
                  (struct matrix){r->projected, rows});
}

void recurrent_run(struct recurrent *r, const float *x, int64_t n, float *y, int threads, int step_threads) {
    const int64_t width = r->width, rows = kinds[r->kind].gates * width;
    const struct loops *loops = loops_best();
    memset(r->state, 0, (size_t)width * sizeof *r->state);
    memset(r->c, 0, (size_t)width * sizeof *r->c);
    for (int64_t t = 0; t < n; t++) {
        const int64_t place = t % RECURRENT_CHUNK, left = n - t < RECURRENT_CHUNK ? n - t : RECURRENT_CHUNK;
        if (place == 0) {
            blas_use_threads(threads);
            project(r, x + t * width, left);
            blas_use_threads(step_threads);
        }
        memcpy(r->product, r->d, (size_t)rows * sizeof *r->d);
        sgemv_add(rows, width, (struct matrix){r->U, width}, r->state, r->product);
        loops->recurrent_cells(r->kind, width, r->projected + place * rows, r->product, r->c, r->state);
        memcpy(y + t * width, r->state, (size_t)width * sizeof *y);
    }
    blas_use_one_thread();
}

uint64_t recurrent_extra_bytes(const struct recurrent *r) {
    const int64_t rows = kinds[r->kind].gates * r->width;
    return (uint64_t)(rows * (RECURRENT_CHUNK + 1) + 2 * r->width) * sizeof(float);
}
