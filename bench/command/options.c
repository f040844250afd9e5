/* SPDX-License-Identifier: MIT */
#include "command/options.h"

#include "measure/report.h"

#include <stdio.h>

enum { HELP = 1 }; /* what popt returns for --help; flags of the commands return nothing */

static int print_help(poptContext popt, const char *about) {
    printf("%s\n\n", about);
    poptPrintHelp(popt, stdout, 0);
    return DONE;
}

static int refuse(const char *argument, void *name) {
    return complain(BAD_USAGE, "\"%s\" is not a flag; see %s --help", argument, (const char *)name);
}

static int read_all(poptContext popt, const char *about, const char *name) {
    int got = poptGetNextOpt(popt);
    if (got == HELP) return print_help(popt, about);
    if (got < -1) return complain(BAD_USAGE, "%s: %s; see %s --help", poptBadOption(popt, 0), poptStrerror(got), name);
    return -1;
}

int options_read(struct poptOption *flags, const char *about, int argc, const char **argv) {
    return options_read_names(flags, about, argc, argv, refuse, (char *)argv[0]);
}

int options_read_names(struct poptOption *flags, const char *about, int argc, const char **argv,
                       int (*take)(const char *name, void *to), void *to) {
    struct poptOption help[] = {{"help", '?', POPT_ARG_NONE, NULL, HELP, "This text", NULL}, POPT_TABLEEND};
    struct poptOption all[] = {{NULL, 0, POPT_ARG_INCLUDE_TABLE, flags, 0, NULL, NULL},
                               {NULL, 0, POPT_ARG_INCLUDE_TABLE, help, 0, NULL, NULL},
                               POPT_TABLEEND};
    poptContext popt = poptGetContext(NULL, argc, argv, all, 0);
    if (!popt) return complain_memory(0, "the flags");
    int status = read_all(popt, about, argv[0]);
    while (status < 0 && poptPeekArg(popt)) status = take(poptGetArg(popt), to);
    poptFreeContext(popt);
    return status;
}

int check_range(const char *flag, long long value, long long least, long long most) {
    if (value >= least && value <= most) return -1;
    return complain(BAD_USAGE, "%s is %lld; it has to be %lld .. %lld", flag, value, least, most);
}

int check_seconds(double value) {
    if (value > 0 && value < 1e4) return -1;
    return complain(BAD_USAGE, "--seconds is %g; it has to be above 0 and below 10000", value);
}
