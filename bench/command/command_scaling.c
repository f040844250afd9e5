/* sa-bench scaling: does time grow as n^2 d and memory not at all?
 * SPDX-License-Identifier: MIT */
#include "command/commands.h"
#include "command/options.h"
#include "measure/report.h"
#include "show/picture.h"
#include "study/scaling.h"

#include <stdio.h>
#include <stdlib.h>

static const char about[] =
    "Measures time and memory of one head on one thread, for sequence lengths 128, 256, ... and head sizes 32, 64,\n"
    "128. Compares the library (tiled), the unfused path (whole score matrix, same BLAS) and a triple loop (only\n"
    "for lengths at which it takes at most a second or two). Fits the exponents of time in n and d and compares\n"
    "them with n^2 d. Prints Markdown; writes scaling.csv, scaling.png and scaling.svg (by gnuplot) into the output\n"
    "directory.";

static int write_files(const struct scaling *s, const char *directory) {
    char rate[32], n_middle[32];
    const struct path csv = path_in(directory, "scaling.csv");
    int status = scaling_write_csv(s, csv.text);
    if (status) return status;
    fprintf(stderr, "%s\n", csv.text);
    snprintf(rate, sizeof rate, "%.3f", s->roofs.rate[ROOF_SGEMM]);
    snprintf(n_middle, sizeof n_middle, "%lld", (long long)s->lengths[s->lengths_count / 2]);
    return pictures_draw("scaling.gp", csv.text, directory, "scaling", (const char *const[]){rate, n_middle, NULL});
}

static int run_scaling(int64_t n_most, int rounds, const char *directory) {
    static struct scaling s;
    int status = directory_make(directory);
    if (status) return status;
    scaling_plan(&s, n_most, rounds);
    status = scaling_measure(&s);
    if (status) return status;
    scaling_print(&s);
    return write_files(&s, directory);
}

int scaling_command(int argc, const char **argv) {
    long long n_most = 16384;
    int rounds = 4;
    char *output = NULL;
    struct poptOption flags[] = {
        {"max-n", 0, POPT_ARG_LONGLONG, &n_most, 0, "powers of two up to this length (16384)", "N"},
        {"rounds", 0, POPT_ARG_INT, &rounds, 0, "rounds (4)", "R"},
        {"output", 0, POPT_ARG_STRING, &output, 0, "directory for the files, created if needed (.)", "DIR"},
        POPT_TABLEEND};
    int status = options_read(flags, about, argc, argv);
    if (status < 0) status = check_range("--max-n", n_most, 2 * LENGTH_LEAST, 1 << 17);
    if (status < 0) status = check_range("--rounds", rounds, 1, 1000);
    if (status < 0) status = run_scaling(n_most, rounds, output ? output : ".");
    free(output);
    return status;
}
