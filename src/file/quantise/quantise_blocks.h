/* What the functions of single types share.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FILE_QUANTISE_BLOCKS_H
#define SA_FILE_QUANTISE_BLOCKS_H

#include "file/quantise/quantise_fit.h"

/* A float as binary16, low byte first. */
void put_half(unsigned char *to, float value);

/* 32 numbers over a scale, as the nearest places on block_curve: 16 bytes. */
void put_curve_group(unsigned char *to, const float *x, float scale);

/* Each quantises one block of 256. */
void quantise_q2_k(unsigned char *block, const float *x);
void quantise_q3_k(unsigned char *block, const float *x);
void quantise_q4_k(unsigned char *block, const float *x);
void quantise_q5_k(unsigned char *block, const float *x);
void quantise_q6_k(unsigned char *block, const float *x);
void quantise_iq4_xs(unsigned char *block, const float *x);

#endif
