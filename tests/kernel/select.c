/* The choice of a table: the best that does not exceed the cap.
 * SPDX-License-Identifier: MIT */
#include "kernel/kernel.h"
#include "kernel/tables.h"
#include "selfattn.h"

#include <criterion/criterion.h>

/* Every entry is there, in every table that was built. */
static void expect_whole(const struct kernels *k, int32_t isa) {
    if (!k) return;
    cr_expect_eq(k->isa, isa);
    cr_expect(k->row_max && k->row_exp_sum && k->row_scale && k->row_scale_to && k->row_softcap && k->row_finite &&
              k->transpose);
}

Test(select, tables_are_whole) {
    expect_whole(&kernels_ref, SA_ISA_PORTABLE);
    expect_whole(kernels_avx2(), SA_ISA_AVX2);
    expect_whole(kernels_avx512(), SA_ISA_AVX512);
}

Test(select, the_best_below_the_cap) {
    cr_expect_eq(kernels_select(SA_ISA_AUTO), &kernels_ref);
    cr_expect_eq(kernels_select(SA_ISA_PORTABLE), &kernels_ref);
    for (int32_t isa = SA_ISA_AVX2; isa <= SA_ISA_AVX512; isa++) {
        const struct kernels *own = isa == SA_ISA_AVX2 ? kernels_avx2() : kernels_avx512();
        cr_expect_eq(kernels_select(isa), own ? own : kernels_select(isa - 1));
    }
}
