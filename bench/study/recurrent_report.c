/* SPDX-License-Identifier: MIT */
#include "measure/report.h"
#include "show/fit.h"
#include "show/grid.h"
#include "study/recurrent.h"

#include <math.h>
#include <stdio.h>

static const char *layer_name(int layer) {
    return layer == ATTENTION_LAYER ? "attention" : recurrent_name(layer);
}

void recurrent_print(const struct recurrent_times *r) {
    static const char *const titles[] = {"n",       "layer",  "ms, 1 thread",      "µs per token",      "ms, 2 threads",
                                         "speedup", "memory", "PyTorch, 1 thread", "PyTorch, 2 threads"};
    static struct grid grid;
    print_machine();
    printf("Layers of width %lld with their projections, one sequence of n tokens; attention is causal, heads of %d. "
           "Memory beyond input, output and weights. ",
           (long long)r->width, RECURRENT_HEAD);
    worker_print(&r->worker, "PyTorch");
    printf(".\n\n");
    grid_titles(&grid, titles, *r->worker.name ? 9 : 7);
    for (int at = 0; at < r->count; at++)
        for (int layer = 0; layer < RECURRENT_LAYERS; layer++) {
            const struct recurrent_point *p = &r->points[layer][at];
            grid_row(&grid);
            grid_cell(&grid, "%lld", (long long)r->lengths[at]);
            grid_cell(&grid, "%s", layer_name(layer));
            grid_cell(&grid, "%.4g", p->ms[0]);
            grid_cell(&grid, "%.3g", p->ms[0] * 1e3 / (double)r->lengths[at]);
            grid_cell(&grid, "%.4g", p->ms[1]);
            grid_cell(&grid, "%.2f", p->ms[0] / p->ms[1]);
            grid_cell(&grid, "%s", bytes_text(p->bytes).text);
            for (int i = 0; i < RECURRENT_THREADS && p->rival_ms[i] > 0; i++) grid_cell(&grid, "%.4g", p->rival_ms[i]);
        }
    grid_print(&grid);
}

/* What is left: of attention a power of n, of the others a factor for each token, from lengths 4 and more. */
static void print_law(struct grid *grid, const struct influence *f, int layer) {
    enum { FROM = 2 };
    struct sample samples[INFLUENCE_LENGTHS];
    int last = f->count - 1, count = 0;
    while (last > FROM && !(f->reaches[layer][last] > 0)) last--;
    if (last <= FROM) return;
    const double ratio = f->reaches[layer][last] / f->reaches[layer][FROM];
    for (int at = FROM; at <= last; at++)
        samples[count++] = (struct sample){(double)f->lengths[at], 1, f->reaches[layer][at]};
    if (layer == INFLUENCE_LAYERS - 1)
        grid_cell(grid, "n^%.2f", fit_power_law(samples, count).n);
    else
        grid_cell(grid, "%.3f^n", pow(ratio, 1 / (double)(f->lengths[last] - f->lengths[FROM])));
}

void influence_print(const struct influence *f) {
    static struct grid grid;
    printf("\nInfluence of the first token on the last of n: norm of the derivative, 1 for n = 1; width %d, doubles, "
           "geometric mean of %d inputs.\n\n",
           INFLUENCE_WIDTH, INFLUENCE_DRAWS);
    grid_row(&grid);
    grid_cell(&grid, "n");
    for (int layer = 0; layer < INFLUENCE_LAYERS; layer++) grid_cell(&grid, "%s", influence_name(layer));
    for (int at = 0; at < f->count; at++) {
        grid_row(&grid);
        grid_cell(&grid, "%lld", (long long)f->lengths[at]);
        for (int layer = 0; layer < INFLUENCE_LAYERS; layer++)
            if (f->reaches[layer][at] > 0)
                grid_cell(&grid, "%.2g", f->reaches[layer][at]);
            else
                grid_cell(&grid, "below 1e-300");
    }
    grid_row(&grid);
    grid_cell(&grid, "law");
    for (int layer = 0; layer < INFLUENCE_LAYERS; layer++) print_law(&grid, f, layer);
    grid_print(&grid);
}
