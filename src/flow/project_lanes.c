/* Projections by our own kernels. Rows of X are packed as the queries of attention are, a group of rows per register, and rows of W take the
 * part of keys: they are read as the model stores them, or, on a matrix unit, as bf16 packed when the model was loaded.
 *
 * First all rows are packed; then each task makes a range of outputs for a few groups of rows. The sum over the inputs runs in blocks of
 * IN_BLOCK, so that a block of X stays in the first-level cache; a row's result depends on nothing but the row.
 * SPDX-License-Identifier: MIT */
#include "flow/project.h"

#include "base/arith.h"
#include "base/memory.h"

#include <string.h>

enum { IN_BLOCK = 128, OUT_TILE = 64, TILES_PER_TASK = 2, GROUPS_PER_TASK = 8 };

struct job {
    const struct machine *machine;
    struct projection p;
    int64_t parts;               /* bf16 per float; 0: not on a matrix unit */
    int64_t width;               /* rows of a group */
    int64_t rows, groups;        /* of all batches together */
    int64_t depth;               /* inputs, on a matrix unit padded */
    int64_t packed, group_bytes; /* packed groups: bytes of all, and of one */
    int64_t sums, rows_copy, w,
        bytes; /* a worker's buffers: [OUT_TILE][width], [width][most of in, OUT_TILE], a tile of weights */
    int64_t out_tasks, group_tasks;
    char *scratch;
};

static int64_t parts_of(const struct machine *machine) {
    return machine->precision == SA_PRECISION_HIGH ? 2 : machine->precision == SA_PRECISION_MEDIUM ? 1 : 0;
}

/* Whether a tile of weights has to be converted or packed before use. */
static int makes_tile(const struct job *job) {
    const struct linear *l = job->p.linear;
    return job->parts ? !l->packed || l->packed_parts < job->parts : l->dtype != SA_F32;
}

static int book(int64_t *bytes, int64_t *place, int64_t count, int64_t width, int64_t size) {
    int64_t elements, more;
    *place = *bytes;
    return checked_mul(count, width, &elements) && checked_mul(elements, size, &more) &&
           checked_add(*bytes, round_up(more, MEMORY_ALIGNMENT), bytes);
}

static int64_t element_bytes(const struct job *job) {
    return job->parts ? job->parts * (int64_t)sizeof(uint16_t) : (int64_t)sizeof(float);
}

/* 0 if sizes do not fit. */
static int make_job(const struct machine *machine, const struct projection *p, struct job *job) {
    const int64_t f = sizeof(float);
    int64_t begin;
    *job = (struct job){.machine = machine, .p = *p, .parts = parts_of(machine)};
    if (!checked_mul(p->batch, p->rows, &job->rows)) return 0;
    int64_t widest = job->parts ? MATRIX_UNIT : machine->kernels->most_width;
    job->width = min_i64(widest, round_up(max_i64(job->rows, 1), machine->kernels->lanes));
    job->groups = ceil_div(job->rows, job->width);
    job->depth = job->parts ? round_up(p->linear->in, MATRIX_UNIT) : p->linear->in;
    job->out_tasks = ceil_div(p->linear->out, OUT_TILE * TILES_PER_TASK);
    job->group_tasks = ceil_div(job->groups, GROUPS_PER_TASK);
    return book(&job->group_bytes, &begin, job->width, job->depth, element_bytes(job)) &&
           checked_mul(job->groups, job->group_bytes, &job->packed) &&
           book(&job->bytes, &job->sums, OUT_TILE, job->width, f) &&
           book(&job->bytes, &job->rows_copy, job->width, 2 * max_i64(p->linear->in, OUT_TILE), f) &&
           book(&job->bytes, &job->w, makes_tile(job) ? 2 * OUT_TILE : 0, job->depth, f);
}

int64_t project_bytes_lanes(const struct machine *machine, const struct projection *p) {
    struct job job;
    int64_t bytes, most;
    if (!make_job(machine, p, &job)) return -1;
    most = max_i64(job.groups, job.out_tasks * job.group_tasks);
    return checked_mul(job.bytes, parallel_workers(&machine->parallel, most), &bytes) &&
                   checked_add(bytes, job.packed, &bytes)
               ? bytes
               : -1;
}

static char *worker_scratch(const struct job *job, int32_t worker) {
    return job->scratch + job->packed + worker * job->bytes;
}

static void *row_of(const struct view *v, const struct job *job, int64_t row) {
    return view_row(v, row / job->p.rows, 0, row % job->p.rows);
}

static int64_t rows_in_group(const struct job *job, int64_t group) {
    return min_i64(job->width, job->rows - group * job->width);
}

/* The group's rows of X as floats at one distance from each other: in place, or copied. */
static const float *group_rows(const struct job *job, int64_t group, float *copy, int64_t *stride) {
    const struct view *x = &job->p.x;
    int64_t first = group * job->width, rows = rows_in_group(job, group), in = job->p.linear->in;
    *stride = x->stride_s;
    int one_batch = first / job->p.rows == (first + rows - 1) / job->p.rows;
    if (x->dtype == SA_F32 && one_batch) return row_of(x, job, first);
    for (int64_t r = 0; r < rows; r++) {
        if (x->dtype == SA_F32)
            memcpy(copy + r * in, row_of(x, job, first + r), (size_t)in * sizeof *copy);
        else
            job->machine->kernels->row_load(copy + r * in, row_of(x, job, first + r), x->dtype, in);
    }
    *stride = in;
    return copy;
}

static void pack_group(void *arg, int64_t group, int32_t worker) {
    const struct job *job = arg;
    const struct kernels *kernels = job->machine->kernels;
    int64_t in = job->p.linear->in, stride;
    float *copy = (float *)(worker_scratch(job, worker) + job->rows_copy), *columns = copy + job->width * in;
    char *to = job->scratch + group * job->group_bytes;
    const float *rows = group_rows(job, group, copy, &stride);
    if (!job->parts) columns = (float *)to;
    kernels->lane_pack(columns, job->width, rows, stride, rows_in_group(job, group), in, 1);
    if (job->parts)
        kernels->matrix_pack_pairs((uint16_t *)to, job->depth, job->width, job->parts, columns, SA_F32, job->width, in,
                                   job->width);
}

/* Outputs first .. first + count, and where their weights are. */
struct tile {
    int64_t first, count;
    const float *rows; /* by lanes */
    int64_t ld;
    const uint16_t *packed; /* on a matrix unit */
    int64_t part;
};

static const float *float_rows(const struct job *job, const struct tile *t, float *copy, int64_t *ld) {
    const struct linear *l = job->p.linear;
    *ld = l->ld;
    if (l->dtype == SA_F32) return (const float *)l->weights + t->first * l->ld;
    for (int64_t o = 0; o < t->count; o++)
        job->machine->kernels->row_load(copy + o * l->in, (const uint16_t *)l->weights + (t->first + o) * l->ld,
                                        l->dtype, l->in);
    *ld = l->in;
    return copy;
}

static struct tile make_tile(const struct job *job, int64_t first, char *scratch) {
    const struct linear *l = job->p.linear;
    struct tile t = {.first = first, .count = min_i64(OUT_TILE, l->out - first)};
    float *made = (float *)(scratch + job->w);
    if (!job->parts) {
        t.rows = float_rows(job, &t, made, &t.ld);
    } else if (!makes_tile(job)) {
        t.packed = l->packed + first * job->depth;
        t.part = round_up(l->out, MATRIX_UNIT) * job->depth;
    } else {
        uint16_t *packed = (uint16_t *)(made + OUT_TILE * job->depth);
        const float *rows = float_rows(job, &t, made, &t.ld);
        job->machine->kernels->matrix_pack_rows(packed, OUT_TILE, job->depth, job->parts, rows, SA_F32, t.ld, t.count,
                                                l->in);
        t.packed = packed;
        t.part = OUT_TILE * job->depth;
    }
    return t;
}

static void fill_bias(const struct job *job, const struct tile *t, float *sums) {
    for (int64_t o = 0; o < t->count; o++) {
        float bias = job->p.linear->bias ? job->p.linear->bias[t->first + o] : 0;
        for (int64_t w = 0; w < job->width; w++) sums[o * job->width + w] = bias;
    }
}

/* sums[o][w] = bias_o + w_o . x_w */
static void multiply(const struct job *job, const struct tile *t, int64_t group, float *sums) {
    const struct kernels *kernels = job->machine->kernels;
    const void *x = job->scratch + group * job->group_bytes;
    if (job->parts) {
        kernels->matrix_scores(sums, job->width, x, job->depth, t->packed, job->depth, t->part, t->count, job->parts);
        for (int64_t o = 0; job->p.linear->bias && o < t->count; o++)
            kernels->row_add(sums + o * job->width, job->p.linear->bias[t->first + o], job->width);
        return;
    }
    fill_bias(job, t, sums);
    for (int64_t i = 0; i < job->depth; i += IN_BLOCK)
        kernels->lane_accumulate(sums, job->width, (const float *)x + i * job->width, min_i64(IN_BLOCK, job->depth - i),
                                 t->rows + i, t->ld, t->count);
}

static void store(const struct job *job, const struct tile *t, int64_t group, const float *sums, float *copy) {
    static const float ones[] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    const struct kernels *kernels = job->machine->kernels;
    const struct view *y = &job->p.y;
    int64_t first = group * job->width, rows = rows_in_group(job, group);
    int one_batch = first / job->p.rows == (first + rows - 1) / job->p.rows;
    if (y->dtype == SA_F32 && one_batch) {
        kernels->lane_unpack((float *)row_of(y, job, first) + t->first, y->stride_s, sums, job->width, rows, t->count,
                             ones);
        return;
    }
    kernels->lane_unpack(copy, OUT_TILE, sums, job->width, rows, t->count, ones);
    for (int64_t r = 0; r < rows; r++) {
        char *to = (char *)row_of(y, job, first + r) + t->first * element_size(y->dtype);
        if (y->dtype == SA_F32)
            memcpy(to, copy + r * OUT_TILE, (size_t)t->count * sizeof *copy);
        else
            kernels->row_store(to, y->dtype, copy + r * OUT_TILE, t->count);
    }
}

static void project_task(void *arg, int64_t task, int32_t worker) {
    const struct job *job = arg;
    const struct linear *l = job->p.linear;
    char *scratch = worker_scratch(job, worker);
    float *sums = (float *)(scratch + job->sums), *copy = (float *)(scratch + job->rows_copy);
    int64_t begin = task % job->out_tasks * OUT_TILE * TILES_PER_TASK,
            first_group = task / job->out_tasks * GROUPS_PER_TASK;
    int64_t end = min_i64(l->out, begin + OUT_TILE * TILES_PER_TASK),
            last_group = min_i64(job->groups, first_group + GROUPS_PER_TASK);
    if (job->parts) job->machine->kernels->matrix_begin();
    for (int64_t o = begin; o < end; o += OUT_TILE) {
        struct tile tile = make_tile(job, o, scratch);
        for (int64_t g = first_group; g < last_group; g++) {
            multiply(job, &tile, g, sums);
            store(job, &tile, g, sums, copy);
        }
    }
    if (job->parts) job->machine->kernels->matrix_end();
}

void project_lanes(const struct machine *machine, const struct projection *p, void *scratch) {
    struct job job;
    if (!make_job(machine, p, &job) || job.rows == 0) return;
    job.scratch = scratch;
    tasks_run(&machine->parallel, job.groups, pack_group, &job);
    tasks_run(&machine->parallel, job.out_tasks * job.group_tasks, project_task, &job);
}
