/* The files of llama2.c (https://github.com/karpathy/llama2.c), which have no names in them.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FILE_LLAMA2C_H
#define SA_FILE_LLAMA2C_H

#include "file/tensors.h"

#include <jansson.h>

/* Opens weights in its first format: seven numbers, then float32 matrices. Tensors get the names of Hugging Face's
 * Llama. *config becomes the config.json that the model would have, with "rope_interleave" true; json_decref() it.
 * Bytes behind the weights are ignored. */
sa_status llama2c_open(const struct allocator *memory, struct report *report, const char *path, int is_read,
                       struct tensor_file *file, json_t **config);

#endif
