/* Turns the caller's structs into a checked problem.
 * SPDX-License-Identifier: MIT */
#ifndef SA_API_PROBLEM_H
#define SA_API_PROBLEM_H

#include "api/tensor.h"

/* Optional outputs and masks, which sa_attention() and sa_forward() share. */
struct extras {
    const sa_masking *masking;
    const sa_tensor *lse, *weights;
    int32_t weights_kind;
    const sa_score_rules *rules;         /* NULL: p->rules is filled in already */
    const sa_block_list *blocks;         /* NULL: none */
    const sa_score_callbacks *callbacks; /* NULL: none */
    const sa_summaries *summaries;       /* NULL: none */
    const sa_dropout *dropout;           /* NULL: none */
    int has_query;                       /* whether the call has a tensor `query`, or x */
};

/* Fills in p->visible, p->lse, p->weights and p->weights_kind for a problem whose sizes are set. */
sa_status take_extras(struct report *report, const struct extras *x, struct problem *p, int data_needed);

/* Fills in p->visible. masking NULL: everything is seen. */
sa_status take_masking(struct report *report, const sa_masking *masking, struct problem *p, int data_needed);

/* Checks score rules for H heads and points at them. */
sa_status take_rules(struct report *report, const sa_score_rules *from, int64_t H, struct score_rules *rules);

/* Checks a block list for the problem's sizes and points at it. */
sa_status take_block_list(struct report *report, const sa_block_list *from, struct problem *p);

/* Checks callbacks and fills them in. To be called after the rules are known. */
sa_status take_callbacks(struct report *report, const sa_score_callbacks *from, struct problem *p);

/* Checks summaries, which are outputs, and points at them. To be called after the packing and S are known. */
sa_status take_summaries(struct report *report, const sa_summaries *from, struct problem *p, int data_needed);

/* lengths[b] has to be 0 .. most. */
sa_status check_lengths(struct report *report, const int64_t *lengths, int64_t B, int64_t most);

/* Checks scale and softcap and fills in the default. */
sa_status take_scale(struct report *report, float scale, float softcap, int64_t D, float *scale_out,
                     float *softcap_out);

#endif
