/* What Linux says about the machine.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_MEASURE_MACHINE_H
#define BENCH_MEASURE_MACHINE_H

#include <stddef.h>
#include <stdint.h>

/* The CPU's model name, "unknown CPU" where there is none. */
void cpu_name(char *name, size_t size);

/* Bytes that programs can still have without swapping; UINT64_MAX if unknown. */
uint64_t memory_available(void);

#endif
