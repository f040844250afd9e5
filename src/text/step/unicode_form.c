/* Goes over a text in stretches that do not influence each other. So the cost of a sequence of marks is linear in its
 * length.
 * SPDX-License-Identifier: MIT */
#include "text/step/unicode_form.h"

#include "text/characters.h"

#include <string.h>
#include <utf8proc.h>

/* Most characters of a stretch, and of a character's decomposition: 4, or 18 with compatibility. */
enum { MOST_CHARACTERS = 61, MOST_DECOMPOSED = 18 };

static utf8proc_option_t options_of(enum unicode_form form) {
    static const int options[] = {[FORM_C] = UTF8PROC_COMPOSE,
                                  [FORM_D] = UTF8PROC_DECOMPOSE,
                                  [FORM_KC] = UTF8PROC_COMPOSE | UTF8PROC_COMPAT,
                                  [FORM_KD] = UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT};
    return (utf8proc_option_t)(UTF8PROC_STABLE | options[form]);
}

/* Whether a character may combine with the one before it: marks, and vowels and finals of Korean syllables. */
static int continues(int32_t c) {
    if (c < 0x300) return 0;
    utf8proc_category_t category = utf8proc_category(c);
    return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC || category == UTF8PROC_CATEGORY_ME ||
           (c >= 0x1160 && c <= 0x11ff);
}

/* The same for the first character of what a character becomes: half-wide marks and vowels combine, too. */
static int continues_in(enum unicode_form form, int32_t c) {
    int32_t decomposed[MOST_DECOMPOSED];
    if (c < 0x300 || form == FORM_C || form == FORM_D) return continues(c);
    const int64_t count = utf8proc_decompose_char(c, decomposed, MOST_DECOMPOSED, options_of(form), NULL);
    return continues(count > 0 ? decomposed[0] : c);
}

int64_t unicode_stretch(enum unicode_form form, const char *text, int64_t bytes, int64_t at) {
    int32_t c;
    at += next_character(text + at, bytes - at, &c);
    for (int count = 1; at < bytes && count < MOST_CHARACTERS; count++) {
        int64_t length = next_character(text + at, bytes - at, &c);
        if (!continues_in(form, c)) break;
        at += length;
    }
    return at;
}

static int64_t put(const char *from, int64_t bytes, char *out) {
    if (out) memcpy(out, from, (size_t)bytes);
    return bytes;
}

static int64_t put_stretch(enum unicode_form form, const char *stretch, int64_t bytes, char *out) {
    const utf8proc_option_t options = options_of(form);
    int32_t c[MOST_CHARACTERS * MOST_DECOMPOSED];
    int64_t count = utf8proc_decompose((const utf8proc_uint8_t *)stretch, (utf8proc_ssize_t)bytes, c,
                                       sizeof c / sizeof *c, options);
    if (count < 0 || count > (int64_t)(sizeof c / sizeof *c)) return put(stretch, bytes, out);
    count = utf8proc_normalize_utf32(c, (utf8proc_ssize_t)count, options);
    int64_t length = 0;
    for (int64_t i = 0; i < count; i++) {
        char utf8[4];
        length += put(utf8, utf8proc_encode_char(c[i], (utf8proc_uint8_t *)utf8), out ? out + length : NULL);
    }
    return length;
}

int64_t unicode_normalise(enum unicode_form form, const char *text, int64_t bytes, char *out) {
    int64_t length = 0;
    for (int64_t at = 0, end; at < bytes; at = end) {
        char *to = out ? out + length : NULL;
        end = unicode_stretch(form, text, bytes, at);
        length += end == at + 1 ? put(text + at, 1, to) : put_stretch(form, text + at, end - at, to);
    }
    return length;
}
