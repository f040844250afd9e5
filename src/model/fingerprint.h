/* A number that tells models apart: from their settings, and from names, types, shapes and samples of their tensors.
 * SPDX-License-Identifier: MIT */
#ifndef SA_MODEL_FINGERPRINT_H
#define SA_MODEL_FINGERPRINT_H

#include "model/model.h"

/* The settings' part; 0: no memory. */
uint64_t settings_fingerprint(const json_t *config, const struct conversion *conversion);

/* Reads at most 1 KiB of each tensor. */
uint64_t model_fingerprint(const struct sa_model *model);

#endif
