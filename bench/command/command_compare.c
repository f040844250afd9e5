/* sa-bench compare: the library against whatever else is on this machine.
 * SPDX-License-Identifier: MIT */
#include "command/commands.h"
#include "command/options.h"
#include "measure/report.h"
#include "study/compare.h"

#include <stdlib.h>
#include <string.h>

static const char about[] =
    "Times the library at named shapes: f32 at precision highest and high, bf16 at precision medium. Compares it\n"
    "with the roofs of the machine and with rivals, if they are installed: the unfused path on the same BLAS,\n"
    "PyTorch (a python3 in PATH that can import torch), ONNX Runtime (node with onnxruntime-node; see NODE_PATH)\n"
    "and oneDNN (if CMake found it). All take turns, round by round, in one run; we report the lowest round median.\n"
    "Prints Markdown. With --output also writes compare.csv and pictures (by gnuplot): bars-SET and roofline, as\n"
    ".png and .svg.\n"
    "\n"
    "SET is one or more of\n"
    "  bert    bert512, bert128x8, bert512-layer (with projections)      12 heads of 64\n"
    "  vit     vit197x4                                                  12 heads of 64\n"
    "  gpt     gpt1k, gpt2k                                              12 heads of 64, causal\n"
    "  llama   llama2k                                                   8 query, 2 key/value heads of 128, causal\n"
    "  cross   cross: 64 queries, 1500 keys                              16 heads of 64\n"
    "  decode  decode2k, decode16k: 1 query                              32 query, 8 key/value heads of 128\n"
    "  long    long8k                                                    4 heads of 64\n"
    "  all     all of them (the default)\n"
    "or the name of a single shape.";

static int run_compare(struct compare *c, const char *rivals, const char *output) {
    int status = compare_open(c, rivals);
    if (!status) status = compare_measure(c);
    if (!status) compare_print(c);
    if (!status && output) status = compare_write(c, output);
    compare_close(c);
    return status;
}

int compare_command(int argc, const char **argv) {
    static struct compare c = {.seconds = 10, .threads = 1};
    struct settings settings = {0};
    struct settings_flags names = {0};
    char *rivals = NULL, *output = NULL;
    struct poptOption flags[] = {
        {"seconds", 0, POPT_ARG_DOUBLE, &c.seconds, 0, "seconds of rounds for each shape (10)", "S"},
        {"threads", 0, POPT_ARG_INT, &c.threads, 0, "threads of the library and of each rival (1)", "T"},
        {"rivals", 0, POPT_ARG_STRING, &rivals, 0, "all, none, or some of unfused,pytorch,onnxruntime,onednn (all)",
         "LIST"},
        {"isa", 0, POPT_ARG_STRING, &names.isa, 0, "the best instruction set for the library and its roofs (auto)",
         "auto|portable|simd128|neon|avx2|avx512|avx512_bf16|amx"},
        {"output", 0, POPT_ARG_STRING, &output, 0, "directory for the files, created if needed", "DIR"},
        POPT_TABLEEND};
    int status = options_read_names(flags, about, argc, argv, shapes_choose, c.chosen);
    if (status < 0) status = check_seconds(c.seconds);
    if (status < 0) status = check_range("--threads", c.threads, 1, 1024);
    if (status < 0) status = settings_take(&names, &settings);
    if (status < 0 && !memchr(c.chosen, 1, sizeof c.chosen)) status = shapes_choose("all", c.chosen);
    c.isa = settings.isa;
    if (status < 0) status = run_compare(&c, rivals ? rivals : "all", output);
    settings_flags_free(&names);
    free(rivals);
    free(output);
    return status;
}
