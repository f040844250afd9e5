/* Files in tests/data, and tests that compare with them.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_MODEL_REFERENCE_H
#define TESTS_MODEL_REFERENCE_H

#include "folder.h"
#include "selfattn.h"

#include <jansson.h>
#include <stdint.h>

/* The path of a file in tests/data, in a static buffer. */
const char *data_path(const char *name);

/* A parsed JSON file; json_decref() it. A failure ends the test. */
json_t *json_of(const char *path);

/* Encodes the "text" of every case and compares with its "ids". Returns the number of cases. */
size_t expect_ids(sa_ctx *ctx, const sa_tokenizer *tokenizer, const json_t *cases, const char *what);

/* All tensors of a safetensors file, as float. */
struct reference {
    struct tensor_file *file;
};
struct reference reference_open(const char *path);
void reference_close(struct reference *reference);

/* A tensor's elements, of which there have to be `count`; free() them. */
float *reference_tensor(const struct reference *reference, const char *name, int64_t count);

/* Largest |got - want|, infinity if there is a NaN. */
double largest_difference(const float *got, const float *want, int64_t count);

#endif
