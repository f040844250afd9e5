/* The commands of sa-bench. Each reads its flags, argv[0] being its own name, and returns the exit status.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_COMMAND_COMMANDS_H
#define BENCH_COMMAND_COMMANDS_H

int bits_command(int argc, const char **argv);
int busy_command(int argc, const char **argv);
int time_command(int argc, const char **argv);
int compare_command(int argc, const char **argv);
int features_command(int argc, const char **argv);
int gradients_command(int argc, const char **argv);
int limits_command(int argc, const char **argv);
int linear_command(int argc, const char **argv);
int models_command(int argc, const char **argv);
int packing_command(int argc, const char **argv);
int recurrent_command(int argc, const char **argv);
int roof_command(int argc, const char **argv);
int scaling_command(int argc, const char **argv);
int summaries_command(int argc, const char **argv);
int table_command(int argc, const char **argv);
int threads_command(int argc, const char **argv);
int training_command(int argc, const char **argv);
int write_command(int argc, const char **argv);

#endif
