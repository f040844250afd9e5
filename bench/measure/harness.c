/* SPDX-License-Identifier: MIT */
#include "measure/harness.h"

#include "measure/report.h"

#include <stdlib.h>
#include <time.h>

static double seconds_of(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

double clock_seconds(void) {
    return seconds_of(CLOCK_MONOTONIC);
}

double cpu_seconds(void) {
    return seconds_of(CLOCK_PROCESS_CPUTIME_ID);
}

double runner_rate(const struct runner *r) {
    return r->ms_median > 0 ? r->work / (r->ms_median * 1e6) : 0;
}

/* One timed call; its milliseconds to *ms. */
static int timed_call(const struct runner *r, const struct race *race, double *ms) {
    double (*const seconds)(void) = race->cpu_time ? cpu_seconds : clock_seconds;
    double start = seconds();
    int status = r->run(r->state);
    *ms = r->own_ms ? *r->own_ms : (seconds() - start) * 1e3;
    return status;
}

/* The first call allocates and fetches code, so a second one tells how many fit into a round. */
static int warm_up(struct runner *r, const struct race *race) {
    double ms;
    int status = timed_call(r, race, &ms);
    if (!status && race->max_reps > race->min_reps) status = timed_call(r, race, &ms);
    if (status) return status;
    double fit = race->seconds * 1e3 / (ms > 1e-6 ? ms : 1e-6);
    r->reps = fit < race->min_reps ? race->min_reps : fit > race->max_reps ? race->max_reps : (int)fit;
    return 0;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double lower(double best, double now) {
    return best > 0 && best < now ? best : now;
}

static int round_run(struct runner *r, const struct race *race, double *ms) {
    for (int i = 0; i < r->reps; i++) {
        int status = timed_call(r, race, &ms[i]);
        if (status) return status;
    }
    qsort(ms, (size_t)r->reps, sizeof *ms, ascending);
    int middle = r->reps / 2;
    r->ms_median = lower(r->ms_median, r->reps % 2 ? ms[middle] : (ms[middle - 1] + ms[middle]) / 2);
    r->ms_min = lower(r->ms_min, ms[0]);
    return 0;
}

static int warm_up_all(struct runner *runners, int count, const struct race *race) {
    int status = 0;
    for (int i = 0; i < count && !status; i++)
        if (runners[i].run) status = warm_up(&runners[i], race);
    return status;
}

int race_run(struct runner *runners, int count, const struct race *race, struct progress *progress) {
    const double start = clock_seconds();
    double last = start;
    double *ms = malloc((size_t)race->max_reps * sizeof *ms);
    if (!ms) return complain_memory((double)race->max_reps * sizeof *ms, "times");
    int status = warm_up_all(runners, count, race);
    for (int round = 0; round < race->rounds && !status; round++) {
        if (race->patience > 0 && round > 0 && clock_seconds() - start > race->patience) break;
        for (int i = 0; i < count && !status; i++) {
            if (runners[i].run) status = round_run(&runners[i], race, ms);
            const double now = clock_seconds();
            progress_step(progress, race->patience > 0 ? now - last : race->units);
            last = now;
        }
    }
    free(ms);
    return status;
}
