/* Checks of arguments that several calls on models have.
 * SPDX-License-Identifier: MIT */
#ifndef SA_STACK_CHECKS_H
#define SA_STACK_CHECKS_H

#include "base/report.h"
#include "model/model.h"

/* A number of tokens, from 1 to the longest sequence; limit 0: any. */
sa_status check_tokens(struct report *report, const char *name, int64_t tokens, int64_t limit);

/* lengths [B], each from `least` to `most`; NULL is fine. */
sa_status check_token_counts(struct report *report, const char *name, const int64_t *lengths, int64_t B, int64_t least,
                             int64_t most);

/* numbers [B][T], each from 0 to limit - 1; NULL is fine. */
sa_status check_numbers(struct report *report, const char *name, const int32_t *numbers, int64_t B, int64_t T,
                        int64_t limit);

/* Whether an array of `layers` times so many floats can be addressed. */
int floats_fit(int64_t layers, int64_t a, int64_t b, int64_t c, int64_t d);

/* SA_ERR_UNSUPPORTED: this model has no WHAT. */
sa_status fail_lack(struct report *report, const struct sa_model *model, const char *what);

#endif
