/* SPDX-License-Identifier: MIT */
#include "flow/project/project.h"

#include "base/arith.h"

/* One way for any number of rows. Dot products read weights once for each FEW_ROWS rows, in their own type. A matrix
 * unit is several times as fast with many rows. */
static enum projection_way same_way(const struct machine *machine, const struct linear *linear) {
    if (machine->path == SA_PATH_PLAIN) return PROJECT_BY_BLAS;
    const int by_matrix = machine->path == SA_PATH_FUSED && machine->precision == SA_PRECISION_MEDIUM;
    return by_matrix && !is_quantised(linear->dtype) ? PROJECT_BY_LANES : PROJECT_BY_DOTS;
}

/* Whether the matrix unit is faster than dot products of these rows. Floats are packed as bf16, half of what there is
 * to read, and that is the time of a few rows. Whether this linear is packed does not count: a layer that a context of
 * another precision has made is not, and has the same bits. */
static int favours_matrix(const struct machine *machine, const struct linear *linear, int64_t rows) {
    if (machine->precision != SA_PRECISION_MEDIUM || is_quantised(linear->dtype)) return 0;
    return linear->dtype == SA_F32 || rows >= machine->kernels->matrix->least_projection;
}

int64_t most_by_dots(const struct machine *machine, const struct linear *linear) {
    const struct row_kernels *rows = machine->kernels->rows;
    if (is_quantised(linear->dtype)) return FEW_ROWS;
    return linear->dtype == SA_BF16 ? rows->most_bf16_dots : rows->most_dots;
}

static enum projection_way choose_way(const struct machine *machine, const struct linear *linear, int64_t batch,
                                      int64_t rows) {
    int64_t all;
    if (machine->same_bits) return same_way(machine, linear);
    if (machine->path != SA_PATH_FUSED) return PROJECT_BY_BLAS;
    int few = checked_mul(batch, rows, &all) && all <= most_by_dots(machine, linear);
    if (few && !favours_matrix(machine, linear, all)) return PROJECT_BY_DOTS;
    return machine->blas_projections ? PROJECT_BY_BLAS : PROJECT_BY_LANES;
}

struct projection plan_projection(const struct machine *machine, const struct linear *linear, int64_t batch,
                                  int64_t rows, struct view x, struct view y) {
    return (struct projection){linear, batch, rows, x, y, choose_way(machine, linear, batch, rows)};
}

int64_t project_bytes(const struct machine *machine, const struct projection *p) {
    switch (p->way) {
    case PROJECT_BY_BLAS:
        return blas_bytes(machine, p);
    case PROJECT_BY_LANES:
        return lanes_bytes(machine, p);
    default:
        return dots_bytes(machine, p, 1);
    }
}

void project(const struct machine *machine, const struct projection *p, void *scratch) {
    switch (p->way) {
    case PROJECT_BY_BLAS:
        project_by_blas(machine, p, scratch);
        break;
    case PROJECT_BY_LANES:
        project_by_lanes(machine, p, scratch);
        break;
    default:
        project_by_dots(machine, p, 1, scratch);
    }
}

static int all_by_dots(const struct projection *p, int count) {
    for (int i = 0; i < count; i++)
        if (p[i].way != PROJECT_BY_DOTS) return 0;
    return 1;
}

int64_t project_together_bytes(const struct machine *machine, const struct projection *p, int count) {
    if (all_by_dots(p, count)) return dots_bytes(machine, p, count);
    int64_t most = 0;
    for (int i = 0; i < count; i++) {
        const int64_t bytes = project_bytes(machine, &p[i]);
        if (bytes < 0) return -1;
        most = max_i64(most, bytes);
    }
    return most;
}

void project_together(const struct machine *machine, const struct projection *p, int count, void *scratch) {
    if (all_by_dots(p, count)) {
        project_by_dots(machine, p, count, scratch);
        return;
    }
    for (int i = 0; i < count; i++) project(machine, &p[i], scratch);
}
