/* From a configuration and named tensors to a model, wherever they come from.
 * SPDX-License-Identifier: MIT */
#ifndef SA_MODEL_MAKE_H
#define SA_MODEL_MAKE_H

#include "model/model.h"

/* Makes a model of what a config.json says (`source` names it in failures) and of a file's tensors. A directory may
 * bring a description of its architecture; NULL: there is none. Takes `file`, which is closed on failure. */
sa_status model_make(sa_ctx *ctx, const struct json_source *source, const json_t *config, const char *directory,
                     struct tensor_file *file, sa_model **model);

#endif
