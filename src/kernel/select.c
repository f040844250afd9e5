/* SPDX-License-Identifier: MIT */
#include "cpu/cpu.h"
#include "kernel/kernel.h"

#include "selfattn.h"

#include <stddef.h>

const struct kernels *kernels_select(int32_t isa) {
    if (isa_has(isa, SA_ISA_AMX) && kernels_amx()) return kernels_amx();
    if (isa_has(isa, SA_ISA_AVX512_BF16) && kernels_avx512_bf16()) return kernels_avx512_bf16();
    if (isa_has(isa, SA_ISA_AVX512) && kernels_avx512()) return kernels_avx512();
    if (isa_has(isa, SA_ISA_AVX2) && kernels_avx2()) return kernels_avx2();
    if (isa_has(isa, SA_ISA_NEON) && kernels_neon()) return kernels_neon();
    if (isa_has(isa, SA_ISA_SIMD128) && kernels_simd128()) return kernels_simd128();
    return &kernels_plain;
}
