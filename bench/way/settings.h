/* How a way to compute attention is to run: threads, types, and what the library's context options say.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_WAY_SETTINGS_H
#define BENCH_WAY_SETTINGS_H

#include <stdint.h>

struct worker;

struct settings {
    int threads;
    int32_t dtype;                /* SA_F32, SA_BF16 or SA_F16: of inputs, weights and output */
    int32_t precision, isa, path; /* for the library: SA_PRECISION_..., SA_ISA_..., SA_PATH_... */
    int32_t same_bits;            /* for the library, as in sa_ctx_options */
    struct worker *worker;        /* for a rival in a process of its own */
};

/* The flags that name settings, for a command's table of flags. NULL: not given. */
struct settings_flags {
    char *dtype, *precision, *isa, *path;
};

/* Puts what was given into *settings. -1, or BAD_USAGE after a complaint. */
int settings_take(const struct settings_flags *given, struct settings *settings);
void settings_flags_free(struct settings_flags *given);

/* The word for a value, as in the flags: "bf16", "high", "amx", "fused". */
const char *dtype_name(int32_t dtype);
const char *precision_name(int32_t precision);
const char *isa_name(int32_t isa);
const char *path_name(int32_t path);

#endif
