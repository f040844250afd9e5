/* One text on its way to tokens: what all steps share.
 * SPDX-License-Identifier: MIT */
#ifndef SA_TEXT_ENCODER_H
#define SA_TEXT_ENCODER_H

#include "api/context.h"
#include "text/step/expression.h"
#include "text/tokenizer.h"

/* The pads of a context, by use. Each step of the splitter that changes text has one. */
enum { PAD_TEXT, PAD_OTHER, PAD_WORK, PAD_WORD, PAD_CUTS };

struct encoder {
    sa_ctx *ctx;
    const struct sa_tokenizer *tokenizer;
    int with_special;
    int drops_start; /* the normaliser left out the beginning of the text */
    struct searcher searcher;
    struct token_sink *sink;
    sa_status status; /* the first failure; steps do nothing after it */
};

/* Room for `more` bytes behind what the pad holds; NULL after a failure. */
char *pad_room(struct encoder *encoder, struct pad *pad, int64_t more);
void pad_put(struct encoder *encoder, struct pad *pad, const char *bytes, int64_t count);
void pad_put_character(struct encoder *encoder, struct pad *pad, int32_t c);

/* Notes that a search failed: `why` is what expression_next() returned. */
void encoder_fail_search(struct encoder *encoder, int why, int64_t at);

/* Whether a text and its length are right: UTF-8. `name` is what a sentence calls it. */
sa_status encoder_check_text(struct report *report, const char *name, const char *text, int64_t bytes);

/* Puts the tokens of a text into the sink, without what a template adds. */
void encoder_put_text(struct encoder *encoder, const char *text, int64_t bytes);

/* Normalises a text. The result, which may be the text itself, stays until the next call. */
void normalise(struct encoder *encoder, const char **text, int64_t *bytes);

/* Cuts a normalised text into words and puts their tokens into the sink. `at_start`: nothing stands before it. */
void cut_text(struct encoder *encoder, const char *text, int64_t bytes, int at_start);

#endif
