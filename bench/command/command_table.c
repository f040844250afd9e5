/* sa-bench table: the library at its reference shapes, in one run with its rivals and the roofs.
 * SPDX-License-Identifier: MIT */
#include "command/commands.h"
#include "command/options.h"
#include "measure/report.h"
#include "selfattn.h"
#include "study/alone.h"
#include "study/contest.h"

#include <stdio.h>
#include <string.h>

static const char about[] =
    "Times on one thread: the library's path on cblas_sgemm (tiled), the unfused path on the same BLAS,\n"
    "cblas_sgemm 2048^3 and the other roofs. All take turns, round by round, in one run; we report the lowest round\n"
    "median. Before that, it runs one long sequence in a separate process and measures its memory. Prints Markdown.";

/* Tiles whose products are cblas_sgemm calls, against whole products by the same cblas_sgemm. */
static const struct entry entries[] = {{&way_library, {.threads = 1, .path = SA_PATH_BLAS}},
                                       {&way_unfused, {.threads = 1}}};
enum { TILED, UNFUSED, WAYS };

/* full: the row of the same shape without the causal rule, -1 for none. */
static const struct {
    const char *name;
    struct shape shape;
    int full;
} rows[] = {{"b1 h12 n512 d64", {1, 12, 12, 512, 512, 64, 0, 0}, -1},
            {"b1 h12 n2048 d64", {1, 12, 12, 2048, 2048, 64, 0, 0}, -1},
            {"b1 h12 n2048 d64 causal", {1, 12, 12, 2048, 2048, 64, 1, 0}, 1}};
enum { ROWS = sizeof rows / sizeof rows[0], RUNNERS = ROOFS + ROWS * WAYS };
enum { LONG_UNITS = 40 }; /* progress units of a call of the long sequence, compared with a runner's turn */

/* The runners: the roofs, then both ways of each row. */
struct table {
    struct runner runners[RUNNERS];
    struct contest contests[ROWS];
    int open; /* contests that are open */
};

static void table_close(struct table *t) {
    while (t->open) contest_close(&t->contests[--t->open]);
    roofs_close(t->runners);
}

static int table_open(struct table *t) {
    memset(t, 0, sizeof *t);
    int status = roofs_open(t->runners, SA_ISA_AUTO);
    while (!status && t->open < ROWS) {
        struct contest *c = &t->contests[t->open];
        status = contest_open(c, &rows[t->open].shape, entries, WAYS);
        if (!status) memcpy(&t->runners[ROOFS + t->open++ * WAYS], c->runners, WAYS * sizeof c->runners[0]);
    }
    if (status) table_close(t);
    return status;
}

static void print_row(const struct table *t, int i, const struct roofs *roofs) {
    const struct runner *tiled = &t->runners[ROOFS + i * WAYS + TILED], *unfused = tiled - TILED + UNFUSED;
    const double rate = runner_rate(tiled);
    printf("| %s | %.2f | %.1f | %.2f | %.2f | %.2f | %.2f | ", rows[i].name, tiled->ms_median, rate,
           rate / roofs->rate[ROOF_SGEMM], rate / roofs->rate[ROOF_FMA], unfused->ms_median,
           unfused->ms_median / tiled->ms_median);
    if (rows[i].full < 0)
        printf("– | ");
    else
        printf("%.2f | ", t->runners[ROOFS + rows[i].full * WAYS + TILED].ms_median / tiled->ms_median);
    printf("%.0e |\n", contest_difference(&t->contests[i]));
}

static void print_rows(const struct table *t, const struct roofs *roofs) {
    printf("| shape | tiled ms | GF/s | of sgemm | of FMA | unfused ms | unfused / tiled | full / causal | largest "
           "difference |\n|---|---|---|---|---|---|---|---|---|\n");
    for (int i = 0; i < ROWS; i++) print_row(t, i, roofs);
}

/* One sequence far too long for a score matrix. */
struct long_run {
    int64_t n; /* 0: none */
    double flops;
    struct alone alone;
};

static void print_long(const struct long_run *l, const struct roofs *roofs) {
    const double rate = l->flops / (l->alone.ms * 1e6);
    printf("\n| one head, d64 | tiled ms | GF/s | of sgemm | of FMA | allocated beyond inputs and output | resident "
           "growth "
           "of the process |\n|---|---|---|---|---|---|---|\n");
    printf("| n%lld | %.0f | %.1f | %.2f | %.2f | %s | %s |\n", (long long)l->n, l->alone.ms, rate,
           rate / roofs->rate[ROOF_SGEMM], rate / roofs->rate[ROOF_FMA], bytes_text(l->alone.extra_bytes).text,
           bytes_text(l->alone.resident_bytes).text);
}

/* Two calls, each in a process of its own: the faster one's time, the larger one's memory. */
static int run_long(struct long_run *l, struct progress *progress) {
    const struct shape shape = {1, 1, 1, l->n, l->n, 64, 0, 0};
    struct alone again = {0};
    struct workload w;
    progress_say(progress, "long sequence");
    if (workload_make(&w, &shape)) return FAILED;
    int status = run_alone(&entries[TILED], &w, &l->alone);
    progress_step(progress, LONG_UNITS);
    if (!status) status = run_alone(&entries[TILED], &w, &again);
    progress_step(progress, LONG_UNITS);
    if (again.ms < l->alone.ms) l->alone.ms = again.ms;
    if (again.resident_bytes > l->alone.resident_bytes) l->alone.resident_bytes = again.resident_bytes;
    l->flops = shape_flops(&shape);
    workload_free(&w);
    return status;
}

static int run_race(struct table *t, int rounds, struct roofs *roofs, struct progress *progress) {
    const struct race race = {.rounds = rounds, .seconds = 0.15, .min_reps = 3, .max_reps = 100, .units = 1};
    progress_say(progress, "roofs and shapes");
    int status = race_run(t->runners, RUNNERS, &race, progress);
    roofs_update(roofs, t->runners);
    return status;
}

static int measure(struct table *t, int rounds, struct long_run *l, struct roofs *roofs) {
    struct progress progress;
    progress_start(&progress, (double)rounds * RUNNERS + (l->n ? 2 * LONG_UNITS : 0));
    int status = l->n ? run_long(l, &progress) : DONE;
    if (!status) status = table_open(t);
    if (!status) status = run_race(t, rounds, roofs, &progress);
    progress_end(&progress);
    return status;
}

static int run_table(int rounds, int64_t long_n) {
    static struct table table;
    struct long_run long_run = {.n = long_n};
    struct roofs roofs = {.rate = {0}};
    int status = measure(&table, rounds, &long_run, &roofs);
    if (!status) {
        print_machine();
        print_roofs(&roofs);
        print_rows(&table, &roofs);
        if (long_n) print_long(&long_run, &roofs);
    }
    table_close(&table);
    return status;
}

int table_command(int argc, const char **argv) {
    int rounds = 8;
    long long long_n = 65536;
    struct poptOption flags[] = {
        {"rounds", 0, POPT_ARG_INT, &rounds, 0, "rounds, a few seconds each (8)", "R"},
        {"long-n", 0, POPT_ARG_LONGLONG, &long_n, 0, "length of the long sequence, 0 for none (65536)", "N"},
        POPT_TABLEEND};
    int status = options_read(flags, about, argc, argv);
    if (status < 0) status = check_range("--rounds", rounds, 1, 1000);
    if (status < 0) status = check_range("--long-n", long_n, 0, 1 << 20);
    return status >= 0 ? status : run_table(rounds, long_n);
}
