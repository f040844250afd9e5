/* SPDX-License-Identifier: MIT */
#include "flow/project.h"

static int by_lanes(const struct machine *machine) {
    return machine->path == SA_PATH_FUSED;
}

int64_t project_bytes(const struct machine *machine, const struct projection *p) {
    return by_lanes(machine) ? project_bytes_lanes(machine, p) : project_bytes_blas(machine, p);
}

void project(const struct machine *machine, const struct projection *p, void *scratch) {
    if (by_lanes(machine))
        project_lanes(machine, p, scratch);
    else
        project_blas(machine, p, scratch);
}
