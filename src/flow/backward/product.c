/* c is cut into panels of columns as wide as the kernels like them, and blocks of rows. A task takes one of each, and
 * walks along k; it brings the panel of b into its scratch memory first.
 * SPDX-License-Identifier: MIT */
#include "flow/backward/product.h"

#include "base/arith.h"

#include <string.h>

enum { BLOCK_M = 192, BLOCK_K = 256 };

struct running {
    const struct machine *machine;
    const struct product *p;
    char *scratch;
    int64_t width, panels, worker_floats;
    int replaces; /* c = a * b */
};

static int64_t widest(const struct machine *machine) {
    return machine->kernels->lanes->most_width;
}

/* A panel of b, a block of c, and the ones that `weigh` wants. */
static int64_t worker_floats(const struct machine *machine) {
    return (BLOCK_K + BLOCK_M + 1) * widest(machine);
}

int64_t product_bytes(const struct machine *machine) {
    return worker_floats(machine) * (int64_t)sizeof(float) * machine->parallel.threads;
}

/* to[k][width] = b, zeros behind the last column. */
static void pack_panel(const struct running *r, float *to, int64_t column, int64_t columns, int64_t first, int64_t k) {
    const struct operand *b = &r->p->b;
    if (b->transposed) {
        r->machine->kernels->rows->transpose(to, r->width, b->x + column * b->ld + first, b->ld, columns, k, r->width);
        return;
    }
    for (int64_t i = 0; i < k; i++) {
        memcpy(to + i * r->width, b->x + (first + i) * b->ld + column, (size_t)columns * sizeof *to);
        memset(to + i * r->width + columns, 0, (size_t)(r->width - columns) * sizeof *to);
    }
}

/* sums[m][width] += a * panel */
static void add_block(const struct running *r, float *sums, const float *ones, const float *panel, int64_t row,
                      int64_t rows, int64_t first, int64_t k) {
    const struct lane_kernels *lanes = r->machine->kernels->lanes;
    const struct operand *a = &r->p->a;
    if (a->transposed)
        lanes->weigh(sums, r->width, rows, ones, panel, k, a->x + first * a->ld + row, a->ld);
    else
        lanes->accumulate(sums, r->width, panel, k, a->x + row * a->ld + first, a->ld, rows);
}

static void add_row(float *to, const float *sums, int64_t n, int replaces) {
    if (replaces)
        memcpy(to, sums, (size_t)n * sizeof *to);
    else
        for (int64_t j = 0; j < n; j++) to[j] += sums[j];
}

static void run_task(void *arg, int64_t task, int32_t worker) {
    const struct running *r = arg;
    const struct product *p = r->p;
    const int64_t column = task % r->panels * r->width, row = task / r->panels * BLOCK_M;
    const int64_t columns = min_i64(r->width, p->n - column), rows = min_i64(BLOCK_M, p->m - row);
    float *panel = (float *)r->scratch + worker * r->worker_floats, *sums = panel + BLOCK_K * r->width,
          *ones = sums + BLOCK_M * r->width;
    for (int64_t i = 0; i < r->width; i++) ones[i] = 1;
    memset(sums, 0, (size_t)(rows * r->width) * sizeof *sums);
    for (int64_t first = 0; first < p->k; first += BLOCK_K) {
        const int64_t k = min_i64(BLOCK_K, p->k - first);
        pack_panel(r, panel, column, columns, first, k);
        add_block(r, sums, ones, panel, row, rows, first, k);
    }
    for (int64_t i = 0; i < rows; i++)
        add_row(p->c + (row + i) * p->ldc + column, sums + i * r->width, columns, r->replaces);
}

static void run(const struct machine *machine, const struct product *p, void *scratch, int replaces) {
    struct running r = {.machine = machine,
                        .p = p,
                        .scratch = scratch,
                        .width = min_i64(widest(machine), round_up(p->n, machine->kernels->lanes->unit)),
                        .worker_floats = worker_floats(machine),
                        .replaces = replaces};
    if (!p->m || !p->n) return;
    r.panels = ceil_div(p->n, r.width);
    tasks_run(&machine->parallel, r.panels * ceil_div(p->m, BLOCK_M), run_task, &r);
}

void product_add(const struct machine *machine, const struct product *p, void *scratch) {
    run(machine, p, scratch, 0);
}

void product_set(const struct machine *machine, const struct product *p, void *scratch) {
    run(machine, p, scratch, 1);
}

void add_rows(float *to, const float *x, int64_t rows, int64_t width) {
    enum { STRIP = 64 };
    for (int64_t first = 0; first < width; first += STRIP) {
        const int64_t n = min_i64(STRIP, width - first);
        double sums[STRIP] = {0};
        for (int64_t r = 0; r < rows; r++)
            for (int64_t i = 0; i < n; i++) sums[i] += (double)x[r * width + first + i];
        for (int64_t i = 0; i < n; i++) to[first + i] += (float)sums[i];
    }
}
