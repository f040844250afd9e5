/* SPDX-License-Identifier: MIT */
#include "text/characters.h"

#include "base/compiler.h"

#include <string.h>
#include <utf8proc.h>

struct range {
    int32_t first, last;
};

static int is_within(int32_t c, const struct range *ranges, int64_t count) {
    for (int64_t i = 0; i < count; i++)
        if (c >= ranges[i].first && c <= ranges[i].last) return 1;
    return 0;
}

int is_whitespace(int32_t c) {
    static const struct range ranges[] = {{0x85, 0x85},     {0xa0, 0xa0},     {0x1680, 0x1680}, {0x2000, 0x200a},
                                          {0x2028, 0x2029}, {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000}};
    if (c < 0x80) return c == 0x20 || (c >= 0x9 && c <= 0xd);
    return is_within(c, ranges, COUNT_OF(ranges));
}

int is_punctuation(int32_t c) {
    static const struct range ascii[] = {{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}};
    if (c < 0x80) return is_within(c, ascii, COUNT_OF(ascii));
    switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_PC:
    case UTF8PROC_CATEGORY_PD:
    case UTF8PROC_CATEGORY_PS:
    case UTF8PROC_CATEGORY_PE:
    case UTF8PROC_CATEGORY_PI:
    case UTF8PROC_CATEGORY_PF:
    case UTF8PROC_CATEGORY_PO:
        return 1;
    default:
        return 0;
    }
}

int is_control(int32_t c) {
    if (c < 0x80) return c < 0x20 || c == 0x7f;
    utf8proc_category_t category = utf8proc_category(c);
    return category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_CF || category == UTF8PROC_CATEGORY_CO;
}

int is_chinese(int32_t c) {
    /* The block does not begin at 2B920, but in Hugging Face's tokenizers it does. */
    static const struct range ranges[] = {{0x3400, 0x4dbf},   {0x4e00, 0x9fff},   {0xf900, 0xfaff},
                                          {0x20000, 0x2a6df}, {0x2a700, 0x2b73f}, {0x2b740, 0x2b81f},
                                          {0x2b920, 0x2ceaf}, {0x2f800, 0x2fa1f}};
    return is_within(c, ranges, COUNT_OF(ranges));
}

int is_accent(int32_t c) {
    return c >= 0x300 && utf8proc_category(c) == UTF8PROC_CATEGORY_MN;
}

int is_letter(int32_t c) {
    if (c < 0x80) return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
    utf8proc_category_t category = utf8proc_category(c);
    return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}

int is_number(int32_t c) {
    if (c < 0x80) return c >= '0' && c <= '9';
    utf8proc_category_t category = utf8proc_category(c);
    return category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO;
}

int is_word(int32_t c) {
    /* Symbols that count as letters: in circles and squares. The joiners. */
    static const struct range others[] = {
        {0x200c, 0x200d}, {0x24b6, 0x24e9}, {0x1f130, 0x1f149}, {0x1f150, 0x1f169}, {0x1f170, 0x1f189}};
    switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_PC:
        return 1;
    default:
        return is_within(c, others, COUNT_OF(others));
    }
}

int64_t next_long_character(const char *text, int64_t bytes, int32_t *c) {
    return utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)bytes, c);
}

/* The end of the ASCII that begins at `at`, eight bytes at a time. */
static int64_t skip_ascii(const char *text, int64_t bytes, int64_t at) {
    uint64_t word;
    for (; at + (int64_t)sizeof word <= bytes; at += (int64_t)sizeof word) {
        memcpy(&word, text + at, sizeof word);
        if (word & 0x8080808080808080u) break;
    }
    while (at < bytes && (unsigned char)text[at] < 0x80) at++;
    return at;
}

int64_t invalid_utf8(const char *text, int64_t bytes) {
    int32_t c;
    for (int64_t at = skip_ascii(text, bytes, 0); at < bytes; at = skip_ascii(text, bytes, at)) {
        int64_t length = next_long_character(text + at, bytes - at, &c);
        if (length <= 0) return at;
        at += length;
    }
    return -1;
}

int64_t character_bytes(const char *text, int64_t bytes, enum character_kind *kind) {
    const unsigned char *t = (const unsigned char *)text;
    const int first = t[0], more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    /* Of the second byte: neither longer forms than needed, nor surrogates, nor numbers above U+10FFFF. */
    const int low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    const int high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    int64_t n = 1;
    *kind = CHARACTER_BROKEN;
    if ((first >= 0x80 && first < 0xc2) || first > 0xf4) return 1;
    while (n <= more && n < bytes && t[n] >= (n == 1 ? low : 0x80) && t[n] <= (n == 1 ? high : 0xbf)) n++;
    if (n > more)
        *kind = CHARACTER_WHOLE;
    else if (n == bytes)
        *kind = CHARACTER_UNFINISHED;
    return n;
}

int64_t previous_character(const char *text, int64_t at, int32_t *c) {
    int64_t before = at - 1;
    while (((unsigned char)text[before] & 0xc0) == 0x80) before--;
    next_character(text + before, at - before, c);
    return before;
}

int64_t skip_whitespace(const char *text, int64_t bytes, int64_t at) {
    int32_t c;
    while (at < bytes) {
        const int64_t length = next_character(text + at, bytes - at, &c);
        if (!is_whitespace(c)) break;
        at += length;
    }
    return at;
}

int64_t skip_whitespace_back(const char *text, int64_t least, int64_t at) {
    int32_t c;
    while (at > least) {
        const int64_t before = previous_character(text, at, &c);
        if (!is_whitespace(c)) break;
        at = before;
    }
    return at;
}
