/* What a training from nothing begins with.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_TRAINING_BEGINNING_H
#define TOOLS_TRAINING_BEGINNING_H

#include "selfattn_models.h"
#include "text/texts.h"

/* Learns a tokenizer of at most `vocabulary` tokens from texts, and puts it and the model's config.json, with the
 * numbers of its tokens, into the directory `output`. A model that writes one text for another (`has_pairs`) gets
 * "<pad>", with which the decoder begins, and "</s>", which ends every text; others get "<|endoftext|>", which begins
 * every text. A failure ends the program. */
void beginning_learn(sa_ctx *ctx, const char *model, const struct texts *texts, int64_t vocabulary, int has_pairs,
                     const char *output);

#endif
