/* Opening of models, with a change of their tensors.
 * SPDX-License-Identifier: MIT */
#ifndef SA_MODEL_OPEN_H
#define SA_MODEL_OPEN_H

#include "file/tensors.h"
#include "selfattn_models.h"

/* Changes tensors of a file before a model is made of them. */
typedef sa_status (*change_fn)(sa_ctx *ctx, const char *by, struct tensor_file *weights);

/* The rest of sa_model_open_with() once the context is entered; `change` NULL: nothing changes. It is a pointer so that
 * who only opens models does not link adapters. */
sa_status model_open(sa_ctx *ctx, const char *path, const sa_model_options *options, change_fn change, const char *by,
                     sa_model **model);

#endif
