/* SPDX-License-Identifier: MIT */
#include "flow/project/project_groups.h"

#include "base/arith.h"

#include <string.h>

enum { CACHE_LINE = 64 };

void groups_make(struct groups *groups, const struct machine *machine, const struct projection *p) {
    int64_t parts = parts_of_float(machine), widest = parts ? MATRIX_UNIT : machine->kernels->lanes->most_width;
    int64_t size = parts ? parts * (int64_t)sizeof(uint16_t) : (int64_t)sizeof(float);
    *groups = (struct groups){.machine = machine, .p = *p, .parts = parts, .memory = {.title = "packed rows"}};
    int fits = checked_mul(p->batch, p->rows, &groups->rows);
    ledger_require(&groups->memory, fits);
    if (!fits) groups->rows = 0;
    groups->width = parts ? widest : round_up(min_i64(widest, max_i64(groups->rows, 1)), machine->kernels->lanes->unit);
    groups->count = ceil_div(groups->rows, groups->width);
    groups->depth = parts ? round_up(p->linear->in, MATRIX_UNIT) : p->linear->in;
    ledger_book(&groups->memory, "rows", groups->width, groups->depth, size);
}

static void *row_of(const struct view *v, const struct groups *groups, int64_t row) {
    return view_row(v, row / groups->p.rows, 0, row % groups->p.rows);
}

int64_t group_rows(const struct groups *groups, int64_t group) {
    return min_i64(groups->width, groups->rows - group * groups->width);
}

int64_t group_width(const struct groups *groups, int64_t group) {
    return round_up(group_rows(groups, group), groups->machine->kernels->lanes->unit);
}

static int in_one_batch(const struct groups *groups, int64_t group) {
    int64_t first = group * groups->width, last = first + group_rows(groups, group) - 1;
    return first / groups->p.rows == last / groups->p.rows;
}

/* The group's rows of X as equally spaced floats: in place, or copied. */
static const float *float_rows(const struct groups *groups, int64_t group, float *copy, int64_t *stride) {
    const struct view *x = &groups->p.x;
    int64_t first = group * groups->width, rows = group_rows(groups, group), in = groups->p.linear->in;
    *stride = x->stride_s;
    if (x->dtype == SA_F32 && in_one_batch(groups, group)) return row_of(x, groups, first);
    for (int64_t r = 0; r < rows; r++) {
        if (x->dtype == SA_F32)
            memcpy(copy + r * in, row_of(x, groups, first + r), (size_t)in * sizeof *copy);
        else
            groups->machine->kernels->rows->load(copy + r * in, row_of(x, groups, first + r), x->dtype, in);
    }
    *stride = in;
    return copy;
}

void group_pack(const struct groups *groups, int64_t group, void *to, float *spare) {
    const struct kernels *kernels = groups->machine->kernels;
    int64_t in = groups->p.linear->in, count = group_rows(groups, group), stride;
    const float *rows = float_rows(groups, group, spare, &stride);
    if (groups->parts)
        kernels->matrix->pack_rows(to, groups->width, groups->depth, groups->parts, rows, SA_F32, stride, count, in);
    else
        kernels->lanes->pack(to, group_width(groups, group), rows, stride, count, in, 1);
}

void group_prefetch(const struct groups *groups, int64_t group, int64_t first, int64_t count, int64_t step,
                    int64_t steps) {
    const struct view *y = &groups->p.y;
    int64_t size = element_size(y->dtype), rows = group_rows(groups, group);
    for (int64_t r = rows * step / steps; r < rows * (step + 1) / steps; r++) {
        const char *row = (const char *)row_of(y, groups, group * groups->width + r) + first * size;
        for (int64_t at = 0; at < count * size; at += CACHE_LINE) __builtin_prefetch(row + at, 1, 2);
    }
}

void group_store(const struct groups *groups, int64_t group, int64_t first, int64_t count, const float *sums,
                 float *spare) {
    static const float ones[] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    const struct kernels *kernels = groups->machine->kernels;
    const struct view *y = &groups->p.y;
    int64_t row = group * groups->width, rows = group_rows(groups, group), width = group_width(groups, group);
    const float *bias = groups->p.linear->bias ? groups->p.linear->bias + first : NULL;
    if (y->dtype == SA_F32 && in_one_batch(groups, group)) {
        kernels->lanes->unpack((float *)row_of(y, groups, row) + first, y->stride_s, sums, width, rows, count, ones,
                               bias);
        return;
    }
    kernels->lanes->unpack(spare, count, sums, width, rows, count, ones, bias);
    for (int64_t r = 0; r < rows; r++) {
        char *to = (char *)row_of(y, groups, row + r) + first * element_size(y->dtype);
        if (y->dtype == SA_F32)
            memcpy(to, spare + r * count, (size_t)count * sizeof *spare);
        else
            kernels->rows->store(to, y->dtype, spare + r * count, count);
    }
}

void group_store_rows(const struct groups *groups, int64_t group, int64_t first, int64_t count, const float *sums,
                      float *spare) {
    const struct view *y = &groups->p.y;
    const float *bias = groups->p.linear->bias ? groups->p.linear->bias + first : NULL;
    for (int64_t r = 0; r < group_rows(groups, group); r++, sums += MATRIX_UNIT) {
        char *to = (char *)row_of(y, groups, group * groups->width + r) + first * element_size(y->dtype);
        float *row = y->dtype == SA_F32 ? (float *)(void *)to : spare;
        for (int64_t o = 0; o < count; o++) row[o] = bias ? sums[o] + bias[o] : sums[o];
        if (y->dtype != SA_F32) groups->machine->kernels->rows->store(to, y->dtype, spare, count);
    }
}
