/* Writes GGUF files, valid and invalid ones.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_GGUF_WRITER_H
#define TESTS_SUPPORT_GGUF_WRITER_H

#include "support/bytes.h"

/* A zeroed struct is an empty file. Types are numbered as in the format. */
struct gguf_writer {
    struct bytes settings, tensors, data;
    uint64_t setting_count, tensor_count;
};

/* Settings. After the head of an array its items have to be put into `settings`. */
void gguf_put_integer(struct gguf_writer *w, const char *key, uint32_t type, uint64_t number);
void gguf_put_float(struct gguf_writer *w, const char *key, float number);
void gguf_put_text(struct gguf_writer *w, const char *key, const char *text);
void gguf_put_array(struct gguf_writer *w, const char *key, uint32_t type, uint64_t count);
void gguf_put_item(struct gguf_writer *w, const char *text);

/* A tensor and its data, whose place is a multiple of 32. The axis that varies fastest comes first. */
void gguf_put_tensor(struct gguf_writer *w, const char *name, uint32_t axes, const uint64_t *size, uint32_t type,
                     const void *data, size_t bytes);

/* The file; free() its bytes. Ends the writer. */
struct bytes gguf_finish(struct gguf_writer *w, uint32_t version);

#endif
