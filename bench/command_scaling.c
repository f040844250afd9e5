/* sa-bench scaling: does time grow as n^2 d and memory not at all?
 * SPDX-License-Identifier: MIT */
#include "commands.h"
#include "options.h"
#include "picture.h"
#include "report.h"
#include "scaling.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char about[] =
    "Measures time and memory of one head over sequence lengths 128, 256, ... and head sizes 32, 64, 128 on one "
    "thread: for\n"
    "the library (tiled), the unfused path (whole score matrix, same BLAS) and a triple loop, which stops where it "
    "takes\n"
    "longer than a second or two. Fits the exponents of time in n and d and says how far they are from n^2 d. Prints\n"
    "Markdown; writes scaling.csv, scaling.png and scaling.svg (by gnuplot) into the output directory.";

/* A path in the output directory. */
struct path {
    char text[4096];
};

static struct path path_in(const char *directory, const char *name) {
    struct path p;
    snprintf(p.text, sizeof p.text, "%s/%s", directory, name);
    return p;
}

static int draw(const struct scaling *s, const char *directory, const struct path *csv) {
    static const char *const terminals[] = {"png", "svg"};
    char rate[32], n_middle[32];
    snprintf(rate, sizeof rate, "%.3f", s->roofs.rate[ROOF_SGEMM]);
    snprintf(n_middle, sizeof n_middle, "%lld", (long long)s->lengths[s->lengths_count / 2]);
    int status = DONE;
    for (int i = 0; i < 2 && !status; i++) {
        char name[32];
        snprintf(name, sizeof name, "scaling.%s", terminals[i]);
        const struct path picture = path_in(directory, name);
        const char *const arguments[] = {csv->text, picture.text, terminals[i], rate, n_middle, NULL};
        status = picture_draw("scaling.gp", arguments);
        if (!status) fprintf(stderr, "%s\n", picture.text);
    }
    return status;
}

static int run_scaling(int64_t n_most, int rounds, const char *directory) {
    if (mkdir(directory, 0777) && errno != EEXIST) return complain(FAILED, "%s: %s", directory, strerror(errno));
    static struct scaling s;
    scaling_plan(&s, n_most, rounds);
    int status = scaling_measure(&s);
    if (status) return status;
    scaling_print(&s);
    const struct path csv = path_in(directory, "scaling.csv");
    status = scaling_write_csv(&s, csv.text);
    if (status) return status;
    fprintf(stderr, "%s\n", csv.text);
    return draw(&s, directory, &csv);
}

int scaling_command(int argc, const char **argv) {
    long long n_most = 16384;
    int rounds = 4;
    char *output = NULL;
    struct poptOption flags[] = {
        {"max-n", 0, POPT_ARG_LONGLONG, &n_most, 0, "powers of two up to this length (16384)", "N"},
        {"rounds", 0, POPT_ARG_INT, &rounds, 0, "rounds (4)", "R"},
        {"output", 0, POPT_ARG_STRING, &output, 0, "directory for the files, made if need be (.)", "DIR"},
        POPT_TABLEEND};
    int status = options_read(flags, about, argc, argv);
    if (status < 0) status = check_range("--max-n", n_most, 2 * LENGTH_LEAST, 1 << 17);
    if (status < 0) status = check_range("--rounds", rounds, 1, 1000);
    if (status < 0) status = run_scaling(n_most, rounds, output ? output : ".");
    free(output);
    return status;
}
