/* SentencePiece's model files (*.model, *.spm), and what their models' families add to them.
 * SPDX-License-Identifier: MIT */
#ifndef SA_TEXT_SOURCE_SENTENCEPIECE_H
#define SA_TEXT_SOURCE_SENTENCEPIECE_H

#include "text/tokenizer.h"

/* The number of each piece in its model. */
enum numbering {
    NUMBERED_AS_THEY_STAND,
    NUMBERED_AS_FAIRSEQ,   /* <s>, <pad>, </s>, <unk>, then the pieces from the fourth on */
    NUMBERED_AS_CAMEMBERT, /* <s>NOTUSED, <pad>, </s>NOTUSED, the unknown piece; piece i > 0 is i + 4 */
    NUMBERED_AS_PEGASUS,   /* <pad>, </s>, the extra tokens; piece i > 1 is i + PEGASUS_EXTRA */
    NUMBERED_BY_NAME       /* in vocab.json; a piece that is not there is unknown */
};

/* <mask_1>, <mask_2>, <unk_2> to <unk_102>. */
enum { PEGASUS_EXTRA = 103 };

struct sentencepiece_layout {
    enum numbering numbering;
    json_t *vocab;       /* for NUMBERED_BY_NAME */
    const json_t *extra; /* texts of tokens behind all others: language codes */
    int shows_unknown;   /* unknown tokens are shown by a mark, as SentencePiece does; else not at all */
    int parts_commas;    /* of unigram models: a digit and the comma behind it are two pieces where they can be */
};

/* Fills in a tokenizer; refused by name in a library without protobuf-c. On failure it is left for
 * tokenizer_release(). */
sa_status sentencepiece_read(struct report *report, const struct mapped_file *file,
                             const struct sentencepiece_layout *layout, struct sa_tokenizer *tokenizer);

#endif
