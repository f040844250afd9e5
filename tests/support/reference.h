/* Files in tests/data, and tests that compare with them.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_REFERENCE_H
#define TESTS_SUPPORT_REFERENCE_H

#include "selfattn_models.h"
#include "support/folder.h"

#include <jansson.h>
#include <stdint.h>

/* The path of a file in tests/data, in a static buffer. */
const char *data_path(const char *name);

/* The path of one of the models in tests/data/architectures, in a static buffer of its own. */
const char *architecture_path(const char *model);

/* The bytes of a file of one of these models, one NUL behind them; free() them. And a copy of it in a folder; and
 * copies of both files that make a model. A failure ends the test. */
char *architecture_bytes(const char *model, const char *file, size_t *size);
void architecture_copy(const char *model, const char *file, const struct folder *folder);
void architecture_take(const char *model, const struct folder *folder);

/* The folder of a model that is not in the repository: $VARIABLE, else ${XDG_CACHE_HOME:-~/.cache}/selfattn/NAME; in a
 * static buffer. If it lacks `file`, the test is skipped, with a line on stderr. */
const char *model_folder(const char *variable, const char *name, const char *file);

/* A parsed JSON file; json_decref() it. A failure ends the test. */
json_t *json_of(const char *path);

/* Encodes the "text" of every case and compares with its "ids"; if the case has "decoded", decodes the ids and compares
 * with that. Returns the number of cases. */
size_t expect_ids(sa_ctx *ctx, const sa_tokenizer *tokenizer, const json_t *cases, const char *what);

/* A tokenizer.json with some members of some sections changed; a change that has a type is the whole section. A failure
 * ends the test. */
sa_tokenizer *open_variant(sa_ctx *ctx, const char *path, const json_t *changes);

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
