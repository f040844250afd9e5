/* The sum XXH64 with seed 0 (Yann Collet, https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md): damage is
 * found, deceit is not.
 * SPDX-License-Identifier: MIT */
#ifndef SA_BASE_CHECKSUM_H
#define SA_BASE_CHECKSUM_H

#include <stdint.h>

enum { CHECKSUM_STRIPE = 32 };

struct checksum {
    uint64_t lanes[4];
    unsigned char rest[CHECKSUM_STRIPE]; /* bytes that do not fill a stripe yet */
    int64_t bytes;                       /* in all */
};

void checksum_begin(struct checksum *sum);
void checksum_add(struct checksum *sum, const void *bytes, int64_t count);

/* The sum of what came so far; more may come. */
uint64_t checksum_of(const struct checksum *sum);

#endif
