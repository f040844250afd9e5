/* From Oniguruma's regular expressions, in Ruby's syntax, to PCRE2's.
 * SPDX-License-Identifier: MIT */
#ifndef SA_TEXT_STEP_ONIG_H
#define SA_TEXT_STEP_ONIG_H

#include <stdint.h>

/* The most bytes that an expression of `bytes` bytes becomes, with its NUL. */
int64_t onig_room(int64_t bytes);

/* Writes the expression for PCRE2 to `out`. NULL, or what stands in the expression that PCRE2 would read differently,
 * as words for an error text. */
const char *onig_rewrite(const char *regex, char *out);

#endif
