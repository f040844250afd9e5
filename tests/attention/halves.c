/* bf16 and f16 in every tensor that may hold them: the results are those of floats of the same values, rounded once.
 * SPDX-License-Identifier: MIT */
#include "support/half.h"

#include "support/paths.h"
#include "support/sample.h"
#include "support/twin.h"

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>

/* A sample's problem with some of its tensors in 16 bits. */
struct problem {
    sa_attention_args args;
    sa_masking masking;
    struct twin twin;
};

static void move(struct problem *p, const struct sample *s, sa_tensor *t, int32_t dtype) {
    char *data = t->data;
    int i = 0;
    while (data < (char *)s->memory[i].data || data >= (char *)s->memory[i].data + s->memory[i].bytes) i++;
    twin_move(&p->twin, t, s->memory[i].data, s->memory[i].bytes, dtype);
}

static void problem_make(struct problem *p, const struct sample *s, struct rng *rng) {
    *p = (struct problem){.args = s->args, .masking = s->masking};
    if (s->args.masking) p->args.masking = &p->masking;
    sa_tensor *halves[] = {&p->args.query, &p->args.key, &p->args.value, &p->args.output, &p->masking.mask};
    for (int i = 0; i < 5; i++)
        if (halves[i]->data && halves[i]->dtype == SA_F32) move(p, s, halves[i], (int32_t)rng_below(rng, 3));
    move(p, s, &p->args.lse, SA_F32);
    if (p->args.weights.data) move(p, s, &p->args.weights, SA_F32);
}

static void check(sa_ctx *ctx, const struct way *way, const struct sample *s, const struct problem *p) {
    cr_assert_eq(sa_attention(ctx, &s->args), SA_OK, "%s: %s", way->name, sa_ctx_last_error(ctx));
    cr_assert_eq(sa_attention(ctx, &p->args), SA_OK, "%s: %s", way->name, sa_ctx_last_error(ctx));
    int exact = way->path != SA_PATH_BLAS;
    int64_t wrong =
        twin_differing(&p->args.output, &s->args.output, exact) + twin_differing(&p->args.lse, &s->args.lse, exact);
    if (s->args.weights.data) wrong += twin_differing(&p->args.weights, &s->args.weights, exact);
    if (wrong) cr_expect_fail("%s,%s, %s: %lld elements differ", way->name, p->twin.types, s->text, (long long)wrong);
}

static void check_way(const struct way *way) {
    sa_ctx *ctx = way_open(way, 2);
    for (uint64_t seed = 5000; ctx && seed < 5030; seed++) {
        struct sample s;
        struct problem p;
        struct rng rng = {seed};
        sample_make(&s, seed);
        if (seed % 3 == 0) twin_upset(&s.args.query, &rng);
        if (seed % 3 == 1) twin_upset(&s.args.key, &rng);
        if (seed % 3 != 2) twin_upset(&s.args.value, &rng);
        problem_make(&p, &s, &rng);
        check(ctx, way, &s, &p);
        twin_free(&p.twin);
        sample_free(&s);
    }
    sa_ctx_destroy(&ctx);
}

Test(halves, random_problems_of_mixed_types) {
    for (int w = 0; w < all_ways_count; w++) check_way(&ways[w]);
}

/* Whether a number comes out as it went in, or as near as that goes: a relative error, then an absolute one, then
 * rounding. */
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
    float q = 0, k = 0, wide[DV] = {0};
    uint16_t half[DV] = {0};
    sa_tensor floats = {0};
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 1);
        for (int32_t dtype = SA_F32; ctx && dtype <= SA_F16; dtype++) {
            sa_attention_args a = {.struct_size = sizeof a};
            sa_tensor_set(&a.query, &q, SA_F32, SA_BHSD, 1, 1, 1, 1);
            sa_tensor_set(&a.key, &k, SA_F32, SA_BHSD, 1, 1, 1, 1);
            sa_tensor_set(&a.value, v, SA_F32, SA_BHSD, 1, 1, 1, DV);
            sa_tensor_set(&a.output, dtype == SA_F32 ? (void *)wide : half, dtype, SA_BHSD, 1, 1, 1, DV);
            cr_assert_eq(sa_attention(ctx, &a), SA_OK, "%s", sa_ctx_last_error(ctx));
            if (dtype == SA_F32) floats = a.output;
            int64_t wrong = twin_differing(&a.output, &floats, 1);
            if (wrong)
                cr_expect_fail("%s, dtype %d: %lld results are not rounded right", ways[w].name, (int)dtype,
                               (long long)wrong);
        }
        sa_ctx_destroy(&ctx);
    }
}
