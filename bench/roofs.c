/* SPDX-License-Identifier: MIT */
#include "roofs.h"

#include "loops/loops.h"

#include <stdlib.h>
#include <string.h>

int roofs_open(struct runner runners[ROOFS]) {
    static int (*const opens[ROOFS])(struct runner *) = {
        [ROOF_FMA] = fma_open, [ROOF_AMX] = amx_open, [ROOF_SGEMM] = sgemm_open, [ROOF_READ] = read_open};
    int status = 0;
    memset(runners, 0, ROOFS * sizeof *runners);
    for (int i = 0; i < ROOFS && !status; i++) status = opens[i](&runners[i]);
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

int roofs_measure(struct roofs *roofs, int rounds, struct progress *progress) {
    struct runner runners[ROOFS];
    int status = roofs_open(runners);
    if (status) return status;
    const struct race race = {.rounds = rounds, .seconds = 0.15, .min_reps = 3, .max_reps = 100, .units = 1};
    status = race_run(runners, ROOFS, &race, progress);
    roofs_update(roofs, runners);
    roofs_close(runners);
    return status;
}

const char *roofs_isa(void) {
    return loops_best()->isa;
}
