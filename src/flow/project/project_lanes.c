/* Projections by our own kernels. Rows of X are packed as the queries of attention are, a group of rows per register,
 * and rows of W take the part of keys: they are read as the model stores them, or, on a matrix unit, as bf16 packed
 * when the model was loaded.
 *
 * First all rows are packed; then each task makes a range of outputs for a few groups of rows. The sum over the inputs
 * runs in blocks of IN_BLOCK, so that a block of X stays in the first-level cache; a row's result depends on nothing
 * but the row. Many inputs are walked in chunks, so that what the task's groups have of a chunk stays in the
 * second-level cache for all its outputs.
 * SPDX-License-Identifier: MIT */
#include "flow/project/project_groups.h"

#include "base/arith.h"
#include "base/memory.h"

/* With the widest groups, of 48 rows, a tile's sums and a block of X take 36 KiB of a first-level cache of 48, the rest
 * is for weights that pass: tiles of 96 or 128 outputs cost a tenth for a single group. A chunk of eight groups
 * takes 1.2 MiB of a second-level cache of 2. */
enum { IN_BLOCK = 128, IN_CHUNK = 6 * IN_BLOCK, OUT_TILE = 64, TILES_PER_TASK = 2, GROUPS_PER_TASK = 8 };

struct job {
    struct groups groups;
    int64_t chunk;                    /* inputs that a task goes through at a time; on a matrix unit all */
    int64_t sums, spare, tile, bytes; /* a worker's buffers: sums of tiles, rows of X or Y, a tile of weights */
    int64_t packed;                   /* bytes of all packed groups */
    int64_t out_tasks, group_tasks, task_groups;
    char *scratch;
};

/* Whether a tile of weights has to be converted or packed before use. */
static int makes_tile(const struct job *job) {
    const struct linear *l = job->groups.p.linear;
    int64_t parts = job->groups.parts;
    return parts ? !l->packed || l->packed_parts < parts : l->dtype != SA_F32;
}

/* Tiles of sums that a worker keeps: with one chunk, each is complete at once. */
static int64_t kept_tiles(const struct job *job) {
    return job->chunk < job->groups.depth ? TILES_PER_TASK * job->task_groups : 1;
}

static int book(int64_t *bytes, int64_t *place, int64_t count, int64_t width) {
    int64_t elements, more;
    *place = *bytes;
    return checked_mul(count, width, &elements) && checked_mul(elements, sizeof(float), &more) &&
           checked_add(*bytes, round_up(more, MEMORY_ALIGNMENT), bytes);
}

/* 0 if sizes do not fit. */
static int make_job(const struct machine *machine, const struct projection *p, struct job *job) {
    struct groups *groups = &job->groups;
    *job = (struct job){.scratch = NULL};
    if (!groups_make(groups, machine, p)) return 0;
    int64_t chunks = groups->parts ? 1 : max_i64(ceil_div(groups->depth, IN_CHUNK), 1);
    job->chunk = groups->parts ? groups->depth : round_up(ceil_div(groups->depth, chunks), IN_BLOCK);
    job->out_tasks = ceil_div(p->linear->out, OUT_TILE * TILES_PER_TASK);
    job->group_tasks = ceil_div(groups->count, GROUPS_PER_TASK);
    job->task_groups = ceil_div(groups->count, max_i64(job->group_tasks, 1));
    return checked_mul(groups->count, groups->bytes, &job->packed) &&
           book(&job->bytes, &job->sums, kept_tiles(job) * OUT_TILE, groups->width) &&
           book(&job->bytes, &job->spare, groups->width, max_i64(p->linear->in, OUT_TILE)) &&
           book(&job->bytes, &job->tile, makes_tile(job) ? 2 * OUT_TILE : 0, job->chunk);
}

int64_t project_bytes_lanes(const struct machine *machine, const struct projection *p) {
    struct job job;
    int64_t bytes, most;
    if (!make_job(machine, p, &job)) return -1;
    most = max_i64(job.groups.count, job.out_tasks * job.group_tasks);
    return checked_mul(job.bytes, parallel_workers(&machine->parallel, most), &bytes) &&
                   checked_add(bytes, job.packed, &bytes)
               ? bytes
               : -1;
}

static char *worker_scratch(const struct job *job, int32_t worker) {
    return job->scratch + job->packed + worker * job->bytes;
}

static void pack_task(void *arg, int64_t group, int32_t worker) {
    const struct job *job = arg;
    group_pack(&job->groups, group, job->scratch + group * job->groups.bytes,
               (float *)(worker_scratch(job, worker) + job->spare));
}

/* Outputs first .. first + count, inputs begin .. begin + inputs of these, and where their weights are. */
struct tile {
    int64_t first, count, begin, inputs;
    const float *rows; /* by lanes */
    int64_t ld;
    const uint16_t *packed; /* on a matrix unit */
    int64_t part;
};

/* The tile's weights as floats: in place, or converted. */
static void find_rows(const struct job *job, struct tile *t, float *copy) {
    const struct linear *l = job->groups.p.linear;
    int64_t at = t->first * l->ld + t->begin;
    t->rows = (const float *)l->weights + at;
    t->ld = l->ld;
    if (l->dtype == SA_F32) return;
    for (int64_t o = 0; o < t->count; o++)
        job->groups.machine->kernels->rows->load(copy + o * t->inputs, (const uint16_t *)l->weights + at + o * l->ld,
                                                 l->dtype, t->inputs);
    t->rows = copy;
    t->ld = t->inputs;
}

static struct tile make_tile(const struct job *job, int64_t first, int64_t begin, char *scratch) {
    const struct linear *l = job->groups.p.linear;
    int64_t depth = job->groups.depth, parts = job->groups.parts;
    struct tile t = {.first = first,
                     .count = min_i64(OUT_TILE, l->out - first),
                     .begin = begin,
                     .inputs = min_i64(job->chunk, l->in - begin)};
    float *made = (float *)(scratch + job->tile);
    if (!parts) {
        find_rows(job, &t, made);
    } else if (!makes_tile(job)) {
        t.packed = l->packed + first * depth;
        t.part = round_up(l->out, MATRIX_UNIT) * depth;
    } else {
        uint16_t *packed = (uint16_t *)(made + OUT_TILE * depth);
        find_rows(job, &t, made);
        job->groups.machine->kernels->matrix->pack_rows(packed, OUT_TILE, depth, parts, t.rows, SA_F32, t.ld, t.count,
                                                        l->in);
        t.packed = packed;
        t.part = OUT_TILE * depth;
    }
    return t;
}

static void multiply_by_matrix(const struct job *job, const struct tile *t, int64_t group, float *sums) {
    const struct groups *groups = &job->groups;
    groups->machine->kernels->matrix->scores(sums, group_width(groups, group),
                                             (const uint16_t *)(job->scratch + group * groups->bytes), groups->depth,
                                             t->packed, groups->depth, t->part, t->count, groups->parts);
}

/* The first chunk's sums are written, those of others added. */
static void multiply_by_lanes(const struct job *job, const struct tile *t, int64_t group, float *sums) {
    const struct groups *groups = &job->groups;
    const struct kernels *kernels = groups->machine->kernels;
    int64_t width = group_width(groups, group), blocks = max_i64(ceil_div(t->inputs, IN_BLOCK), 1);
    const float *x = (const float *)(job->scratch + group * groups->bytes) + t->begin * width;
    for (int64_t b = 0; b < blocks; b++) {
        int64_t i = b * IN_BLOCK, n = min_i64(IN_BLOCK, t->inputs - i);
        if (t->begin + t->inputs == groups->depth) group_fetch(groups, group, t->first, t->count, b, blocks);
        if (t->begin + i == 0)
            kernels->lanes->scores(sums, width, x, n, n, t->rows, t->ld, t->count);
        else
            kernels->lanes->accumulate(sums, width, x + i * width, n, t->rows + i, t->ld, t->count);
    }
}

/* A tile for groups begin .. end: sums[o][w] = w_o . x_w, as far as the tile's inputs go. */
static void project_tile(const struct job *job, const struct tile *t, int64_t begin, int64_t end, float *sums,
                         float *spare) {
    const struct groups *groups = &job->groups;
    int64_t step = kept_tiles(job) > 1 ? OUT_TILE * groups->width : 0;
    for (int64_t g = begin; g < end; g++, sums += step) {
        if (groups->parts)
            multiply_by_matrix(job, t, g, sums);
        else
            multiply_by_lanes(job, t, g, sums);
        if (t->begin + job->chunk >= groups->depth) group_store(groups, g, t->first, t->count, sums, spare);
    }
}

static void project_task(void *arg, int64_t task, int32_t worker) {
    const struct job *job = arg;
    const struct kernels *kernels = job->groups.machine->kernels;
    char *scratch = worker_scratch(job, worker);
    float *spare = (float *)(scratch + job->spare);
    int64_t out = task % job->out_tasks * OUT_TILE * TILES_PER_TASK,
            last_out = min_i64(job->groups.p.linear->out, out + OUT_TILE * TILES_PER_TASK);
    int64_t group = task / job->out_tasks * job->task_groups,
            last_group = min_i64(job->groups.count, group + job->task_groups);
    int64_t step = kept_tiles(job) > 1 ? OUT_TILE * job->task_groups * job->groups.width : 0;
    if (job->groups.parts) kernels->matrix->begin();
    int64_t i = 0;
    do {
        float *sums = (float *)(scratch + job->sums);
        for (int64_t o = out; o < last_out; o += OUT_TILE, sums += step) {
            struct tile tile = make_tile(job, o, i, scratch);
            project_tile(job, &tile, group, last_group, sums, spare);
        }
        i += job->chunk;
    } while (i < job->groups.depth);
    if (job->groups.parts) kernels->matrix->end();
}

void project_lanes(const struct machine *machine, const struct projection *p, void *scratch) {
    struct job job;
    if (!make_job(machine, p, &job) || job.groups.rows == 0) return;
    job.scratch = scratch;
    tasks_run(&machine->parallel, job.groups.count, pack_task, &job);
    tasks_run(&machine->parallel, job.out_tasks * job.group_tasks, project_task, &job);
}
