/* One text on its way to tokens: what all steps share.
 * SPDX-License-Identifier: MIT */
#ifndef SA_TEXT_ENCODER_H
#define SA_TEXT_ENCODER_H

#include "api/context.h"
#include "text/place.h"
#include "text/step/expression.h"
#include "text/tokenizer.h"

/* The pads of a context, by use. Each step of the splitter that changes text has one. Behind PAD_PLACES, the places of
 * the bytes of a text's pad have their own. */
enum { PAD_TEXT, PAD_OTHER, PAD_GIVEN, PAD_WORK, PAD_WORD, PAD_CUTS, PAD_PLACES = PAD_CUTS + MOST_CUT_STEPS };

struct encoder {
    sa_ctx *ctx;
    const struct sa_tokenizer *tokenizer;
    int with_special;
    int drops_start;   /* the normaliser left out the beginning of the text */
    int has_places;    /* tokens are put with their places */
    struct place from; /* what the bytes stand for that a step writes next */
    struct text word;  /* what the model cuts into tokens */
    struct searcher searcher;
    struct token_sink *sink;
    sa_status status; /* the first failure; steps do nothing after it */
};

/* What is written next stands for bytes first .. last - 1 of a text. */
static inline void stand_for(struct encoder *encoder, struct text text, int64_t first, int64_t last) {
    if (text.places) encoder->from = text_place(text, first, last);
}

/* Room for `more` bytes behind what the pad holds; NULL after a failure. Below, of texts: the bytes stand for
 * encoder->from. */
char *pad_room(struct encoder *encoder, struct pad *pad, int64_t more);
char *pad_text_room(struct encoder *encoder, struct pad *pad, int64_t more);
void pad_put(struct encoder *encoder, struct pad *pad, const char *bytes, int64_t count);
void pad_put_character(struct encoder *encoder, struct pad *pad, int32_t c);

/* Puts bytes first .. last - 1 of a text, each with its own place. */
void pad_copy(struct encoder *encoder, struct pad *pad, struct text text, int64_t first, int64_t last);

/* The places of a pad's bytes; NULL if nobody asks. And the text that a pad holds. */
struct place *pad_places(const struct encoder *encoder, const struct pad *pad);
struct text pad_text(const struct encoder *encoder, const struct pad *pad);

/* Puts a token that stands for bytes first .. last - 1 of a text; one for the `bytes` bytes at `part` of the word. */
void encoder_put(struct encoder *encoder, int32_t id, struct text text, int64_t first, int64_t last);
void encoder_put_part(struct encoder *encoder, int32_t id, const char *part, int64_t bytes);

/* Notes that a search failed: `why` is what expression_next() returned. */
void encoder_fail_search(struct encoder *encoder, int why, int64_t at);

/* Whether a text and its length are right: UTF-8. `name` is what a sentence calls it. */
sa_status encoder_check_text(struct report *report, const char *name, const char *text, int64_t bytes);

/* Puts the tokens of a text into the sink, without what a template adds. */
void encoder_put_text(struct encoder *encoder, const char *text, int64_t bytes);

/* Normalises a text. The result, which may be the text itself, stays until the next call. */
struct text normalise(struct encoder *encoder, struct text text);

/* Cuts a normalised text into words and puts their tokens into the sink. `at_start`: nothing stands before it. */
void cut_text(struct encoder *encoder, struct text text, int at_start);

#endif
