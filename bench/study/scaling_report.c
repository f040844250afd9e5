/* SPDX-License-Identifier: MIT */
#include "measure/report.h"
#include "show/fit.h"
#include "show/picture.h"
#include "study/scaling.h"

#include <math.h>
#include <stdio.h>

static void print_point(const struct scaling *s, int d, int n) {
    const struct point *tiled = &s->points[WAY_TILED][d][n], *unfused = &s->points[WAY_UNFUSED][d][n];
    const struct point *naive = &s->points[WAY_NAIVE][d][n];
    const double rate = runner_rate(&tiled->runner);
    printf("| %lld | %lld | %.3f | %.1f | %.2f | %.2f | ", (long long)s->lengths[n], (long long)scaling_head_sizes[d],
           tiled->runner.ms_median, rate, rate / s->roofs.rate[ROOF_SGEMM], rate / s->roofs.rate[ROOF_FMA]);
    if (unfused->taken)
        printf("%.2f | ", unfused->runner.ms_median / tiled->runner.ms_median);
    else
        printf("– | ");
    if (naive->taken)
        printf("%.0f | ", naive->runner.ms_median / tiled->runner.ms_median);
    else
        printf("– | ");
    printf("%s (%s) | ", bytes_text(tiled->alone.extra_bytes).text, bytes_text(tiled->alone.resident_bytes).text);
    if (unfused->taken)
        printf("%s (%s) |\n", bytes_text(unfused->alone.extra_bytes).text,
               bytes_text(unfused->alone.resident_bytes).text);
    else
        printf("– |\n");
}

static void print_points(const struct scaling *s) {
    printf("One head, n queries and n keys, one thread. Memory beyond inputs and output: allocated (growth of the "
           "resident process).\n\n"
           "| n | d | tiled ms | GF/s | of sgemm | of FMA | unfused / tiled | triple loop / tiled | tiled memory | "
           "unfused memory |\n|---|---|---|---|---|---|---|---|---|---|\n");
    for (int n = 0; n < s->lengths_count; n++)
        for (int d = 0; d < HEAD_SIZES; d++) print_point(s, d, n);
}

enum { TIME, MEMORY };

/* The points of one way from length `least` on, what = TIME or MEMORY; returns how many. */
static int collect(const struct scaling *s, int way, int what, int64_t least, struct sample *samples) {
    int count = 0;
    for (int d = 0; d < HEAD_SIZES; d++)
        for (int n = 0; n < s->lengths_count; n++) {
            const struct point *p = &s->points[way][d][n];
            if (!p->taken || s->lengths[n] < least) continue;
            samples[count++] = (struct sample){(double)s->lengths[n], (double)scaling_head_sizes[d],
                                               what == TIME ? p->runner.ms_median : (double)p->alone.extra_bytes};
        }
    return count;
}

/* To two decimals, so that nothing prints as -0.00. */
static double rounded(double x) {
    return round(x * 100) / 100 + 0.0;
}

static void print_exponents(const struct scaling *s, int way, int64_t least) {
    struct sample samples[HEAD_SIZES * LENGTHS_MAX];
    int count = collect(s, way, TIME, least, samples);
    if (count < 2) return;
    const struct power_law time = fit_power_law(samples, count);
    const double worst = worst_factor(samples, count);
    count = collect(s, way, MEMORY, least, samples);
    const struct power_law memory = fit_power_law(samples, count);
    printf("| %s | n >= %lld | n^%.2f d^%.2f | %+.2f, %+.2f | %.2f | n^%.2f |\n", scaling_entries[way].way->name,
           (long long)least, time.n, time.d, rounded(time.n - 2), rounded(time.d - 1), worst, rounded(memory.n));
}

/* At short sequences the fixed cost of a call matters; longer ones show the exponents. */
static void print_laws(const struct scaling *s) {
    printf("\n| way | points | time | from n^2 d | worst point off c n^2 d by a factor of | memory |\n"
           "|---|---|---|---|---|---|\n");
    for (int way = 0; way < WAYS; way++) {
        print_exponents(s, way, LENGTH_LEAST);
        if (s->lengths_count > 4) print_exponents(s, way, 8 * LENGTH_LEAST);
    }
    printf("\nLargest difference between the ways' outputs: %.0e.\n", s->difference);
}

void scaling_print(const struct scaling *s) {
    print_machine();
    print_roofs(&s->roofs);
    print_points(s);
    print_laws(s);
}

static void write_point(const struct scaling *s, int way, int d, int n, FILE *file) {
    const struct point *p = &s->points[way][d][n];
    const double rate = runner_rate(&p->runner);
    if (p->taken)
        fprintf(file, "%s,%lld,%lld,%.6g,%.6g,%.6g,%.4g,%.4g,%llu,%llu\n", scaling_entries[way].way->name,
                (long long)s->lengths[n], (long long)scaling_head_sizes[d], p->runner.ms_median, p->runner.ms_min, rate,
                rate / s->roofs.rate[ROOF_SGEMM], rate / s->roofs.rate[ROOF_FMA],
                (unsigned long long)p->alone.extra_bytes, (unsigned long long)p->alone.resident_bytes);
}

int scaling_write_csv(const struct scaling *s, const char *path) {
    FILE *file = file_create(path);
    if (!file) return FAILED;
    fputs("way,n,d,ms_median,ms_min,gflops,of_sgemm,of_fma,extra_bytes,resident_bytes\n", file);
    for (int way = 0; way < WAYS; way++)
        for (int d = 0; d < HEAD_SIZES; d++)
            for (int n = 0; n < s->lengths_count; n++) write_point(s, way, d, n, file);
    return file_finish(file, path);
}
