/* Named tensors of one or several files, in any format. Each format has a function that fills a tensor_file. Names are
 * those of Hugging Face's models.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FILE_TENSORS_H
#define SA_FILE_TENSORS_H

#include "file/mapped_file.h"

#include <jansson.h>

enum { TENSOR_MOST_AXES = 8 };

/* Row-major elements as they lie in the file: little-endian, at any address. A row of a quantised type is a whole
 * number of blocks. */
struct tensor {
    const char *name;
    const char *dtype; /* the format's own name for it */
    int32_t type;      /* SA_F32, SA_BF16, SA_F16, a quantised type, or -1: listed, but cannot be used */
    int32_t axes;
    int64_t size[TENSOR_MOST_AXES];
    int64_t elements;
    const unsigned char *data;
    int64_t bytes;
    const unsigned char *scales; /* of MXFP4 in safetensors: file/mxfp4.h. NULL: blocks have theirs */
};

enum { TENSOR_NAME_BYTES = 96 };

struct tensor_file {
    struct allocator memory;
    struct mapped_file file;
    struct tensor *tensors; /* sorted by name */
    int64_t count, room;
    char *names; /* the tensors' names, one behind the other; NULL: the shards have them */
    int64_t names_bytes;
    struct tensor_file *shards; /* of an index: its files */
    int64_t shard_count;
    float *changed; /* tensors that were changed after opening; NULL: none */
    int64_t changed_count;
    unsigned char *joined; /* tensors that were made of several; NULL: none */
    int64_t joined_bytes;
    const char *types; /* supported types, for failures: "F32, F16 and BF16" */
    /* The file's own names of tensors: gguf_family.h. NULL: names are the same. */
    json_t *family;
    void (*own_name)(const json_t *family, const char *name, char own[TENSOR_NAME_BYTES]);
};

/* Opens a safetensors file: https://huggingface.co/docs/safetensors. The header is checked against the file's size;
 * type, shape and place of every tensor against each other. On failure `file` is left closed. In all formats, a file is
 * mapped, or `is_read` as a whole. */
sa_status safetensors_open(const struct allocator *memory, struct report *report, const char *path, int is_read,
                           struct tensor_file *file);

/* Opens the files that a model.safetensors.index.json names, which lie beside it, as one list. */
sa_status safetensors_open_index(const struct allocator *memory, struct report *report, const char *path, int is_read,
                                 struct tensor_file *file);

/* For the functions above and the other formats: file->file. */
sa_status tensors_open_file(struct tensor_file *file, struct report *report, const char *path, int is_read);

/* Frees the list and closes the file. A zeroed struct is a closed file. */
void tensors_close(struct tensor_file *file);

/* For formats that fill in a list: tensors_create() allocates `count` tensors, whose names have `bytes` bytes in all,
 * NULs included; tensors_sort() sorts the list by name. */
sa_status tensors_create(struct tensor_file *file, struct report *report, int64_t count, int64_t bytes);
void tensors_sort(struct tensor_file *file);

/* Removes a tensor that is a setting from the list, if it is there. */
void tensors_remove(struct tensor_file *file, const char *name);

/* The tensor of this name, NULL if there is none. */
const struct tensor *tensors_find(const struct tensor_file *file, const char *name);

/* The file's own name of a tensor, for failures: `name`, or `own`, which is filled in. */
const char *tensors_own_name(const struct tensor_file *file, const char *name, char own[TENSOR_NAME_BYTES]);

/* Converts elements first .. first + count of a tensor with a usable type, exactly. */
void tensor_floats(const struct tensor *tensor, int64_t first, int64_t count, float *out);

/* Writes a name with the block's number in place of '#', if there is one. All names in this library's tables fit. */
void tensor_name(char name[TENSOR_NAME_BYTES], const char *pattern, int64_t block);

/* "[384, 1536]" in `text`, which is returned. */
enum { SHAPE_TEXT = 24 * TENSOR_MOST_AXES };
const char *shape_text(const int64_t *size, int32_t axes, char text[SHAPE_TEXT]);

#endif
