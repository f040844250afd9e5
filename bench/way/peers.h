/* Who else can compute attention on this machine: the rivals that a comparison has found, and those it has not.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_WAY_PEERS_H
#define BENCH_WAY_PEERS_H

#include "way/way.h"
#include "way/worker.h"

enum { RIVALS = 4, PEERS_MAX = 6 };

/* A rival with one type of numbers. */
struct peer {
    char label[96]; /* "PyTorch 2.4.0 bf16" */
    struct entry entry;
    struct worker worker; /* that of entry.settings, where it has one */
};

struct peers {
    struct peer peer[PEERS_MAX];
    int count;
    char absent[RIVALS][300]; /* name and reason of rivals that are not there */
    int absent_count;
};

/* Looks for the rivals that `list` names: "all", "none", or a list of "unfused,pytorch,onnxruntime,onednn". 0, or
 * BAD_USAGE after a complaint. What it starts stays until peers_close(). */
int peers_open(struct peers *p, const char *list, int threads);
void peers_close(struct peers *p);

#endif
