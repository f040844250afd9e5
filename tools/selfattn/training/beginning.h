/* What a training from nothing begins with.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_TRAINING_BEGINNING_H
#define TOOLS_TRAINING_BEGINNING_H

#include "selfattn_models.h"

/* Learns a tokenizer of at most `vocabulary` tokens from a text, and puts it and the model's config.json, with the
 * numbers of its tokens, into the directory `output`. A model that writes one text for another (`has_pairs`) gets
 * "<pad>", with which the decoder begins, and "</s>", which ends every text; others get "<|endoftext|>", which begins
 * every text. A failure ends the program. */
void beginning_learn(sa_ctx *ctx, const char *model, const char *text, int64_t vocabulary, int has_pairs,
                     const char *output);

#endif
