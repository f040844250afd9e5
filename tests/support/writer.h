/* Writes safetensors files, valid and invalid ones.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_WRITER_H
#define TESTS_SUPPORT_WRITER_H

#include <stddef.h>
#include <stdint.h>

struct writer {
    char *header;
    unsigned char *data;
    size_t header_bytes, data_bytes;
};

/* Adds a tensor of values that the type holds exactly: "F32", "F16", "BF16", "U8", "I8" (not negative), or "I32",
 * which writes zeros. */
void writer_add(struct writer *w, const char *name, const char *dtype, int axes, const int64_t *size,
                const float *values);

/* The file's bytes; free() them. Ends the writer. */
unsigned char *writer_finish(struct writer *w, size_t *bytes);

/* A file with this header and `data_bytes` zeros behind it; free() it. */
unsigned char *file_with_header(const char *header, size_t data_bytes, size_t *bytes);

/* The nearest value that the type holds, for |value| < 2^15 and without subnormals. */
float rounded_to(const char *dtype, float value);

#endif
