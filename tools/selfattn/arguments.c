/* SPDX-License-Identifier: MIT */
#include "arguments.h"

#include "exit.h"

#include <stdlib.h>

struct arguments arguments_read(int argc, const char **argv, const struct poptOption *options, const char *operands,
                                int least, int most) {
    struct arguments a = {.popt = poptGetContext(NULL, argc, argv, options, 0)};
    poptSetOtherOptionHelp(a.popt, operands);
    int end = poptGetNextOpt(a.popt);
    if (end < -1) usage_error("%s: %s", poptBadOption(a.popt, POPT_BADOPTION_NOALIAS), poptStrerror(end));
    static const char *none[] = {NULL};
    a.word = poptGetArgs(a.popt);
    if (!a.word) a.word = none;
    while (a.word[a.count]) a.count++;
    if (a.count < least) usage_error("an argument is missing: %s %s", argv[0], operands);
    if (a.count > most) usage_error("\"%s\" is one argument too many: %s %s", a.word[most], argv[0], operands);
    return a;
}

void arguments_free(struct arguments *arguments, struct common *common) {
    free(common->precision);
    free(common->adapter);
    arguments->popt = poptFreeContext(arguments->popt);
}
