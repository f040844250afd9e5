/* sa-bench: how fast is the library, against the roofs of the machine and against other ways to compute the same?
 * SPDX-License-Identifier: MIT */
#include "command/commands.h"
#include "measure/report.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name, *full_name;
    int (*run)(int argc, const char **argv);
    const char *help;
} commands[] = {
    {"bits", "sa-bench bits", bits_command, "Measure what the same bits in any batch cost"},
    {"busy", "sa-bench busy", busy_command, "Time a model while other programs use the CPUs"},
    {"compare", "sa-bench compare", compare_command, "Compare the library with roofs and rivals"},
    {"features", "sa-bench features", features_command, "Measure the error of random features (FAVOR+)"},
    {"gradients", "sa-bench gradients", gradients_command, "Time forward and backward passes"},
    {"limits", "sa-bench limits", limits_command, "Time up to a million tokens, exact and linear attention"},
    {"linear", "sa-bench linear", linear_command, "Time the gated delta rule, chunked and by steps"},
    {"models", "sa-bench models", models_command, "Time whole models"},
    {"packing", "sa-bench packing", packing_command, "Time packed texts beside each text alone"},
    {"recurrent", "sa-bench recurrent", recurrent_command, "Time RNN, LSTM and GRU, and how far a token reaches"},
    {"roof", "sa-bench roof", roof_command, "Measure what bounds the speed on this machine"},
    {"scaling", "sa-bench scaling", scaling_command, "Measure how time and memory grow with the sequence"},
    {"summaries", "sa-bench summaries", summaries_command, "Time summaries of weights of long texts"},
    {"table", "sa-bench table", table_command, "Compare tiled with unfused attention on the same BLAS"},
    {"threads", "sa-bench threads", threads_command, "Measure the speedup by threads"},
    {"training", "sa-bench training", training_command, "Time a training step of a small language model"},
    {"write", "sa-bench write", write_command, "Time a language model against plain C"},
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static int print_help(void) {
    puts("Usage: sa-bench [FLAG...], or sa-bench COMMAND [FLAG...]\n\n"
         "Times the library against the roofs of this machine and against other ways to compute the same. Without a\n"
         "command it times attention of one shape.\n\nCommands:");
    for (int i = 0; i < COMMANDS; i++) printf("  %-12s%s\n", commands[i].name, commands[i].help);
    puts("\nEvery command has --help, and so has sa-bench without one. Exit status: 0 done, 1 something failed, 2 a "
         "flag\n"
         "is wrong.");
    return 0;
}

int main(int argc, char **argv) {
    const char **arguments = (const char **)argv;
    if (argc == 2 && strcmp(argv[1], "help") == 0) return print_help();
    if (argc < 2 || argv[1][0] == '-') {
        arguments[0] = "sa-bench";
        return time_command(argc, arguments);
    }
    for (int i = 0; i < COMMANDS; i++) {
        if (strcmp(argv[1], commands[i].name) != 0) continue;
        arguments[1] = commands[i].full_name;
        return commands[i].run(argc - 1, arguments + 1);
    }
    return complain(BAD_USAGE, "no command \"%s\"; sa-bench help lists them", argv[1]);
}
