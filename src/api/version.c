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

static char build_info[512];

static void write_build_info(void) {
    snprintf(build_info, sizeof build_info,
             "libselfattn " VERSION_TEXT "; compiler " __VERSION__
             "; kernels portable%s%s%s; parallel serial pool callback%s; models %s; BLAS %s",
             kernels_avx2() ? " avx2" : "", kernels_avx512() ? " avx512" : "", kernels_amx() ? " amx" : "",
             parallel_has_openmp() ? " OpenMP" : "", models, blas_description());
}

const char *sa_build_info(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, write_build_info);
    return build_info;
}
