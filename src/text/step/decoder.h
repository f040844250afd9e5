/* From a token to its part of a text: a list of steps, as tokenizer.json's decoder has them. Each step changes the text
 * of one token; what it does may depend on the tokens before it, but not on those behind it.
 * SPDX-License-Identifier: MIT */
#ifndef SA_TEXT_STEP_DECODER_H
#define SA_TEXT_STEP_DECODER_H

#include "text/step/pattern.h"
#include "text/vocabulary.h"

/* Receives text: counts all bytes, and writes them while there is room. */
struct text_sink {
    char *text;
    int64_t capacity, bytes;
};

void text_put(struct text_sink *sink, const char *text, int64_t bytes);

enum decode_kind {
    DECODE_JOIN, /* a space between tokens */
    DECODE_BYTES,
    DECODE_WORDPIECE,
    DECODE_SUFFIX,    /* the mark at the end of a word becomes a space */
    DECODE_METASPACE, /* visible spaces become spaces; none at the first token */
    DECODE_BYTE_FALLBACK,
    DECODE_REPLACE,
    DECODE_STRIP,   /* a character at the ends of the token, or at the beginning of the whole text */
    DECODE_CTC,     /* repeated tokens are shown once */
    DECODE_SCORED,  /* see scored.h */
    DECODE_SENTENCE /* as SentencePiece decodes */
};

enum { MOST_MARK = 32, MOST_DECODED = 4096 };
struct decode_step {
    enum decode_kind kind;
    char mark[MOST_MARK];    /* prefix of WordPiece, suffix, visible space, character to strip, padding of CTC */
    char content[MOST_MARK]; /* what replaces a pattern, or an unknown token; the delimiter of words of CTC */
    struct pattern pattern;
    int clean_up, drops_first;
    int64_t start, stop; /* characters to strip; `start`, of a sentence: tokens that lose a space */
    int whole;           /* of the whole text */
};

enum { MOST_DECODE_STEPS = 8 };
struct decoder {
    struct decode_step steps[MOST_DECODE_STEPS];
    int count;
};

/* The state of decoding: tokens that are not special. */
struct decoded {
    const struct token *before; /* the previous token, special or not; NULL: none */
    const struct token *last;   /* the last one that was shown; NULL: none */
    int64_t stripped;           /* characters left out at the beginning of the text; -1: nothing more is left out */
};

/* Reads the section "decoder"; if it is missing, tokens are joined. On failure it is left for decoder_release(). */
sa_status decoder_read(const struct allocator *memory, const struct json_source *source, const json_t *root,
                       struct decoder *decoder);
/* A decoder of one step without settings. */
void decoder_set(struct decoder *decoder, enum decode_kind kind);
void decoder_release(const struct allocator *memory, struct decoder *decoder);

/* Whether all tokens of a vocabulary can be decoded: long ones only if no step needs room for them. Writes the most
 * bytes that the text of a token can have. */
sa_status decoder_check(const struct decoder *decoder, const struct vocabulary *vocabulary, struct report *report,
                        const char *file, int64_t *most);

/* Puts what becomes of a token that is not special. */
void decoder_put(const struct decoder *decoder, const struct vocabulary *vocabulary, const struct token *token,
                 struct decoded *decoded, struct text_sink *sink);

#endif
