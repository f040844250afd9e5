/* sa-bench: how fast is the library, against the roofs of the machine and against other ways to compute the same?
 * SPDX-License-Identifier: MIT */
#include "command/commands.h"
#include "measure/report.h"

#include <string.h>

static const struct {
    const char *name, *full_name;
    int (*run)(int argc, const char **argv);
} commands[] = {
    {"busy", "sa-bench busy", busy_command},
    {"compare", "sa-bench compare", compare_command},
    {"gradients", "sa-bench gradients", gradients_command},
    {"limits", "sa-bench limits", limits_command},
    {"models", "sa-bench models", models_command},
    {"recurrent", "sa-bench recurrent", recurrent_command},
    {"roof", "sa-bench roof", roof_command},
    {"scaling", "sa-bench scaling", scaling_command},
    {"table", "sa-bench table", table_command},
    {"threads", "sa-bench threads", threads_command},
    {"write", "sa-bench write", write_command},
};

int main(int argc, char **argv) {
    const char **arguments = (const char **)argv;
    if (argc < 2 || argv[1][0] == '-') {
        arguments[0] = "sa-bench";
        return time_command(argc, arguments);
    }
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(argv[1], commands[i].name) != 0) continue;
        arguments[1] = commands[i].full_name;
        return commands[i].run(argc - 1, arguments + 1);
    }
    return complain(BAD_USAGE,
                    "no command \"%s\"; there are busy, compare, gradients, limits, models, recurrent, roof, scaling, "
                    "table, threads and write, see sa-bench --help",
                    argv[1]);
}
