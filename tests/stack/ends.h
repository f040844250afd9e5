/* What stands behind the last states of a model, checked in double: files of tests/data/architectures with more
 * tensors, whose width is E.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_STACK_ENDS_H
#define TESTS_STACK_ENDS_H

#include "selfattn_models.h"
#include "support/folder.h"

enum { E = 16, B = 2, T = 9, LABELS = 3, WIDTH = 5, MOST_ROWS = 3 * E };

/* A tensor that is added; columns 0: a vector. A list of them ends with the name NULL. */
struct added {
    const char *name;
    int64_t rows, columns;
};

/* Numbers of a tensor in double. */
struct numbers {
    double value[MOST_ROWS * E];
};

/* What a model makes of its inputs. */
struct outputs {
    int64_t tokens;
    float hidden[B][T][E], pooled[B][E], embedding[B][E], logits[B * T * LABELS];
};

/* What models of texts get. */
extern const int32_t ends_ids[B][T];
extern const int64_t ends_lengths[B];

/* Copies the model into the folder with random tensors behind its own. `change` NULL, or members for config.json. */
void ends_copy(const struct folder *folder, const char *model, const char *change, const struct added *added,
               uint64_t seed);

/* A tensor of the folder's file. */
struct numbers ends_tensor(const struct folder *folder, const char *name);

/* Runs the model in the folder on the texts, or on two random images of 3 x 8 x 8. The result is static. */
struct outputs ends_run(sa_ctx *ctx, const struct folder *folder, int is_image, int is_pooled);

/* x = a row of E floats. */
void ends_take(const float *row, double *x);

/* y = W x + b for W [rows][E], or [rows][columns]; bias NULL: none. y may be x. */
void ends_apply(const struct folder *folder, const char *weight, const char *bias, int rows, const double *x,
                double *y);
void ends_apply_wide(const struct folder *folder, const char *weight, const char *bias, int rows, int columns,
                     const double *x, double *y);

/* x [E] = its LayerNorm, bias NULL: none; x [E] = f(x); GELU with erf. */
void ends_norm(const struct folder *folder, const char *weight, const char *bias, double epsilon, double *x);
void ends_activate(double (*f)(double), double *x);
double ends_gelu(double x);

/* Numbers are those wanted, within 1e-5. */
void ends_expect(const float *got, const double *want, int count, const char *what);

/* An embedding is W x, scaled to length 1; weight NULL: x. */
void ends_expect_embedding(const struct folder *folder, const char *weight, const float *got, const double *x,
                           const char *what);

/* Such a copy is refused with this sentence. */
void ends_expect_refused(sa_ctx *ctx, const char *model, const char *change, const struct added *added,
                         const char *sentence);

#endif
