/* SPDX-License-Identifier: MIT */
#include "base/report.h"

#include <stdarg.h>
#include <stdio.h>

/* The bytes of the character at p, if it can be shown on a line of text; else 0. */
static int shown_bytes(const unsigned char *p) {
    static const uint32_t least[] = {0x20, 0xa0, 0x800, 0x10000};
    const int more = *p < 0x80 ? 0 : *p >= 0xf0 ? 3 : *p >= 0xe0 ? 2 : 1;
    uint32_t code = more ? *p & (0x3fu >> more) : *p;
    if ((*p >= 0x80 && *p < 0xc0) || *p >= 0xf8 || *p == 0x7f) return 0;
    for (int i = 1; i <= more; i++) {
        if ((p[i] & 0xc0) != 0x80) return 0;
        code = code << 6 | (p[i] & 0x3f);
    }
    return code < least[more] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? 0 : more + 1;
}

/* The text is one line of UTF-8, whatever the names in it hold: what cannot be shown, or was cut at the end, becomes a
 * question mark. */
static void make_readable(char *text) {
    for (int bytes; *text; text += bytes > 0 ? bytes : 1) {
        bytes = shown_bytes((const unsigned char *)text);
        if (!bytes) *text = '?';
    }
}

void report_write(struct report *report, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(report->text, sizeof report->text, format, arguments);
    va_end(arguments);
    make_readable(report->text);
}
