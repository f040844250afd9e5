/* A model of which there are only settings: its weights are drawn.
 * SPDX-License-Identifier: MIT */
#ifndef SA_TRAIN_INITIAL_H
#define SA_TRAIN_INITIAL_H

#include "train/new_classifier.h"

/* Reads config.json, `path` itself or in the directory `path`, and makes the tensors that it asks for, with those of a
 * classifier if there are classes (train/drawn.h). On failure `files` is left empty. */
sa_status initial_files_open(const struct allocator *memory, struct report *report, const char *path, uint64_t seed,
                             const struct new_classes *classes, struct model_files *files);

#endif
