/* SPDX-License-Identifier: MIT */
#include "floats.h"

#include "api/context.h"

#include <stdlib.h>
#include <string.h>

float *floats_new(int64_t count) {
    return calloc((size_t)count + 1, sizeof(float));
}

float *floats_of(const sa_ctx *ctx, const struct value *v) {
    float *numbers = floats_new(v->elements);
    if (value_dtype(v) == SA_F32)
        memcpy(numbers, v->data, (size_t)v->elements * sizeof *numbers);
    else
        ctx->machine.kernels->rows->load(numbers, v->data, value_dtype(v), v->elements);
    return numbers;
}

void floats_compare(struct verdict *v, const sa_ctx *ctx, const struct test_case *c, const char *formal,
                    const float *got) {
    const struct value *want = case_output(c, formal);
    if (!want || value_dtype(want) == SA_F32) {
        verdict_compare(v, c, formal, got);
        return;
    }
    uint16_t *halves = calloc((size_t)want->elements + 1, sizeof *halves);
    ctx->machine.kernels->rows->store(halves, value_dtype(want), got, want->elements);
    verdict_compare(v, c, formal, halves);
    free(halves);
}
