/* Adapters of low rank beside fixed matrices: y = W x + scale B A drop(x). Only A and B learn.
 * SPDX-License-Identifier: MIT */
#ifndef SA_TRAIN_ADAPTERS_H
#define SA_TRAIN_ADAPTERS_H

#include "base/report.h"
#include "file/lora.h"
#include "model/bind.h"
#include "model/model.h"
#include "train/parameters.h"

struct adapter {
    struct parameter *down, *up; /* A [rank][in], B [out][rank] */
    int64_t rank;
    double scale, dropout;
};

struct adapters {
    sa_lora config; /* its texts are the caller's, and not read later */
    double scale;
    int by_root;
    struct lora_pair *pairs; /* the matrices; A and B only where they are read from a file */
    int64_t count, room;
    struct tensor_file form; /* names and shapes of all A and B, in the order of names */
    struct parameters parameters;
    struct adapter *list; /* [count] */
    char prefix[64];      /* what the file leaves out of Hugging Face's names */
};

/* What a trainer's model is made of. */
struct adapted {
    const struct sa_model *model;
    const struct bound_model *bound;
    struct parameters *parameters; /* of its tensors: adapters are put beside them */
    uint64_t seed;
};

/* Checks a caller's struct and copies it. */
sa_status adapters_take(struct report *report, const sa_lora *from, sa_lora *c);

/* Makes new ones, or reads those of a directory, as `adapters->config` says. On failure, too, adapters_close() frees
 * what they hold. */
sa_status adapters_open(const struct allocator *memory, struct report *report, const struct adapted *of,
                        struct adapters *a);
void adapters_close(const struct allocator *memory, struct adapters *adapters);

/* Adds those of a parameter, if it has any, to its values [count] in `merged`. */
void adapters_merge(const struct parallel *parallel, const struct adapters *adapters, const struct parameter *p,
                    float *merged);

#endif
