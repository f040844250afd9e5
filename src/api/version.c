/* SPDX-License-Identifier: MIT */
#include "base/compiler.h"
#include "blas/gemm.h"
#include "kernel/kernel.h"
#include "parallel/parallel.h"
#include "selfattn.h"

#include <pthread.h>
#include <stdio.h>

#define TEXT_OF(number) #number
#define TEXT(number)    TEXT_OF(number)
#define VERSION_TEXT    TEXT(SA_VERSION_MAJOR) "." TEXT(SA_VERSION_MINOR) "." TEXT(SA_VERSION_PATCH)

int32_t sa_version(void) {
    return SA_VERSION;
}

const char *sa_version_string(void) {
    return VERSION_TEXT;
}

#ifdef SELFATTN_MODELS
static const char models[] = "yes";
#else
static const char models[] = "no";
#endif
#ifdef SELFATTN_FFTW
static const char sound[] = "FFTW";
#else
static const char sound[] = "no";
#endif

/* Before the BLAS is loaded, and after. */
static char early_info[768], final_info[768];

static void write_build_info(char info[768]) {
    snprintf(info, 768,
             "libselfattn " VERSION_TEXT "; compiler " __VERSION__
             "; kernels portable%s%s%s%s%s%s; parallel serial pool callback%s; models %s; sound %s; BLAS %s",
             kernels_simd128() ? " simd128" : "", kernels_neon() ? " neon" : "", kernels_avx2() ? " avx2" : "",
             kernels_avx512() ? " avx512" : "", kernels_avx512_bf16() ? " avx512_bf16" : "",
             kernels_amx() ? " amx" : "", parallel_has_openmp() ? " OpenMP" : "", models, sound, blas_description());
}

static void write_early_info(void) {
    write_build_info(early_info);
}

static void write_final_info(void) {
    write_build_info(final_info);
}

const char *sa_build_info(void) {
    static pthread_once_t early = PTHREAD_ONCE_INIT, final = PTHREAD_ONCE_INIT;
    const int described = blas_is_described();
    pthread_once(described ? &final : &early, described ? write_final_info : write_early_info);
    return described ? final_info : early_info;
}
