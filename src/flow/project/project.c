/* SPDX-License-Identifier: MIT */
#include "flow/project/project.h"

int64_t project_bytes(const struct machine *machine, const struct projection *p) {
    if (machine->path != SA_PATH_FUSED) return project_bytes_blas(machine, p);
    return few_rows(machine, p) ? project_bytes_rows(machine, p) : project_bytes_lanes(machine, p);
}

void project(const struct machine *machine, const struct projection *p, void *scratch) {
    if (machine->path != SA_PATH_FUSED)
        project_blas(machine, p, scratch);
    else if (few_rows(machine, p))
        project_rows(machine, p, scratch);
    else
        project_lanes(machine, p, scratch);
}
