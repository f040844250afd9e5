/* Numbers, and rows of pages, to bytes and back.
 * SPDX-License-Identifier: MIT */
#include "plan/cache_bytes.h"

#include "base/little_endian.h"
#include "plan/cache_page_bytes.h"

#include <string.h>

void sink_number(const struct byte_sink *sink, int64_t number) {
    unsigned char bytes[8];
    store_little(bytes, (uint64_t)number, 8);
    sink->put(sink->user, bytes, sizeof bytes);
}

const unsigned char *source_bytes(struct byte_source *source, int64_t count) {
    if (count > source->left) return NULL;
    const unsigned char *at = source->at;
    source->at += count, source->left -= count;
    return at;
}

int source_number(struct byte_source *source, int64_t *number) {
    const unsigned char *bytes = source_bytes(source, 8);
    if (bytes) *number = (int64_t)load_little(bytes, 8);
    return bytes != NULL;
}

/* Copies elements of `width` bytes, from the host's byte order to that of files or back. */
static void copy_elements(char *to, const char *from, int64_t bytes, int64_t width) {
    if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ || width == 1) {
        memcpy(to, from, (size_t)bytes);
        return;
    }
    for (int64_t i = 0; i < bytes; i += width)
        for (int64_t k = 0; k < width; k++) to[i + k] = from[i + width - 1 - k];
}

/* A row of SA_I8 ends with a float. */
static void copy_rows(const struct sa_cache *c, int which, char *to, const char *from, int64_t rows) {
    const int64_t row = c->row[which];
    if (c->dtype != SA_I8) {
        copy_elements(to, from, rows * row, c->dtype == SA_F32 ? 4 : 2);
        return;
    }
    for (int64_t i = 0; i < rows; i++, to += row, from += row) {
        copy_elements(to, from, row - 4, 1);
        copy_elements(to + row - 4, from + row - 4, 4, 4);
    }
}

int64_t page_packed_bytes(const struct sa_cache *c, int64_t tokens) {
    return c->K * tokens * (c->row[0] + c->row[1]);
}

void page_pack(const struct sa_cache *c, char *to, const char *page, int64_t tokens) {
    for (int which = 0; which < cache_kinds(c); which++)
        for (int64_t h = 0; h < c->K; h++, to += tokens * c->row[which])
            copy_rows(c, which, to, page + c->begin[which] + h * CACHE_PAGE * c->row[which], tokens);
}

void page_unpack(const struct sa_cache *c, char *page, const char *from, int64_t tokens) {
    for (int which = 0; which < cache_kinds(c); which++)
        for (int64_t h = 0; h < c->K; h++, from += tokens * c->row[which])
            copy_rows(c, which, page + c->begin[which] + h * CACHE_PAGE * c->row[which], from, tokens);
}
