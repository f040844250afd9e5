/* SPDX-License-Identifier: MIT */
#include "page/letters.h"

enum { ADDED = 128, ESCAPED = 64 };

void put_letters(const unsigned char *bytes, size_t count, FILE *stream) {
    for (size_t i = 0; i < count; i++) {
        const unsigned char letter = (unsigned char)(bytes[i] + ADDED);
        const int kept = letter != 0 && letter != '\r' && letter != '<' && letter != '=';
        if (!kept) putc('=', stream);
        putc(kept ? letter : letter + ESCAPED, stream);
    }
}
