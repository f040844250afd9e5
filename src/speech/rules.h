/* Which tokens a model of speech may write next; rules 1 to 6 of sa_speech_rules() in the header.
 * SPDX-License-Identifier: MIT */
#ifndef SA_SPEECH_RULES_H
#define SA_SPEECH_RULES_H

#include "speech/speech.h"

/* ids [count] are the new tokens so far. */
void rules_apply(const struct sa_speech *speech, const int32_t *ids, int64_t count, int times, float *logits);

#endif
