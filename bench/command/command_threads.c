/* sa-bench threads: how much faster do more threads make it?
 * SPDX-License-Identifier: MIT */
#include "command/commands.h"
#include "command/options.h"
#include "measure/report.h"
#include "selfattn.h"
#include "show/grid.h"
#include "show/picture.h"
#include "study/contest.h"
#include "study/shapes.h"
#include "way/library.h"

#include <stdlib.h>
#include <string.h>

static const char about[] =
    "Times the library at named shapes (see sa-bench compare --help; default: all) on 1, 2, 4, ... threads, which\n"
    "take turns, round by round; we report the lowest round median. The outputs have to be equal bit by bit. Prints\n"
    "Markdown. With --output also writes threads.csv and a picture (by gnuplot) of the speedups.";

enum { COUNTS = 8 }; /* up to 64 threads, and the most */

struct threads {
    double seconds;
    int most;
    struct settings settings;
    char chosen[SHAPES];
    struct entry entries[COUNTS];
    int count;
    double ms[SHAPES][COUNTS];
};

/* 1, 2, 4, ... and the most itself. */
static void choose_counts(struct threads *t) {
    for (int threads = 1; t->count < COUNTS; threads *= 2) {
        struct entry *e = &t->entries[t->count++];
        *e = (struct entry){&way_library, t->settings};
        e->settings.threads = threads < t->most ? threads : t->most;
        if (threads >= t->most) return;
    }
}

static int measure_shape(struct threads *t, int shape, struct progress *progress) {
    const struct race race = {.rounds = 100, .seconds = 0.05, .min_reps = 1, .max_reps = 1000, .patience = t->seconds};
    struct contest contest;
    progress_say(progress, shapes[shape].name);
    int status = contest_open(&contest, &shapes[shape].shape, t->entries, t->count);
    if (status) return status;
    if (contest_difference(&contest) > 0)
        status = complain(FAILED, "%s: outputs depend on the number of threads, by %g", shapes[shape].name,
                          contest_difference(&contest));
    if (!status) status = race_run(contest.runners, contest.count, &race, progress);
    for (int i = 0; i < t->count; i++) t->ms[shape][i] = contest.runners[i].ms_median;
    contest_close(&contest);
    return status;
}

static int measure(struct threads *t) {
    struct progress progress;
    double total = 0;
    int status = DONE;
    for (int i = 0; i < SHAPES; i++) total += t->chosen[i] ? t->seconds : 0;
    progress_start(&progress, total);
    for (int i = 0; i < SHAPES && !status; i++)
        if (t->chosen[i]) status = measure_shape(t, i, &progress);
    progress_end(&progress);
    return status;
}

static void print(const struct threads *t) {
    static struct grid grid;
    print_machine();
    printf("Precision %s, numbers in %s; rounds for %g s a shape, lowest round median.\n\n",
           precision_name(t->settings.precision), dtype_name(t->settings.dtype), t->seconds);
    grid_row(&grid);
    grid_cell(&grid, "shape");
    for (int i = 0; i < t->count; i++)
        grid_cell(&grid, i ? "speedup of %d" : "ms of %d thread", t->entries[i].settings.threads);
    for (int shape = 0; shape < SHAPES; shape++) {
        if (!t->chosen[shape]) continue;
        grid_row(&grid);
        grid_cell(&grid, "%s", shapes[shape].name);
        grid_cell(&grid, "%.2f", t->ms[shape][0]);
        for (int i = 1; i < t->count; i++) grid_cell(&grid, "%.2f", t->ms[shape][0] / t->ms[shape][i]);
    }
    grid_print(&grid);
}

static int write_csv(const struct threads *t, const char *path) {
    FILE *file = file_create(path);
    if (!file) return FAILED;
    fputs("shape,threads,ms,speedup\n", file);
    for (int shape = 0; shape < SHAPES; shape++)
        for (int i = 0; t->chosen[shape] && i < t->count; i++)
            fprintf(file, "%s,%d,%.6g,%.4g\n", shapes[shape].name, t->entries[i].settings.threads, t->ms[shape][i],
                    t->ms[shape][0] / t->ms[shape][i]);
    return file_finish(file, path);
}

static int write_files(const struct threads *t, const char *directory) {
    const struct path csv = path_in(directory, "threads.csv");
    int status = directory_make(directory);
    if (!status) status = write_csv(t, csv.text);
    if (status) return status;
    fprintf(stderr, "%s\n", csv.text);
    return pictures_draw("threads.gp", csv.text, directory, "threads", (const char *const[]){NULL});
}

static int run_threads(struct threads *t, const char *output) {
    struct settings all = {0};
    int status = settings_resolve(&all);
    if (status) return status;
    if (!t->most) t->most = all.threads;
    choose_counts(t);
    status = measure(t);
    if (!status) print(t);
    return status || !output ? status : write_files(t, output);
}

int threads_command(int argc, const char **argv) {
    static struct threads t = {.seconds = 5};
    struct settings_flags names = {0};
    char *output = NULL;
    struct poptOption flags[] = {
        {"most", 0, POPT_ARG_INT, &t.most, 0, "the most threads (as many as CPUs)", "T"},
        {"seconds", 0, POPT_ARG_DOUBLE, &t.seconds, 0, "seconds of rounds for each shape (5)", "S"},
        {"precision", 0, POPT_ARG_STRING, &names.precision, 0, "how exact arithmetic has to be (highest)",
         "highest|high|medium"},
        {"dtype", 0, POPT_ARG_STRING, &names.dtype, 0, "type of inputs, weights and output (f32)", "f32|bf16|f16"},
        {"output", 0, POPT_ARG_STRING, &output, 0, "directory for the files, created if needed", "DIR"},
        POPT_TABLEEND};
    int status = options_read_names(flags, about, argc, argv, shapes_choose, t.chosen);
    if (status < 0) status = check_range("--most", t.most, 0, 64);
    if (status < 0) status = check_seconds(t.seconds);
    if (status < 0) status = settings_take(&names, &t.settings);
    if (status < 0 && !memchr(t.chosen, 1, sizeof t.chosen)) status = shapes_choose("all", t.chosen);
    if (status < 0) status = run_threads(&t, output);
    settings_flags_free(&names);
    free(output);
    return status;
}
