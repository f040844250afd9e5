/* The arguments of sa_attention(), which its gradients take too.
 * SPDX-License-Identifier: MIT */
#ifndef SA_API_ATTENTION_H
#define SA_API_ATTENTION_H

#include "api/problem.h"

/* Checks the arguments, copies them to `a`, this version's struct, and turns them into a problem. */
sa_status take_attention(struct report *report, const sa_attention_args *args, int data_needed, sa_attention_args *a,
                         struct problem *p);

#endif
