/* The choice of a table: the best that does not exceed the cap.
 * SPDX-License-Identifier: MIT */
#include "cpu/cpu.h"
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
              k->matrix->weigh && k->matrix->weigh_few && k->matrix->most_parts > 0);
}

Test(select, tables_are_whole) {
    expect_whole(&kernels_ref, SA_ISA_PORTABLE, 0);
    expect_whole(&kernels_plain, SA_ISA_PORTABLE, 0);
    expect_whole(kernels_simd128(), SA_ISA_SIMD128, 0);
    expect_whole(kernels_neon(), SA_ISA_NEON, 0);
    expect_whole(kernels_avx2(), SA_ISA_AVX2, 0);
    expect_whole(kernels_avx512(), SA_ISA_AVX512, 0);
    expect_whole(kernels_avx512_bf16(), SA_ISA_AVX512_BF16, 1);
    expect_whole(kernels_amx(), SA_ISA_AMX, 1);
}

static const struct kernels *own_table(int32_t isa) {
    switch (isa) {
    case SA_ISA_SIMD128:
        return kernels_simd128();
    case SA_ISA_NEON:
        return kernels_neon();
    case SA_ISA_AVX2:
        return kernels_avx2();
    case SA_ISA_AVX512:
        return kernels_avx512();
    case SA_ISA_AVX512_BF16:
        return kernels_avx512_bf16();
    default:
        return kernels_amx();
    }
}

Test(select, the_best_below_the_cap) {
    cr_expect_eq(kernels_select(SA_ISA_AUTO), &kernels_plain);
    cr_expect_eq(kernels_select(SA_ISA_PORTABLE), &kernels_plain);
    for (int i = 1; i < ISAS; i++) {
        const struct kernels *own = own_table(isas[i]);
        cr_expect_eq(kernels_select(isas[i]), own ? own : kernels_select(isas[i - 1]));
        cr_expect(isa_has(isas[i], isas[i - 1]) && !isa_has(isas[i - 1], isas[i]) && isa_has(isas[i], isas[i]));
    }
}
