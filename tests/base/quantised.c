/* Blocks are widened to the nearest float of what was written into them.
 * SPDX-License-Identifier: MIT */
#include "base/quantised.h"

#include "support/blocks.h"
#include "support/guarded.h"

#include <criterion/criterion.h>

/* Each block ends right in front of a guard page. */
Test(quantised, widens_every_type_to_the_nearest_float) {
    struct rng rng = {71};
    for (int t = 0; t < BLOCK_TYPES; t++) {
        const struct block_type *type = block_type(block_types[t]);
        unsigned char *block = guarded_alloc((size_t)type->bytes);
        double exact[MOST_BLOCK_ELEMENTS];
        float got[MOST_BLOCK_ELEMENTS];
        for (int round = 0; round < 200; round++) {
            block_random(&rng, block_types[t], block, exact);
            blocks_widen(got, block, block_types[t], 0, type->elements);
            for (int i = 0; i < type->elements; i++)
                if (got[i] != (float)exact[i])
                    cr_assert_fail("%s, element %d: %a, must be %a", type->name, i, (double)got[i], exact[i]);
        }
        guarded_free(block, (size_t)type->bytes);
    }
}

/* MXFP4 has two zeros. */
static int is_sign_of_zero(int32_t dtype, int bit, const float *values) {
    const int byte = bit / 8 - 1;
    return dtype == SA_MXFP4 && byte >= 0 && bit % 4 == 3 && values[byte + (bit % 8 == 7) * 16] == 0;
}

/* Every bit of a block changes some value. */
Test(quantised, reads_every_bit) {
    struct rng rng = {72};
    for (int t = 0; t < BLOCK_TYPES; t++) {
        const struct block_type *type = block_type(block_types[t]);
        unsigned char block[256];
        float values[MOST_BLOCK_ELEMENTS], got[MOST_BLOCK_ELEMENTS];
        blocks_random(&rng, block_types[t], type->elements, 1, block, values);
        for (int bit = 0; bit < 8 * type->bytes; bit++) {
            if (is_sign_of_zero(block_types[t], bit, values)) continue;
            block[bit / 8] ^= (unsigned char)(1 << bit % 8);
            blocks_widen(got, block, block_types[t], 0, type->elements);
            cr_expect(memcmp(got, values, (size_t)type->elements * sizeof *got) != 0, "%s, bit %d", type->name, bit);
            block[bit / 8] ^= (unsigned char)(1 << bit % 8);
        }
    }
}

Test(quantised, widens_any_stretch) {
    enum { N = 768 };
    struct rng rng = {73};
    static unsigned char blocks[N * 2];
    float values[N], got[N + 1];
    for (int t = 0; t < BLOCK_TYPES; t++) {
        blocks_random(&rng, block_types[t], N, 1, blocks, values);
        for (int round = 0; round < 100; round++) {
            const int64_t first = rng_below(&rng, N), count = rng_below(&rng, N - first + 1);
            got[count] = -77;
            blocks_widen(got, blocks, block_types[t], first, count);
            for (int64_t i = 0; i < count; i++)
                if (got[i] != values[first + i]) cr_assert_fail("type %d: %d + %d", block_types[t], (int)first, (int)i);
            cr_assert_eq(got[count], -77);
        }
    }
}

Test(quantised, knows_its_types) {
    for (int32_t dtype = -40; dtype < 100; dtype++) {
        int known = 0;
        for (int t = 0; t < BLOCK_TYPES; t++) known |= block_types[t] == dtype;
        cr_expect_eq(block_type(dtype) != NULL, known, "%d", (int)dtype);
        if (known) cr_expect(is_quantised(dtype));
    }
    cr_expect(!is_quantised(SA_F32) && !is_quantised(SA_BF16) && !is_quantised(SA_F16) && !is_quantised(SA_I8));
    cr_expect_eq(weight_bytes(SA_Q4_K, 512), 288);
    cr_expect_eq(weight_bytes(SA_Q8_0, 64), 68);
    cr_expect_eq(weight_bytes(SA_BF16, 7), 14);
    cr_expect_eq(weight_bytes(SA_F32, 7), 28);
}
