/* sa-bench limits: what does each way cost as sequences grow?
 * SPDX-License-Identifier: MIT */
#include "command/commands.h"
#include "command/options.h"
#include "measure/report.h"
#include "show/picture.h"
#include "study/limits.h"

#include <stdio.h>
#include <stdlib.h>

static const char about[] =
    "Measures time and memory of one causal head of 64 on one thread, for 256, 512, ... 1,048,576 tokens: exact\n"
    "attention (flash), with the whole score matrix (unfused), a window of 256, BigBird (blocks of 64: the window,\n"
    "the first 128 tokens, three blocks by chance), linear attention (ELU features), the gated delta rule, 256\n"
    "random features (FAVOR+), and an LSTM of width 64. A way stops where a call would take longer than --seconds.\n"
    "Fits the exponents. Prints Markdown; writes limits.csv, limits.png and limits.svg (by gnuplot) into the output\n"
    "directory.";

static int run_limits(int64_t n_most, double seconds, const char *directory) {
    static struct limits l;
    int status = directory_make(directory);
    if (!status) status = limits_measure(&l, n_most, seconds);
    if (status) return status;
    limits_print(&l);
    const struct path csv = path_in(directory, "limits.csv");
    status = limits_write_csv(&l, csv.text);
    if (status) return status;
    fprintf(stderr, "%s\n", csv.text);
    return pictures_draw("limits.gp", csv.text, directory, "limits", (const char *const[]){NULL});
}

int limits_command(int argc, const char **argv) {
    long long n_most = LIMIT_MOST;
    double seconds = 10;
    char *output = NULL;
    struct poptOption flags[] = {
        {"max-n", 0, POPT_ARG_LONGLONG, &n_most, 0, "powers of two up to this length (1048576)", "N"},
        {"seconds", 0, POPT_ARG_DOUBLE, &seconds, 0, "longest call (10)", "S"},
        {"output", 0, POPT_ARG_STRING, &output, 0, "directory for the files, created if needed (.)", "DIR"},
        POPT_TABLEEND};
    int status = options_read(flags, about, argc, argv);
    if (status < 0) status = check_range("--max-n", n_most, 2 * LIMIT_LEAST, LIMIT_MOST);
    if (status < 0) status = check_seconds(seconds);
    if (status < 0) status = run_limits(n_most, seconds, output ? output : ".");
    free(output);
    return status;
}
