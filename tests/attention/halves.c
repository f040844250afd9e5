/* bf16 and f16 in every tensor that may hold them: the results are those of floats of the same values, rounded once.
 * SPDX-License-Identifier: MIT */
#include "support/half.h"

#include "support/guarded.h"
#include "support/oracle.h"
#include "support/paths.h"
#include "support/sample.h"

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A sample's problem with the same strides in guarded memory of its own, some of its tensors in 16 bits. */
struct twin {
    sa_attention_args args;
    sa_masking masking;
    struct {
        void *data;
        size_t bytes;
    } memory[SAMPLE_MEMORIES];
    int memories;
    char types[64];
};

/* Moves *t, which points into the sample's memory, to memory of its own in `dtype`, and rounds what it leaves behind. */
static void move(struct twin *twin, const struct sample *s, sa_tensor *t, int32_t dtype) {
    static const char *const names[] = {"f32", "bf16", "f16"};
    int i = 0;
    char *from = t->data;
    while (from < (char *)s->memory[i].data || from >= (char *)s->memory[i].data + s->memory[i].bytes) i++;
    float *wide = s->memory[i].data;
    size_t count = s->memory[i].bytes / sizeof *wide, size = dtype == SA_F32 ? sizeof *wide : sizeof(uint16_t);
    char *data = guarded_alloc(count * size);
    for (size_t e = 0; e < count && dtype != SA_F32; e++) {
        ((uint16_t *)data)[e] = half_nearest(wide[e], dtype);
        wide[e] = (float)half_value(((uint16_t *)data)[e], dtype);
    }
    if (dtype == SA_F32) memcpy(data, wide, count * size);
    t->data = data + ((float *)t->data - wide) * (ptrdiff_t)size;
    t->dtype = dtype;
    twin->memory[twin->memories].data = data;
    twin->memory[twin->memories++].bytes = count * size;
    snprintf(twin->types + strlen(twin->types), sizeof twin->types - strlen(twin->types), " %s", names[dtype]);
}

static void twin_make(struct twin *twin, const struct sample *s, struct rng *rng) {
    *twin = (struct twin){.args = s->args, .masking = s->masking};
    if (s->args.masking) twin->args.masking = &twin->masking;
    sa_tensor *halves[] = {&twin->args.query, &twin->args.key, &twin->args.value, &twin->args.output,
                           &twin->masking.mask};
    for (int i = 0; i < 5; i++)
        if (halves[i]->data && halves[i]->dtype == SA_F32) move(twin, s, halves[i], (int32_t)rng_below(rng, 3));
    move(twin, s, &twin->args.lse, SA_F32);
    if (twin->args.weights.data) move(twin, s, &twin->args.weights, SA_F32);
}

static void twin_free(struct twin *twin) {
    for (int i = 0; i < twin->memories; i++) guarded_free(twin->memory[i].data, twin->memory[i].bytes);
}

/* Whether a number of `dtype` is the float `wide` rounded. A BLAS may have rounded differently on the way to that float. */
static int follows(double got, double wide, int32_t dtype, int exact) {
    double unit = dtype == SA_F32 ? 0 : dtype == SA_F16 ? 0x1p-11 : 0x1p-8;
    double rounded = dtype == SA_F32 ? wide : half_value(half_nearest(wide, dtype), dtype);
    int near = isfinite(got) && isfinite(wide) && fabs(got - wide) <= fabs(wide) * unit + 1e-5;
    return got == rounded || (isnan(got) && isnan(wide)) || (!exact && near);
}

/* How many elements of `got` do not follow from the float tensor `wide`. */
static int64_t differing(const sa_tensor *got, const sa_tensor *wide, int exact) {
    int64_t count = 0, at[4];
    for (at[0] = 0; at[0] < got->size[0]; at[0]++)
        for (at[1] = 0; at[1] < got->size[1]; at[1]++)
            for (at[2] = 0; at[2] < got->size[2]; at[2]++)
                for (at[3] = 0; at[3] < got->size[3]; at[3]++)
                    count += !follows(oracle_at(got, at[0], at[1], at[2], at[3]),
                                      oracle_at(wide, at[0], at[1], at[2], at[3]), got->dtype, exact);
    return count;
}

static void check(sa_ctx *ctx, const struct way *way, const struct sample *s, const struct twin *twin) {
    cr_assert_eq(sa_attention(ctx, &s->args), SA_OK, "%s: %s", way->name, sa_ctx_last_error(ctx));
    cr_assert_eq(sa_attention(ctx, &twin->args), SA_OK, "%s: %s", way->name, sa_ctx_last_error(ctx));
    int exact = way->path != SA_PATH_BLAS;
    int64_t wrong =
        differing(&twin->args.output, &s->args.output, exact) + differing(&twin->args.lse, &s->args.lse, exact);
    if (s->args.weights.data) wrong += differing(&twin->args.weights, &s->args.weights, exact);
    if (wrong) cr_expect_fail("%s,%s, %s: %lld elements differ", way->name, twin->types, s->text, (long long)wrong);
}

/* Some elements become numbers that one type has and another has not. */
static void upset(const sa_tensor *t, struct rng *rng) {
    static const float odd[] = {INFINITY, -INFINITY, NAN, 1e-41f, 3e-8f, 65519, 1e6f, 3.39e38f};
    for (int i = 0; i < 3; i++) {
        int64_t at = 0;
        for (int axis = 0; axis < 4; axis++) at += rng_below(rng, t->size[axis]) * t->stride[axis];
        ((float *)t->data)[at] = odd[rng_below(rng, 8)];
    }
}

static void check_way(const struct way *way) {
    sa_ctx *ctx = way_open(way, 2);
    for (uint64_t seed = 5000; ctx && seed < 5030; seed++) {
        struct sample s;
        struct twin twin;
        struct rng rng = {seed};
        sample_make(&s, seed);
        if (seed % 3 == 0) upset(&s.args.query, &rng);
        if (seed % 3 == 1) upset(&s.args.key, &rng);
        if (seed % 3 != 2) upset(&s.args.value, &rng);
        twin_make(&twin, &s, &rng);
        check(ctx, way, &s, &twin);
        twin_free(&twin);
        sample_free(&s);
    }
    sa_ctx_destroy(&ctx);
}

Test(halves, random_problems_of_mixed_types) {
    for (int w = 0; w < all_ways_count; w++) check_way(&ways[w]);
}

/* Whether a number comes out as it went in, or as near as that goes: a relative error, then an absolute one, then rounding. */
static int goes_through(double got, double want, int32_t dtype, double error, double tiny) {
    double most = half_value(half_nearest(want * (1 + error), dtype), dtype);
    return got == want || got == most || (isnan(got) && isnan(want)) || fabs(got - want) <= fabs(want) * error + tiny;
}

/* A query that sees one key gets that key's value: every 16-bit number goes through. */
static void check_values(sa_ctx *ctx, const struct way *way, int32_t dtype, double error, double tiny) {
    enum { B = 256, DV = 256 };
    static uint16_t q[B], k[B], v[B * DV], o[B * DV];
    sa_attention_args a = {.struct_size = sizeof a};
    int64_t wrong = 0, first = -1;
    for (int i = 0; i < B * DV; i++) v[i] = (uint16_t)i;
    sa_tensor_set(&a.query, q, dtype, SA_BHSD, B, 1, 1, 1);
    sa_tensor_set(&a.key, k, dtype, SA_BHSD, B, 1, 1, 1);
    sa_tensor_set(&a.value, v, dtype, SA_BHSD, B, 1, 1, DV);
    sa_tensor_set(&a.output, o, dtype, SA_BHSD, B, 1, 1, DV);
    cr_assert_eq(sa_attention(ctx, &a), SA_OK, "%s: %s", way->name, sa_ctx_last_error(ctx));
    for (int i = 0; i < B * DV; i++)
        if (!goes_through(half_value(o[i], dtype), half_value(v[i], dtype), dtype, error, tiny) && wrong++ == 0)
            first = i;
    if (wrong)
        cr_expect_fail("%s, dtype %d: %lld values change, the first is %#llx", way->name, (int)dtype, (long long)wrong,
                       (unsigned long long)first);
}

/* The matrix unit takes numbers below 2^-126 for 0, and in one part rounds f16 to bf16. */
Test(halves, every_value_goes_through) {
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 1);
        double tiny = ways[w].precision == SA_PRECISION_HIGHEST ? 0 : FLT_MIN;
        if (!ctx) continue;
        check_values(ctx, &ways[w], SA_BF16, 0, tiny);
        check_values(ctx, &ways[w], SA_F16, ways[w].precision == SA_PRECISION_MEDIUM ? 0x1p-8 : 0, tiny);
        sa_ctx_destroy(&ctx);
    }
}

/* Where f32 values lead to results between two numbers of the type, beyond the largest, or below the least. */
Test(halves, results_are_rounded_once) {
    static float v[] = {1,         1.001953125f,  1.00048828125f, 1.00146484375f, -1.00390625f, 1.01171875f,
                        65504,     65519.9961f,   65520,          -65535,         65536,        1e9f,
                        3e38f,     0x1.ff8p+127f, 0x1p-24f,       0x1p-25f,       0x1.8p-25f,   -0x1.8p-24f,
                        0x1p-133f, 0x1.8p-133f,   FLT_MIN,        INFINITY,       -INFINITY,    NAN,
                        0,         -0.0f,         0.1f,           -1e-8f};
    enum { DV = sizeof v / sizeof v[0] };
    float q = 0, k = 0, wide[DV];
    uint16_t half[DV];
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 1);
        for (int32_t dtype = SA_F32; ctx && dtype <= SA_F16; dtype++) {
            sa_attention_args a = {.struct_size = sizeof a};
            sa_tensor_set(&a.query, &q, SA_F32, SA_BHSD, 1, 1, 1, 1);
            sa_tensor_set(&a.key, &k, SA_F32, SA_BHSD, 1, 1, 1, 1);
            sa_tensor_set(&a.value, v, SA_F32, SA_BHSD, 1, 1, 1, DV);
            sa_tensor_set(&a.output, dtype == SA_F32 ? (void *)wide : half, dtype, SA_BHSD, 1, 1, 1, DV);
            cr_assert_eq(sa_attention(ctx, &a), SA_OK, "%s", sa_ctx_last_error(ctx));
            int wrong = 0;
            for (int i = 0; dtype != SA_F32 && i < DV; i++)
                wrong += !follows(half_value(half[i], dtype), wide[i], dtype, 1);
            if (wrong)
                cr_expect_fail("%s, dtype %d: %d results are not rounded right", ways[w].name, (int)dtype, wrong);
        }
        sa_ctx_destroy(&ctx);
    }
}
