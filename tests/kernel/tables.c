/* SPDX-License-Identifier: MIT */
#include "kernel/tables.h"

#include "cpu/cpu.h"
#include "selfattn.h"
#include "support/guarded.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { AROUND = 32 };
static const float SENTINEL = 12345.5f;

static void for_each_from(int32_t least, void (*test)(const struct table *table)) {
    for (int i = 0; i < ISAS; i++) {
        const int32_t isa = isas[i];
        struct table table = {isa_name(isa), kernels_select(isa)};
        if (!isa_has(isa, least)) continue;
        if (!isa_has(cpu_isa(), isa))
            fprintf(stderr, "SKIPPED %s: this CPU lacks it\n", table.name);
        else if (table.kernels->isa != isa)
            fprintf(stderr, "SKIPPED %s: this build lacks it\n", table.name);
        else
            test(&table);
    }
}

void for_each_table(void (*test)(const struct table *table)) {
    test(&(struct table){"reference", &kernels_ref});
    for_each_from(SA_ISA_PORTABLE, test);
}

void for_each_matrix_table(void (*test)(const struct table *table)) {
    for_each_from(SA_ISA_AVX512_BF16, test);
}

/* Whole pages between guard pages, kept for the next row of that size: asking the system for each would be most of the
 * work. */
static struct {
    float *start;
    int64_t floats;
    int taken;
} pool[64];

static int64_t whole_pages(int64_t floats) {
    int64_t page = sysconf(_SC_PAGESIZE) / (int64_t)sizeof(float);
    return (floats + page - 1) / page * page;
}

static float *take_pages(int64_t floats) {
    for (size_t i = 0; i < sizeof pool / sizeof pool[0]; i++) {
        if (pool[i].taken || (pool[i].start && pool[i].floats != floats)) continue;
        if (!pool[i].start) pool[i].start = guarded_alloc((size_t)floats * sizeof(float));
        pool[i].floats = floats;
        pool[i].taken = 1;
        return pool[i].start;
    }
    abort();
}

struct row row_make(int64_t n, int64_t offset) {
    int64_t before = offset == AT_START ? 0 : offset == AT_END ? AROUND : AROUND + offset;
    struct row row = {.n = n, .floats = before + n + (offset == AT_END ? 0 : AROUND)};
    int64_t pages = whole_pages(row.floats);
    row.pages = take_pages(pages);
    row.block = offset == AT_END ? row.pages + pages - row.floats : row.pages;
    for (int64_t i = 0; i < row.floats; i++) row.block[i] = SENTINEL;
    row.x = row.block + before;
    return row;
}

struct row row_random(int64_t n, int64_t offset, struct rng *rng, const float *specials, int count) {
    struct row row = row_make(n, offset);
    for (int64_t i = 0; i < n; i++)
        row.x[i] = count && rng_chance(rng, .125) ? specials[rng_below(rng, count)] : rng_normal(rng);
    return row;
}

int row_is_alone(const struct row *row) {
    for (int64_t i = 0; i < row->floats; i++)
        if ((row->block + i < row->x || row->block + i >= row->x + row->n) && row->block[i] != SENTINEL) return 0;
    return 1;
}

void row_free(struct row *row) {
    for (size_t i = 0; i < sizeof pool / sizeof pool[0]; i++)
        if (pool[i].start == row->pages) pool[i].taken = 0;
}

int same(float a, float b) {
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

double excess(double got, double exact, double bound) {
    if (isnan(exact)) return isnan(got) ? 0 : INFINITY;
    if (got == exact) return 0;
    double off = fabs(got - exact) / bound;
    return isnan(off) ? INFINITY : off;
}

double exp_excess(double got, float x, double relative, double absolute) {
    double exact = exp((double)x);
    relative += (2 + fabs((double)x) / 4) * 0x1p-23;
    if (isnan(x) || x == -INFINITY) return excess(got, exact, 0);
    if (exact >= FLT_MIN) return excess(got, exact, exact * relative + absolute);
    return got >= 0 ? excess(got, exact, FLT_MIN) : INFINITY;
}
