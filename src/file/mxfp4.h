/* Experts of safetensors as GPT-OSS was published: U8 tensors "..._blocks" [expert][row][group][16] and "..._scales"
 * [expert][row][group]. A byte of blocks has two neighbours, the first one in its lower half; GGUF's MXFP4, which we
 * compute with, has elements i and i + 16 there, behind the scale.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FILE_MXFP4_H
#define SA_FILE_MXFP4_H

#include "file/tensors.h"

/* Makes each such pair in the list one tensor "..." [expert][row][32 group] of SA_MXFP4 with `scales`. */
sa_status mxfp4_join(struct report *report, struct tensor_file *file);

/* Writes blocks first .. first + count of a tensor with `scales` as GGUF has them. */
void mxfp4_blocks(const struct tensor *tensor, int64_t first, int64_t count, unsigned char *to);

#endif
