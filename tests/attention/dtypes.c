/* Tensors of half the width: what is read is exact, and what is written is the float32 result, rounded to nearest.
 * SPDX-License-Identifier: MIT */
#include "support/halves.h"
#include "support/oracle.h"
#include "support/paths.h"
#include "support/random.h"

#include <criterion/criterion.h>
#include <math.h>

enum { H = 2, T = 19, S = 70, D = 24, MOST = H * S * D };

/* The same numbers in both widths. */
struct numbers {
    uint16_t half[MOST];
    float wide[MOST];
};

struct problem {
    struct numbers query, key, value, mask;
    uint16_t output[H * T * D];
    float wide_output[H * T * D];
    sa_masking masking, wide_masking;
    sa_attention_args args, wide_args;
};

/* Fills the numbers and points the tensors, which have their shape, at them. */
static void fill(struct numbers *n, sa_tensor *half, sa_tensor *wide, int32_t dtype, uint64_t seed) {
    struct rng rng = {seed};
    for (int i = 0; i < MOST; i++) {
        n->wide[i] = rng_normal(&rng);
        n->half[i] = half_cut(dtype, &n->wide[i]);
    }
    *wide = *half;
    half->data = n->half, half->dtype = dtype;
    wide->data = n->wide;
}

static void make(struct problem *x, int32_t dtype) {
    sa_attention_args *a = &x->args, *w = &x->wide_args;
    *a = (sa_attention_args){.struct_size = sizeof *a, .masking = &x->masking};
    *w = (sa_attention_args){.struct_size = sizeof *w, .masking = &x->wide_masking};
    x->masking = x->wide_masking = (sa_masking){.struct_size = sizeof x->masking};
    sa_tensor_set(&a->query, NULL, SA_F32, SA_BHSD, 1, H, T, D);
    sa_tensor_set(&a->key, NULL, SA_F32, SA_BHSD, 1, H, S, D);
    sa_tensor_set(&a->value, NULL, SA_F32, SA_BSHD, 1, H, S, D);
    sa_tensor_set(&x->masking.mask, NULL, SA_F32, SA_BHSD, 1, 1, T, S);
    fill(&x->query, &a->query, &w->query, dtype, 1);
    fill(&x->key, &a->key, &w->key, dtype, 2);
    fill(&x->value, &a->value, &w->value, dtype, 3);
    fill(&x->mask, &x->masking.mask, &x->wide_masking.mask, dtype, 4);
    sa_tensor_set(&a->output, x->output, dtype, SA_BSHD, 1, H, T, D);
    sa_tensor_set(&w->output, x->wide_output, SA_F32, SA_BSHD, 1, H, T, D);
}

static void expect_rounded(const struct problem *x, const char *way) {
    const sa_tensor *got = &x->args.output;
    for (int h = 0; h < H; h++)
        for (int t = 0; t < T; t++)
            for (int d = 0; d < D; d++) {
                double half = oracle_at(got, 0, h, t, d), wide = oracle_at(&x->wide_args.output, 0, h, t, d);
                cr_expect(fabs(half - wide) <= half_rounding(got->dtype, wide), "%s, dtype %d: %.9g, want %.9g rounded",
                          way, got->dtype, half, wide);
            }
}

Test(dtypes, halves_are_read_exactly_and_written_rounded) {
    static struct problem x;
    for (int32_t dtype = SA_BF16; dtype <= SA_F16; dtype++)
        for (int w = 0; w < all_ways_count; w++) {
            sa_ctx *ctx = way_open(&ways[w], 2);
            if (!ctx) continue;
            make(&x, dtype);
            cr_assert_eq(sa_attention(ctx, &x.args), SA_OK, "%s: %s", ways[w].name, sa_ctx_last_error(ctx));
            cr_assert_eq(sa_attention(ctx, &x.wide_args), SA_OK, "%s: %s", ways[w].name, sa_ctx_last_error(ctx));
            expect_rounded(&x, ways[w].name);
            sa_ctx_destroy(&ctx);
        }
}
