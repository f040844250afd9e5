/* PyTorch's recurrent layers, with the weights of ours.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_STUDY_RECURRENT_RIVAL_H
#define BENCH_STUDY_RECURRENT_RIVAL_H

#include "measure/harness.h"
#include "rivals/recurrent.h"
#include "way/worker.h"
#include "way/workload.h"

/* Each kind on one thread and on two. */
enum { RECURRENT_RIVALS = 2 * RECURRENT_KINDS };

struct recurrent_rival {
    struct worker *worker;
    int way;
    double ms;
};

/* Sets the runners, if PyTorch is there, after a comparison of its outputs with ours for the workload's x. 0, or a
 * complaint was made. */
int recurrent_rivals_open(struct recurrent_rival *rivals, struct runner *runners, struct worker *worker,
                          struct recurrent *recurrent, const struct workload *w);

#endif
