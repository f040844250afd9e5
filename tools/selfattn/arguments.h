/* The command line, by popt.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_ARGUMENTS_H
#define TOOLS_ARGUMENTS_H

#include <limits.h>
#include <popt.h>

/* The value of a number that the command line does not give. */
enum { NOT_GIVEN = INT_MIN };

/* What every subcommand takes. */
struct common {
    int json, threads;
    char *precision; /* NULL: not given */
    char *adapter;   /* a directory; NULL: none. Of the commands with ADAPTER_OPTION */
};

/* Before COMMON_OPTIONS, of commands that run a model. */
#define ADAPTER_OPTION(common)                                                                                         \
    {                                                                                                                  \
        "adapter", 0, POPT_ARG_STRING, &(common).adapter, 0,                                                           \
            "Add the adapter in DIR, by selfattn finetune or PEFT, to the model", "DIR"                                \
    }

/* The end of every option table. */
#define COMMON_OPTIONS(common)                                                                                         \
    {"threads", 't', POPT_ARG_INT, &(common).threads, 0, "Use N threads (default: one per CPU)", "N"},                 \
        {"precision",                                                                                                  \
         0,                                                                                                            \
         POPT_ARG_STRING,                                                                                              \
         &(common).precision,                                                                                          \
         0,                                                                                                            \
         "How exact arithmetic has to be: highest (the default), high or medium",                                      \
         "NAME"},                                                                                                      \
        {"json", 'j', POPT_ARG_NONE, &(common).json, 0, "Print one JSON object instead of text", NULL},                \
        POPT_AUTOHELP POPT_TABLEEND

struct arguments {
    poptContext popt;
    int count;
    const char **word; /* [count + 1] the arguments that are no options, NULL-terminated */
};

/* Reads options into what `options` points to. `operands` is what follows them in the usage line; least .. most of
 * them are accepted. Exits after --help, and with usage_error() on a mistake. */
struct arguments arguments_read(int argc, const char **argv, const struct poptOption *options, const char *operands,
                                int least, int most);

void arguments_free(struct arguments *arguments, struct common *common);

#endif
