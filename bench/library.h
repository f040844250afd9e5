/* The library under test, through its public header alone.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_LIBRARY_H
#define BENCH_LIBRARY_H

#include "selfattn.h"
#include "workload.h"

/* sa_attention(); see struct way for what the functions return. */
void *library_open(const struct workload *w, int threads);
int library_run(void *library);
uint64_t library_extra_bytes(const void *library);
void library_close(void *library);

/* sa_forward() on a layer of model width E = H * D, with random weights. Keys and values are made from the input itself
 * if S == T, else from a context of S tokens. */
void *layer_open(const struct shape *shape, int threads);
int layer_run(void *layer);
void layer_close(void *layer);

/* 4 B T E E for queries and output, 4 B S E K D for keys and values, plus shape_flops(). */
double layer_flops(const struct shape *shape);

#endif
