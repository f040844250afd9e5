/* Named tensors of a file, whatever the file's format. Each format has one function that fills a tensor_file.
 * SPDX-License-Identifier: MIT */
#ifndef SA_MODEL_TENSORS_H
#define SA_MODEL_TENSORS_H

#include "model/file.h"

enum { TENSOR_MOST_AXES = 8 };

/* Row-major elements as they lie in the file: little-endian, at any address. */
struct tensor {
    const char *name;
    const char *dtype; /* the format's own name for it */
    int32_t type;      /* SA_F32, SA_BF16, SA_F16, or -1: listed, but cannot be used */
    int32_t axes;
    int64_t size[TENSOR_MOST_AXES];
    int64_t elements;
    const unsigned char *data;
    int64_t bytes;
};

struct tensor_file {
    struct allocator memory;
    struct mapped_file file;
    struct tensor *tensors; /* sorted by name */
    int64_t count;
    char *names; /* the tensors' names, one behind the other */
    int64_t names_bytes;
};

/* Opens a safetensors file: https://huggingface.co/docs/safetensors. The header is checked against the file's size,
 * and every tensor's type, shape and place against each other. On failure `file` is left closed. */
sa_status safetensors_open(const struct allocator *memory, struct report *report, const char *path,
                           struct tensor_file *file);

/* Frees the list and unmaps the file. A zeroed struct is a closed file. */
void tensors_close(struct tensor_file *file);

/* For files that fill in a list: sorts it by name. */
void tensors_sort(struct tensor_file *file);

/* The tensor of this name, NULL if there is none. */
const struct tensor *tensors_find(const struct tensor_file *file, const char *name);

/* Converts elements first .. first + count of a tensor with a usable type, exactly. */
void tensor_floats(const struct tensor *tensor, int64_t first, int64_t count, float *out);

/* "[384, 1536]" in `text`, which is returned. */
enum { SHAPE_TEXT = 24 * TENSOR_MOST_AXES };
const char *shape_text(const int64_t *size, int32_t axes, char text[SHAPE_TEXT]);

#endif
