/* The bench's own inner loops, whose speed depends on the instruction set: compiled once for each and chosen at run
 * time.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_LOOPS_LOOPS_H
#define BENCH_LOOPS_LOOPS_H

#include <stdint.h>

struct llama2c;

struct loops {
    const char *isa;
    int64_t fma_flops; /* operations per step of fma() */

    /* Independent chains of x = x * a + b that stay in registers: as many as it takes to hide the latency. */
    float (*fma)(int64_t steps);

    /* The sum of n numbers, n a multiple of 256. */
    float (*read)(const float *data, int64_t n);

    /* row = exp(row - max) / sum, as plain loops under the compiler's most liberal arithmetic. n > 0. */
    void (*softmax)(float *row, int64_t n);

    /* llama2c_run() of rivals/llama2c.h. */
    void (*run_llama2c)(struct llama2c *m, int32_t token, int64_t position, int with_logits);

    /* The cells of rivals/recurrent.h: a and u to c, where there is one, and h. */
    void (*recurrent_cells)(int kind, int64_t width, const float *a, const float *u, float *c, float *h);
};

/* The widest that this CPU and its operating system run, up to an SA_ISA_ cap. */
const struct loops *loops_up_to(int32_t isa);
const struct loops *loops_best(void);

#endif
