/* Classes of Unicode characters, as Hugging Face's tokenizers see them, on utf8proc's tables. (Their classes of marks,
 * punctuation and format characters are those of Unicode 8; later characters may be in another class.)
 * SPDX-License-Identifier: MIT */
#ifndef SA_TEXT_CHARACTERS_H
#define SA_TEXT_CHARACTERS_H

#include <stdint.h>

/* The Unicode property White_Space. */
int is_whitespace(int32_t c);

/* ASCII symbols too: !"#$%&'()*+,-./:;<=>?@[\]^_`{|}~ */
int is_punctuation(int32_t c);

/* Control, format and private-use characters; not unassigned ones. */
int is_control(int32_t c);

/* The blocks of Chinese characters, which BERT's tokenizers take one by one. */
int is_chinese(int32_t c);

/* Marks that take no space of their own, such as accents after decomposition. */
int is_accent(int32_t c);

/* Letters and numbers of any script. */
int is_letter(int32_t c);
int is_number(int32_t c);

/* Letters, marks, digits, connectors and joiners: what Rust's regular expressions call \w. */
int is_word(int32_t c);

/* The end of the whitespace that begins at `at`; the beginning of that which ends at `at`, not before `least`. */
int64_t skip_whitespace(const char *text, int64_t bytes, int64_t at);
int64_t skip_whitespace_back(const char *text, int64_t least, int64_t at);

/* Reads the character that ends at byte `at` > 0 of valid text and returns its beginning. */
int64_t previous_character(const char *text, int64_t at, int32_t *c);

/* Offset of the first byte that is not UTF-8, or -1. */
int64_t invalid_utf8(const char *text, int64_t bytes);

/* The bytes of the character at the beginning of a text that is not empty; of what is no UTF-8, those that one U+FFFD
 * stands for (the maximal subpart, Unicode 15, section 3.9). Unfinished is what more bytes may make whole. */
enum character_kind { CHARACTER_WHOLE, CHARACTER_BROKEN, CHARACTER_UNFINISHED };
enum { MOST_UNFINISHED = 3 };
int64_t character_bytes(const char *text, int64_t bytes, enum character_kind *kind);

/* Reads the character at the beginning of valid text, which is not empty, and returns its length in bytes. */
int64_t next_long_character(const char *text, int64_t bytes, int32_t *c);

static inline int64_t next_character(const char *text, int64_t bytes, int32_t *c) {
    if ((unsigned char)*text >= 0x80) return next_long_character(text, bytes, c);
    *c = (unsigned char)*text;
    return 1;
}

#endif
