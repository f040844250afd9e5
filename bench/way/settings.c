/* SPDX-License-Identifier: MIT */
#include "way/settings.h"

#include "measure/report.h"
#include "selfattn.h"

#include <stdlib.h>
#include <string.h>

/* The words in the order of the constants' numbers. */
struct words {
    const char *flag, *all;
    const char *word[9];
};

static const struct words dtypes = {
    "--dtype", "f32, bf16 or f16", {[SA_F32] = "f32", [SA_BF16] = "bf16", [SA_F16] = "f16"}};
static const struct words precisions = {
    "--precision",
    "highest, high or medium",
    {[SA_PRECISION_HIGHEST] = "highest", [SA_PRECISION_HIGH] = "high", [SA_PRECISION_MEDIUM] = "medium"}};
static const struct words isas = {"--isa",
                                  "auto, portable, simd128, neon, avx2, avx512, avx512_bf16 or amx",
                                  {[SA_ISA_AUTO] = "auto",
                                   [SA_ISA_PORTABLE] = "portable",
                                   [SA_ISA_SIMD128] = "simd128",
                                   [SA_ISA_NEON] = "neon",
                                   [SA_ISA_AVX2] = "avx2",
                                   [SA_ISA_AVX512] = "avx512",
                                   [SA_ISA_AMX] = "amx",
                                   [SA_ISA_AVX512_BF16] = "avx512_bf16"}};
static const struct words paths = {
    "--path",
    "auto, plain, blas or fused",
    {[SA_PATH_AUTO] = "auto", [SA_PATH_PLAIN] = "plain", [SA_PATH_BLAS] = "blas", [SA_PATH_FUSED] = "fused"}};

static int take(const struct words *words, const char *given, int32_t *value) {
    if (!given) return -1;
    for (int32_t i = 0; words->word[i]; i++)
        if (strcmp(given, words->word[i]) == 0) {
            *value = i;
            return -1;
        }
    return complain(BAD_USAGE, "%s is \"%s\"; it has to be %s", words->flag, given, words->all);
}

int settings_take(const struct settings_flags *given, struct settings *settings) {
    int status = take(&dtypes, given->dtype, &settings->dtype);
    if (status < 0) status = take(&precisions, given->precision, &settings->precision);
    if (status < 0) status = take(&isas, given->isa, &settings->isa);
    if (status < 0) status = take(&paths, given->path, &settings->path);
    return status;
}

void settings_flags_free(struct settings_flags *given) {
    free(given->dtype);
    free(given->precision);
    free(given->isa);
    free(given->path);
}

const char *dtype_name(int32_t dtype) {
    return dtypes.word[dtype];
}

const char *precision_name(int32_t precision) {
    return precisions.word[precision];
}

const char *isa_name(int32_t isa) {
    return isas.word[isa];
}

const char *path_name(int32_t path) {
    return paths.word[path];
}
