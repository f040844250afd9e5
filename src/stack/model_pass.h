/* A whole input through a model, without a cache: the first stack, and with targets also the decoder, or where it reads
 * the input itself so that its state can be classified.
 * SPDX-License-Identifier: MIT */
#ifndef SA_STACK_MODEL_PASS_H
#define SA_STACK_MODEL_PASS_H

#include "api/context.h"
#include "stack/pass.h"

/* A checked call. The second pass uses the shared piece of the first one's scratch memory, so it does not overwrite the
 * first one's states. Outputs use it in the same way. */
struct model_pass {
    const struct sa_model *model;
    sa_encode_args args; /* tokens filled in */
    int rereads;         /* the second pass reads the text itself; a classifier takes its states */
    struct pass first, second;
    struct pass_plan first_plan, second_plan;
};

/* Checks the rules of sa_encode_args and sets up the passes; in encode_args.c. data_needed is 0 if only sizes are
 * queried. */
sa_status model_pass_take(struct report *report, const sa_model *model, const sa_encode_args *args, int data_needed,
                          struct model_pass *m);

/* Plans the passes from sizes and lengths alone. After they have run, the caller has `behind` bytes of scratch memory
 * at model_pass_shared(); -1: more than fits. */
sa_status model_pass_plan(sa_ctx *ctx, int64_t behind, struct model_pass *m);

/* Scratch memory in all. */
static inline int64_t model_pass_bytes(const struct model_pass *m) {
    return m->first_plan.scratch.bytes;
}

/* Scratch memory that is free after the passes have run, apart from the states of the first one. */
static inline char *model_pass_shared(const struct model_pass *m, char *scratch) {
    return scratch + m->first_plan.shared;
}

/* Runs them in `scratch`, writes all outputs, and returns the last states of the first pass. Has to run between
 * blas_enter() and blas_leave(). */
float *model_pass_run(const struct machine *machine, struct model_pass *m, char *scratch);

#endif
