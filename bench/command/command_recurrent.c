/* sa-bench recurrent: attention against what came before it.
 * SPDX-License-Identifier: MIT */
#include "command/commands.h"
#include "command/options.h"
#include "measure/report.h"
#include "study/recurrent.h"

static const char about[] =
    "Times layers of tanh units (RNN), LSTM and GRU cells, on cblas_sgemm with batched projections, and a causal\n"
    "attention layer of the same width, over 256, 1024, ... tokens on one thread and on two, which take turns; we\n"
    "report the lowest round median. Each recurrent layer is first compared with the same in doubles. Then computes\n"
    "the influence of the first token on the last: the derivative of the output, over 1, 2, 4, ... tokens. Prints\n"
    "Markdown.";

static int run_recurrent(int64_t width, int64_t n_most, double seconds) {
    static struct recurrent_times times;
    static struct influence influence;
    int status = recurrent_measure(&times, width, n_most, seconds);
    if (status) return status;
    recurrent_print(&times);
    status = influence_measure(&influence, n_most);
    if (!status) influence_print(&influence);
    return status;
}

int recurrent_command(int argc, const char **argv) {
    long long width = 512, n_most = 16384;
    double seconds = 10;
    struct poptOption flags[] = {
        {"width", 0, POPT_ARG_LONGLONG, &width, 0, "of the timed layers, a multiple of 64 (512)", "E"},
        {"max-n", 0, POPT_ARG_LONGLONG, &n_most, 0, "most tokens (16384)", "N"},
        {"seconds", 0, POPT_ARG_DOUBLE, &seconds, 0, "seconds of rounds for each length (10)", "S"},
        POPT_TABLEEND};
    int status = options_read(flags, about, argc, argv);
    if (status < 0) status = check_range("--width", width, RECURRENT_HEAD, 8192);
    if (status < 0 && width % RECURRENT_HEAD)
        status = complain(BAD_USAGE, "--width is %lld; it has to be a multiple of %d", width, RECURRENT_HEAD);
    if (status < 0) status = check_range("--max-n", n_most, RECURRENT_LEAST, 65536);
    if (status < 0) status = check_seconds(seconds);
    return status < 0 ? run_recurrent(width, n_most, seconds) : status;
}
