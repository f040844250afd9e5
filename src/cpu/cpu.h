/* What the CPU and the operating system offer this process.
 * SPDX-License-Identifier: MIT */
#ifndef SA_CPU_CPU_H
#define SA_CPU_CPU_H

#include <stdint.h>

/* The best SA_ISA_ number that both CPU and operating system support (register state saved on a context switch). */
int32_t cpu_isa(void);

/* How many CPUs this process may run on, by affinity and by the quotas of its control groups; at least 1. */
int32_t cpu_count(void);

/* Whether a processor with instruction set `isa` has all of `other` too, both SA_ISA_ numbers. Their order is not that
 * of the numbers. SA_ISA_AUTO comes below all others. */
int isa_has(int32_t isa, int32_t other);

/* The SA_ISA_ numbers in ascending order, without SA_ISA_AUTO. Those of other processors are part of it: a limit of
 * one processor means nothing on another, where it lies above or below all. */
enum { ISAS = 7 };
extern const int32_t isas[ISAS];

/* Name of an SA_ISA_ number, "avx2"; NULL for unknown numbers. */
const char *isa_name(int32_t isa);

#endif
