/* Attention in double precision straight from the formula in selfattn.h, element by element. Shares no code with the
 * library.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_ORACLE_H
#define TESTS_SUPPORT_ORACLE_H

#include "selfattn.h"

/* A dtype that only the oracle has: its own results in double precision. */
enum { ORACLE_F64 = 64 };

/* output [B,H,T,Dv], lse [B,H,T], weights [B,H,T,S], contiguous; each may be NULL. args must be valid. */
void oracle_attention(const sa_attention_args *args, double *output, double *lse, double *weights);

/* What dropout multiplies a weight by: 0, or 1 / (1 - probability); 1 for NULL. */
double oracle_dropout(const sa_dropout *d, int64_t b, int64_t h, int64_t t, int64_t j);

/* Element of an input tensor as a double, any dtype. */
double oracle_at(const sa_tensor *t, int64_t b, int64_t h, int64_t s, int64_t d);

/* The position of query t of sequence b among the keys. */
int64_t oracle_position(const sa_attention_args *args, int64_t b, int64_t t);

#endif
