/* The roofs that results are compared with: the measured peak of one core of this machine.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_MEASURE_ROOFS_H
#define BENCH_MEASURE_ROOFS_H

#include "measure/harness.h"

#include <stdint.h>

enum { ROOF_FMA, ROOF_BF16, ROOF_AMX, ROOF_SGEMM, ROOF_READ, ROOFS };

struct roofs {
    double rate[ROOFS]; /* GF/s, for ROOF_READ GB/s; 0: not measured, or the machine has none */
};

/* Each roof prepares one runner, or complains. A machine without the unit gets a runner that does not run. `isa` is an
 * SA_ISA_ cap. */
int fma_open(struct runner *r, int32_t isa);
int bf16_open(struct runner *r, int32_t isa);
int amx_open(struct runner *r, int32_t isa);
int sgemm_open(struct runner *r);
int read_open(struct runner *r);

/* Runners for all roofs, to join a race; 0, or a complaint was made and nothing is left open. */
int roofs_open(struct runner runners[ROOFS], int32_t isa);
void roofs_close(struct runner runners[ROOFS]);

/* Takes over what a race has found, where it is better. */
void roofs_update(struct roofs *roofs, const struct runner runners[ROOFS]);

/* The best roof for products of bf16; 0 if the machine has none. */
double roofs_best_bf16(const struct roofs *roofs);

/* A race of the roofs alone. */
int roofs_measure(struct roofs *roofs, int rounds, struct progress *progress);

/* The instruction set of the FMA roof that was opened last. */
const char *roofs_isa(void);

#endif
