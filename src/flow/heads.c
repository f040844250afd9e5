/* Angles are products of positions and frequencies in double precision, or come from tables, once per token for all its
 * heads.
 * SPDX-License-Identifier: MIT */
#include "flow/heads.h"

#include "base/arith.h"
#include "base/ledger.h"
#include "base/norm.h"
#include "selfattn.h"

#include <math.h>
#include <string.h>

enum { TASK_TOKENS = 4 };

/* A running step, and the places of a worker's buffers, in bytes from the start of its memory. */
struct heads_work {
    const struct heads_step *step;
    const struct kernels *kernels;
    int64_t heads;  /* float [heads][D]  of a token */
    int64_t angles; /* float [2][R/2]    cosines and sines of its angles */
    int64_t tasks, workers;
    struct ledger worker, all;
    char *scratch;
};

/* Whether there is anything to do. */
static int moves(const struct heads_step *s) {
    return s->norm.weight || s->clip > 0 || s->rotation.rotary || s->to.tables || s->to.data != s->from.data;
}

static void place_buffers(const struct machine *machine, const struct heads_step *step, struct heads_work *w) {
    int64_t tokens = 0;
    *w = (struct heads_work){.step = step, .kernels = machine->kernels, .worker = {.title = "heads, a worker"}};
    w->heads = ledger_book(&w->worker, "heads", step->heads, step->D, sizeof(float));
    w->angles = ledger_book(&w->worker, "angles", step->rotation.rotary, 1, sizeof(float));
    ledger_require(&w->all, checked_mul(step->B, step->T, &tokens));
    w->tasks = ceil_div(tokens, TASK_TOKENS);
    w->workers = parallel_workers(&machine->parallel, w->tasks);
    ledger_book_each(&w->all, &w->worker, w->workers);
}

int64_t heads_bytes(const struct machine *machine, const struct heads_step *step) {
    struct heads_work w;
    place_buffers(machine, step, &w);
    return ledger_bytes(&w.all);
}

static void load_head(const struct view *v, const void *row, float *x, int64_t D) {
    if (v->dtype == SA_F32 && v->stride_d == 1)
        memcpy(x, row, (size_t)D * sizeof *x);
    else
        for (int64_t d = 0; d < D; d++) x[d] = view_load(v, row, d);
}

/* To bytes: the largest magnitude becomes 127. Bytes cannot represent values that are not finite; the scale then is not
 * finite. */
static void store_bytes(const struct view *v, void *row, const float *x, int64_t D) {
    float largest = 0;
    int8_t *bytes = row;
    for (int64_t d = 0; d < D; d++) {
        if (fabsf(x[d]) > largest) largest = fabsf(x[d]);
        if (!isfinite(x[d])) largest = NAN;
    }
    *view_scale(v, row) = largest / 127;
    for (int64_t d = 0; d < D; d++) bytes[d] = (int8_t)(largest > 0 ? lrintf(x[d] / largest * 127) : 1);
}

static void store_head(const struct heads_work *w, const struct view *v, void *row, const float *x, int64_t D) {
    if (v->dtype == SA_I8)
        store_bytes(v, row, x, D);
    else if (v->dtype == SA_F32 && v->stride_d == 1)
        memcpy(row, x, (size_t)D * sizeof *x);
    else if (v->stride_d == 1)
        w->kernels->rows->store(row, v->dtype, x, D);
    else
        for (int64_t d = 0; d < D; d++) view_store(v, row, d, x[d]);
}

/* NaN stays NaN. */
static float clipped(float x, float most) {
    return x > most ? most : x < -most ? -most : x;
}

static void normalise_heads(const struct heads_step *s, float *x) {
    const struct head_norm *n = &s->norm;
    const int64_t width = n->of_each ? s->D : n->width;
    for (int64_t i = 0; n->weight && i < s->heads * s->D; i += width) {
        const struct moments m = moments_of(x + i, width, !n->of_each, (double)n->epsilon);
        apply_moments(x + i, x + i, width, &m, n->weight + (n->of_each ? i : 0), NULL);
    }
}

static void look_up_angles(const struct rotation *r, int64_t position, float *cosines, float *sines) {
    int64_t pairs = r->rotary / 2, row = position * pairs;
    for (int64_t i = 0; i < pairs; i++) {
        cosines[i] = (float)((double)r->cosines[row + i] * r->factor);
        sines[i] = (float)((double)r->sines[row + i] * r->factor);
    }
}

static void find_angles(const struct rotation *r, int64_t position, float *cosines, float *sines) {
    for (int64_t i = 0; i < r->rotary / 2; i++) {
        double angle = (double)position * r->frequency[i];
        cosines[i] = (float)(cos(angle) * r->factor);
        sines[i] = (float)(sin(angle) * r->factor);
    }
}

/* Pair i is (x[i * step], x[i * step + apart]). */
static void rotate(float *x, int64_t pairs, int64_t step, int64_t apart, const float *cosines, const float *sines) {
    for (int64_t i = 0; i < pairs; i++) {
        float *a = x + i * step, *b = a + apart, first = *a;
        *a = first * cosines[i] - *b * sines[i];
        *b = first * sines[i] + *b * cosines[i];
    }
}

static void turn(const struct heads_step *s, float *x, const float *angles) {
    int64_t pairs = s->rotation.rotary / 2;
    for (int64_t h = 0; h < s->heads; h++)
        if (s->rotation.style == SA_ROPE_HALF)
            rotate(x + h * s->D, pairs, 1, pairs, angles, angles + pairs);
        else
            rotate(x + h * s->D, pairs, 2, 1, angles, angles + pairs);
}

static int64_t position_of_token(const struct heads_step *s, int64_t b, int64_t t) {
    const int64_t row = s->packed ? s->packed[b] + t : b * s->T + t;
    const int64_t position = s->positions ? s->positions[row] : t + (s->offsets ? s->offsets[b] : s->offset);
    return s->most ? min_i64(position, s->most[b]) : position;
}

static void do_token(const struct heads_work *w, int64_t b, int64_t t, float *x, float *angles) {
    const struct heads_step *s = w->step;
    int64_t to = t + (s->starts ? s->starts[b] : 0);
    for (int64_t h = 0; h < s->heads; h++) load_head(&s->from, view_row(&s->from, b, h, t), x + h * s->D, s->D);
    for (int64_t i = 0; s->clip > 0 && i < s->heads * s->D; i++) x[i] = clipped(x[i], s->clip);
    normalise_heads(s, x);
    if (s->rotation.rotary) {
        const struct rotation *r = &s->rotation;
        float *sines = angles + r->rotary / 2;
        (r->cosines ? look_up_angles : find_angles)(r, position_of_token(s, b, t), angles, sines);
        for (int64_t i = 0; s->turns_back && i < r->rotary / 2; i++) sines[i] = -sines[i];
        turn(s, x, angles);
    }
    for (int64_t h = 0; h < s->heads; h++) store_head(w, &s->to, view_row(&s->to, b, h, to), x + h * s->D, s->D);
}

static int is_real(const struct heads_step *s, int64_t b, int64_t t) {
    if (s->packed) return t < s->packed[b + 1] - s->packed[b];
    return !s->lengths || t < s->lengths[b];
}

static void do_task(void *arg, int64_t task, int32_t worker) {
    const struct heads_work *w = arg;
    const struct heads_step *s = w->step;
    char *scratch = w->scratch + worker * w->worker.bytes;
    float *x = (float *)(scratch + w->heads), *angles = (float *)(scratch + w->angles);
    int64_t last = min_i64((task + 1) * TASK_TOKENS, s->B * s->T);
    for (int64_t row = task * TASK_TOKENS; row < last; row++)
        if (is_real(s, row / s->T, row % s->T)) do_token(w, row / s->T, row % s->T, x, angles);
}

void heads_run(const struct machine *machine, const struct heads_step *step, void *scratch) {
    struct heads_work w;
    if (!moves(step)) return;
    place_buffers(machine, step, &w);
    w.scratch = scratch;
    ledger_open_each(&w.worker, scratch, w.workers);
    tasks_run(&machine->parallel, w.tasks, do_task, &w);
    ledger_close(&w.all, scratch);
}
