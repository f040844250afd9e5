/* f32 multiply-add from registers.
 * SPDX-License-Identifier: MIT */
#include "loops/loops.h"
#include "measure/roofs.h"

static const int64_t STEPS = 2000000; /* about 6 ms at 132 GF/s */
static volatile float sink;

static const struct loops *loops;

static int fma_run(void *state) {
    (void)state;
    sink = loops->fma(STEPS);
    return 0;
}

int fma_open(struct runner *r, int32_t isa) {
    loops = loops_up_to(isa);
    *r = (struct runner){.run = fma_run, .work = (double)loops->fma_flops * (double)STEPS};
    return 0;
}

const char *roofs_isa(void) {
    return loops->isa;
}
