/* Output that all commands share: complaints, the machine, fractions of the roofs.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_MEASURE_REPORT_H
#define BENCH_MEASURE_REPORT_H

#include "measure/roofs.h"

#include <stdint.h>

/* Exit statuses of the program. */
enum { DONE = 0, FAILED = 1, BAD_USAGE = 2 };

/* Prints one line on stderr, "sa-bench: ...", and returns `status`. */
int complain(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same after a failed allocation. */
int complain_memory(double bytes, const char *what);

/* The CPU, the library and its BLAS, as a comment line of Markdown. */
void print_machine(void);

/* The roofs as one line of Markdown. */
void print_roofs(const struct roofs *roofs);

/* Bytes as text, "3.2 MiB": into and returning `text`. */
struct bytes_text {
    char text[32];
};
struct bytes_text bytes_text(uint64_t bytes);

#endif
