/* Bytes as text.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_PAGE_BASE64_H
#define TOOLS_PAGE_BASE64_H

#include <stddef.h>

/* RFC 4648, with padding; free() it. */
char *base64(const unsigned char *bytes, size_t count);

#endif
