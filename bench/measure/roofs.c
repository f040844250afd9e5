/* SPDX-License-Identifier: MIT */
#include "measure/roofs.h"

#include "selfattn.h"

#include <stdlib.h>
#include <string.h>

int roofs_open(struct runner runners[ROOFS], int32_t isa) {
    memset(runners, 0, ROOFS * sizeof *runners);
    int status = fma_open(&runners[ROOF_FMA], isa);
    if (!status) status = bf16_open(&runners[ROOF_BF16], isa);
    if (!status) status = amx_open(&runners[ROOF_AMX], isa);
    if (!status) status = sgemm_open(&runners[ROOF_SGEMM]);
    if (!status) status = read_open(&runners[ROOF_READ]);
    if (status) roofs_close(runners);
    return status;
}

/* A roof's state is one block of memory, or none. */
void roofs_close(struct runner runners[ROOFS]) {
    for (int i = 0; i < ROOFS; i++) {
        free(runners[i].state);
        runners[i].state = NULL;
    }
}

void roofs_update(struct roofs *roofs, const struct runner runners[ROOFS]) {
    for (int i = 0; i < ROOFS; i++) {
        double rate = runner_rate(&runners[i]);
        if (rate > roofs->rate[i]) roofs->rate[i] = rate;
    }
}

double roofs_best_bf16(const struct roofs *roofs) {
    const double amx = roofs->rate[ROOF_AMX], pairs = roofs->rate[ROOF_BF16];
    return amx > pairs ? amx : pairs;
}

int roofs_measure(struct roofs *roofs, int rounds, struct progress *progress) {
    struct runner runners[ROOFS];
    int status = roofs_open(runners, SA_ISA_AUTO);
    if (status) return status;
    const struct race race = {.rounds = rounds, .seconds = 0.15, .min_reps = 3, .max_reps = 100, .units = 1};
    status = race_run(runners, ROOFS, &race, progress);
    roofs_update(roofs, runners);
    roofs_close(runners);
    return status;
}
