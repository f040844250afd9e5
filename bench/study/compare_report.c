/* SPDX-License-Identifier: MIT */
#include "study/compare.h"

#include "measure/report.h"
#include "selfattn.h"
#include "show/grid.h"
#include "way/half.h"

#include <stdio.h>

static int is_ours(const struct compare *c, int i) {
    return c->entrants[i].entry.way == &way_library;
}

/* The work at a shape: operations, or bytes if reading takes most of the time. */
static void add_rate(struct grid *g, const struct compare *c, int shape, int i) {
    const struct shape *s = &shapes[shape].shape;
    const double ns = c->results[shape][i].ms * 1e6;
    if (shape_is_decoding(s))
        grid_cell(g, "%.1f GB/s", shape_bytes(s, (double)dtype_size(c->entrants[i].entry.settings.dtype)) / ns);
    else
        grid_cell(g, "%.0f GF/s", shape_flops(s) / ns);
}

static void add_row(struct grid *g, const struct compare *c, int shape, int i) {
    const double ms = c->results[shape][i].ms;
    const struct bound bound = compare_bound(c, shape, i);
    const int best = compare_best_rival(c, shape, i);
    grid_row(g);
    grid_cell(g, "%s", shapes[shape].name);
    grid_cell(g, "%s %s", c->entrants[i].label, dtype_name(c->entrants[i].entry.settings.dtype));
    grid_cell(g, "%.2f", ms);
    add_rate(g, c, shape, i);
    grid_cell(g, "%.2f %s", bound.ms / ms, bound.roof);
    grid_cell(g, "%.2f", shape_flops(&shapes[shape].shape) / (ms * 1e6) / (c->roofs.rate[ROOF_FMA] * c->threads));
    if (!c->rivals.count) return;
    grid_cell(g, "%s", best < 0 ? "–" : c->entrants[best].label);
    if (best < 0) return;
    grid_cell(g, "%.2f", c->results[shape][best].ms);
    grid_cell(g, "**%.2f**", c->results[shape][best].ms / ms);
}

static void print_speeds(const struct compare *c) {
    static const char *const heading[] = {"shape", "libselfattn", "ms",       "rate",   "of its roof",
                                          "x FMA", "best rival",  "rival ms", "speedup"};
    enum { ALONE = 6, ALL = sizeof heading / sizeof heading[0] };
    static struct grid grid;
    grid_titles(&grid, heading, c->rivals.count ? ALL : ALONE);
    for (int shape = 0; shape < SHAPES; shape++)
        for (int i = 0; i < c->count; i++)
            if (c->chosen[shape] && is_ours(c, i)) add_row(&grid, c, shape, i);
    grid_print(&grid);
}

static void print_rivals(const struct compare *c) {
    static struct grid grid;
    if (!c->rivals.count) return;
    grid_row(&grid);
    grid_cell(&grid, "rivals, ms");
    for (int i = 0; i < c->count; i++)
        if (!is_ours(c, i)) grid_cell(&grid, "%s", c->entrants[i].label);
    for (int shape = 0; shape < SHAPES; shape++) {
        if (!c->chosen[shape]) continue;
        grid_row(&grid);
        grid_cell(&grid, "%s", shapes[shape].name);
        for (int i = 0; i < c->count; i++)
            if (!is_ours(c, i) && c->results[shape][i].ms > 0)
                grid_cell(&grid, "%.2f", c->results[shape][i].ms);
            else if (!is_ours(c, i))
                grid_cell(&grid, "–");
    }
    printf("\n");
    grid_print(&grid);
}

/* The largest difference of an entrant's outputs from those of highest. */
static void print_differences(const struct compare *c) {
    printf("\nLargest difference from the outputs at highest:");
    for (int i = 1; i < c->count; i++) {
        double largest = 0;
        for (int shape = 0; shape < SHAPES; shape++)
            if (c->results[shape][i].difference > largest) largest = c->results[shape][i].difference;
        printf("%s %s %.0e", i > 1 ? "," : "", c->entrants[i].label, largest);
    }
    printf(".\n");
}

static void print_absent(const struct compare *c) {
    if (c->rivals.absent_count) printf("\nNot there:");
    for (int i = 0; i < c->rivals.absent_count; i++) printf("%s %s", i ? "," : "", c->rivals.absent[i]);
    if (c->rivals.absent_count) printf(".\n");
    for (int shape = 0; shape < SHAPES; shape++)
        for (int i = 0; i < c->count; i++)
            if (*c->results[shape][i].absent)
                printf("\n%s was not run at %s: %s.\n", c->entrants[i].label, shapes[shape].name,
                       c->results[shape][i].absent);
}

static void print_rules(const struct compare *c) {
    printf("%d thread%s; rounds for %g s a shape, lowest round median. ", c->threads, c->threads > 1 ? "s" : "",
           c->seconds);
    if (c->threads > 1) printf("Fractions are of that many times the roof of one core. ");
    if (c->entrants[1].precision == SA_PRECISION_HIGH)
        printf("`high` is compared with AMX/3, since it takes three products of bf16 for one of f32. ");
    else
        printf("There is no matrix unit: `high` is `highest`%s. ",
               c->entrants[1].precision == SA_PRECISION_MEDIUM ? "" : ", and `medium` has its arithmetic");
    printf("Decoding is compared with read bandwidth.\n\n");
}

void compare_print(const struct compare *c) {
    print_machine();
    print_roofs(&c->roofs);
    print_rules(c);
    print_speeds(c);
    print_rivals(c);
    print_differences(c);
    print_absent(c);
}
