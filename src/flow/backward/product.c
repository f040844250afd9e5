/* Blocks as in Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008. All workers together
 * bring rows of b into panels of columns as wide as the kernels like them. Then a task takes rows of a, packed as well,
 * and all panels pass by.
 * SPDX-License-Identifier: MIT */
#include "flow/backward/product.h"

#include "base/arith.h"

#include <string.h>

/* BLOCK_M rows of a and BLOCK_K numbers of each stay in a core's second cache; ROWS are multiplied at a time. */
enum { BLOCK_M = 96, BLOCK_K = 384, BLOCK_N = 1024, ROWS = 16, TASKS_PER_THREAD = 4 };

struct running {
    const struct machine *machine;
    const struct product *p;
    float *panels, *workers; /* [panel][k][width]; what each worker has */
    int64_t width;
    int64_t block_floats,
        worker_floats;     /* of a block of a, and of all that a worker has: sums stand behind the block */
    int64_t first, k;      /* the rows of b that are packed */
    int64_t column, count; /* the first column and the number of panels */
    int64_t blocks;        /* of rows of a */
    int64_t together;      /* panels of one task */
    const float *start;    /* [n] each row of c begins with this; NULL: with zeros */
    int replaces;          /* otherwise c goes on from what it is */
};

static int64_t widest(const struct machine *machine) {
    return machine->kernels->lanes->most_width;
}

static int64_t panel_floats(const struct machine *machine, int64_t n, int64_t k) {
    return min_i64(BLOCK_K, k) * round_up(min_i64(BLOCK_N, n), widest(machine));
}

static int64_t block_floats(int64_t m, int64_t k) {
    return min_i64(BLOCK_M, m) * min_i64(BLOCK_K, k);
}

/* A block of a, and sums of some of its rows. */
static int64_t worker_floats(const struct machine *machine, int64_t m, int64_t k) {
    return block_floats(m, k) + ROWS * widest(machine);
}

static int64_t bytes_of(const struct machine *machine, int64_t m, int64_t n, int64_t k) {
    const int64_t workers = worker_floats(machine, m, k) * machine->parallel.threads;
    return (panel_floats(machine, n, k) + workers) * (int64_t)sizeof(float);
}

int64_t product_bytes(const struct machine *machine, int64_t m, int64_t n, int64_t k) {
    const int64_t sizes[] = {m, n, k, m, n};
    int64_t most = 0;
    for (int i = 0; i < 3; i++) {
        most = max_i64(most, bytes_of(machine, sizes[i], sizes[i + 1], sizes[i + 2]));
        most = max_i64(most, bytes_of(machine, sizes[i + 1], sizes[i], sizes[i + 2]));
    }
    return most;
}

static int64_t panel_columns(const struct running *r, int64_t panel) {
    return min_i64(r->width, r->p->n - r->column - panel * r->width);
}

/* The last panel is as narrow as it can be. */
static int64_t panel_width(const struct running *r, int64_t panel) {
    return round_up(panel_columns(r, panel), r->machine->kernels->lanes->unit);
}

static float *panel_at(const struct running *r, int64_t panel) {
    return r->panels + panel * r->k * r->width;
}

/* A panel [k][width] of b that is transposed, zeros behind the last column. */
static void pack_panel(void *arg, int64_t panel, int32_t worker) {
    const struct running *r = arg;
    const struct operand *b = &r->p->b;
    const int64_t column = r->column + panel * r->width, width = panel_width(r, panel);
    (void)worker;
    r->machine->kernels->rows->transpose(panel_at(r, panel), width, b->x + column * b->ld + r->first, b->ld,
                                         panel_columns(r, panel), r->k, width);
}

/* ROWS of b in all panels: it is read in order. */
static void pack_rows(void *arg, int64_t task, int32_t worker) {
    const struct running *r = arg;
    const struct operand *b = &r->p->b;
    (void)worker;
    for (int64_t i = task * ROWS; i < min_i64(r->k, (task + 1) * ROWS); i++) {
        const float *from = b->x + (r->first + i) * b->ld + r->column;
        for (int64_t panel = 0; panel < r->count; panel++, from += r->width) {
            const int64_t columns = panel_columns(r, panel), width = panel_width(r, panel);
            float *to = panel_at(r, panel) + i * width;
            for (int64_t j = 0; j < columns; j++) to[j] = from[j];
            for (int64_t j = columns; j < width; j++) to[j] = 0;
        }
    }
}

/* A block [rows][k] of a; copied, unless it lies like that. */
static const float *pack_block(const struct running *r, int64_t row, int64_t rows, float *to) {
    const struct operand *a = &r->p->a;
    if (!a->transposed && a->ld == r->k) return a->x + row * a->ld;
    if (a->transposed)
        r->machine->kernels->rows->transpose(to, r->k, a->x + r->first * a->ld + row, a->ld, r->k, rows, r->k);
    else
        for (int64_t i = 0; i < rows; i++)
            memcpy(to + i * r->k, a->x + (row + i) * a->ld + r->first, (size_t)r->k * sizeof *to);
    return to;
}

/* ROWS of c at most, and the columns of a panel. */
struct part {
    float *c;
    int64_t ldc, rows, columns;
};

static struct part part_at(const struct running *r, int64_t row, int64_t end, int64_t panel) {
    return (struct part){r->p->c + row * r->p->ldc + r->column + panel * r->width, r->p->ldc, min_i64(ROWS, end - row),
                         panel_columns(r, panel)};
}

static void fetch(const struct part *part) {
    for (int64_t j = 0; j < part->rows; j++) {
        __builtin_prefetch(part->c + j * part->ldc, 1);
        __builtin_prefetch(part->c + j * part->ldc + part->columns - 1, 1);
    }
}

/* What stands there before the first product: zeros, where start is NULL. */
static void begin(const struct part *part, const float *start) {
    for (int64_t j = 0; j < part->rows; j++)
        for (int64_t i = 0; i < part->columns; i++) part->c[j * part->ldc + i] = start ? start[i] : 0;
}

/* Adds the product of a block's rows and a panel; rows of c that end amid a register get it by way of `sums`. */
static void multiply(const struct running *r, const float *block, const struct part *part, int64_t panel, float *sums) {
    const struct lane_kernels *lanes = r->machine->kernels->lanes;
    const int64_t width = panel_width(r, panel);
    const float *b = panel_at(r, panel);
    if (part->columns == width) {
        lanes->accumulate(part->c, part->ldc, width, b, r->k, block, r->k, part->rows, NULL);
        return;
    }
    memset(sums, 0, (size_t)(part->rows * width) * sizeof *sums);
    lanes->accumulate(sums, width, width, b, r->k, block, r->k, part->rows, NULL);
    for (int64_t j = 0; j < part->rows; j++)
        for (int64_t w = 0; w < part->columns; w++) part->c[j * part->ldc + w] += sums[j * width + w];
}

/* A block of rows of a passes some panels. Each part of c is fetched while the one before it is computed: their rows
 * lie far apart. */
static void run_task(void *arg, int64_t task, int32_t worker) {
    const struct running *r = arg;
    const int64_t row = task % r->blocks * BLOCK_M, end = min_i64(r->p->m, row + BLOCK_M);
    const int64_t first = task / r->blocks * r->together, last = min_i64(first + r->together, r->count);
    float *room = r->workers + worker * r->worker_floats, *sums = room + r->block_floats;
    const float *block = pack_block(r, row, end - row, room);
    struct part part = part_at(r, row, end, first);
    fetch(&part);
    for (int64_t panel = first; panel < last; panel++)
        for (int64_t at = row; at < end; at += ROWS) {
            const struct part next = at + ROWS < end    ? part_at(r, at + ROWS, end, panel)
                                     : panel + 1 < last ? part_at(r, row, end, panel + 1)
                                                        : part;
            fetch(&next);
            if (!r->first && r->replaces) begin(&part, r->start ? r->start + r->column + panel * r->width : NULL);
            multiply(r, block + (at - row) * r->k, &part, panel, sums);
            part = next;
        }
}

/* The panels of some rows of b, and what they add to c. With few blocks of rows, panels are several tasks. */
static void run_panels(struct running *r) {
    const struct parallel *parallel = &r->machine->parallel;
    const int64_t tasks = parallel->threads > 1 ? TASKS_PER_THREAD * parallel->threads : 1;
    r->together = ceil_div(r->count, min_i64(r->count, ceil_div(tasks, r->blocks)));
    tasks_run(parallel, r->p->b.transposed ? r->count : ceil_div(r->k, ROWS),
              r->p->b.transposed ? pack_panel : pack_rows, r);
    tasks_run(parallel, r->blocks * ceil_div(r->count, r->together), run_task, r);
}

static void run(const struct machine *machine, const struct product *p, const float *start, int replaces,
                void *scratch) {
    struct running r = {.machine = machine,
                        .p = p,
                        .panels = scratch,
                        .workers = (float *)scratch + panel_floats(machine, p->n, p->k),
                        .width = min_i64(widest(machine), round_up(p->n, machine->kernels->lanes->unit)),
                        .block_floats = block_floats(p->m, p->k),
                        .worker_floats = worker_floats(machine, p->m, p->k),
                        .blocks = ceil_div(p->m, BLOCK_M),
                        .start = start,
                        .replaces = replaces};
    const int64_t columns = BLOCK_N / r.width * r.width, parts = max_i64(1, ceil_div(p->k, BLOCK_K));
    if (!p->m || !p->n) return;
    for (r.column = 0; r.column < p->n; r.column += columns) {
        r.count = ceil_div(min_i64(columns, p->n - r.column), r.width);
        for (int64_t part = 0; part < parts; part++) {
            r.first = p->k * part / parts;
            r.k = p->k * (part + 1) / parts - r.first;
            run_panels(&r);
        }
    }
}

void product_add(const struct machine *machine, const struct product *p, void *scratch) {
    run(machine, p, NULL, 0, scratch);
}

void product_set(const struct machine *machine, const struct product *p, const float *start, void *scratch) {
    run(machine, p, start, 1, scratch);
}

/* Strips of columns, whose sums stand beside each other. */
enum { STRIP = 64 };

struct adding {
    float *to;
    const float *x;
    int64_t rows, width;
};

static void add_strip(void *arg, int64_t strip, int32_t worker) {
    const struct adding *a = arg;
    const int64_t first = strip * STRIP, n = min_i64(STRIP, a->width - first);
    double sums[STRIP] = {0};
    (void)worker;
    for (int64_t r = 0; r < a->rows; r++)
        for (int64_t i = 0; i < n; i++) sums[i] += (double)a->x[r * a->width + first + i];
    for (int64_t i = 0; i < n; i++) a->to[first + i] += (float)sums[i];
}

void add_rows(const struct parallel *parallel, float *to, const float *x, int64_t rows, int64_t width) {
    struct adding a = {to, x, rows, width};
    tasks_run(parallel, ceil_div(width, STRIP), add_strip, &a);
}
