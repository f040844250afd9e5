/* SPDX-License-Identifier: MIT */
#include "page/base64.h"

#include "exit.h"

char *base64(const unsigned char *bytes, size_t count) {
    static const char letter[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
    const unsigned none = 64; /* '=' */
    char *text = allocate(count / 3 * 4 + 5, 1), *at = text;
    for (size_t i = 0; i < count; i += 3) {
        const unsigned b = i + 1 < count ? bytes[i + 1] : 0, c = i + 2 < count ? bytes[i + 2] : 0;
        const unsigned group = (unsigned)bytes[i] << 16 | b << 8 | c;
        *at++ = letter[group >> 18];
        *at++ = letter[group >> 12 & 63];
        *at++ = letter[i + 1 < count ? group >> 6 & 63 : none];
        *at++ = letter[i + 2 < count ? group & 63 : none];
    }
    return text;
}
