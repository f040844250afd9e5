/* The bytes of a binary file, appended one after the other.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_BYTES_H
#define TESTS_SUPPORT_BYTES_H

#include <stddef.h>
#include <stdint.h>

/* A zeroed struct is empty. free() `at`. */
struct bytes {
    unsigned char *at;
    size_t size;
};

void put_bytes(struct bytes *b, const void *from, size_t size);

/* The lowest `size` bytes of a number, little-endian. */
void put_number(struct bytes *b, uint64_t number, size_t size);
void put_float(struct bytes *b, float number);

/* Zeros up to the next multiple of `unit`. */
void put_padding(struct bytes *b, size_t unit);

/* Replaces a number that is there. */
void set_number(struct bytes *b, size_t at, uint64_t number, size_t size);

#endif
