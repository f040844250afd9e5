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
    cr_expect(k->row_max && k->row_exp_sum && k->row_scale && k->row_scale_to && k->row_softcap && k->row_add &&
              k->row_add_mask && k->row_load && k->row_store && k->row_below && k->transpose);
    cr_expect(k->lanes > 0 && k->most_width > 0 && k->most_width % k->lanes == 0);
    cr_expect(k->lane_scores && k->lane_accumulate && k->lane_hide && k->lane_softmax && k->lane_weigh &&
              k->lane_merge && k->lane_exp && k->lane_pack && k->lane_unpack && k->lane_unpack_half);
    cr_expect_eq(matrix, k->matrix_begin && k->matrix_end && k->matrix_pack_rows && k->matrix_pack_columns &&
                             k->matrix_pack_pairs && k->matrix_pack_queries && k->matrix_scores && k->matrix_softmax &&
                             k->matrix_weigh && k->matrix_weigh_few);
    cr_expect_eq(matrix, k->matrix_begin || k->matrix_end || k->matrix_pack_rows || k->matrix_pack_columns ||
                             k->matrix_pack_pairs || k->matrix_pack_queries || k->matrix_scores || k->matrix_softmax ||
                             k->matrix_weigh || k->matrix_weigh_few);
}

Test(select, tables_are_whole) {
    expect_whole(&kernels_ref, SA_ISA_PORTABLE, 0);
    expect_whole(kernels_avx2(), SA_ISA_AVX2, 0);
    expect_whole(kernels_avx512(), SA_ISA_AVX512, 0);
    expect_whole(kernels_amx(), SA_ISA_AMX, 1);
}

static const struct kernels *own_table(int32_t isa) {
    return isa == SA_ISA_AVX2 ? kernels_avx2() : isa == SA_ISA_AVX512 ? kernels_avx512() : kernels_amx();
}

Test(select, the_best_below_the_cap) {
    cr_expect_eq(kernels_select(SA_ISA_AUTO), &kernels_ref);
    cr_expect_eq(kernels_select(SA_ISA_PORTABLE), &kernels_ref);
    for (int32_t isa = SA_ISA_AVX2; isa <= SA_ISA_AMX; isa++) {
        const struct kernels *own = own_table(isa);
        cr_expect_eq(kernels_select(isa), own ? own : kernels_select(isa - 1));
    }
}
