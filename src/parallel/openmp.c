/* An OpenMP runtime cannot start threads in a process forked from one that already had some: GNU's waits for the
 * parent's threads for ever. So the process that first used a team is remembered, and its children run serially.
 * SPDX-License-Identifier: MIT */
#include "parallel/openmp.h"

#ifdef _OPENMP
#include <omp.h>
#include <stdatomic.h>
#include <unistd.h>

static _Atomic long team_process;

static int teams_work_here(void) {
    long self = (long)getpid(), none = 0;
    return atomic_compare_exchange_strong(&team_process, &none, self) || none == self;
}

int openmp_available(void) {
    return 1;
}

/* A team may come out smaller than asked for, hence the loop over i. */
void openmp_for(int32_t count, sa_body_fn body, void *arg) {
    if (!teams_work_here()) {
        for (int32_t i = 0; i < count; i++) body(arg, i);
        return;
    }
#pragma omp parallel for num_threads(count) schedule(static, 1)
    for (int32_t i = 0; i < count; i++) body(arg, i);
}
#else
int openmp_available(void) {
    return 0;
}

void openmp_for(int32_t count, sa_body_fn body, void *arg) {
    for (int32_t i = 0; i < count; i++) body(arg, i);
}
#endif
