/* The modules of sentence-transformers behind a model's states, which make one vector of a sequence: modules.json.
 * SPDX-License-Identifier: MIT */
#ifndef SA_MODEL_SENTENCE_H
#define SA_MODEL_SENTENCE_H

#include "describe/config.h"
#include "describe/pooling.h"
#include "file/model_files.h"
#include "plan/linear.h"

enum { MOST_SENTENCE_STEPS = 8 };

/* A matrix and a function (Dense), or a scaling to length 1 (Normalize). */
struct sentence_step {
    int is_dense, has_activation;
    enum activation activation;
    struct tensor_file file; /* stays mapped */
    const struct tensor *weight, *bias;
    struct linear dense;
};

struct sentence {
    struct pooling_config pooling; /* of the states */
    int is_default;                /* no file says anything */
    struct sentence_step steps[MOST_SENTENCE_STEPS];
    int is_of_pooled;     /* the pooled state is what the steps get, not the pooling */
    int64_t count, width; /* steps; numbers of the result */
    /* Why there is no result: a module that is not supported. width is 0 then. "": there is one. */
    struct report refused;
};

/* Reads what modules.json names, for states of this width. Without the file the result is the mean, scaled to length 1.
 * What is not supported, or missing, is remembered; malformed files fail. On failure, too, sentence_release() frees
 * what it holds. */
sa_status sentence_read(struct report *report, const struct model_files *files, int64_t width,
                        struct sentence *sentence);

/* The embedding of a model without modules.json whose makers take the pooled state: through the projection, which stays
 * the caller's and may be NULL, and scaled to length 1. */
void sentence_take_pooled(struct sentence *sentence, const struct tensor *projection, int64_t pooled_width);
void sentence_release(struct sentence *sentence);

#endif
