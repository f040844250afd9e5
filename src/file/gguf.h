/* GGUF, the container of llama.cpp's models: settings by key and tensors by name in one file
 * (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md). Versions 2 and 3, little-endian.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FILE_GGUF_H
#define SA_FILE_GGUF_H

#include "file/tensors.h"

/* Bytes in the file, without a NUL at their end. */
struct gguf_text {
    const char *bytes;
    int64_t length;
};

/* Types of values, as the file numbers them. */
enum {
    GGUF_U8,
    GGUF_I8,
    GGUF_U16,
    GGUF_I16,
    GGUF_U32,
    GGUF_I32,
    GGUF_F32,
    GGUF_BOOL,
    GGUF_TEXT,
    GGUF_ARRAY,
    GGUF_U64,
    GGUF_I64,
    GGUF_F64,
    GGUF_TYPES
};

/* A setting. An array has `count` items of `type` from `data` on; anything else has `count` -1. All of it has been
 * checked to lie in the file. */
struct gguf_value {
    struct gguf_text key;
    int32_t type;
    int64_t count;
    const unsigned char *data;
};

/* A tensor as the file lists it: the axis that varies fastest first. */
enum { GGUF_MOST_AXES = 4 };
struct gguf_tensor {
    struct gguf_text name;
    int32_t axes;
    uint32_t type;
    int64_t size[GGUF_MOST_AXES];
    int64_t elements;
    uint64_t offset; /* from the beginning of the data; not yet checked */
};

struct gguf {
    struct allocator memory;
    struct report *report;
    const struct mapped_file *file; /* has to stay mapped */
    struct gguf_value *values;      /* sorted by key */
    int64_t value_count;
    struct gguf_tensor *tensors;
    int64_t tensor_count;
    int64_t end; /* of the list of tensors */
};

/* Reads settings and the list of tensors. On failure `gguf` is left empty. */
sa_status gguf_read(const struct allocator *memory, struct report *report, const struct mapped_file *file,
                    struct gguf *gguf);
void gguf_release(struct gguf *gguf);

/* The setting with this key; NULL if there is none. */
const struct gguf_value *gguf_find(const struct gguf *gguf, const char *key);

/* Required settings of a kind: an integer of any width from `least` to `most`, a float of any width, a text, an array
 * of items of `type`. */
sa_status gguf_take_integer(const struct gguf *gguf, const char *key, int64_t least, int64_t most, int64_t *integer);
sa_status gguf_take_number(const struct gguf *gguf, const char *key, double *number);
sa_status gguf_take_flag(const struct gguf *gguf, const char *key, int *flag);
sa_status gguf_take_text(const struct gguf *gguf, const char *key, struct gguf_text *text);
sa_status gguf_take_array(const struct gguf *gguf, const char *key, int32_t type, const struct gguf_value **array);

/* Item i of an array of integers or floats of any width. */
int64_t gguf_integer_of(const struct gguf_value *value, int64_t i);
double gguf_number_of(const struct gguf_value *value, int64_t i);

/* Returns the text at *at and moves *at behind it: to walk over an array of texts. */
struct gguf_text gguf_next_text(const unsigned char **at);

/* Whether a text in the file is this one; and its order among others. */
int gguf_is(struct gguf_text text, const char *other);
int gguf_compare(struct gguf_text s, struct gguf_text t);

/* Lists the tensors of a file, which stays mapped, under Hugging Face's names, those that are settings included.
 * file->family is the page of its names. */
sa_status gguf_list_tensors(const struct gguf *gguf, struct tensor_file *file);

/* Tensors that are settings: factors per frequency of the rotation. */
#define GGUF_ROPE_FACTORS       "rope_freqs.weight"
#define GGUF_ROPE_FACTORS_SHORT "rope_factors_short.weight"
#define GGUF_ROPE_FACTORS_LONG  "rope_factors_long.weight"

/* What the files of the same model on Hugging Face would have. */
struct gguf_settings {
    json_t *config;      /* config.json */
    json_t *description; /* what is laid over the description of its model_type, which "like" names; NULL: nothing */
    json_t *pooling;     /* the configuration of sentence-transformers' Pooling; NULL: it is not given */
};
void gguf_settings_release(struct gguf_settings *settings);

/* The settings of a model with these tensors. On failure there are none. */
sa_status gguf_config(const struct gguf *gguf, const struct tensor_file *file, struct gguf_settings *settings);

/* Opens a model: its tensors under Hugging Face's names, and its settings. Rows of the query and key matrices of Llama
 * and its like are ordered for interleaved rotation; "rope_interleave" is then true. */
sa_status gguf_open(const struct allocator *memory, struct report *report, const char *path, int is_read,
                    struct tensor_file *file, struct gguf_settings *settings);

#endif
