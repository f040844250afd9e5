/* SPDX-License-Identifier: MIT */
#include "kernel/tables.h"

#include "cpu/cpu.h"
#include "selfattn.h"
#include "support/guarded.h"

#include <stdio.h>

enum { AROUND = 32 };
static const float SENTINEL = 12345.5f;

void for_each_table(void (*test)(const struct table *table)) {
    for (int32_t isa = SA_ISA_PORTABLE; isa <= SA_ISA_AVX512; isa++) {
        struct table table = {isa_name(isa), kernels_select(isa)};
        if (isa > cpu_isa())
            fprintf(stderr, "SKIPPED %s: this CPU lacks it\n", table.name);
        else if (table.kernels->isa != isa)
            fprintf(stderr, "SKIPPED %s: this build lacks it\n", table.name);
        else
            test(&table);
    }
}

struct row row_make(int64_t n, int64_t offset) {
    struct row row = {.n = n, .floats = AROUND + n + (offset < 0 ? 0 : offset + AROUND)};
    row.floats += offset < 0 ? 0 : (16 - row.floats % 16) % 16; /* so that the block is aligned to 64 bytes */
    row.block = guarded_alloc((size_t)row.floats * sizeof(float));
    for (int64_t i = 0; i < row.floats; i++) row.block[i] = SENTINEL;
    row.x = row.block + AROUND + (offset < 0 ? 0 : offset);
    return row;
}

int row_is_alone(const struct row *row) {
    for (int64_t i = 0; i < row->floats; i++)
        if ((row->block + i < row->x || row->block + i >= row->x + row->n) && row->block[i] != SENTINEL) return 0;
    return 1;
}

void row_free(struct row *row) {
    guarded_free(row->block, (size_t)row->floats * sizeof(float));
}
