/* SPDX-License-Identifier: MIT */
#include "flow/ring/sums.h"

#include "base/arith.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { BIN = 36, ROWS_OF_TASK = 64 };
#define UNITS     0x1p36   /* 2^BIN: units of the rest in a whole number */
#define TO_WHOLE  0x1.8p52 /* added and subtracted, it rounds numbers below 2^51 to whole ones */
#define HUGE_LOG  0x1p40   /* beyond, neighbouring floats differ by so much that only the largest counts */
#define LOG2_OF_E 1.4426950408889634
#define LOG_OF_2  0.6931471805599453

static double whole(double x) {
    return (x + TO_WHOLE) - TO_WHOLE;
}

/* exp(l) = 2^e f: returns e, a whole number. Huge l have no such e in 53 bits: any numbers do that have their order and
 * are far apart. */
static double cut(float l, double *f) {
    const double log2 = (double)l * LOG2_OF_E, e = floor(log2);
    uint32_t bits;
    *f = 1;
    if (fabs(log2) < HUGE_LOG) {
        *f = exp2(log2 - e);
        return e;
    }
    memcpy(&bits, &l, sizeof bits);
    return copysign(2 * HUGE_LOG + 1024. * (double)(bits & INT32_MAX), (double)l);
}

/* 2^(e - BIN bin); 0 where nothing of a term would be left. */
static double scale_in(double bin, double e) {
    const double power = e - BIN * bin;
    return power < -1000 ? 0 : ldexp(1, (int)power);
}

/* n sums move up from *bin to `to`, if that is higher. */
static void raise(double *bin, double to, double *sums, double *rest, int64_t n) {
    if (!(to > *bin)) return;
    for (int64_t d = 0; d < n; d++) {
        const int stays = !isfinite(sums[d]);
        rest[d] = to - *bin == 1 && !stays ? sums[d] : 0;
        if (!stays) sums[d] = 0;
    }
    *bin = to;
}

static void add_term(double *sum, double *rest, double z) {
    const double part = whole(z);
    *sum += part;
    *rest += whole((z - part) * UNITS);
}

static void add_weight(double *row, float l) {
    double f;
    if (!isfinite(l)) { /* NaN or infinity */
        row[SUMS_WEIGHT] += (double)l;
        return;
    }
    const double e = cut(l, &f), bin = floor((e + 1) / BIN);
    if ((double)l > row[SUMS_MOST]) row[SUMS_MOST] = (double)l;
    raise(&row[SUMS_WEIGHT_BIN], bin, &row[SUMS_WEIGHT], &row[SUMS_WEIGHT_REST], 1);
    add_term(&row[SUMS_WEIGHT], &row[SUMS_WEIGHT_REST], f * scale_in(row[SUMS_WEIGHT_BIN], e));
}

/* The largest finite magnitude, and whether all are finite. */
static double most_of(const float *o, int64_t n, int *finite) {
    float most = 0;
    *finite = 1;
    for (int64_t d = 0; d < n; d++) {
        const float x = fabsf(o[d]);
        if (!(x <= FLT_MAX))
            *finite = 0;
        else if (x > most)
            most = x;
    }
    return (double)most;
}

static void add_values(double *row, const float *o, float l, int64_t n) {
    double f, *sums = row + SUMS_HEAD, *rest = sums + n;
    int finite, exponent;
    const double e = cut(l, &f), most = most_of(o, n, &finite);
    if (most > 0) {
        frexp(f * most, &exponent);
        raise(&row[SUMS_BIN], floor((e + exponent) / BIN), sums, rest, n);
    }
    const double scale = most > 0 ? f * scale_in(row[SUMS_BIN], e) : 0;
    if (finite)
        for (int64_t d = 0; d < n; d++) add_term(&sums[d], &rest[d], scale * (double)o[d]);
    else
        for (int64_t d = 0; d < n; d++) {
            if (isfinite(o[d]))
                add_term(&sums[d], &rest[d], scale * (double)o[d]);
            else
                sums[d] += (double)o[d];
        }
}

static void add_row(double *row, const float *o, float l, int64_t n) {
    if (l == -INFINITY) return; /* no key of the chunk is visible */
    add_weight(row, l);
    if (isfinite(l)) add_values(row, o, l, n);
}

/* Sums of another row, of the bin `from`, to those of a row whose bin is not lower. */
static void join(double bin, double *sums, double *rest, double from, const double *more, const double *more_rest,
                 int64_t n) {
    for (int64_t d = 0; d < n; d++) {
        if (!isfinite(more[d]) || from == bin)
            sums[d] += more[d];
        else if (from == bin - 1)
            rest[d] += more[d];
        if (from == bin) rest[d] += more_rest[d];
    }
}

static void join_row(double *row, const double *more, int64_t n) {
    double *sums = row + SUMS_HEAD;
    const double *more_sums = more + SUMS_HEAD;
    raise(&row[SUMS_WEIGHT_BIN], more[SUMS_WEIGHT_BIN], &row[SUMS_WEIGHT], &row[SUMS_WEIGHT_REST], 1);
    join(row[SUMS_WEIGHT_BIN], &row[SUMS_WEIGHT], &row[SUMS_WEIGHT_REST], more[SUMS_WEIGHT_BIN], &more[SUMS_WEIGHT],
         &more[SUMS_WEIGHT_REST], 1);
    raise(&row[SUMS_BIN], more[SUMS_BIN], sums, sums + n, n);
    join(row[SUMS_BIN], sums, sums + n, more[SUMS_BIN], more_sums, more_sums + n, n);
    if (more[SUMS_MOST] > row[SUMS_MOST]) row[SUMS_MOST] = more[SUMS_MOST];
}

struct job {
    const struct sums *sums;
    int64_t first, count; /* queries of the chunk's results */
    const float *outputs, *lses;
    const double *more;
    const float *sinks;
    const struct view *output, *lse;
};

/* The log-sum-exp of a row with a visible key: total is its weight in units of its bin. */
static float log_of(const double *row, double total) {
    if (isnan(total)) return NAN;
    if (isinf(total)) return INFINITY;
    if (fabs(row[SUMS_MOST] * LOG2_OF_E) >= HUGE_LOG) return (float)row[SUMS_MOST];
    return (float)(BIN * LOG_OF_2 * row[SUMS_WEIGHT_BIN] + log(total));
}

static void finish_row(const struct job *j, double *row, int64_t b, int64_t h, int64_t t) {
    const int64_t n = j->sums->Dv;
    const double *sums = row + SUMS_HEAD, *rest = sums + n;
    const int seen = row[SUMS_WEIGHT_BIN] > -INFINITY || !isfinite(row[SUMS_WEIGHT]);
    if (seen && j->sinks) add_row(row, NULL, j->sinks[h], 0);
    const double total = row[SUMS_WEIGHT] + row[SUMS_WEIGHT_REST] / UNITS;
    const double bins = fmax(-20, fmin(20, row[SUMS_BIN] - row[SUMS_WEIGHT_BIN])); /* beyond: 0 or infinite floats */
    const double scale = ldexp(1, (int)(BIN * bins));
    void *to = view_row(j->output, b, h, t);
    for (int64_t d = 0; d < n; d++) {
        double value = 0;
        if (seen) value = (sums[d] + rest[d] / UNITS) / total * scale;
        if (seen && !isfinite(total)) value = NAN;
        view_store(j->output, to, d, (float)value);
    }
    if (j->lse->data) view_store(j->lse, view_row(j->lse, b, h, t), 0, seen ? log_of(row, total) : -INFINITY);
}

/* Rows of a task: of `count` queries of each head. */
static void for_rows(const struct job *j, int64_t task, int64_t count,
                     void (*visit)(const struct job *j, int64_t b, int64_t h, int64_t t)) {
    const struct sums *s = j->sums;
    const int64_t all = s->B * s->H * count, last = min_i64(all, (task + 1) * ROWS_OF_TASK);
    for (int64_t r = task * ROWS_OF_TASK; r < last; r++) visit(j, r / count / s->H, r / count % s->H, r % count);
}

static double *row_of(const struct sums *s, int64_t b, int64_t h, int64_t t) {
    return s->rows + ((b * s->H + h) * s->T + t) * sums_width(s->Dv);
}

static void clear_one(const struct job *j, int64_t b, int64_t h, int64_t t) {
    double *row = row_of(j->sums, b, h, t);
    for (int64_t i = 0; i < sums_width(j->sums->Dv); i++) row[i] = 0;
    row[SUMS_BIN] = row[SUMS_WEIGHT_BIN] = row[SUMS_MOST] = -INFINITY;
}

static void add_one(const struct job *j, int64_t b, int64_t h, int64_t t) {
    const struct sums *s = j->sums;
    const int64_t r = (b * s->H + h) * j->count + t;
    add_row(row_of(s, b, h, j->first + t), j->outputs + r * s->Dv, j->lses[r], s->Dv);
}

static void join_one(const struct job *j, int64_t b, int64_t h, int64_t t) {
    double *row = row_of(j->sums, b, h, t);
    join_row(row, j->more + (row - j->sums->rows), j->sums->Dv);
}

static void finish_one(const struct job *j, int64_t b, int64_t h, int64_t t) {
    finish_row(j, row_of(j->sums, b, h, t), b, h, t);
}

#define TASK(name, count)                                                                                              \
    static void name##_task(void *job, int64_t task, int32_t worker) {                                                 \
        const struct job *j = job;                                                                                     \
        (void)worker;                                                                                                  \
        for_rows(j, task, count, name##_one);                                                                          \
    }
TASK(clear, j->sums->T)
TASK(add, j->count)
TASK(join, j->sums->T)
TASK(finish, j->sums->T)

static void run(struct job *j, int64_t count, task_fn task) {
    const struct sums *s = j->sums;
    tasks_run(&s->machine->parallel, ceil_div(s->B * s->H * count, ROWS_OF_TASK), task, j);
}

void sums_clear(const struct sums *sums) {
    run(&(struct job){.sums = sums}, sums->T, clear_task);
}

void sums_add(const struct sums *sums, int64_t first, int64_t count, const float *outputs, const float *lses) {
    struct job job = {.sums = sums, .first = first, .count = count, .outputs = outputs, .lses = lses};
    run(&job, count, add_task);
}

void sums_join(const struct sums *sums, const double *rows) {
    run(&(struct job){.sums = sums, .more = rows}, sums->T, join_task);
}

void sums_finish(const struct sums *sums, const float *sinks, const struct view *output, const struct view *lse) {
    run(&(struct job){.sums = sums, .sinks = sinks, .output = output, .lse = lse}, sums->T, finish_task);
}
