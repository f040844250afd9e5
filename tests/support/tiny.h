/* A small BERT with random weights: as files for the library, and as a forward pass in double precision, which follows
 * the formulas and shares no code with the library.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_TINY_H
#define TESTS_SUPPORT_TINY_H

#include "selfattn_models.h"
#include "support/folder.h"

#include <stdint.h>

/* Letters as in selfattn.h; F inner width, V vocabulary, P positions, Y token types. */
struct tiny_shape {
    int64_t L, E, H, F, V, P, Y;
};

enum { TINY_MOST_TENSORS = 5 + 16 * 4 };

struct tiny_tensor {
    char name[80];
    const char *dtype;
    int axes;
    int64_t size[2];
    float *values;
    int missing; /* leave it out of the file */
};

struct tiny {
    struct tiny_shape shape;
    const char *prefix; /* of all names */
    int old_norm;       /* name LayerNorm's parameters as older files do */
    struct tiny_tensor tensor[TINY_MOST_TENSORS];
    int tensors;
};

/* A model of odd sizes that takes a millisecond, and one whose rows are wider than every stretch that the library
 * computes at a time. */
extern const struct tiny_shape tiny_shape, wide_shape;

/* A model whose weights are of type dtype ("F32", "F16", "BF16"); the same for the same seed. */
void tiny_make(struct tiny *tiny, const struct tiny_shape *shape, const char *dtype, uint64_t seed);
void tiny_free(struct tiny *tiny);

/* The file's bytes; free() them. */
unsigned char *tiny_weights(const struct tiny *tiny, size_t *bytes);

/* Writes config.json and model.safetensors. */
void tiny_write(const struct tiny *tiny, const struct folder *folder);

/* A new folder with the model of tiny_shape, in float. */
struct folder tiny_folder_make(void);

/* config.json alone; `more` are further members, each followed by a comma, or "". */
void tiny_write_config(const struct tiny_shape *shape, const struct folder *folder, const char *more);

/* Opens the model from files that are removed again. A failure ends the test. */
sa_model *tiny_open(sa_ctx *ctx, const struct tiny *tiny);

/* hidden_all [L+1][B][T][E], weights [L][B][H][T][T], embedding [B][E]. types and lengths may be NULL. */
void tiny_forward(const struct tiny *tiny, const int32_t *ids, const int32_t *types, const int64_t *lengths, int64_t B,
                  int64_t T, double *hidden_all, double *weights, double *embedding);

#endif
