/* SPDX-License-Identifier: MIT */
#include "options.h"

#include "report.h"

#include <stdio.h>

enum { HELP = 1 }; /* what popt returns for --help; flags of the commands return nothing */

static int print_help(poptContext popt, const char *about) {
    printf("%s\n\n", about);
    poptPrintHelp(popt, stdout, 0);
    return DONE;
}

static int read_all(poptContext popt, const char *about, const char *name) {
    int got = poptGetNextOpt(popt);
    if (got == HELP) return print_help(popt, about);
    if (got < -1) return complain(BAD_USAGE, "%s: %s; see %s --help", poptBadOption(popt, 0), poptStrerror(got), name);
    if (poptPeekArg(popt)) return complain(BAD_USAGE, "\"%s\" is not a flag; see %s --help", poptPeekArg(popt), name);
    return -1;
}

int options_read(struct poptOption *flags, const char *about, int argc, const char **argv) {
    struct poptOption help[] = {{"help", '?', POPT_ARG_NONE, NULL, HELP, "This text", NULL}, POPT_TABLEEND};
    struct poptOption all[] = {{NULL, 0, POPT_ARG_INCLUDE_TABLE, flags, 0, NULL, NULL},
                               {NULL, 0, POPT_ARG_INCLUDE_TABLE, help, 0, NULL, NULL},
                               POPT_TABLEEND};
    poptContext popt = poptGetContext(NULL, argc, argv, all, 0);
    if (!popt) return complain_memory(0, "the flags");
    int status = read_all(popt, about, argv[0]);
    poptFreeContext(popt);
    return status;
}

int check_range(const char *flag, long long value, long long least, long long most) {
    if (value >= least && value <= most) return -1;
    return complain(BAD_USAGE, "%s is %lld; it has to be %lld .. %lld", flag, value, least, most);
}
