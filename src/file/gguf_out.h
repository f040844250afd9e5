/* Settings and the list of tensors of a GGUF file that is to be written, version 3.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FILE_GGUF_OUT_H
#define SA_FILE_GGUF_OUT_H

#include "file/gguf.h"

/* Where the data of each tensor begin: a multiple of this. */
enum { GGUF_ALIGNMENT = 32 };

/* Bytes that grow. After a failed allocation they stay as they are. */
struct growing {
    char *bytes;
    int64_t used, room;
};

/* A zeroed struct with its allocator is an empty file. */
struct gguf_out {
    struct allocator memory;
    struct growing settings, tensors;
    int64_t setting_count, tensor_count, data_bytes;
    int failed; /* there was no memory, or sizes do not fit */
};

void gguf_out_release(struct gguf_out *out);

/* Settings. After the head of an array, its items have to be put. */
void gguf_out_integer(struct gguf_out *out, const char *key, int64_t number);
void gguf_out_float(struct gguf_out *out, const char *key, double number);
void gguf_out_flag(struct gguf_out *out, const char *key, int flag);
void gguf_out_text(struct gguf_out *out, const char *key, const char *text);
void gguf_out_text_of(struct gguf_out *out, const char *key, const char *text, int64_t bytes);
void gguf_out_array(struct gguf_out *out, const char *key, int32_t type, int64_t count);
void gguf_out_text_item(struct gguf_out *out, const char *text, int64_t bytes);
void gguf_out_integer_item(struct gguf_out *out, int64_t number);

/* A setting of another file as it is. */
void gguf_out_copy(struct gguf_out *out, const struct gguf_value *value);

/* A tensor, with the axis that varies fastest last; its data will lie behind those of the one before. Its type is
 * SA_F32, SA_BF16, SA_F16 or quantised. */
void gguf_out_tensor(struct gguf_out *out, const char *name, int32_t axes, const int64_t *size, int32_t type);

/* The beginning of the file, up to the data; free it with gguf_out_release(). */
void gguf_out_head(const struct gguf_out *out, struct gguf_out *head);

/* How general.file_type numbers files whose matrices are of this type. */
int64_t gguf_file_type(int32_t dtype);

#endif
