/* Numbers as they lie in files, whatever the host's byte order is.
 * SPDX-License-Identifier: MIT */
#ifndef SA_BASE_LITTLE_ENDIAN_H
#define SA_BASE_LITTLE_ENDIAN_H

#include <stdint.h>

/* The number in `bytes` bytes, at most 8, at any address. With a constant, compilers turn it into one load. */
static inline uint64_t load_little(const unsigned char *p, int bytes) {
    uint64_t n = 0;
    for (int i = 0; i < bytes; i++) n |= (uint64_t)p[i] << 8 * i;
    return n;
}

static inline void store_little(unsigned char *p, uint64_t n, int bytes) {
    for (int i = 0; i < bytes; i++) p[i] = (unsigned char)(n >> 8 * i);
}

#endif
