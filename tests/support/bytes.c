/* SPDX-License-Identifier: MIT */
#include "support/bytes.h"

#include <stdlib.h>
#include <string.h>

void put_bytes(struct bytes *b, const void *from, size_t size) {
    unsigned char *more = realloc(b->at, b->size + size + 1);
    if (!more) abort();
    if (size) memcpy(more + b->size, from, size);
    b->at = more;
    b->size += size;
}

void set_number(struct bytes *b, size_t at, uint64_t number, size_t size) {
    for (size_t i = 0; i < size; i++) b->at[at + i] = (unsigned char)(number >> 8 * i);
}

void put_number(struct bytes *b, uint64_t number, size_t size) {
    const unsigned char zeros[8] = {0};
    put_bytes(b, zeros, size);
    set_number(b, b->size - size, number, size);
}

void put_float(struct bytes *b, float number) {
    uint32_t bits;
    memcpy(&bits, &number, sizeof bits);
    put_number(b, bits, 4);
}

void put_padding(struct bytes *b, size_t unit) {
    while (b->size % unit) put_number(b, 0, 1);
}
