/* StableLM 2 writes the norm of each head as a tensor of its own: "....norms.0.weight", "....norms.1.weight", ...
 * SPDX-License-Identifier: MIT */
#ifndef SA_FILE_HEAD_NORMS_H
#define SA_FILE_HEAD_NORMS_H

#include "file/tensors.h"

/* Makes them one tensor "....weight" [head][head size], in the list's memory. */
sa_status head_norms_join(struct report *report, struct tensor_file *file);

#endif
