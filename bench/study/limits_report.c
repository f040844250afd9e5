/* SPDX-License-Identifier: MIT */
#include "measure/report.h"
#include "show/fit.h"
#include "show/picture.h"
#include "study/limits.h"

#include <math.h>
#include <stdio.h>

double limit_exponent(const struct limits *l, int way, int last, int memory) {
    struct sample samples[LIMIT_LENGTHS];
    int count = 0;
    for (int i = l->count - 1; i >= 0 && count < last; i--) {
        const struct limit_point *p = &l->points[way][i];
        const double y = memory ? (double)p->bytes : p->ms;
        if (p->ms > 0 && y > 0) samples[count++] = (struct sample){(double)l->lengths[i], LIMIT_HEAD, y};
    }
    return count >= 2 ? fit_power_law(samples, count).n : NAN;
}

static void print_times(const struct limits *l) {
    printf(
        "One causal head of %d, n queries and keys, one thread. Milliseconds of CPU time, and memory beyond inputs and "
        "output.\n\n| n |",
        LIMIT_HEAD);
    for (int way = 0; way < LIMIT_WAYS; way++) printf(" %s |", limit_name(way));
    printf("\n|---|");
    for (int way = 0; way < LIMIT_WAYS; way++) printf("---|");
    for (int i = 0; i < l->count; i++) {
        printf("\n| %lld |", (long long)l->lengths[i]);
        for (int way = 0; way < LIMIT_WAYS; way++) {
            const struct limit_point *p = &l->points[way][i];
            if (p->ms > 0)
                printf(" %.4g, %s |", p->ms, bytes_text(p->bytes).text);
            else
                printf(" – |");
        }
    }
    printf("\n");
}

/* The longest length that was taken, and the error there. */
static void print_law(const struct limits *l, int way) {
    enum { LAST = 4 };
    const struct limit_point *p = NULL;
    double error = NAN;
    int at = -1;
    for (int i = 0; i < l->count; i++) {
        if (l->points[way][i].ms > 0) p = &l->points[way][at = i];
        if (!isnan(l->points[way][i].error)) error = l->points[way][i].error;
    }
    if (!p) return;
    printf("| %s | n^%.2f | n^%.2f | %lld | %.3g | ", limit_name(way), limit_exponent(l, way, LAST, 0),
           round(limit_exponent(l, way, LAST, 1) * 100) / 100 + 0.0, (long long)l->lengths[at],
           p->ms * 1e6 / (double)l->lengths[at]);
    if (isnan(error))
        printf("– |\n");
    else
        printf("%.1e |\n", error);
}

void limits_print(const struct limits *l) {
    print_machine();
    print_times(l);
    printf("\nExponents over the last four lengths; error: norm of the difference from flash, relative, at the longest "
           "length that both have.\n\n| way | time | memory | longest n | ns per token there | error |\n"
           "|---|---|---|---|---|---|\n");
    for (int way = 0; way < LIMIT_WAYS; way++) print_law(l, way);
}

int limits_write_csv(const struct limits *l, const char *path) {
    FILE *file = file_create(path);
    if (!file) return FAILED;
    fputs("way,n,ms,bytes,error\n", file);
    for (int way = 0; way < LIMIT_WAYS; way++)
        for (int i = 0; i < l->count; i++) {
            const struct limit_point *p = &l->points[way][i];
            if (p->ms > 0)
                fprintf(file, "%s,%lld,%.6g,%llu,%.4g\n", limit_name(way), (long long)l->lengths[i], p->ms,
                        (unsigned long long)p->bytes, p->error);
        }
    return file_finish(file, path);
}
