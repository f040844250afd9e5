/* Makes a model from a configuration and named tensors of any origin.
 * SPDX-License-Identifier: MIT */
#ifndef SA_MODEL_MAKE_H
#define SA_MODEL_MAKE_H

#include "file/model_files.h"
#include "model/model.h"

/* Makes a model of what the settings say and of the weights' tensors. The directory may have a description of its
 * architecture. Takes over the weights, and closes them on failure. */
sa_status model_make(sa_ctx *ctx, struct model_files *files, const struct conversion *conversion, sa_model **model);

#endif
