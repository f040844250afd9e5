/* SPDX-License-Identifier: MIT */
#include "stack/pooling.h"

#include "base/arith.h"
#include "stack/feed_forward.h"

#include <math.h>

struct pooling {
    const struct pooling_config *config;
    const float *x;
    const int64_t *lengths;
    int64_t T, E;
    float *y;
};

/* Columns that are computed together, so that rows are read in stretches. */
enum { COLUMNS = 64 };

/* Means of n columns over `length` rows. */
static void mean_columns(enum pooling_mode mode, const float *x, int64_t E, int64_t length, int64_t n, float *y) {
    const int is_weighted = mode == POOLING_WEIGHTED_MEAN;
    const double all = (double)length,
                 divisor = is_weighted ? all * (all + 1) / 2 : (mode == POOLING_MEAN_SQRT ? sqrt(all) : all);
    double sum[COLUMNS] = {0};
    for (int64_t t = 0; t < length; t++) {
        const double weight = is_weighted ? (double)(t + 1) : 1;
        for (int64_t i = 0; i < n; i++) sum[i] += weight * (double)x[t * E + i];
    }
    for (int64_t i = 0; i < n; i++) y[i] = (float)(sum[i] / divisor);
}

/* NaN if there is one. */
static void max_columns(const float *x, int64_t E, int64_t length, int64_t n, float *y) {
    for (int64_t i = 0; i < n; i++) y[i] = x[i];
    for (int64_t t = 1; t < length; t++)
        for (int64_t i = 0; i < n; i++)
            if (x[t * E + i] > y[i] || isnan(x[t * E + i])) y[i] = x[t * E + i];
}

static void pool_mode(enum pooling_mode mode, const float *x, int64_t E, int64_t length, float *y) {
    const float *row = mode == POOLING_FIRST ? x : x + (length - 1) * E;
    for (int64_t i = 0; i < E; i += COLUMNS) {
        const int64_t n = min_i64(COLUMNS, E - i);
        if (mode == POOLING_MAX)
            max_columns(x + i, E, length, n, y + i);
        else if (mode == POOLING_FIRST || mode == POOLING_LAST)
            for (int64_t j = i; j < i + n; j++) y[j] = row[j];
        else
            mean_columns(mode, x + i, E, length, n, y + i);
    }
}

static void pool_sequence(void *arg, int64_t b, int32_t worker) {
    const struct pooling *p = arg;
    (void)worker;
    const int64_t length = p->lengths ? p->lengths[b] : p->T, count = p->config->count;
    for (int64_t i = 0; i < count; i++)
        pool_mode(p->config->modes[i], p->x + b * p->T * p->E, p->E, length, p->y + (b * count + i) * p->E);
}

void pool(const struct parallel *parallel, const struct pooling_config *config, const float *x, const int64_t *lengths,
          int64_t B, int64_t T, int64_t E, float *y) {
    struct pooling pooling = {config, x, lengths, T, E, y};
    tasks_run(parallel, B, pool_sequence, &pooling);
}

struct rows {
    int64_t width;
    float *y;
};

static void scale_row_to_length_1(void *arg, int64_t r, int32_t worker) {
    const struct rows *rows = arg;
    (void)worker;
    float *y = rows->y + r * rows->width;
    double square = 0;
    for (int64_t i = 0; i < rows->width; i++) square += (double)y[i] * (double)y[i];
    for (int64_t i = 0; i < rows->width && square > 0; i++) y[i] = (float)((double)y[i] / sqrt(square));
}

void scale_to_length_1(const struct parallel *parallel, int64_t rows, int64_t width, float *y) {
    struct rows all = {width, y};
    tasks_run(parallel, rows, scale_row_to_length_1, &all);
}

/* Memory of embed(): rows between the modules, which are used in turn, and that of products. */
struct room {
    int64_t rows[2], work;
    struct ledger ledger;
};

static struct room book(const struct machine *machine, const struct sa_model *model, int64_t B) {
    const struct sentence *s = &model->sentence;
    struct room room = {.ledger = {.title = "embedding"}};
    int64_t widest = 0, work = 0;
    for (int64_t i = 0; i < s->count; i++) {
        const struct linear *dense = &s->steps[i].dense;
        if (!s->steps[i].is_dense) continue;
        const int64_t bytes = apply_linear_bytes(machine, dense, B);
        ledger_require(&room.ledger, bytes >= 0);
        widest = max_i64(widest, max_i64(dense->in, dense->out));
        work = max_i64(work, bytes);
    }
    for (int i = 0; i < 2; i++) room.rows[i] = ledger_book(&room.ledger, "rows", B, widest, sizeof(float));
    room.work = ledger_book(&room.ledger, "work", work, 1, 1);
    return room;
}

int64_t embed_bytes(const struct machine *machine, const struct sa_model *model, int64_t B) {
    const struct room room = book(machine, model, B);
    return ledger_bytes(&room.ledger);
}

static int64_t count_dense(const struct sentence *s) {
    int64_t count = 0;
    for (int64_t i = 0; i < s->count; i++) count += s->steps[i].is_dense;
    return count;
}

void embed(const struct machine *machine, const struct sa_model *model, const float *states, const int64_t *lengths,
           int64_t B, int64_t T, float *y, void *scratch) {
    const struct sentence *s = &model->sentence;
    const struct room room = book(machine, model, B);
    const int64_t E = s->is_of_pooled ? model_pooled_width(model) : model_first(model)->config.width;
    float *rows[2] = {(float *)((char *)scratch + room.rows[0]), (float *)((char *)scratch + room.rows[1])};
    int64_t left = count_dense(s), width = s->pooling.count * E;
    int next = 1;
    float *x = left ? rows[0] : y;
    ledger_open(&room.ledger, scratch);
    pool(&machine->parallel, &s->pooling, states, lengths, B, T, E, x);
    for (int64_t i = 0; i < s->count; i++) {
        const struct sentence_step *step = &s->steps[i];
        if (!step->is_dense) {
            scale_to_length_1(&machine->parallel, B, width, x);
            continue;
        }
        float *to = --left ? rows[next] : y;
        next = 1 - next;
        apply_linear(machine, &step->dense, B, x, to, (char *)scratch + room.work);
        width = step->dense.out;
        if (step->has_activation) activate(machine->kernels, step->activation, to, B * width);
        x = to;
    }
    ledger_close(&room.ledger, scratch);
}
