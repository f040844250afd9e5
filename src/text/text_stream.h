/* The text of tokens that come one by one.
 * SPDX-License-Identifier: MIT */
#ifndef SA_TEXT_TEXT_STREAM_H
#define SA_TEXT_TEXT_STREAM_H

#include "base/memory.h"
#include "text/stop_strings.h"
#include "text/tokenizer.h"

#include <stdatomic.h>

struct sa_text_stream {
    struct allocator memory;
    int64_t bytes; /* of the block that this struct begins */
    const struct sa_tokenizer *tokenizer;
    struct decoded decoded;
    struct stop_strings stops; /* copies */
    char *raw;                 /* the bytes of an unfinished character; behind them room for those of a token */
    int64_t raw_bytes, raw_room;
    char *text; /* what is held back; behind it room for what comes */
    int64_t held;
    int ended;
    atomic_flag busy;
};

#endif
