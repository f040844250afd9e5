/* SPDX-License-Identifier: MIT */
#include "study/compare.h"

#include "measure/report.h"
#include "selfattn.h"
#include "study/contest.h"
#include "way/half.h"
#include "way/library.h"

#include <stdio.h>
#include <string.h>

/* In a round, short calls are repeated for this many seconds, long ones run once. On a busy machine, many short rounds
 * are more likely to find a quiet time than a few long ones. */
static const double ROUND_SECONDS = 0.03;
enum { CALLS_MAX = 1000, ROUNDS_MAX = 50 };

static int add_ours(struct compare *c, int32_t precision, int32_t dtype) {
    struct settings settings = {.threads = c->threads, .dtype = dtype, .precision = precision, .isa = c->isa};
    struct settings real = settings;
    int status = settings_resolve(&real);
    if (status) return status;
    /* Where high is highest, it would be the same row twice. */
    if (precision != SA_PRECISION_HIGH || real.precision == SA_PRECISION_HIGH)
        c->entrants[c->count++] = (struct entrant){precision_name(precision), {&way_library, settings}, real.precision};
    return DONE;
}

int compare_open(struct compare *c, const char *rivals) {
    int status = add_ours(c, SA_PRECISION_HIGHEST, SA_F32);
    if (!status) status = add_ours(c, SA_PRECISION_HIGH, SA_F32);
    if (!status) status = add_ours(c, SA_PRECISION_MEDIUM, SA_BF16);
    if (!status) status = rivals_open(&c->rivals, rivals, c->threads);
    for (int i = 0; i < c->rivals.count; i++)
        c->entrants[c->count++] = (struct entrant){c->rivals.rival[i].label, c->rivals.rival[i].entry, 0};
    return status;
}

void compare_close(struct compare *c) {
    rivals_close(&c->rivals);
}

static void take_results(struct compare *c, int shape, const struct contest *contest) {
    for (int i = 0; i < c->count; i++) {
        struct result *r = &c->results[shape][i];
        r->ms = contest->runners[i].ms_median;
        r->difference = contest->differences[i];
        if (contest->absent[i]) snprintf(r->absent, sizeof r->absent, "%s", contest->absent[i]);
    }
}

/* One race at one shape, roofs included. */
static int measure_shape(struct compare *c, int shape, struct runner roofs[ROOFS], struct progress *progress) {
    struct runner runners[ROOFS + ENTRANTS];
    struct entry entries[ENTRANTS];
    struct contest contest;
    for (int i = 0; i < c->count; i++) entries[i] = c->entrants[i].entry;
    progress_say(progress, shapes[shape].name);
    int status = contest_open(&contest, &shapes[shape].shape, entries, c->count);
    if (status) return status;
    memcpy(runners, roofs, ROOFS * sizeof *runners);
    memcpy(runners + ROOFS, contest.runners, (size_t)c->count * sizeof *runners);
    const struct race race = {
        .rounds = ROUNDS_MAX, .seconds = ROUND_SECONDS, .min_reps = 1, .max_reps = CALLS_MAX, .patience = c->seconds};
    status = race_run(runners, ROOFS + c->count, &race, progress);
    memcpy(roofs, runners, ROOFS * sizeof *runners);
    memcpy(contest.runners, runners + ROOFS, (size_t)c->count * sizeof *runners);
    take_results(c, shape, &contest);
    contest_close(&contest);
    return status;
}

int compare_measure(struct compare *c) {
    struct runner roofs[ROOFS];
    struct progress progress;
    double total = 0;
    int status = roofs_open(roofs, c->isa);
    if (status) return status;
    for (int i = 0; i < SHAPES; i++)
        if (c->chosen[i]) total += c->seconds;
    progress_start(&progress, total);
    for (int i = 0; i < SHAPES && !status; i++)
        if (c->chosen[i]) status = measure_shape(c, i, roofs, &progress);
    progress_end(&progress);
    roofs_update(&c->roofs, roofs);
    roofs_close(roofs);
    return status;
}

struct bound compare_bound(const struct compare *c, int shape, int entrant) {
    const struct shape *s = &shapes[shape].shape;
    const struct entrant *e = &c->entrants[entrant];
    const double *rate = c->roofs.rate, cores = c->threads, flops = shape_flops(s) / 1e6;
    if (shape_is_decoding(s))
        return (struct bound){"read", shape_bytes(s, (double)dtype_size(e->entry.settings.dtype)) / 1e6 /
                                          (rate[ROOF_READ] * cores)};
    if (e->precision == SA_PRECISION_MEDIUM)
        return (struct bound){rate[ROOF_AMX] > 0 ? "AMX" : "BF16", flops / (roofs_best_bf16(&c->roofs) * cores)};
    /* There, a product of f32 numbers takes three products of bf16. */
    if (e->precision == SA_PRECISION_HIGH) return (struct bound){"AMX/3", flops / (rate[ROOF_AMX] / 3 * cores)};
    return (struct bound){"FMA", flops / (rate[ROOF_FMA] * cores)};
}

int compare_best_rival(const struct compare *c, int shape, int entrant) {
    const int32_t dtype = c->entrants[entrant].entry.settings.dtype;
    const int any = shape_is_decoding(&shapes[shape].shape) && dtype != SA_F32;
    int best = -1;
    for (int i = 0; i < c->count; i++) {
        const struct result *r = &c->results[shape][i];
        if (c->entrants[i].entry.way == &way_library || r->ms <= 0) continue;
        if (!any && c->entrants[i].entry.settings.dtype != dtype) continue;
        if (best < 0 || r->ms < c->results[shape][best].ms) best = i;
    }
    return best;
}
