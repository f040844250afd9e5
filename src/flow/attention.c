/* SPDX-License-Identifier: MIT */
#include "flow/attention.h"

void attention_run(const struct machine *machine, const struct problem *problem, const struct plan *plan,
                   void *scratch) {
    struct attention_job job = {machine, problem, plan, scratch};
    if (machine->path == SA_PATH_PLAIN) {
        tasks_run(&machine->parallel, plan->tasks, attention_plain_task, &job);
        return;
    }
    blas_enter();
    tasks_run(&machine->parallel, plan->tasks, attention_tiled_task, &job);
    blas_leave();
}
