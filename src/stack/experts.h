/* A feed-forward sub-layer of experts: a router gives each expert a score, and a row goes through those with the
 * highest ones (Shazeer et al., "Outrageously Large Neural Networks", 2017):
 *
 *   p = softmax(router(x)), or sigmoid of each element     y = m sum of p_e expert_e(x) over the chosen e
 *
 * The chosen p may be divided by their sum first. A shared expert is added for every row, perhaps times a sigmoid of
 * its own. Of equal scores the expert with the smaller number is chosen.
 * SPDX-License-Identifier: MIT */
#ifndef SA_STACK_EXPERTS_H
#define SA_STACK_EXPERTS_H

#include "base/ledger.h"
#include "model/model.h"
#include "plan/machine.h"

/* Places in scratch memory, in bytes. */
struct experts_plan {
    int64_t scores;  /* float   [rows][experts] */
    int64_t weights; /* float   [rows][used]    of the chosen experts */
    int64_t chosen;  /* int32_t [rows][used]    their numbers */
    int64_t order;   /* int32_t [rows * used]   all choices, sorted by expert; row * used + place */
    int64_t begins;  /* int32_t [experts + 1]   where an expert's begin among them */
    int64_t rows;    /* float   [rows][E]       those of one expert */
    int64_t results; /* float   [rows][E]       ... and what it makes of them */
};

/* Books memory for so many rows; nothing where the stack has no experts. */
void experts_book(struct ledger *ledger, const struct stack_config *config, int64_t rows, struct experts_plan *plan);

/* Bytes that the router's products need; -1 if they do not fit. */
int64_t experts_bytes(const struct machine *machine, const struct model_block *block, int64_t rows);

/* What an expert does with rows [count][E], writing [count][E]. */
typedef void (*expert_fn)(void *arg, const struct feed_forward_matrices *matrices, int64_t count, const float *x,
                          float *y);

/* Rows x [rows][E] to y [rows][E]. `expert` is called for one expert after the other. */
void experts_run(const struct machine *machine, const struct stack_config *config, const struct model_block *block,
                 const struct experts_plan *plan, int64_t rows, const float *x, float *y, char *scratch, void *work,
                 expert_fn expert, void *arg);

#endif
