/* The tensors that a model of some settings needs, known before there is any file of weights.
 * SPDX-License-Identifier: MIT */
#ifndef SA_MODEL_WANTED_H
#define SA_MODEL_WANTED_H

#include "model/bind.h"

/* What a tensor holds before anything has been learned. */
enum wanted_kind { WANTED_NUMBERS /* drawn */, WANTED_ONES, WANTED_ZEROS };

struct wanted_tensor {
    const char *name; /* as Hugging Face's model of this kind calls it */
    enum wanted_kind kind;
    int32_t axes;
    const int64_t *size;
};

/* Is told of each tensor; of one that several roles share, several times. */
struct wanted {
    sa_status (*take)(void *user, const struct wanted_tensor *tensor);
    void *user;
};

/* Tells of all that the model cannot be without: not of poolers and classifiers. Experts and inputs of sound are
 * refused by name. */
sa_status wanted_tensors(const struct allocator *memory, const struct settings *settings,
                         const struct model_config *config, struct wanted *wanted);

#endif
