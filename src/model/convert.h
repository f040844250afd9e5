/* Rows of weights from a file, in another type.
 * SPDX-License-Identifier: MIT */
#ifndef SA_MODEL_CONVERT_H
#define SA_MODEL_CONVERT_H

#include "file/tensors.h"
#include "parallel/parallel.h"
#include "selfattn_models.h"

/* The type that matrices get while a model is opened or written. */
struct conversion {
    int wanted;              /* 0: they keep the type that they have in the file */
    int32_t dtype;           /* where rows do not fit its blocks, quantised_type_for() it */
    sa_progress_fn progress; /* NULL: nobody wants to know */
    void *user;
    int is_read;        /* files of weights are read, not mapped */
    const char *part;   /* which one of the file's models; NULL: it has one */
    int32_t image_size; /* pixels of a side; 0: as the model's settings say */
};

/* A side of images in pixels; 0: as the model's settings say. */
sa_status check_image_size(struct report *report, int64_t size);

/* Checks the options of a call; NULL: none. */
sa_status take_model_options(struct report *report, const sa_model_options *options, struct conversion *conversion);

/* Some outputs of a tensor: output o < count of the matrix is the tensor's first + o / run * step + o % run. */
struct matrix_source {
    const struct tensor *tensor;
    int in_out; /* the file has a row per input */
    int64_t first, count, run, step;
    int64_t pairs; /* of rows in a head, which are taken as 0, pairs, 1, pairs + 1 ...; 0: in order */
};

/* Blocks with `scales` run over inputs, whatever in_out says. */
struct matrix_source whole_matrix(const struct tensor *tensor, int in_out);

/* Inputs of the matrix. */
int64_t source_inputs(const struct matrix_source *source);

/* Where output o stands among the tensor's. */
static inline int64_t source_place(const struct matrix_source *s, int64_t o) {
    if (s->pairs) o = o / (2 * s->pairs) * (2 * s->pairs) + o % 2 * s->pairs + o % (2 * s->pairs) / 2;
    return s->first + o / s->run * s->step + o % s->run;
}

/* Writes the outputs one behind the other, as rows of `dtype`. 0 if a number is not finite or too large for a quantised
 * type. */
int convert_rows(const struct parallel *parallel, const struct matrix_source *source, int32_t dtype, void *to);

#endif
