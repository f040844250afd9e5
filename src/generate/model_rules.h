/* The rules of generation_config.json that say which tokens may come: what model_rules of sa_generate_args and
 * sa_beam_args turn on.
 * SPDX-License-Identifier: MIT */
#ifndef SA_GENERATE_MODEL_RULES_H
#define SA_GENERATE_MODEL_RULES_H

#include "model/model.h"

struct model_rules {
    const struct model_config *config; /* NULL: no rules */
    int32_t start;                     /* the prompt where the caller gives none */
};

/* A text of which one more token is wanted. */
struct ruled_text {
    const int32_t *prompt, *made; /* a NULL prompt is the start token */
    int64_t prompt_tokens, made_tokens;
    int64_t before; /* tokens of the session in front of the prompt */
    int is_last;    /* the wanted token is the last one that there is room for */
};

/* Refuses another number than 0 and 1, and forced tokens for which there is no logit among V. */
sa_status model_rules_take(struct report *report, const sa_model *model, int32_t wanted, int64_t V,
                           struct model_rules *rules);

/* Forbidden tokens of logits [V] become -infinity, a forced one becomes `certain`. */
void model_rules_apply(const struct model_rules *rules, const struct ruled_text *text, float certain, float *logits,
                       int64_t V);

#endif
