/* SPDX-License-Identifier: MIT */
#include "flow/project/project.h"

#include "base/arith.h"

static enum projection_way choose_way(const struct machine *machine, const struct linear *linear, int64_t batch,
                                      int64_t rows) {
    int64_t all;
    if (machine->path != SA_PATH_FUSED) return PROJECT_BY_BLAS;
    int few = checked_mul(batch, rows, &all) && all <= FEW_ROWS;
    int by_matrix = machine->precision == SA_PRECISION_MEDIUM && all >= machine->kernels->matrix->least_projection;
    if (few && (!by_matrix || is_quantised(linear->dtype))) return PROJECT_BY_DOTS;
    return machine->blas_projections ? PROJECT_BY_BLAS : PROJECT_BY_LANES;
}

struct projection plan_projection(const struct machine *machine, const struct linear *linear, int64_t batch,
                                  int64_t rows, struct view x, struct view y) {
    return (struct projection){linear, batch, rows, x, y, choose_way(machine, linear, batch, rows)};
}

static const struct {
    int64_t (*bytes)(const struct machine *machine, const struct projection *p);
    void (*project)(const struct machine *machine, const struct projection *p, void *scratch);
} ways[] = {
    [PROJECT_BY_BLAS] = {blas_bytes, project_by_blas},
    [PROJECT_BY_LANES] = {lanes_bytes, project_by_lanes},
    [PROJECT_BY_DOTS] = {dots_bytes, project_by_dots},
};

int64_t project_bytes(const struct machine *machine, const struct projection *p) {
    return ways[p->way].bytes(machine, p);
}

void project(const struct machine *machine, const struct projection *p, void *scratch) {
    ways[p->way].project(machine, p, scratch);
}
