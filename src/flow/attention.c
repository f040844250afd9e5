/* SPDX-License-Identifier: MIT */
#include "flow/attention.h"

void attention_run(const struct machine *machine, const struct problem *problem, const struct plan *plan,
                   void *scratch) {
    struct attention_job job = {machine, problem, plan, scratch};
    int blas = machine->path == SA_PATH_BLAS;
    if (plan->split) {
        tasks_run(&machine->parallel, plan->tasks * plan->chunks, attention_chunk_task, &job);
        tasks_run(&machine->parallel, plan->tasks, attention_merge_task, &job);
        return;
    }
    if (blas) blas_enter();
    tasks_run(&machine->parallel, plan->tasks,
              machine->path == SA_PATH_PLAIN ? attention_plain_task : attention_block_task, &job);
    if (blas) blas_leave();
}
