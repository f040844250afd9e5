/* Tokens that end a text.
 * SPDX-License-Identifier: MIT */
#ifndef SA_GENERATE_STOP_TOKENS_H
#define SA_GENERATE_STOP_TOKENS_H

#include "generate/session_memory.h"

struct stop_tokens {
    const int32_t *id;
    int64_t count;
};

/* Checks a caller's list; NULL stands for that of the model. */
sa_status stop_tokens_check(struct report *report, const sa_model *model, const int32_t *id, int64_t count);

/* The caller's list, or that of the model, copied to memory that is cut for it. */
struct stop_tokens stop_tokens_take(const sa_model *model, const int32_t *id, int64_t count, struct cutter *cutter);

int stop_tokens_have(const struct stop_tokens *stops, int32_t id);

#endif
