/* Patterns for names of tensors and modules.
 * SPDX-License-Identifier: MIT */
#ifndef SA_DESCRIBE_PATTERN_H
#define SA_DESCRIBE_PATTERN_H

#include <stddef.h>

/* Whether a name of `bytes` bytes is what a pattern of `length` bytes says: '*' stands for any characters or none, and
 * the character `number` for digits, one or more; 0: nothing stands for digits. */
int pattern_matches(const char *pattern, size_t length, char number, const char *name, size_t bytes);

#endif
