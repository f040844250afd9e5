/* Products of pairs of bf16 from vector registers (vdpbf16ps).
 * SPDX-License-Identifier: MIT */
#include "measure/roofs.h"
#include "selfattn.h"

#include <stddef.h>

#ifdef HAVE_AVX512_BF16
#include <cpuid.h>
#include <immintrin.h>
#include <stdint.h>

static const int64_t STEPS = 1000000; /* about 3 ms at 117 G vdpbf16ps/s */
static volatile float sink;

static int cpu_has_avx512_bf16(void) {
    unsigned a = 0, b, c, d;
    const unsigned BF16 = 1u << 5;
    return __builtin_cpu_supports("avx512f") && __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & BF16);
}

/* Twelve independent accumulators hide a product's latency. */
enum { SUMS = 12, LANES = 16 };

static int bf16_run(void *state) {
    __m512 sums[SUMS];
    const __m512bh pairs = (__m512bh)_mm512_set1_epi32(0x3f803f80);
    (void)state;
#pragma GCC unroll 12
    for (int i = 0; i < SUMS; i++) sums[i] = _mm512_setzero_ps();
    for (int64_t step = 0; step < STEPS; step++) {
#pragma GCC unroll 12
        for (int i = 0; i < SUMS; i++) {
            sums[i] = _mm512_dpbf16_ps(sums[i], pairs, pairs);
            __asm__("" : "+v"(sums[i]));
        }
    }
#pragma GCC unroll 12
    for (int i = 1; i < SUMS; i++) sums[0] = _mm512_add_ps(sums[0], sums[i]);
    sink = _mm512_reduce_add_ps(sums[0]);
    return 0;
}

int bf16_open(struct runner *r, int32_t isa) {
    const int allowed = isa == SA_ISA_AUTO || isa == SA_ISA_AVX512_BF16 || isa == SA_ISA_AMX;
    const double product = 2.0 * 2 * LANES; /* a pair in each lane */
    if (allowed && cpu_has_avx512_bf16()) *r = (struct runner){.run = bf16_run, .work = product * SUMS * (double)STEPS};
    return 0;
}
#else
int bf16_open(struct runner *r, int32_t isa) {
    (void)isa;
    *r = (struct runner){.run = NULL};
    return 0;
}
#endif
