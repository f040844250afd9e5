/* Flags by popt, handled in the same way in every command.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_COMMAND_OPTIONS_H
#define BENCH_COMMAND_OPTIONS_H

#include <popt.h>

/* Reads argv into the flags' variables. -1: go on. Otherwise the exit status to end with: 0 after --help (which
 * prints `about` and the flags), BAD_USAGE after a complaint about a flag or a left-over argument. argv[0] is the
 * command's name, "sa-bench roof". */
int options_read(struct poptOption *flags, const char *about, int argc, const char **argv);

/* The same for a command that takes names beside flags: take(name, to) for each of them, -1 or BAD_USAGE after a
 * complaint. */
int options_read_names(struct poptOption *flags, const char *about, int argc, const char **argv,
                       int (*take)(const char *name, void *to), void *to);

/* -1 if least <= value <= most, else BAD_USAGE after a complaint. */
int check_range(const char *flag, long long value, long long least, long long most);

/* The same for --seconds, which has to be above 0. */
int check_seconds(double value);

#endif
