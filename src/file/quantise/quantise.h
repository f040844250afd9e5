/* Quantises weights: the nearest blocks, as the reference functions of llama.cpp look for them
 * (https://github.com/ggml-org/llama.cpp, ggml/src/ggml-quants.c).
 * SPDX-License-Identifier: MIT */
#ifndef SA_FILE_QUANTISE_H
#define SA_FILE_QUANTISE_H

#include "base/quantised.h"

/* Scales are binary16: no larger numbers can be quantised. */
#define MOST_QUANTISED 65504.0f

/* Writes n numbers, a whole number of blocks, as blocks of the type. 0 if a number is not finite or larger than
 * MOST_QUANTISED; 1 if all went well. */
int blocks_quantise(void *blocks, int32_t dtype, const float *x, int64_t n);

/* The type that rows of n weights get where `dtype` is wanted: with rows that are no whole number of its blocks of 256,
 * a type of blocks of 32; with rows that are no multiple of 32, SA_F16. The choice is llama.cpp's. */
int32_t quantised_type_for(int32_t dtype, int64_t n);

#endif
