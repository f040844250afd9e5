/* SPDX-License-Identifier: MIT */
#include "study/scaling.h"

#include "measure/machine.h"
#include "measure/report.h"
#include "study/contest.h"

#include <math.h>
#include <stdio.h>

const struct entry scaling_entries[WAYS] = {
    {&way_library, {.threads = 1}}, {&way_unfused, {.threads = 1}}, {&way_naive, {.threads = 1}}};
const int64_t scaling_head_sizes[HEAD_SIZES] = {32, 64, 128};

/* A call of the triple loop takes a second or two there. */
static const double NAIVE_FLOPS_MAX = 2.2e9;

/* In a round, long calls run once, short ones are repeated for this many seconds. */
static const double ROUND_SECONDS = 0.05;
enum { CALLS_MAX = 1000 };

static struct shape one_head(int64_t n, int64_t d) {
    return (struct shape){1, 1, 1, n, n, d, 0, 0};
}

static int worth_taking(int way, int64_t n, int64_t d) {
    const struct shape shape = one_head(n, d);
    const double score_bytes = (double)n * (double)n * sizeof(float);
    if (way == WAY_NAIVE) return shape_flops(&shape) <= NAIVE_FLOPS_MAX;
    return way != WAY_UNFUSED || score_bytes <= (double)memory_available() / 2;
}

void scaling_plan(struct scaling *s, int64_t n_most, int rounds) {
    *s = (struct scaling){.rounds = rounds};
    for (int64_t n = LENGTH_LEAST; n <= n_most && s->lengths_count < LENGTHS_MAX; n *= 2)
        s->lengths[s->lengths_count++] = n;
    for (int w = 0; w < WAYS; w++)
        for (int d = 0; d < HEAD_SIZES; d++)
            for (int n = 0; n < s->lengths_count; n++)
                s->points[w][d][n].taken = worth_taking(w, s->lengths[n], scaling_head_sizes[d]);
}

/* Roughly the seconds of one call, for the progress bar. */
static double call_estimate(int way, int64_t n, int64_t d) {
    const struct shape shape = one_head(n, d);
    return shape_flops(&shape) / (way == WAY_NAIVE ? 1.2e9 : 8e10);
}

/* What one point adds to the bar when it is timed: check, warm-up, rounds. */
static double timing_estimate(int rounds, int way, int64_t n, int64_t d) {
    const double call = call_estimate(way, n, d);
    return 3 * call + rounds * (call > ROUND_SECONDS ? call : ROUND_SECONDS);
}

static double total_estimate(const struct scaling *s) {
    double total = 0;
    for (int w = 0; w < WAYS; w++)
        for (int d = 0; d < HEAD_SIZES; d++)
            for (int n = 0; n < s->lengths_count; n++)
                if (s->points[w][d][n].taken)
                    total += call_estimate(w, s->lengths[n], scaling_head_sizes[d]) +
                             timing_estimate(s->rounds, w, s->lengths[n], scaling_head_sizes[d]);
    return total + 2.0 * s->rounds * ROOFS;
}

static void say(struct progress *progress, const char *what, int64_t n, int64_t d) {
    char text[64];
    snprintf(text, sizeof text, "%s: n %lld, d %lld", what, (long long)n, (long long)d);
    progress_say(progress, text);
}

static int measure_memory(struct scaling *s, int d, int n, struct progress *progress) {
    const struct shape shape = one_head(s->lengths[n], scaling_head_sizes[d]);
    struct workload w;
    if (workload_make(&w, &shape)) return FAILED;
    int status = DONE;
    say(progress, "memory", shape.T, shape.D);
    for (int i = 0; i < WAYS && !status; i++) {
        struct point *p = &s->points[i][d][n];
        if (!p->taken) continue;
        status = run_alone(&scaling_entries[i], &w, &p->alone);
        progress_step(progress, call_estimate(i, shape.T, shape.D));
    }
    workload_free(&w);
    return status;
}

/* The ways that are run at one point, and the places of their results. */
struct turn {
    struct entry entries[WAYS];
    struct point *points[WAYS];
    int count;
    double estimate;
};

static struct turn turn_of(struct scaling *s, int d, int n) {
    struct turn e = {.count = 0};
    for (int i = 0; i < WAYS; i++) {
        if (!s->points[i][d][n].taken) continue;
        e.estimate += timing_estimate(s->rounds, i, s->lengths[n], scaling_head_sizes[d]);
        e.entries[e.count] = scaling_entries[i];
        e.points[e.count++] = &s->points[i][d][n];
    }
    return e;
}

static int measure_time(struct scaling *s, int d, int n, struct progress *progress) {
    const struct shape shape = one_head(s->lengths[n], scaling_head_sizes[d]);
    struct turn e = turn_of(s, d, n);
    struct contest contest;
    say(progress, "time", shape.T, shape.D);
    int status = contest_open(&contest, &shape, e.entries, e.count);
    if (status) return status;
    const struct race race = {.rounds = s->rounds,
                              .seconds = ROUND_SECONDS,
                              .min_reps = 1,
                              .max_reps = CALLS_MAX,
                              .units = e.estimate / (s->rounds * e.count)};
    status = race_run(contest.runners, contest.count, &race, progress);
    for (int i = 0; i < e.count; i++) e.points[i]->runner = contest.runners[i];
    s->difference = fmax(s->difference, contest_difference(&contest));
    contest_close(&contest);
    return status;
}

static int measure_points(struct scaling *s, int (*measure)(struct scaling *, int, int, struct progress *),
                          struct progress *progress) {
    int status = DONE;
    for (int n = 0; n < s->lengths_count && !status; n++)
        for (int d = 0; d < HEAD_SIZES && !status; d++) status = measure(s, d, n, progress);
    return status;
}

static int measure_roofs(struct scaling *s, struct progress *progress) {
    progress_say(progress, "roofs");
    return roofs_measure(&s->roofs, s->rounds, progress);
}

int scaling_measure(struct scaling *s) {
    struct progress progress;
    progress_start(&progress, total_estimate(s));
    int status = measure_points(s, measure_memory, &progress);
    if (!status) status = measure_roofs(s, &progress);
    if (!status) status = measure_points(s, measure_time, &progress);
    if (!status) status = measure_roofs(s, &progress);
    progress_end(&progress);
    return status;
}
