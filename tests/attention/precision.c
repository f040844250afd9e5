/* How exact each precision is: attention on the usual shapes, with few heads, against the double-precision oracle.
 * Prints what it measures, as the table in docs/numerics.md.
 * SPDX-License-Identifier: MIT */
#include "support/compare.h"
#include "support/oracle.h"
#include "support/paths.h"
#include "support/random.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

struct shape {
    const char *name;
    int64_t H, K, T, S, D;
    int causal;
};

/* Queries, keys and values of variance 1, so that scores have variance 1 too. */
struct problem {
    sa_attention_args args;
    sa_masking masking;
    float *memory;
    double *exact;
};

static struct problem problem_make(const struct shape *s) {
    int64_t q = s->H * s->T * s->D, k = s->K * s->S * s->D;
    struct problem p = {.memory = malloc((size_t)(2 * q + 2 * k) * sizeof(float)),
                        .exact = malloc((size_t)q * sizeof(double))};
    struct rng rng = {(uint64_t)(s->T * s->S)};
    for (int64_t i = 0; i < 2 * q + 2 * k; i++) p.memory[i] = rng_normal(&rng);
    p.args.struct_size = sizeof p.args;
    p.masking = (sa_masking){.struct_size = sizeof p.masking, .causal = s->causal};
    sa_tensor_set(&p.args.query, p.memory, SA_F32, SA_BHSD, 1, s->H, s->T, s->D);
    sa_tensor_set(&p.args.output, p.memory + q, SA_F32, SA_BHSD, 1, s->H, s->T, s->D);
    sa_tensor_set(&p.args.key, p.memory + 2 * q, SA_F32, SA_BHSD, 1, s->K, s->S, s->D);
    sa_tensor_set(&p.args.value, p.memory + 2 * q + k, SA_F32, SA_BHSD, 1, s->K, s->S, s->D);
    return p;
}

static void problem_free(struct problem *p) {
    free(p->memory);
    free(p->exact);
}

static double measure(sa_ctx *ctx, struct problem *p) {
    p->args.masking = &p->masking;
    cr_assert_eq(sa_attention(ctx, &p->args), SA_OK, "%s", sa_ctx_last_error(ctx));
    struct difference d = compare(&p->args.output, p->exact);
    return d.wrong_class ? INFINITY : d.norm;
}

static void measure_shape(const struct shape *s) {
    static const char *const names[] = {"highest", "high", "medium"};
    struct problem p = problem_make(s);
    double worst[3] = {0};
    p.args.masking = &p.masking;
    oracle_attention(&p.args, p.exact, NULL, NULL);
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 2);
        if (!ctx) continue;
        double error = measure(ctx, &p), *most = &worst[ways[w].precision];
        *most = error > *most ? error : *most;
        cr_expect(error <= ways[w].error, "%s, %s: error %.3g, allowed %.3g", s->name, ways[w].name, error,
                  ways[w].error);
        sa_ctx_destroy(&ctx);
    }
    fprintf(stderr, "%-34s", s->name);
    for (int i = 0; i < 3; i++)
        if (worst[i] > 0) fprintf(stderr, "  %s %.1e", names[i], worst[i]);
    fprintf(stderr, "\n");
    problem_free(&p);
}

Test(precision, encoder) {
    measure_shape(&(struct shape){"512 tokens, heads of 64", 2, 2, 512, 512, 64, 0});
}

Test(precision, decoder) {
    measure_shape(&(struct shape){"512 tokens causal, heads of 64", 2, 2, 512, 512, 64, 1});
}

Test(precision, grouped_heads) {
    measure_shape(&(struct shape){"300 tokens causal, 4 heads of 128 on 1", 4, 1, 300, 300, 128, 1});
}

Test(precision, cross_attention) {
    measure_shape(&(struct shape){"64 queries, 1500 keys, heads of 64", 2, 2, 64, 1500, 64, 0});
}

Test(precision, image) {
    measure_shape(&(struct shape){"197 tokens, heads of 64", 3, 3, 197, 197, 64, 0});
}

Test(precision, decoding_step) {
    measure_shape(&(struct shape){"1 query, 2000 keys, 8 heads of 128 on 2", 8, 2, 1, 2000, 128, 0});
}

/* Where products of bf16 would not be faster, or off the fused path, every precision is the highest, and the context
 * says so. */
Test(precision, is_highest_where_a_lower_one_is_not_faster) {
    struct problem p = problem_make(&(struct shape){"", 2, 1, 70, 90, 64, 0});
    p.args.masking = &p.masking;
    oracle_attention(&p.args, p.exact, NULL, NULL);
    for (int w = 0; w < ways_count; w++) {
        sa_ctx *highest = ways[w].isa == SA_ISA_AMX ? NULL : way_open(&ways[w], 1);
        for (int32_t precision = SA_PRECISION_HIGH; highest && precision <= SA_PRECISION_MEDIUM; precision++) {
            if (ways[w].isa == SA_ISA_AVX512_BF16 && precision == SA_PRECISION_MEDIUM) continue;
            sa_ctx_options options = {.struct_size = sizeof options,
                                      .path = ways[w].path,
                                      .isa = ways[w].path == SA_PATH_FUSED ? ways[w].isa : SA_ISA_AUTO,
                                      .precision = precision};
            sa_ctx *ctx = ctx_open(&options);
            cr_expect_eq(sa_ctx_precision(ctx), SA_PRECISION_HIGHEST, "%s says %d", ways[w].name,
                         (int)sa_ctx_precision(ctx));
            double error = measure(ctx, &p);
            cr_expect(error <= 1e-6, "%s, precision %d: error %.3g", ways[w].name, (int)precision, error);
            sa_ctx_destroy(&ctx);
        }
        sa_ctx_destroy(&highest);
    }
    problem_free(&p);
}

/* The largest floats are infinite as bf16. As values they must not leak from keys that a query may not see, and stay
 * finite where it sees them; where it sees them with a weight of 0 they are nothing. */
Test(precision, keeps_the_largest_values) {
    enum { S = 40, D = 8, T = 3 };
    const float huge = 0x1.ff8p+127f;
    float q[T * D] = {0}, k[S * D] = {0}, v[S * D] = {0}, o[T * D];
    uint8_t seen[T][S] = {{0}};
    sa_masking masking = {.struct_size = sizeof masking};
    sa_attention_args a = {.struct_size = sizeof a, .masking = &masking, .scale = 1};
    sa_tensor_set(&a.query, q, SA_F32, SA_BHSD, 1, 1, T, D);
    sa_tensor_set(&a.key, k, SA_F32, SA_BHSD, 1, 1, S, D);
    sa_tensor_set(&a.value, v, SA_F32, SA_BHSD, 1, 1, S, D);
    sa_tensor_set(&a.output, o, SA_F32, SA_BHSD, 1, 1, T, D);
    sa_tensor_set(&masking.mask, seen, SA_BOOL, SA_BHSD, 1, 1, T, S);
    v[7 * D + 3] = huge, v[9 * D + 3] = 5;
    q[2 * D] = 1, k[7 * D] = -1000;
    seen[0][9] = seen[1][7] = seen[2][7] = seen[2][9] = 1;
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 1);
        if (!ctx) continue;
        cr_assert_eq(sa_attention(ctx, &a), SA_OK, "%s", sa_ctx_last_error(ctx));
        cr_expect(fabsf(o[3] - 5) <= 5e-6f && fabsf(o[D + 3] / huge - 1) <= 1e-6f && fabsf(o[2 * D + 3] - 5) <= 5e-6f,
                  "%s: %g, %g and %g", ways[w].name, (double)o[3], (double)o[D + 3], (double)o[2 * D + 3]);
        sa_ctx_destroy(&ctx);
    }
}
