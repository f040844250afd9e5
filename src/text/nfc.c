/* Goes over a text in stretches that do not influence each other. So the cost of a sequence of marks is linear in its
 * length.
 * SPDX-License-Identifier: MIT */
#include "text/nfc.h"

#include "text/characters.h"

#include <string.h>
#include <utf8proc.h>

/* Most characters of a stretch, and of a character's canonical decomposition. */
enum { MOST_CHARACTERS = 61, MOST_DECOMPOSED = 4 };

/* Whether a character may combine with the one before it: marks, and vowels and finals of Korean syllables. */
static int continues(int32_t c) {
    if (c < 0x300) return 0;
    utf8proc_category_t category = utf8proc_category(c);
    return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC || category == UTF8PROC_CATEGORY_ME ||
           (c >= 0x1160 && c <= 0x11ff);
}

/* The end of the stretch that begins at byte 0. */
static int64_t stretch_end(const char *text, int64_t bytes) {
    int32_t c;
    int64_t at = next_character(text, bytes, &c);
    for (int count = 1; at < bytes && count < MOST_CHARACTERS; count++) {
        int64_t length = next_character(text + at, bytes - at, &c);
        if (!continues(c)) break;
        at += length;
    }
    return at;
}

static int64_t put(const char *from, int64_t bytes, char *out) {
    if (out) memcpy(out, from, (size_t)bytes);
    return bytes;
}

static int64_t put_stretch(const char *stretch, int64_t bytes, char *out) {
    const utf8proc_option_t options = UTF8PROC_STABLE | UTF8PROC_COMPOSE;
    int32_t c[MOST_CHARACTERS * MOST_DECOMPOSED];
    int64_t count = utf8proc_decompose((const utf8proc_uint8_t *)stretch, bytes, c, sizeof c / sizeof *c, options);
    if (count < 0 || count > (int64_t)(sizeof c / sizeof *c)) return put(stretch, bytes, out);
    count = utf8proc_normalize_utf32(c, count, options);
    int64_t length = 0;
    for (int64_t i = 0; i < count; i++) {
        char utf8[4];
        length += put(utf8, utf8proc_encode_char(c[i], (utf8proc_uint8_t *)utf8), out ? out + length : NULL);
    }
    return length;
}

int64_t nfc_normalise(const char *text, int64_t bytes, char *out) {
    int64_t length = 0;
    for (int64_t at = 0, end; at < bytes; at = end) {
        char *to = out ? out + length : NULL;
        end = at + stretch_end(text + at, bytes - at);
        length += end == at + 1 ? put(text + at, 1, to) : put_stretch(text + at, end - at, to);
    }
    return length;
}
