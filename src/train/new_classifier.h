/* A model that becomes a classifier of other classes: its config.json, and its tensors under the names that they have
 * in the framework's class that classifies, with a classifier that is drawn.
 * SPDX-License-Identifier: MIT */
#ifndef SA_TRAIN_NEW_CLASSIFIER_H
#define SA_TRAIN_NEW_CLASSIFIER_H

#include "file/model_files.h"

struct new_classes {
    const char *const *name; /* [count] */
    int64_t count;           /* 0: the model stays as it is */
};

/* Refuses classes that a config.json cannot name: fewer than two, one twice, what is no UTF-8. */
sa_status new_classes_check(struct report *report, const struct new_classes *classes);

/* Changes files->config: the framework's class that classifies texts or images, and the names of the classes. */
sa_status new_classes_name(struct report *report, const struct new_classes *classes, struct model_files *files);

/* Opens a model's files, and makes of them those of the classifier. Tensors of the model's other ends are left out;
 * what the classifier lacks, and its last matrix in any case, is drawn (train/drawn.h). On failure `files` is left
 * empty. */
sa_status new_classifier_open(const struct allocator *memory, struct report *report, const char *path, uint64_t seed,
                              const struct new_classes *classes, struct model_files *files);

#endif
