/* Who else can compute attention on this machine: the rivals that a comparison has found, and those it has not.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_WAY_RIVALS_H
#define BENCH_WAY_RIVALS_H

#include "way/way.h"
#include "way/worker.h"

enum { RIVAL_KINDS = 4, MOST_RIVALS = 6 };

/* A rival with one type of numbers. */
struct rival {
    char label[96]; /* "PyTorch 2.4.0 bf16" */
    struct entry entry;
    struct worker worker; /* that of entry.settings, where it has one */
};

struct rivals {
    struct rival rival[MOST_RIVALS];
    int count;
    char absent[RIVAL_KINDS][300]; /* name and reason of rivals that are not there */
    int absent_count;
};

/* Looks for the rivals that `list` names: "all", "none", or a list of "unfused,pytorch,onnxruntime,onednn". 0, or
 * BAD_USAGE after a complaint. What it starts stays until rivals_close(). */
int rivals_open(struct rivals *rivals, const char *list, int threads);
void rivals_close(struct rivals *rivals);

/* Starts a script of rivals/. Afterwards the worker has a name or is absent. */
void rivals_start_pytorch(struct worker *worker, const char *script);

#endif
