/* conformance DIR: runs every case below a folder through the library and says how each came out.
 * SPDX-License-Identifier: MIT */
#include "operators.h"

#include <dirent.h>
#include <popt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Exit statuses; the last is what CTest takes for "skipped". */
enum { EXIT_PASSED = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_SKIPPED = 77 };

enum { MOST_DEPTH = 16 };

struct runner {
    sa_ctx *ctx;
    int quiet, widen;
    double norm;
    long count[OUTCOMES];
};

static struct verdict judge(const struct runner *s, const char *folder, char op[32]) {
    struct test_case c;
    struct verdict v;
    char why[CASE_TEXT];
    int loaded = case_load(&c, folder, why);
    c.widen = s->widen;
    c.norm = s->norm * c.atol / CASE_ATOL;
    const struct operation *o = operation_named(c.op);
    if (*c.op && !o)
        v = verdict_of(SKIPPED, "no such operator here");
    else if (!loaded)
        v = verdict_of(FAILED, "%s", why);
    else
        v = operation_run(o, s->ctx, &c);
    strcpy(op, c.op);
    case_free(&c);
    return v;
}

static void run_case(struct runner *s, const char *folder) {
    static const char *const words[] = {"PASS", "FAIL", "SKIP"};
    char op[32];
    const char *slash = strrchr(folder, '/');
    struct verdict v = judge(s, folder, op);
    s->count[v.outcome]++;
    if (!s->quiet || v.outcome == FAILED)
        printf("%s %s %s: %s\n", words[v.outcome], op, slash ? slash + 1 : folder, v.text);
}

static int is_folder(const char *path) {
    struct stat status;
    return lstat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static int is_case(const char *folder) {
    char path[4096];
    struct stat status;
    return snprintf(path, sizeof path, "%s/meta.json", folder) < (int)sizeof path && stat(path, &status) == 0;
}

static void walk(struct runner *s, const char *folder, int depth) {
    if (is_case(folder)) run_case(s, folder);
    struct dirent **entries;
    int count = depth < MOST_DEPTH ? scandir(folder, &entries, NULL, alphasort) : -1;
    if (count < 0) {
        printf("FAIL %s: cannot be listed\n", folder);
        s->count[FAILED]++;
        return;
    }
    for (int i = 0; i < count; i++) {
        char path[4096];
        int fits = snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name) < (int)sizeof path;
        if (entries[i]->d_name[0] != '.' && fits && is_folder(path)) walk(s, path, depth + 1);
        free(entries[i]);
    }
    free(entries);
}

/* The number behind the constant <prefix><NAME>, by the library's own list of constants; -1 if there is none. */
static int32_t constant(const char *prefix, const char *name) {
    char text[64];
    int64_t value;
    snprintf(text, sizeof text, "%s%s", prefix, name);
    for (char *letter = text; *letter; letter++)
        if (*letter >= 'a' && *letter <= 'z') *letter = (char)(*letter - 'a' + 'A');
    return sa_constant(text, &value) == SA_OK ? (int32_t)value : -1;
}

static int run(const char *folder, const sa_ctx_options *options, struct runner s) {
    if (sa_ctx_create(options, &s.ctx) != SA_OK) {
        fprintf(stderr, "conformance: %s\n", sa_ctx_last_error(NULL));
        return EXIT_USAGE;
    }
    int lacks = (options->isa != SA_ISA_AUTO && sa_ctx_isa(s.ctx) != options->isa) ||
                sa_ctx_precision(s.ctx) != options->precision;
    if (lacks)
        printf("SKIPPED: this CPU lacks the instruction set\n");
    else
        walk(&s, folder, 0);
    sa_ctx_destroy(&s.ctx);
    if (lacks) return EXIT_SKIPPED;
    printf("%ld passed, %ld failed, %ld skipped\n", s.count[PASSED], s.count[FAILED], s.count[SKIPPED]);
    return s.count[FAILED] ? EXIT_FAILED : EXIT_PASSED;
}

static int usage(poptContext arguments, const char *what, const char *name) {
    fprintf(stderr, "conformance: %s %s\n", what, name ? name : "");
    poptPrintUsage(arguments, stderr, 0);
    poptFreeContext(arguments);
    return EXIT_USAGE;
}

int main(int argc, const char **argv) {
    char *path = NULL, *isa = NULL, *precision = NULL;
    int threads = 0;
    struct runner runner = {0};
    const struct poptOption table[] = {
        {"path", 0, POPT_ARG_STRING, &path, 0, "how attention is computed", "auto|plain|blas|fused"},
        {"isa", 0, POPT_ARG_STRING, &isa, 0, "instruction set",
         "auto|portable|simd128|neon|avx2|avx512|avx512_bf16|amx"},
        {"precision", 0, POPT_ARG_STRING, &precision, 0, "how exact arithmetic is meant to be", "highest|high|medium"},
        {"threads", 0, POPT_ARG_INT, &threads, 0, "most threads; 0: one per CPU", "N"},
        {"quiet", 'q', POPT_ARG_NONE, &runner.quiet, 0, "say only what failed, and the totals", NULL},
        {"norm", 0, POPT_ARG_DOUBLE, &runner.norm, 0,
         "hold the norm of an output's error to X times the output's (more where the case allows more than its "
         "format's default), instead of each number to rtol and atol, where the precision bears on the operator",
         "X"},
        {"widen", 0, POPT_ARG_NONE, &runner.widen, 0, "widen tolerances by scale * sqrt(D) where that is above 1",
         NULL},
        POPT_AUTOHELP POPT_TABLEEND,
    };
    poptContext arguments = poptGetContext(NULL, argc, argv, table, 0);
    poptSetOtherOptionHelp(arguments, "[OPTIONS] DIR");
    int rest = poptGetNextOpt(arguments);
    if (rest < -1) return usage(arguments, poptStrerror(rest), poptBadOption(arguments, 0));
    const char *folder = poptGetArg(arguments), *extra = poptGetArg(arguments);
    sa_ctx_options options = {.struct_size = sizeof options, .threads = threads};
    options.path = path ? constant("SA_PATH_", path) : SA_PATH_AUTO;
    options.isa = isa ? constant("SA_ISA_", isa) : SA_ISA_AUTO;
    options.precision = precision ? constant("SA_PRECISION_", precision) : SA_PRECISION_HIGHEST;
    if (!folder || extra) return usage(arguments, "one folder is needed", extra);
    if (options.path < 0) return usage(arguments, "there is no path", path);
    if (options.isa < 0) return usage(arguments, "there is no instruction set", isa);
    if (options.precision < 0) return usage(arguments, "there is no precision", precision);
    struct stat status;
    if (stat(folder, &status) || !S_ISDIR(status.st_mode)) return usage(arguments, "this is no folder:", folder);
    int result = run(folder, &options, runner);
    free(path);
    free(isa);
    free(precision);
    poptFreeContext(arguments);
    return result;
}
