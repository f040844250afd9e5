/* This file is never built with instruction-set flags: it decides whether such code may run.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "cpu/cpu.h"

#include "cpu/quota.h"
#include "selfattn.h"

#include <sched.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <cpuid.h>

struct cpuid {
    uint32_t a, b, c, d;
};

static struct cpuid cpuid(uint32_t leaf) {
    struct cpuid r = {0, 0, 0, 0};
    __get_cpuid_count(leaf, 0, &r.a, &r.b, &r.c, &r.d);
    return r;
}

static int has(uint32_t word, int bit) {
    return (int)(word >> bit & 1u);
}

/* The register sets that the operating system saves (XCR0). */
static uint32_t saved_state(void) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

/* AVX512-BF16 together with AVX512-VNNI. */
static int has_avx512_bf16(struct cpuid extended) {
    struct cpuid more = {0, 0, 0, 0};
    __get_cpuid_count(7, 1, &more.a, &more.b, &more.c, &more.d);
    return has(extended.c, 11) && has(more.a, 5);
}

/* AMX-BF16. Its registers are large, so Linux saves them only for processes that request it. */
static int has_amx(struct cpuid extended) {
    const uint32_t TILE_STATE = 0x60000;
    enum { REQUEST_PERMISSION = 0x1023, TILE_DATA = 18 };
    if (!has(extended.d, 22) || !has(extended.d, 24) || (saved_state() & TILE_STATE) != TILE_STATE) return 0;
    return syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0;
}

int32_t cpu_isa(void) {
    const uint32_t YMM_STATE = 0x6, ZMM_STATE = 0xe6;
    struct cpuid basic = cpuid(1), extended = cpuid(7);
    int osxsave = has(basic.c, 27), fma = has(basic.c, 12), avx = has(basic.c, 28), f16c = has(basic.c, 29);
    if (!osxsave || !fma || !avx || !f16c || !has(extended.b, 5)) return SA_ISA_PORTABLE;
    uint32_t state = saved_state();
    if ((state & YMM_STATE) != YMM_STATE) return SA_ISA_PORTABLE;
    int avx512 = has(extended.b, 16) && has(extended.b, 17) && has(extended.b, 30) && has(extended.b, 31);
    if (!avx512 || (state & ZMM_STATE) != ZMM_STATE) return SA_ISA_AVX2;
    if (!has_avx512_bf16(extended)) return SA_ISA_AVX512;
    return has_amx(extended) ? SA_ISA_AMX : SA_ISA_AVX512_BF16;
}
#elif defined(__aarch64__)
int32_t cpu_isa(void) {
    return SA_ISA_NEON;
}
#elif defined(__wasm_simd128__)
int32_t cpu_isa(void) {
    return SA_ISA_SIMD128;
}
#else
int32_t cpu_isa(void) {
    return SA_ISA_PORTABLE;
}
#endif

#if defined(__EMSCRIPTEN__) && !defined(__EMSCRIPTEN_PTHREADS__)
/* A module without shared memory has one thread. */
int32_t cpu_count(void) {
    return 1;
}
#else
static int32_t online_cpus(void) {
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (int32_t)online : 1;
}

#ifdef __EMSCRIPTEN__
int32_t cpu_count(void) {
    return online_cpus();
}
#else
/* CPUs that the calling thread's affinity mask names. */
static int32_t allowed_cpus(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) return (int32_t)CPU_COUNT(&set);
    return online_cpus();
}

int32_t cpu_count(void) {
    const int32_t allowed = allowed_cpus(), quota = quota_cpus("");
    return quota < allowed ? quota : allowed;
}
#endif
#endif

const int32_t isas[ISAS] = {SA_ISA_PORTABLE, SA_ISA_SIMD128,     SA_ISA_NEON, SA_ISA_AVX2,
                            SA_ISA_AVX512,   SA_ISA_AVX512_BF16, SA_ISA_AMX};

static int place_of(int32_t isa) {
    int place = ISAS;
    while (place > 0 && isas[place - 1] != isa) place--;
    return place;
}

int isa_has(int32_t isa, int32_t other) {
    return place_of(isa) >= place_of(other);
}

const char *isa_name(int32_t isa) {
    static const char *const names[] = {"auto", "portable", "avx2", "avx512", "amx", "avx512_bf16", "neon", "simd128"};
    return isa >= 0 && isa < (int32_t)(sizeof names / sizeof names[0]) ? names[isa] : NULL;
}
