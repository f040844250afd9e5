/* SPDX-License-Identifier: MIT */
#include "flow/attention.h"
#include "flow/summaries.h"

static void open_scratch(const struct plan *plan, char *scratch) {
    ledger_open_each(&plan->worker_memory, scratch, plan->workers);
    if (plan->split) ledger_open_each(&plan->state_memory, scratch + plan->partial, plan->tasks * plan->chunks);
}

static void close_scratch(const struct plan *plan, char *scratch) {
    ledger_close_each(&plan->worker_memory, scratch, plan->workers);
    if (plan->split) ledger_close_each(&plan->state_memory, scratch + plan->partial, plan->tasks * plan->chunks);
}

static void run_tasks(struct attention_job *job) {
    const struct plan *plan = job->plan;
    const struct parallel *parallel = &job->machine->parallel;
    if (plan->split) {
        tasks_run_told(parallel, plan->tasks * plan->chunks, attention_chunk_task, job, "attention");
        tasks_run(parallel, plan->tasks, attention_merge_task, job);
        return;
    }
    if (plan->walk == WALK_ROWS) blas_enter(job->machine->gemm);
    tasks_run_told(parallel, plan->tasks, plan->walk == WALK_PLAIN ? attention_plain_task : attention_block_task, job,
                   "attention");
    if (plan->walk == WALK_ROWS) blas_leave(job->machine->gemm);
}

void attention_run(const struct machine *machine, const struct problem *problem, const struct plan *plan,
                   void *scratch) {
    struct attention_job job = {machine, problem, plan, scratch};
    open_scratch(plan, scratch);
    clear_key_summaries(problem, plan, scratch);
    run_tasks(&job);
    write_key_summaries(problem, plan, scratch);
    close_scratch(plan, scratch);
}
