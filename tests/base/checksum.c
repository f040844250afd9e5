/* The checksum against published values of XXH64, in pieces of any length.
 * SPDX-License-Identifier: MIT */
#include "base/checksum.h"

#include <criterion/criterion.h>
#include <string.h>

static uint64_t sum_of(const char *text, int64_t bytes, int64_t piece) {
    struct checksum sum;
    checksum_begin(&sum);
    for (int64_t at = 0; at < bytes; at += piece)
        checksum_add(&sum, text + at, at + piece < bytes ? piece : bytes - at);
    return checksum_of(&sum);
}

Test(checksum, is_that_of_the_specification) {
    static const struct {
        const char *text;
        uint64_t sum;
    } known[] = {{"", 0xef46db3751d8e999u},
                 {"a", 0xd24ec4f1a98c6e5bu},
                 {"abc", 0x44bc2cf5ad770999u},
                 {"Nobody inspects the spammish repetition", 0xfbcea83c8a378bf1u}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        for (int64_t piece = 1; piece < 70; piece++)
            cr_expect_eq(sum_of(known[i].text, (int64_t)strlen(known[i].text), piece), known[i].sum, "\"%s\"",
                         known[i].text);
}

Test(checksum, does_not_depend_on_pieces) {
    char text[301];
    for (int i = 0; i < 301; i++) text[i] = (char)(i * i % 251);
    for (int64_t piece = 1; piece <= 301; piece++) cr_expect_eq(sum_of(text, 301, piece), sum_of(text, 301, 301));
}
