/* sa-bench roof: what one core of this machine can do at most.
 * SPDX-License-Identifier: MIT */
#include "command/commands.h"
#include "command/options.h"
#include "measure/report.h"

#include <jansson.h>
#include <stdio.h>

static const char about[] = "Measures the roofs of one core: f32 multiply-add, AVX512-BF16 and AMX-BF16 products from "
                            "registers, cblas_sgemm at\n"
                            "2048^3, and reading an array that is larger than every cache. They take turns in short "
                            "rounds; we report the best\n"
                            "round.";

/* Two words each: the JSON key and the name for people. */
static const struct {
    const char *key, *name, *unit;
} texts[ROOFS] = {[ROOF_FMA] = {"fma_gflops", "f32 FMA", "GF/s"},
                  [ROOF_BF16] = {"avx512_bf16_gflops", "AVX512-BF16", "GF/s"},
                  [ROOF_AMX] = {"amx_bf16_gflops", "AMX-BF16", "GF/s"},
                  [ROOF_SGEMM] = {"sgemm_gflops", "cblas_sgemm 2048³", "GF/s"},
                  [ROOF_READ] = {"read_gbps", "read bandwidth", "GB/s"}};

static int print_json(const struct roofs *roofs) {
    json_t *object = json_object();
    int failed = 0;
    for (int i = 0; i < ROOFS; i++) failed |= json_object_set_new(object, texts[i].key, json_real(roofs->rate[i]));
    failed = failed || json_dumpf(object, stdout, JSON_REAL_PRECISION(6)) || putchar('\n') == EOF;
    json_decref(object);
    return failed ? complain(FAILED, "cannot write the result") : DONE;
}

static int print_table(const struct roofs *roofs) {
    print_machine();
    printf("| roof of one core | rate | of FMA |\n|---|---|---|\n");
    for (int i = 0; i < ROOFS; i++) {
        printf("| %s | %.1f %s | ", texts[i].name, roofs->rate[i], texts[i].unit);
        if (i == ROOF_READ)
            printf("– |\n");
        else
            printf("%.2f |\n", roofs->rate[i] / roofs->rate[ROOF_FMA]);
    }
    printf("\nThe FMA loop ran on %s.\n", roofs_isa());
    return DONE;
}

int roof_command(int argc, const char **argv) {
    int json = 0, rounds = 10;
    struct poptOption flags[] = {{"json", 0, POPT_ARG_NONE, &json, 0, "print one JSON object", NULL},
                                 {"rounds", 0, POPT_ARG_INT, &rounds, 0, "rounds, about a second each (10)", "R"},
                                 POPT_TABLEEND};
    int status = options_read(flags, about, argc, argv);
    if (status < 0) status = check_range("--rounds", rounds, 1, 1000);
    if (status >= 0) return status;
    struct roofs roofs = {.rate = {0}};
    struct progress progress;
    progress_start(&progress, (double)rounds * ROOFS);
    progress_say(&progress, "roofs");
    status = roofs_measure(&roofs, rounds, &progress);
    progress_end(&progress);
    if (status) return status;
    return json ? print_json(&roofs) : print_table(&roofs);
}
