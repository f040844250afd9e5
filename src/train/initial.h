/* A model of which there are only settings: its weights are drawn.
 * SPDX-License-Identifier: MIT */
#ifndef SA_TRAIN_INITIAL_H
#define SA_TRAIN_INITIAL_H

#include "file/model_files.h"

/* Reads config.json, `path` itself or in the directory `path`, and makes the tensors that it asks for: norms are 1 (0
 * where 1 is added to them), biases 0, all others normal of mean 0 and the deviation initializer_range, or init_std, or
 * 0.02. A number is a function of the seed, its tensor's name and its place. On failure `files` is left empty. */
sa_status initial_files_open(const struct allocator *memory, struct report *report, const char *path, uint64_t seed,
                             struct model_files *files);

#endif
