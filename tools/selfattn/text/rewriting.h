/* An encoder with a decoder writes a text for a text: a translation, a summary.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_TEXT_REWRITING_H
#define TOOLS_TEXT_REWRITING_H

#include "engine.h"
#include "text/rewriting_options.h"

struct rewriting {
    const struct engine *engine;
    sa_session *session;
    struct rewriting_options options; /* filled */
    sa_tokenizer *written;            /* of what is written: the engine's, unless another one is put here */
    int no_start;                     /* what the decoder is given first stands in place of its start token */
};

/* A session for its beams; a model that has no encoder, or no decoder, ends the program. What the options leave open is
 * filled: of tokens with `usual`. */
struct rewriting rewriting_open(const struct engine *engine, const char *model, const struct rewriting_options *options,
                                int usual);
void rewriting_close(struct rewriting *rewriting);

/* What the decoder reads first: its start token, unless no_start is set, and `begin`; where that is empty
 * forced_bos_token_id, if the model has one. free() the numbers. */
struct tokens rewriting_prompt(const struct rewriting *rewriting, const struct tokens *begin);

/* What was written: tokens without the first ones that were given, and without the stop token. */
struct rewritten {
    struct tokens tokens;
    char *text;
    double score; /* log-probability, divided by length^length_penalty */
};

/* The best text. `begin` are the first tokens of the decoder, behind its start token; empty: none. */
struct rewritten rewriting_run(const struct rewriting *rewriting, const struct tokens *source,
                               const struct tokens *begin);
void rewritten_free(struct rewritten *written);

#endif
