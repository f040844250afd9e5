/* SPDX-License-Identifier: MIT */
#include "study/recurrent.h"

#include "measure/blas.h"
#include "measure/harness.h"
#include "measure/report.h"
#include "study/recurrent_rival.h"
#include "way/rivals.h"
#include "way/way.h"

#include <stdio.h>

/* A layer in a race: on one thread, on two, or on two of which steps use one: what is faster depends on the width. */
enum { ALONE, TOGETHER, PROJECTIONS, VARIANTS };
struct entrant {
    int variant;
    struct recurrent *recurrent; /* NULL: attention */
    const struct workload *w;
    void *attention;
};

static int run(void *state) {
    const struct entrant *e = state;
    if (!e->recurrent) return way_library.run(e->attention);
    const int threads = e->variant == ALONE ? 1 : 2;
    recurrent_run(e->recurrent, e->w->x, e->w->shape.T, e->w->o, threads, e->variant == PROJECTIONS ? 1 : threads);
    return DONE;
}

/* A layer's entrants. 0, or a complaint was made. */
static int open_layer(struct entrant *e, struct runner *runners, struct recurrent *recurrent,
                      const struct workload *w) {
    for (int i = 0; i < VARIANTS; i++) {
        const struct settings settings = {.threads = i == ALONE ? 1 : 2};
        const int runs = recurrent || i != PROJECTIONS;
        e[i] = (struct entrant){i, recurrent, w, recurrent || !runs ? NULL : way_library.open(w, &settings)};
        runners[i] = (struct runner){.run = runs ? run : NULL, .state = &e[i]};
        if (runs && !recurrent && !e[i].attention) return FAILED;
    }
    return DONE;
}

static void note(struct recurrent_point *p, const struct entrant *e, const struct runner *runners) {
    p->ms[0] = runners[ALONE].ms_median, p->ms[1] = runners[TOGETHER].ms_median;
    if (e->recurrent && runners[PROJECTIONS].ms_median < p->ms[1]) p->ms[1] = runners[PROJECTIONS].ms_median;
    p->bytes = e->recurrent ? recurrent_extra_bytes(e->recurrent) : way_library.extra_bytes(e->attention);
}

static int measure_length(struct recurrent_times *r, struct recurrent *recurrent, int at, double seconds,
                          struct progress *progress) {
    enum { OWN = RECURRENT_LAYERS * VARIANTS, COUNT = OWN + RECURRENT_RIVALS };
    const int64_t n = r->lengths[at], heads = r->width / RECURRENT_HEAD;
    const struct shape shape = {1, heads, heads, n, n, RECURRENT_HEAD, 1, 1};
    const struct race race = {.rounds = 100, .seconds = 0.05, .min_reps = 1, .max_reps = 1000, .patience = seconds};
    struct entrant entrants[OWN] = {{0}};
    struct recurrent_rival rivals[RECURRENT_RIVALS];
    struct runner runners[COUNT] = {{0}};
    struct workload w;
    char text[32];
    snprintf(text, sizeof text, "n %lld", (long long)n);
    progress_say(progress, text);
    int status = workload_make(&w, &shape);
    if (status) return status;
    for (int layer = 0; layer < RECURRENT_LAYERS && !status; layer++)
        status = open_layer(entrants + layer * VARIANTS, runners + layer * VARIANTS,
                            layer == ATTENTION_LAYER ? NULL : &recurrent[layer], &w);
    if (!status) status = recurrent_rivals_open(rivals, runners + OWN, &r->worker, recurrent, &w);
    if (!status) status = race_run(runners, COUNT, &race, progress);
    for (int layer = 0; layer < RECURRENT_LAYERS && !status; layer++)
        note(&r->points[layer][at], entrants + layer * VARIANTS, runners + layer * VARIANTS);
    for (int i = 0; i < RECURRENT_RIVALS && !status; i++)
        r->points[i / RECURRENT_THREADS][at].rival_ms[i % RECURRENT_THREADS] = runners[OWN + i].ms_median;
    for (int i = 0; i < OWN; i++) way_library.close(entrants[i].attention);
    workload_free(&w);
    return status;
}

int recurrent_measure(struct recurrent_times *r, int64_t width, int64_t n_most, double seconds) {
    struct recurrent recurrent[RECURRENT_KINDS] = {{0}};
    struct progress progress;
    int status = DONE;
    *r = (struct recurrent_times){.width = width};
    for (int64_t n = RECURRENT_LEAST; n <= n_most && r->count < RECURRENT_LENGTHS; n *= 4) r->lengths[r->count++] = n;
    blas_use_one_thread();
    for (int kind = 0; kind < RECURRENT_KINDS && !status; kind++)
        status = recurrent_open(&recurrent[kind], kind, width, 0);
    rivals_start_pytorch(&r->worker, "pytorch_recurrent.py");
    progress_start(&progress, (double)r->count * seconds);
    for (int i = 0; i < r->count && !status; i++) status = measure_length(r, recurrent, i, seconds, &progress);
    progress_end(&progress);
    worker_stop(&r->worker);
    for (int kind = 0; kind < RECURRENT_KINDS; kind++) recurrent_close(&recurrent[kind]);
    return status;
}
