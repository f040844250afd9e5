/* sa-bench bits: what does same_bits of a context cost?
 * SPDX-License-Identifier: MIT */
#include "command/commands.h"
#include "command/options.h"
#include "measure/report.h"
#include "selfattn.h"
#include "show/grid.h"
#include "way/library.h"
#include "way/way.h"

static const char about[] =
    "Times sa_forward() of a causal layer (width 768, 12 heads) with and without same_bits of its context, for some\n"
    "counts of rows and two types of inputs, weights and output. Both take turns, round by round; we report the "
    "lowest\n"
    "round medians. Prints Markdown.";

enum { HEADS = 12, HEAD_SIZE = 64, BOTH = 2 /* as it is fastest; with same_bits */ };
static const int rows[] = {1, 2, 4, 8, 16, 32, 128, 512};
static const int32_t types[] = {SA_F32, SA_BF16};
enum { COUNTS = sizeof rows / sizeof rows[0], TYPES = sizeof types / sizeof types[0] };

static int measure(const struct workload *w, struct settings settings, double seconds, struct runner r[BOTH],
                   struct progress *progress) {
    const struct race race = {.rounds = 100, .seconds = 0.02, .min_reps = 1, .max_reps = 10000, .patience = seconds};
    void *state[BOTH] = {0};
    int status = 0;
    for (int i = 0; i < BOTH && !status; i++) {
        settings.same_bits = i;
        state[i] = way_library.open(w, &settings);
        r[i] = (struct runner){.run = way_library.run, .state = state[i], .work = 1};
        if (!state[i]) status = FAILED;
    }
    if (!status) status = race_run(r, BOTH, &race, progress);
    for (int i = 0; i < BOTH; i++) way_library.close(state[i]);
    return status;
}

static int measure_rows(const struct settings *settings, int64_t count, double seconds, struct grid *grid,
                        struct progress *progress) {
    const struct shape shape = {
        .B = 1, .H = HEADS, .K = HEADS, .T = count, .S = count, .D = HEAD_SIZE, .causal = 1, .layer = 1};
    struct workload w;
    struct runner r[BOTH];
    int status = workload_make(&w, &shape);
    if (status) return status;
    progress_say(progress, dtype_name(settings->dtype));
    status = measure(&w, *settings, seconds, r, progress);
    workload_free(&w);
    if (status) return status;
    grid_row(grid);
    grid_cell(grid, "%s", dtype_name(settings->dtype));
    grid_cell(grid, "%d", (int)count);
    grid_cell(grid, "%.4f", r[0].ms_median);
    grid_cell(grid, "%.4f", r[1].ms_median);
    grid_cell(grid, "%.2f", r[1].ms_median / r[0].ms_median);
    return 0;
}

static int run(struct settings *settings, double seconds) {
    static const char *const titles[] = {"numbers", "rows", "ms", "same_bits, ms", "ratio"};
    static struct grid grid;
    struct progress progress;
    int status = settings_resolve(settings);
    if (status) return status;
    print_machine();
    printf("Threads %d, precision %s; rounds for %g s a row.\n\n", settings->threads,
           precision_name(settings->precision), seconds);
    grid_titles(&grid, titles, 5);
    progress_start(&progress, TYPES * COUNTS * seconds);
    for (int i = 0; i < TYPES * COUNTS && !status; i++) {
        settings->dtype = types[i / COUNTS];
        status = measure_rows(settings, rows[i % COUNTS], seconds, &grid, &progress);
    }
    progress_end(&progress);
    if (!status) grid_print(&grid);
    return status;
}

int bits_command(int argc, const char **argv) {
    double seconds = 1;
    struct settings settings = {.threads = 1};
    struct settings_flags given = {0};
    struct poptOption flags[] = {
        {"threads", 0, POPT_ARG_INT, &settings.threads, 0, "threads (1)", "T"},
        {"precision", 0, POPT_ARG_STRING, &given.precision, 0, "highest (default), high or medium", "P"},
        {"seconds", 0, POPT_ARG_DOUBLE, &seconds, 0, "seconds of rounds for each row (1)", "S"},
        POPT_TABLEEND};
    int status = options_read(flags, about, argc, argv);
    if (status < 0) status = check_range("--threads", settings.threads, 1, 1024);
    if (status < 0) status = check_seconds(seconds);
    if (status < 0) status = settings_take(&given, &settings);
    settings_flags_free(&given);
    return status >= 0 ? status : run(&settings, seconds);
}
