/* sa-bench [flags]: one shape, one JSON line.
 * SPDX-License-Identifier: MIT */
#include "command/commands.h"
#include "command/options.h"
#include "measure/harness.h"
#include "measure/report.h"
#include "way/library.h"
#include "way/settings.h"
#include "way/way.h"

#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char about[] =
    "Times attention of one shape and prints one JSON line: the flags, ms_median and ms_min of the repetitions\n"
    "(after a warm-up call), and gflops = 4 B H T S D / ms_median, half of that with --causal 1. With --mode layer\n"
    "it times a whole layer of width E = H*D with its projections: gflops counts 8 B T E^2 + 4 B H T^2 D (the second\n"
    "term halved with --causal 1). With --mode layer, --precision, --isa or --path, the line ends with the value that\n"
    "was used.\n"
    "\n"
    "Other commands: sa-bench help.";

static const long long UNSET = LLONG_MIN;

struct time_flags {
    long long b, h, k, t, s, d;
    int causal, threads, reps;
    char *mode;
    struct settings_flags names;
};

enum { HIDDEN_NUMBER = POPT_ARG_LONGLONG | POPT_ARGFLAG_DOC_HIDDEN };

static int read_flags(struct time_flags *f, int argc, const char **argv) {
    struct poptOption flags[] = {
        {"b", 0, POPT_ARG_LONGLONG, &f->b, 0, "sequences in the batch (1)", "B"},
        {"h", 0, POPT_ARG_LONGLONG, &f->h, 0, "query heads (12)", "H"},
        {"k", 0, POPT_ARG_LONGLONG, &f->k, 0, "key/value heads, a divisor of H (H)", "K"},
        {"t", 0, POPT_ARG_LONGLONG, &f->t, 0, "queries (512)", "T"},
        {"s", 0, POPT_ARG_LONGLONG, &f->s, 0, "keys (T)", "S"},
        {"d", 0, POPT_ARG_LONGLONG, &f->d, 0, "head size (64)", "D"},
        /* Spelled as in programs that time other libraries. */
        {"hk", 0, HIDDEN_NUMBER, &f->k, 0, NULL, NULL},
        {"n", 0, HIDDEN_NUMBER, &f->t, 0, NULL, NULL},
        {"m", 0, HIDDEN_NUMBER, &f->s, 0, NULL, NULL},
        {"causal", 0, POPT_ARG_INT, &f->causal, 0, "1: query i sees keys 0 .. i, also where T != S (0)", "0|1"},
        {"dtype", 0, POPT_ARG_STRING, &f->names.dtype, 0, "type of inputs, weights and output (f32)", "f32|bf16|f16"},
        {"threads", 0, POPT_ARG_INT, &f->threads, 0, "threads of the library (1)", "N"},
        {"reps", 0, POPT_ARG_INT, &f->reps, 0, "repetitions (10)", "R"},
        {"mode", 0, POPT_ARG_STRING, &f->mode, 0, "what to time (attention)", "attention|layer"},
        {"precision", 0, POPT_ARG_STRING, &f->names.precision, 0, "how exact arithmetic has to be (highest)",
         "highest|high|medium"},
        {"isa", 0, POPT_ARG_STRING, &f->names.isa, 0, "the best instruction set to use (auto)",
         "auto|portable|simd128|neon|avx2|avx512|avx512_bf16|amx"},
        {"path", 0, POPT_ARG_STRING, &f->names.path, 0, "how to compute it (auto)", "auto|plain|blas|fused"},
        POPT_TABLEEND};
    return options_read(flags, about, argc, argv);
}

static int is_layer(const struct time_flags *f) {
    return f->mode && strcmp(f->mode, "layer") == 0;
}

/* -1, or BAD_USAGE after a complaint. */
static int check_flags(const struct time_flags *f) {
    enum { MOST = 1 << 30 };
    const struct {
        const char *flag;
        long long value, least, most;
    } ranges[] = {{"--b", f->b, 1, MOST},         {"--h", f->h, 1, MOST},
                  {"--k", f->k, 1, f->h},         {"--t", f->t, 1, MOST},
                  {"--s", f->s, 1, MOST},         {"--d", f->d, 1, MOST},
                  {"--causal", f->causal, 0, 1},  {"--threads", f->threads, 1, 1024},
                  {"--reps", f->reps, 1, 1000000}};
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        int status = check_range(ranges[i].flag, ranges[i].value, ranges[i].least, ranges[i].most);
        if (status >= 0) return status;
    }
    if (f->h % f->k) return complain(BAD_USAGE, "--k is %lld, which does not divide --h %lld", f->k, f->h);
    if (f->mode && strcmp(f->mode, "attention") != 0 && !is_layer(f))
        return complain(BAD_USAGE, "--mode is \"%s\"; it has to be attention or layer", f->mode);
    return -1;
}

static int time_runner(struct runner *r, const struct shape *shape, const struct settings *settings, int reps) {
    const struct race race = {.rounds = 1, .min_reps = reps, .max_reps = reps};
    struct workload w;
    if (workload_make(&w, shape)) return FAILED;
    int status = FAILED;
    *r = (struct runner){way_library.run, way_library.open(&w, settings), .work = shape_flops(shape)};
    if (r->state) status = race_run(r, 1, &race, NULL);
    way_library.close(r->state);
    workload_free(&w);
    return status;
}

/* The first keys are the same in every line; settings that are not the defaults follow. */
static int add_unusual(json_t *line, const struct time_flags *f, const struct settings *s) {
    const struct {
        const char *key, *value;
        const void *given;
    } more[] = {{"mode", "layer", is_layer(f) ? f->mode : NULL},
                {"precision", precision_name(s->precision), f->names.precision},
                {"isa", isa_name(s->isa), f->names.isa},
                {"path", path_name(s->path), f->names.path}};
    int failed = 0;
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++)
        if (more[i].given) failed |= json_object_set_new(line, more[i].key, json_string(more[i].value));
    return failed;
}

static int print_json(const struct time_flags *f, const struct runner *r, const struct settings *s) {
    json_t *line =
        json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:i,s:s,s:i,s:i}", "b", (json_int_t)f->b, "h", (json_int_t)f->h, "k",
                  (json_int_t)f->k, "t", (json_int_t)f->t, "s", (json_int_t)f->s, "d", (json_int_t)f->d, "causal",
                  f->causal, "dtype", dtype_name(s->dtype), "threads", f->threads, "reps", f->reps);
    json_t *times =
        json_pack("{s:f,s:f,s:f}", "ms_median", r->ms_median, "ms_min", r->ms_min, "gflops", runner_rate(r));
    int failed = json_object_update(line, times) || add_unusual(line, f, s) ||
                 json_dumpf(line, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6)) || putchar('\n') == EOF;
    json_decref(times);
    json_decref(line);
    return failed ? complain(FAILED, "cannot write the result") : DONE;
}

static int time_shape(const struct time_flags *f, struct settings *settings) {
    const struct shape shape = {f->b, f->h, f->k, f->t, f->s, f->d, f->causal, is_layer(f)};
    struct runner runner;
    int status = time_runner(&runner, &shape, settings, f->reps);
    if (!status) status = settings_resolve(settings);
    return status ? status : print_json(f, &runner, settings);
}

int time_command(int argc, const char **argv) {
    struct time_flags f = {.b = 1, .h = 12, .k = UNSET, .t = 512, .s = UNSET, .d = 64, .threads = 1, .reps = 10};
    int status = read_flags(&f, argc, argv);
    if (f.k == UNSET) f.k = f.h;
    if (f.s == UNSET) f.s = f.t;
    if (status < 0) status = check_flags(&f);
    struct settings settings = {.threads = f.threads};
    if (status < 0) status = settings_take(&f.names, &settings);
    if (status < 0) status = time_shape(&f, &settings);
    settings_flags_free(&f.names);
    free(f.mode);
    return status;
}
