/* f32 multiply-add from registers.
 * SPDX-License-Identifier: MIT */
#include "loops/loops.h"
#include "roofs.h"

static const int64_t STEPS = 2000000; /* about 6 ms at 132 GF/s */
static volatile float sink;

static int fma_run(void *state) {
    (void)state;
    sink = loops_best()->fma(STEPS);
    return 0;
}

int fma_open(struct runner *r) {
    *r = (struct runner){.run = fma_run, .work = (double)loops_best()->fma_flops * (double)STEPS};
    return 0;
}
