/* The choice of a table: the best that does not exceed the cap.
 * SPDX-License-Identifier: MIT */
#include "kernel/kernel.h"
#include "kernel/tables.h"
#include "selfattn.h"

#include <criterion/criterion.h>

/* Every entry is there, in every table that was built; the matrix kernels all or none. */
static void expect_whole(const struct kernels *k, int32_t isa, int matrix) {
    if (!k) return;
    cr_expect_eq(k->isa, isa);
    cr_expect(k->rows->max && k->rows->exp_sum && k->rows->scale && k->rows->scale_to && k->rows->softcap &&
              k->rows->add && k->rows->add_mask && k->rows->load && k->rows->store && k->rows->below &&
              k->rows->transpose);
    cr_expect(k->lanes->unit > 0 && k->lanes->most_width > 0 && k->lanes->most_width % k->lanes->unit == 0);
    cr_expect(k->lanes->scores && k->lanes->accumulate && k->lanes->hide && k->lanes->softmax && k->lanes->weigh &&
              k->lanes->merge && k->lanes->exp && k->lanes->pack && k->lanes->unpack && k->lanes->unpack_half);
    cr_expect_eq(matrix, k->matrix != NULL);
    if (!k->matrix) return;
    cr_expect(k->matrix->begin && k->matrix->end && k->matrix->pack_rows && k->matrix->pack_columns &&
              k->matrix->pack_pairs && k->matrix->pack_queries && k->matrix->scores && k->matrix->softmax &&
              k->matrix->weigh && k->matrix->weigh_few);
}

Test(select, tables_are_whole) {
    expect_whole(&kernels_ref, SA_ISA_PORTABLE, 0);
    expect_whole(&kernels_plain, SA_ISA_PORTABLE, 0);
    expect_whole(kernels_avx2(), SA_ISA_AVX2, 0);
    expect_whole(kernels_avx512(), SA_ISA_AVX512, 0);
    expect_whole(kernels_amx(), SA_ISA_AMX, 1);
}

static const struct kernels *own_table(int32_t isa) {
    return isa == SA_ISA_AVX2 ? kernels_avx2() : isa == SA_ISA_AVX512 ? kernels_avx512() : kernels_amx();
}

Test(select, the_best_below_the_cap) {
    cr_expect_eq(kernels_select(SA_ISA_AUTO), &kernels_plain);
    cr_expect_eq(kernels_select(SA_ISA_PORTABLE), &kernels_plain);
    for (int32_t isa = SA_ISA_AVX2; isa <= SA_ISA_AMX; isa++) {
        const struct kernels *own = own_table(isa);
        cr_expect_eq(kernels_select(isa), own ? own : kernels_select(isa - 1));
    }
}
