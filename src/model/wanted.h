/* The tensors that a model of some settings needs, and that no file has.
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

/* Tells of all that the model cannot be without and that the file lacks: of poolers and classifiers only with
 * config->new_classes. used [file->count], NULL: not wanted, is 1 for each tensor of the file that has a role. In a
 * model without any file (`file` NULL) experts and inputs of sound are refused by name. */
sa_status wanted_tensors(const struct allocator *memory, const struct settings *settings,
                         const struct model_config *config, const struct tensor_file *file, struct wanted *wanted,
                         unsigned char *used);

#endif
