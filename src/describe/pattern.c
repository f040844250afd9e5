/* SPDX-License-Identifier: MIT */
#include "describe/pattern.h"

static int is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* If the rest does not match, goes back to the last '*', which then matches one more character. */
int pattern_matches(const char *pattern, size_t length, char number, const char *name, size_t bytes) {
    const char *end = pattern + length, *name_end = name + bytes, *star = NULL, *behind = NULL;
    while (name < name_end) {
        char next = 0;
        if (pattern < end) next = *pattern;
        if (next == '*') {
            star = ++pattern, behind = name;
        } else if (next && next == number && is_digit(*name)) {
            while (name < name_end && is_digit(*name)) name++;
            pattern++;
        } else if (next && next == *name && next != number) {
            pattern++, name++;
        } else if (star) {
            pattern = star, name = ++behind;
        } else {
            return 0;
        }
    }
    while (pattern < end && *pattern == '*') pattern++;
    return pattern == end;
}
