/* The argument rules of sa_score_callbacks.
 * SPDX-License-Identifier: MIT */
#include "api/context.h"
#include "api/problem.h"

sa_status take_callbacks(struct report *report, const sa_score_callbacks *from, struct problem *p) {
    sa_score_callbacks c;
    sa_status status = take_struct(report, "sa_score_callbacks", from, &c, sizeof c, sizeof c.struct_size);
    if (status == SA_OK && c.score_mod && p->rules.slopes)
        status = fail(report, SA_ERR_UNSUPPORTED, "callbacks.score_mod is given beside rules.alibi_slopes");
    p->callbacks = (struct score_callbacks){c.user, c.mask_tile, c.mask_mod, c.score_mod, c.prob_mod};
    return status;
}
