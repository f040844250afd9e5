/* Matrices that cannot be used as they lie in a file: kept with a row per output, whatever their type and order.
 * SPDX-License-Identifier: MIT */
#include "model/keep.h"

#include "base/half.h"

#include <criterion/criterion.h>
#include <string.h>

enum { Q8_0_ELEMENTS = 32, Q8_0_BYTES = 34, IN = 3, OUT = 2 * Q8_0_ELEMENTS, BLOCKS = IN * OUT / Q8_0_ELEMENTS };

/* One thread, no matrix unit. */
static const struct machine machine = {.parallel = {.kind = SA_PARALLEL_SERIAL, .threads = 1}};

/* Scales are powers of 2, so that products are exact. */
static void make_q8_0(unsigned char *data, float *values) {
    for (int b = 0; b < BLOCKS; b++) {
        const float scale = 1.0f / (float)(2 << b);
        element_store(data + b * Q8_0_BYTES, SA_F16, 0, scale);
        for (int i = 0; i < Q8_0_ELEMENTS; i++) {
            const int8_t byte = (int8_t)(b * 37 + i * 11 - 100);
            memcpy(data + b * Q8_0_BYTES + 2 + i, &byte, 1);
            values[b * Q8_0_ELEMENTS + i] = scale * (float)byte;
        }
    }
}

/* A matrix of the file, kept: weights [OUT][IN] from a row per input, or [IN][OUT] from a row per output. */
static void expect_kept(const struct tensor *t, int in_out, const float *values) {
    static char store[1 << 13];
    const struct bound bound = {.weight = t};
    struct keep count = {.machine = &machine}, fill = {.base = store, .machine = &machine};
    keep_linear(&count, &bound, in_out);
    cr_assert(ledger_fits(&count.ledger) && count.ledger.bytes <= (int64_t)sizeof store);
    const struct linear l = keep_linear(&fill, &bound, in_out);
    cr_expect_eq(fill.ledger.bytes, count.ledger.bytes);
    cr_assert_eq(l.in, in_out ? IN : OUT);
    cr_assert_eq(l.out, in_out ? OUT : IN);
    cr_expect_eq(l.dtype, in_out ? SA_F32 : t->type); /* blocks cannot be transposed */
    for (int64_t o = 0; o < l.out; o++) {
        float row[IN > OUT ? IN : OUT];
        linear_widen(&l, &kernels_ref, o, 0, l.in, row);
        for (int64_t i = 0; i < l.in; i++)
            cr_expect_eq(row[i], values[in_out ? i * OUT + o : o * OUT + i], "output %d, input %d", (int)o, (int)i);
    }
}

Test(keep, quantised_matrices_of_either_order) {
    _Alignas(64) unsigned char data[BLOCKS * Q8_0_BYTES];
    float values[IN * OUT];
    make_q8_0(data, values);
    const struct tensor t = {
        .type = SA_Q8_0, .axes = 2, .size = {IN, OUT}, .elements = IN * OUT, .data = data, .bytes = sizeof data};
    expect_kept(&t, 0, values);
    expect_kept(&t, 1, values);
}

Test(keep, floats_of_either_order_at_any_address) {
    _Alignas(64) unsigned char data[1 + IN * OUT * sizeof(float)];
    float values[IN * OUT];
    for (int i = 0; i < IN * OUT; i++) values[i] = (float)(i * 7 % 31) - 12;
    memcpy(data + 1, values, sizeof values);
    const struct tensor t = {
        .type = SA_F32, .axes = 2, .size = {IN, OUT}, .elements = IN * OUT, .data = data + 1, .bytes = sizeof values};
    cr_expect(!tensor_is_native(&t));
    expect_kept(&t, 0, values);
    expect_kept(&t, 1, values);
}
