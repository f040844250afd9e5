/* Bytes that are visible characters of Latin-1 stand for themselves; the others, in their order, are the characters
 * from 256 on.
 * SPDX-License-Identifier: MIT */
#include "text/step/byte_alphabet.h"

#include "text/encoder.h"

#include <utf8proc.h>

/* What is not visible: 0 to 20, 7f to a0, and ad (the soft hyphen), hexadecimal. */
enum { BELOW = 0x21, FROM = 0x7f, TO = 0xa0, ALONE = 0xad, FIRST = 256, SECOND = FIRST + BELOW };
enum { THIRD = SECOND + TO - FROM + 1 };

int64_t alphabet_character(unsigned char byte, char *out) {
    int32_t c = byte;
    if (byte < BELOW)
        c = FIRST + byte;
    else if (byte >= FROM && byte <= TO)
        c = SECOND + byte - FROM;
    else if (byte == ALONE)
        c = THIRD;
    return utf8proc_encode_char(c, (utf8proc_uint8_t *)out);
}

void alphabet_write(struct encoder *e, struct text t, struct pad *out) {
    char character[ALPHABET_MOST_BYTES];
    for (int64_t i = 0; i < t.count; i++) {
        stand_for(e, t, i, i + 1);
        pad_put(e, out, character, alphabet_character((unsigned char)t.bytes[i], character));
    }
}

int32_t alphabet_byte(int32_t c) {
    if (c >= BELOW && c < FROM) return c;
    if (c > TO && c < FIRST && c != ALONE) return c;
    if (c >= FIRST && c < SECOND) return c - FIRST;
    if (c >= SECOND && c < THIRD) return c - SECOND + FROM;
    return c == THIRD ? ALONE : -1;
}
