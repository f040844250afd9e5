/* Built without instruction-set flags: it decides whether such code may run.
 * SPDX-License-Identifier: MIT */
#include "loops/loops.h"

#include "selfattn.h"

extern const struct loops loops_base;
#ifdef HAVE_AVX2
extern const struct loops loops_avx2;
#endif
#ifdef HAVE_AVX512
extern const struct loops loops_avx512;
#endif

const struct loops *loops_up_to(int32_t isa) {
    const int32_t cap = isa == SA_ISA_AUTO ? SA_ISA_AMX : isa >= SA_ISA_NEON ? SA_ISA_PORTABLE : isa;
    (void)cap;
#ifdef HAVE_AVX512
    if (cap >= SA_ISA_AVX512 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
        return &loops_avx512;
#endif
#ifdef HAVE_AVX2
    if (cap >= SA_ISA_AVX2 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return &loops_avx2;
#endif
    return &loops_base;
}

const struct loops *loops_best(void) {
    return loops_up_to(SA_ISA_AUTO);
}
