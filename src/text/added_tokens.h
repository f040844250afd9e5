/* Tokens that are found literally in a text ("[MASK]"), before the text is cut into words.
 * SPDX-License-Identifier: MIT */
#ifndef SA_TEXT_ADDED_TOKENS_H
#define SA_TEXT_ADDED_TOKENS_H

#include "base/memory.h"
#include "base/report.h"

struct added_token {
    int64_t start, bytes; /* in the set's texts */
    int32_t id;
    int strip_left, strip_right; /* whether it includes the whitespace beside it */
    int single_word;             /* it is found only where no letter or digit stands beside it */
    int special;
    uint64_t head, mask; /* its first bytes, at most 8, and where they are: most tokens differ in them */
};

/* Tokens that are searched together: the leftmost match wins, and among several there the longest. */
struct added_tokens {
    struct allocator memory;
    struct added_token *tokens;
    int64_t count, room;
    char *texts;
    int64_t texts_used, texts_bytes;
    unsigned char begins[256]; /* whether some token begins with this byte */
};

/* Makes room for `count` tokens whose texts have `bytes` bytes in all. */
sa_status added_tokens_create(const struct allocator *memory, struct report *report, int64_t count, int64_t bytes,
                              struct added_tokens *set);
void added_tokens_destroy(struct added_tokens *set);

/* Adds `token`, whose text is the token.bytes bytes that the caller has written to added_tokens_end(). An empty text
 * is never found. */
char *added_tokens_end(const struct added_tokens *set);
void added_tokens_add(struct added_tokens *set, struct added_token token);

/* The place of a token in a text. */
struct match {
    int64_t first, last; /* bytes first .. last - 1 */
    int64_t end;         /* where its own text ends, without the whitespace that it includes */
    int64_t space_end;   /* where the whitespace ends that was looked at last */
    int32_t id;
};

/* The match behind *match, which is {0} at first, in valid UTF-8; 0 if there is none. Special tokens are found only
 * `with_special`. A token that stands in the whitespace that the one before includes is found, too, unless it would
 * include that itself: it begins before that one's last byte, and the text goes on behind it. */
int added_tokens_next(const struct added_tokens *set, int with_special, const char *text, int64_t bytes,
                      struct match *match);

#endif
