/* Projections by our own kernels. By lanes, rows of X are packed like queries of attention, a group of rows per
 * register, and rows of W are used like keys: they are read as the model stores them. With matrix kernels it is the
 * other way round: W was packed like queries when the model was loaded, and rows of X, as bf16, are used like keys. So
 * the kernels' sums are rows of Y.
 *
 * First all rows are packed; then each task computes a range of outputs for a few groups of rows. By lanes, the weights
 * of its next panel are fetched from memory meanwhile. The sum over the inputs runs in stretches of IN_STRETCH, so that
 * a stretch of X stays in the first-level cache. A row's result depends on that row alone. Long rows are cut into
 * sections, so that one section of all the task's groups stays in the second-level cache for all its outputs.
 * SPDX-License-Identifier: MIT */
#include "flow/project/project_groups.h"

#include "base/arith.h"
#include "base/ledger.h"

#include <string.h>

/* With the widest groups, of 48 rows, a panel's sums and a stretch of X take 36 KiB of a first-level cache of 48; the
 * rest is for weights. Panels of 96 or 128 outputs are a tenth slower for a single group. A section of eight groups
 * takes 1.2 MiB of a second-level cache of 2. */
enum { IN_STRETCH = 128, IN_SECTION = 6 * IN_STRETCH, PANEL = 64, PANELS_PER_TASK = 2, GROUPS_PER_TASK = 8 };

struct lane_products {
    struct groups groups;
    int64_t section; /* inputs that a task goes through at a time; with matrix kernels all */
    int64_t out_tasks, group_tasks, tasks, task_groups;
    /* A worker's buffers, in bytes from its memory's start: */
    int64_t sums;   /* float   [kept_panels()][PANEL][width] */
    int64_t spare;  /* float   [width][most of in, PANEL]   rows of X or Y */
    int64_t panel;  /* float   [PANEL][section]             weights, if they are not floats */
    int64_t packed; /* uint16_t[parts][PANEL][depth]        the same for matrix kernels, if they are not packed */
    struct ledger worker, all;
    int64_t workers; /* where the first worker's memory begins, behind all packed groups */
    char *scratch;
};

/* Whether a panel of weights has to be converted or packed before use. */
static int makes_panel(const struct lane_products *s) {
    const struct linear *l = s->groups.p.linear;
    int64_t parts = s->groups.parts;
    return parts ? !l->packed || l->packed_parts < parts : l->dtype != SA_F32;
}

/* Panels of sums that a worker keeps: with one section, each is complete at once. */
static int64_t kept_panels(const struct lane_products *s) {
    return s->section < s->groups.depth ? PANELS_PER_TASK * s->task_groups : 1;
}

static int32_t workers_of(const struct lane_products *s) {
    return parallel_workers(&s->groups.machine->parallel, max_i64(s->groups.count, s->tasks));
}

static void place_buffers(struct lane_products *s) {
    const struct groups *groups = &s->groups;
    const struct linear *l = groups->p.linear;
    struct ledger *w = &s->worker;
    const int64_t f = sizeof(float);
    s->sums = ledger_book(w, "sums", kept_panels(s) * PANEL, groups->width, f);
    s->spare = ledger_book(w, "spare", groups->width, max_i64(l->in, PANEL), f);
    s->panel = ledger_book(w, "panel", makes_panel(s) && l->dtype != SA_F32 ? PANEL : 0, s->section, f);
    s->packed =
        ledger_book(w, "packed panel", makes_panel(s) ? groups->parts * PANEL : 0, groups->depth, sizeof(uint16_t));
    ledger_book_each(&s->all, &groups->memory, groups->count);
    s->workers = ledger_book_each(&s->all, w, workers_of(s));
}

static void cut_panels(const struct machine *machine, const struct projection *p, struct lane_products *s) {
    struct groups *groups = &s->groups;
    *s = (struct lane_products){.worker = {.title = "projection by lanes, a worker"}};
    groups_make(groups, machine, p);
    /* A section of quantised weights begins with a block. */
    int64_t unit = is_quantised(p->linear->dtype) ? MOST_BLOCK_ELEMENTS : IN_STRETCH;
    int64_t sections = groups->parts ? 1 : max_i64(ceil_div(groups->depth, IN_SECTION), 1);
    s->section = groups->parts ? groups->depth : round_up(ceil_div(groups->depth, sections), unit);
    s->out_tasks = ceil_div(p->linear->out, PANEL * PANELS_PER_TASK);
    s->group_tasks = ceil_div(groups->count, GROUPS_PER_TASK);
    s->task_groups = ceil_div(groups->count, max_i64(s->group_tasks, 1));
    ledger_require(&s->all, checked_mul(s->out_tasks, s->group_tasks, &s->tasks));
    place_buffers(s);
}

int64_t lanes_bytes(const struct machine *machine, const struct projection *p) {
    struct lane_products s;
    cut_panels(machine, p, &s);
    return ledger_bytes(&s.all);
}

static char *worker_scratch(const struct lane_products *s, int32_t worker) {
    return s->scratch + s->workers + worker * s->worker.bytes;
}

static void *packed_group(const struct lane_products *s, int64_t group) {
    return s->scratch + group * s->groups.memory.bytes;
}

static void pack_task(void *arg, int64_t group, int32_t worker) {
    const struct lane_products *s = arg;
    group_pack(&s->groups, group, packed_group(s, group), (float *)(worker_scratch(s, worker) + s->spare));
}

/* Outputs first .. first + count, inputs begin .. begin + inputs of these, and their weights. */
struct panel {
    int64_t first, count, begin, inputs;
    const float *rows; /* by lanes */
    int64_t ld;
    struct coming next;     /* the weights that this worker reads after these, by lanes; from is 0: none */
    const uint16_t *packed; /* for matrix kernels, as linear_pack() leaves them ... */
    int64_t parts;          /* ... in so many parts, of which those that rows of X have are used */
};

/* The panel's weights as floats: in place, or converted. */
static void find_rows(const struct lane_products *s, struct panel *panel, float *copy) {
    const struct linear *l = s->groups.p.linear;
    panel->rows = (const float *)linear_row(l, panel->first) + panel->begin;
    panel->ld = l->ld;
    if (l->dtype == SA_F32) return;
    for (int64_t o = 0; o < panel->count; o++)
        linear_widen(l, s->groups.machine->kernels, panel->first + o, panel->begin, panel->inputs,
                     copy + o * panel->inputs);
    panel->rows = copy;
    panel->ld = panel->inputs;
}

static struct panel find_panel(const struct lane_products *s, int64_t first, int64_t begin, char *scratch) {
    const struct linear *l = s->groups.p.linear;
    int64_t depth = s->groups.depth, parts = s->groups.parts;
    struct panel panel = {.first = first,
                          .count = min_i64(PANEL, l->out - first),
                          .begin = begin,
                          .inputs = min_i64(s->section, l->in - begin)};
    float *made = (float *)(scratch + s->panel);
    if (!parts) {
        find_rows(s, &panel, made);
    } else if (!makes_panel(s)) {
        panel.packed = l->packed + l->packed_parts * first * depth;
        panel.parts = l->packed_parts;
    } else {
        uint16_t *packed = (uint16_t *)(scratch + s->packed);
        find_rows(s, &panel, made);
        for (int64_t o = 0; o < panel.count; o += MATRIX_UNIT)
            s->groups.machine->kernels->matrix->pack_queries(packed + parts * o * depth, MATRIX_UNIT, depth, parts,
                                                             panel.rows + o * panel.ld, SA_F32, panel.ld,
                                                             min_i64(MATRIX_UNIT, panel.count - o), l->in, 1);
        panel.packed = packed;
        panel.parts = parts;
    }
    return panel;
}

/* Outputs o .. o + count of a panel, at most MATRIX_UNIT, for groups begin .. end: their weights stay in the
 * first-level cache. */
static void multiply_by_matrix(const struct lane_products *s, const struct panel *panel, int64_t o, int64_t count,
                               int64_t begin, int64_t end, float *sums, float *spare) {
    const struct groups *groups = &s->groups;
    int64_t depth = groups->depth;
    const uint16_t *weights = panel->packed + panel->parts * o * depth;
    for (int64_t g = begin; g < end; g++) {
        group_prefetch(groups, g, panel->first + o, count, 0, 1);
        groups->machine->kernels->matrix->scores(sums, MATRIX_UNIT, weights, depth, packed_group(s, g), depth,
                                                 groups->width * depth, group_rows(groups, g), groups->parts,
                                                 MATRIX_UNIT);
        group_store_rows(groups, g, panel->first + o, count, sums, spare);
    }
}

/* WebAssembly has no instruction that fetches ahead. Reads for which nothing waits come from memory many at a time,
 * those of a product a few. */
#ifdef __wasm__
enum { READS_FIRST = 1 };
#else
enum { READS_FIRST = 0 };
#endif

static void read_first(const struct panel *panel, int64_t i, int64_t n) {
    const int64_t line = 64 / (int64_t)sizeof(float);
    for (int64_t o = 0; o < panel->count; o++)
        for (int64_t k = 0; k < n; k += line) (void)*(const volatile float *)(panel->rows + o * panel->ld + i + k);
}

/* Adds a section's products to the sums. The first group meanwhile fetches weights of the next panel. */
static void multiply_by_lanes(const struct lane_products *s, const struct panel *panel, int64_t group, int first,
                              float *sums) {
    const struct groups *groups = &s->groups;
    const struct kernels *kernels = groups->machine->kernels;
    int64_t width = group_width(groups, group), stretches = max_i64(ceil_div(panel->inputs, IN_STRETCH), 1);
    const float *x = (const float *)packed_group(s, group) + panel->begin * width;
    struct coming next = panel->next;
    if (panel->begin == 0) memset(sums, 0, (size_t)(panel->count * width) * sizeof *sums);
    for (int64_t b = 0; b < stretches; b++, next.from += (uintptr_t)(IN_STRETCH / COMING_UNIT * next.pace)) {
        int64_t i = b * IN_STRETCH, n = min_i64(IN_STRETCH, panel->inputs - i);
        if (panel->begin + panel->inputs == groups->depth)
            group_prefetch(groups, group, panel->first, panel->count, b, stretches);
        if (READS_FIRST && first && groups->p.linear->dtype == SA_F32) read_first(panel, i, n);
        kernels->lanes->accumulate(sums, width, width, x + i * width, n, panel->rows + i, panel->ld, panel->count,
                                   first && next.from ? &next : NULL);
    }
}

/* A panel for groups begin .. end: sums[o][w] = w_o . x_w over the panel's inputs. */
static void project_panel(const struct lane_products *s, const struct panel *panel, int64_t begin, int64_t end,
                          float *sums, float *spare) {
    const struct groups *groups = &s->groups;
    int64_t step = kept_panels(s) > 1 ? PANEL * groups->width : 0;
    if (groups->parts) {
        for (int64_t o = 0; o < panel->count; o += MATRIX_UNIT)
            multiply_by_matrix(s, panel, o, min_i64(MATRIX_UNIT, panel->count - o), begin, end, sums, spare);
        return;
    }
    for (int64_t g = begin; g < end; g++, sums += step) {
        multiply_by_lanes(s, panel, g, g == begin, sums);
        if (panel->begin + s->section >= groups->depth) group_store(groups, g, panel->first, panel->count, sums, spare);
    }
}

/* The outputs of a task. */
static int64_t task_out(const struct lane_products *s, int64_t task) {
    return task % s->out_tasks * PANEL * PANELS_PER_TASK;
}
static int64_t task_last(const struct lane_products *s, int64_t task) {
    return min_i64(s->groups.p.linear->out, task_out(s, task) + PANEL * PANELS_PER_TASK);
}

/* The weights from output o and input i on, as the model stores them. */
static struct coming coming_weights(const struct lane_products *s, int64_t o, int64_t i) {
    const struct linear *l = s->groups.p.linear;
    const int64_t inputs = min_i64(s->section, l->in - i), units = max_i64(inputs / COMING_UNIT, 1);
    return (struct coming){(uintptr_t)linear_row(l, o) + (uintptr_t)weight_bytes(l->dtype, i),
                           weight_bytes(l->dtype, l->ld), ceil_div(weight_bytes(l->dtype, inputs), units)};
}

/* What a worker reads after the panel at output o and input i of a task: the next panel, the next section, or its next
 * task, if workers take turns. */
static struct coming find_next(const struct lane_products *s, int64_t task, int64_t o, int64_t i) {
    const int64_t first = task_out(s, task), last = task_last(s, task);
    if (o + PANEL < last) return coming_weights(s, o + PANEL, i);
    if (i + s->section < s->groups.depth) return coming_weights(s, first, i + s->section);
    task += workers_of(s);
    return task < s->tasks ? coming_weights(s, task_out(s, task), 0) : (struct coming){0, 0, 0};
}

static void project_task(void *arg, int64_t task, int32_t worker) {
    const struct lane_products *s = arg;
    const struct kernels *kernels = s->groups.machine->kernels;
    char *scratch = worker_scratch(s, worker);
    float *spare = (float *)(scratch + s->spare);
    int64_t out = task_out(s, task), last_out = task_last(s, task);
    int64_t group = task / s->out_tasks * s->task_groups, last_group = min_i64(s->groups.count, group + s->task_groups);
    int64_t step = kept_panels(s) > 1 ? PANEL * s->task_groups * s->groups.width : 0;
    if (s->groups.parts) kernels->matrix->begin();
    int64_t i = 0;
    do {
        float *sums = (float *)(scratch + s->sums);
        for (int64_t o = out; o < last_out; o += PANEL, sums += step) {
            struct panel panel = find_panel(s, o, i, scratch);
            panel.next = find_next(s, task, o, i);
            project_panel(s, &panel, group, last_group, sums, spare);
        }
        i += s->section;
    } while (i < s->groups.depth);
    if (s->groups.parts) kernels->matrix->end();
}

void project_by_lanes(const struct machine *machine, const struct projection *p, void *scratch) {
    struct lane_products s;
    cut_panels(machine, p, &s);
    const struct groups *groups = &s.groups;
    if (groups->rows == 0) return;
    s.scratch = scratch;
    ledger_open_each(&groups->memory, scratch, groups->count);
    ledger_open_each(&s.worker, s.scratch + s.workers, workers_of(&s));
    tasks_run(&machine->parallel, groups->count, pack_task, &s);
    tasks_run(&machine->parallel, s.tasks, project_task, &s);
    ledger_close(&s.all, scratch);
}
