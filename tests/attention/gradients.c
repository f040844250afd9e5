/* Gradients on every path against a double-precision oracle, which itself agrees with differences of the forward pass.
 * SPDX-License-Identifier: MIT */
#include "support/backward.h"
#include "support/half.h"
#include "support/oracle.h"
#include "support/paths.h"
#include "support/sample.h"

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Errors are relative to the sum of the magnitudes of all terms of a gradient. Those of scores grow with the scores; a
 * weight also has the rounding of the log-sum-exp. */
static double bound_of(const struct sample *s) {
    double D = (double)s->args.query.size[3], scale = s->args.scale != 0 ? s->args.scale : 1 / sqrt(D);
    double spread = scale * sqrt(D) * s->magnitude * s->magnitude + s->steepest / 8;
    return 4e-6 * (spread > 1 ? spread : 1);
}

/* Where the oracle's sum is not finite, some weight or another is infinite or NaN, and so may the result be. */
static void expect_close(const struct backward_call *got, const struct oracle_gradients *want, const char *way,
                         const struct sample *s) {
    for (int i = 0; i < ORACLE_GRADIENTS; i++) {
        cr_assert_eq(got->count[i], want->count[i], "%s: another number of %s", s->text, gradient_names[i]);
        double worst = 0;
        int64_t at = -1;
        for (int64_t n = 0; n < want->count[i]; n++) {
            double difference = fabs(got->got[i][n] - want->value[i][n]);
            if (!isfinite(want->size[i][n])) continue;
            double excess = difference / (want->size[i][n] + 1e-30);
            if (excess > worst || isnan(difference)) worst = isnan(difference) ? INFINITY : excess, at = n;
        }
        cr_expect(worst <= bound_of(s), "%s, %s[%lld]: %g, not %g (%.3g of all terms, bound %.3g), %s", way,
                  gradient_names[i], (long long)at, at < 0 ? 0 : (double)got->got[i][at],
                  at < 0 ? 0 : want->value[i][at], worst, bound_of(s), s->text);
    }
}

static uint64_t samples(void) {
    const char *text = getenv("SELFATTN_TEST_SAMPLES");
    return text ? strtoull(text, NULL, 10) : 200;
}

Test(gradients, every_path_agrees_with_the_oracle) {
    enum { MOST_WAYS = 16 };
    sa_ctx *ctx[MOST_WAYS];
    for (int w = 0; w < all_ways_count; w++) ctx[w] = way_open(&ways[w], 2);
    for (uint64_t seed = 0; seed < samples(); seed++) {
        struct sample s;
        struct backward_call call;
        sample_make(&s, seed);
        s.args.callbacks = NULL; /* have no gradients */
        backward_make(&call, &s.args, seed);
        struct oracle_gradients want = oracle_attention_backward(&s.args, &call.args.output);
        for (int w = 0; w < all_ways_count; w++) {
            if (!ctx[w] || ways[w].precision != SA_PRECISION_HIGHEST) continue;
            backward_call_run(&call, ctx[w], &s.args, s.text);
            expect_close(&call, &want, ways[w].name, &s);
        }
        oracle_gradients_free(&want);
        backward_free(&call);
        sample_free(&s);
    }
    for (int w = 0; w < all_ways_count; w++) sa_ctx_destroy(&ctx[w]);
}

/* The sum of upstream * output in double. */
static double loss(const sa_attention_args *a, const float *upstream) {
    int64_t n = a->output.size[0] * a->output.size[1] * a->output.size[2] * a->output.size[3];
    double *output = malloc((size_t)n * sizeof *output), sum = 0;
    oracle_attention(a, output, NULL, NULL);
    for (int64_t i = 0; i < n; i++) sum += upstream[i] * output[i];
    free(output);
    return sum;
}

/* The oracle's derivative by x[i] against a central difference. x is a float, so its steps are not exact: they are
 * measured. */
static void check_difference(const sa_attention_args *a, const struct backward_call *call, float *x, double want) {
    const float before = *x, step = 0x1p-9f;
    volatile float high = before + step, low = before - step;
    *x = high;
    double above = loss(a, call->upstream);
    *x = low;
    double below = loss(a, call->upstream);
    *x = before;
    double got = (above - below) / ((double)high - (double)low);
    cr_expect(fabs(got - want) <= 1e-4 * (fabs(want) + 1), "derivative %g, by differences %g", want, got);
}

Test(gradients, the_oracle_agrees_with_differences) {
    enum { H = 4, K = 2, T = 5, S = 7, D = 3, REACH = 3 };
    float q[H * T * D], k[K * S * D], v[K * S * D], mask[T * S], slopes[H], bias[H * (2 * REACH + 1)], sinks[H],
        o[H * T * D];
    struct rng rng = {4};
    float *const arrays[] = {q, k, v, mask, slopes, bias, sinks};
    const size_t sizes[] = {sizeof q, sizeof k, sizeof v, sizeof mask, sizeof slopes, sizeof bias, sizeof sinks};
    for (int i = 0; i < ORACLE_GRADIENTS; i++)
        for (size_t n = 0; n < sizes[i] / sizeof(float); n++) arrays[i][n] = rng_normal(&rng);
    sa_masking m = {.struct_size = sizeof m, .causal = 1, .align = SA_ALIGN_BOTTOM_RIGHT};
    sa_score_rules r = {sizeof r, slopes, bias, REACH, sinks};
    sa_attention_args a = {.struct_size = sizeof a, .softcap = 2, .masking = &m, .rules = &r};
    sa_tensor_set(&a.query, q, SA_F32, SA_BHSD, 1, H, T, D);
    sa_tensor_set(&a.key, k, SA_F32, SA_BHSD, 1, K, S, D);
    sa_tensor_set(&a.value, v, SA_F32, SA_BHSD, 1, K, S, D);
    sa_tensor_set(&a.output, o, SA_F32, SA_BHSD, 1, H, T, D);
    sa_tensor_set(&m.mask, mask, SA_F32, SA_BHSD, 1, 1, T, S);
    struct backward_call call;
    backward_make(&call, &a, 5);
    struct oracle_gradients want = oracle_attention_backward(&a, &call.args.output);
    for (int i = 0; i < ORACLE_GRADIENTS; i++)
        for (int64_t n = 0; n < want.count[i]; n++) check_difference(&a, &call, arrays[i] + n, want.value[i][n]);
    oracle_gradients_free(&want);
    backward_free(&call);
}

Test(gradients, have_the_same_bits_for_any_number_of_threads) {
    static const int32_t threads[] = {1, 2, 3, 7};
    for (uint64_t seed = 2000; seed < 2030; seed++) {
        struct sample s;
        struct backward_call first, call;
        sample_make(&s, seed);
        s.args.callbacks = NULL; /* have no gradients */
        backward_make(&first, &s.args, seed);
        backward_make(&call, &s.args, seed);
        for (int i = 0; i < 4; i++) {
            sa_ctx *ctx = ctx_open(&(sa_ctx_options){.struct_size = sizeof(sa_ctx_options), .threads = threads[i]});
            backward_call_run(i ? &call : &first, ctx, &s.args, s.text);
            for (int g = 0; i && g < ORACLE_GRADIENTS; g++)
                cr_expect(!call.count[g] || !memcmp(first.got[g], call.got[g], (size_t)call.count[g] * sizeof(float)),
                          "%s: other bits with %d threads, %s", gradient_names[g], threads[i], s.text);
            sa_ctx_destroy(&ctx);
        }
        backward_free(&first);
        backward_free(&call);
        sample_free(&s);
    }
}

/* B sequences of T tokens, all heads H of K, of numbers or halves. */
struct plain_call {
    float *numbers[4], *lse; /* query, key, value, output */
    sa_attention_args args;
};

static void make(struct plain_call *c, int64_t B, int64_t H, int64_t K, int64_t T, int64_t D) {
    const int64_t heads[] = {H, K, K, H};
    struct rng rng = {9};
    *c = (struct plain_call){.args = {.struct_size = sizeof c->args}};
    sa_tensor *tensors[] = {&c->args.query, &c->args.key, &c->args.value, &c->args.output};
    for (int i = 0; i < 4; i++) {
        int64_t n = B * heads[i] * T * D;
        c->numbers[i] = malloc((size_t)n * sizeof(float));
        for (int64_t j = 0; j < n; j++) c->numbers[i][j] = rng_normal(&rng);
        sa_tensor_set(tensors[i], c->numbers[i], SA_F32, SA_BHSD, B, heads[i], T, D);
    }
    c->lse = malloc((size_t)(B * H * T) * sizeof(float));
    sa_tensor_set(&c->args.lse, c->lse, SA_F32, SA_BHSD, B, H, T, 1);
}

static void unmake(struct plain_call *c) {
    for (int i = 0; i < 4; i++) free(c->numbers[i]);
    free(c->lse);
}

/* Few heads over several chunks of keys: one pass or two, whatever keeps the threads at work. */
Test(gradients, of_few_heads_have_the_same_bits_for_any_number_of_threads) {
    enum { H = 4, K = 2, T = 1100, D = 16 };
    static const int32_t threads[] = {1, 2, 3, 7};
    sa_masking causal = {.struct_size = sizeof causal, .causal = 1};
    struct plain_call c;
    struct backward_call first, call;
    make(&c, 1, H, K, T, D);
    c.args.masking = &causal;
    backward_make(&first, &c.args, 3);
    backward_make(&call, &c.args, 3);
    for (int i = 0; i < 4; i++) {
        sa_ctx *ctx = ctx_open(&(sa_ctx_options){.struct_size = sizeof(sa_ctx_options), .threads = threads[i]});
        backward_call_run(i ? &call : &first, ctx, &c.args, "few heads");
        for (int g = 0; i && g < ORACLE_GRADIENTS; g++)
            cr_expect(!call.count[g] || !memcmp(first.got[g], call.got[g], (size_t)call.count[g] * sizeof(float)),
                      "%s: other bits with %d threads", gradient_names[g], threads[i]);
        sa_ctx_destroy(&ctx);
    }
    backward_free(&first);
    backward_free(&call);
    unmake(&c);
}

/* A mask that is repeated over queries: blocks of queries of one head add to the same gradients. */
Test(gradients, of_a_mask_that_all_queries_share_have_the_same_bits_for_any_number_of_threads) {
    enum { B = 2, H = 2, T = 700, D = 8, ROUNDS = 5 };
    static const int32_t threads[] = {1, 2, 3, 7};
    static float mask[B * H * T];
    struct rng rng = {10};
    struct plain_call c;
    struct backward_call first, call;
    for (int64_t i = 0; i < B * H * T; i++) mask[i] = rng_normal(&rng);
    make(&c, B, H, H, T, D);
    sa_masking m = {.struct_size = sizeof m};
    sa_tensor_set(&m.mask, mask, SA_F32, SA_BHSD, B, H, 1, T);
    c.args.masking = &m;
    backward_make(&first, &c.args, 1);
    backward_make(&call, &c.args, 1);
    struct oracle_gradients want = oracle_attention_backward(&c.args, &first.args.output);
    for (int i = 0; i < 4; i++) {
        sa_ctx *ctx = ctx_open(&(sa_ctx_options){.struct_size = sizeof(sa_ctx_options), .threads = threads[i]});
        for (int round = 0; round < ROUNDS; round++) {
            backward_call_run(i ? &call : &first, ctx, &c.args, "a mask for all queries");
            cr_expect(!i || !memcmp(first.got[ORACLE_MASK], call.got[ORACLE_MASK], sizeof mask),
                      "other bits with %d threads", threads[i]);
        }
        sa_ctx_destroy(&ctx);
    }
    for (int64_t i = 0; i < B * H * T; i++) {
        double difference = fabs(first.got[ORACLE_MASK][i] - want.value[ORACLE_MASK][i]);
        cr_expect(difference <= 4e-6 * want.size[ORACLE_MASK][i], "mask[%lld]: %g, not %g", (long long)i,
                  (double)first.got[ORACLE_MASK][i], want.value[ORACLE_MASK][i]);
    }
    oracle_gradients_free(&want);
    backward_free(&first);
    backward_free(&call);
    unmake(&c);
}

/* Whether the gradients of queries, keys and values have the same bits. */
static void expect_unchanged(const struct backward_call *clean, const struct backward_call *odd, const char *way) {
    for (int g = ORACLE_QUERY; g <= ORACLE_VALUE; g++)
        cr_expect(!memcmp(clean->got[g], odd->got[g], (size_t)odd->count[g] * sizeof(float)), "%s: %s changed", way,
                  gradient_names[g]);
}

/* NaN at padded keys and in queries that see nothing: their gradients are exactly 0, all others as if they were 0. */
Test(gradients, of_hidden_tokens_are_exactly_zero) {
    enum { B = 2, H = 4, K = 2, T = 70, D = 40, REAL = 50 };
    const int64_t lengths[B] = {REAL, REAL};
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 2);
        struct plain_call c;
        struct backward_call clean, odd;
        if (!ctx) continue;
        make(&c, B, H, K, T, D);
        const sa_masking m = {
            .struct_size = sizeof m, .causal = 1, .key_lengths = lengths, .align = SA_ALIGN_OFFSET, .offset = -3};
        c.args.masking = &m;
        backward_make(&clean, &c.args, 1);
        backward_make(&odd, &c.args, 1);
        backward_call_run(&clean, ctx, &c.args, ways[w].name);
        for (int64_t i = 0; i < B * K * T * D; i++)
            if (i / D % T >= REAL) c.numbers[1][i] = c.numbers[2][i] = i % 3 ? NAN : INFINITY;
        for (int64_t i = 0; i < B * H * T * D; i++)
            if (i / D % T < 3) c.numbers[0][i] = odd.upstream[i] = NAN;
        backward_call_run(&odd, ctx, &c.args, ways[w].name);
        expect_unchanged(&clean, &odd, ways[w].name);
        for (int64_t i = 0; i < B * K * T * D; i++)
            cr_expect(i / D % T < REAL || (odd.got[ORACLE_KEY][i] == 0 && odd.got[ORACLE_VALUE][i] == 0));
        for (int64_t i = 0; i < B * H * T * D; i++) cr_expect(i / D % T >= 3 || odd.got[ORACLE_QUERY][i] == 0);
        backward_free(&clean);
        backward_free(&odd);
        unmake(&c);
        sa_ctx_destroy(&ctx);
    }
}

/* NaN at keys among those that are seen, which a mask hides: they change nothing. */
Test(gradients, of_tokens_that_a_mask_hides_are_exactly_zero) {
    enum { B = 1, H = 2, K = 1, T = 80, D = 24 };
    static uint8_t mask[T * T];
    for (int64_t i = 0; i < T * T; i++) mask[i] = i % T % 7 != 3;
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 2);
        struct plain_call c;
        struct backward_call clean, odd;
        if (!ctx) continue;
        make(&c, B, H, K, T, D);
        sa_masking m = {.struct_size = sizeof m};
        sa_tensor_set(&m.mask, mask, SA_BOOL, SA_BHSD, 1, 1, T, T);
        c.args.masking = &m;
        backward_make(&clean, &c.args, 1);
        backward_make(&odd, &c.args, 1);
        backward_call_run(&clean, ctx, &c.args, ways[w].name);
        for (int64_t i = 0; i < B * K * T * D; i++)
            if (i / D % T % 7 == 3) c.numbers[1][i] = c.numbers[2][i] = i % 3 ? NAN : INFINITY;
        backward_call_run(&odd, ctx, &c.args, ways[w].name);
        expect_unchanged(&clean, &odd, ways[w].name);
        backward_free(&clean);
        backward_free(&odd);
        unmake(&c);
        sa_ctx_destroy(&ctx);
    }
}

/* Each gradient alone has the bits that it has beside the others, in any strides. */
Test(gradients, are_optional) {
    enum { B = 1, H = 6, K = 3, T = 90, D = 24 };
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 2);
        struct plain_call c;
        struct backward_call all;
        if (!ctx) continue;
        make(&c, B, H, K, T, D);
        backward_make(&all, &c.args, 1);
        backward_call_run(&all, ctx, &c.args, ways[w].name);
        for (int g = ORACLE_QUERY; g <= ORACLE_VALUE; g++) {
            float got[H * T * D];
            sa_attention_gradients one = {.struct_size = sizeof one, .output = all.args.output};
            sa_tensor *of[] = {&all.args.query, &all.args.key, &all.args.value},
                      *to[] = {&one.query, &one.key, &one.value};
            const int64_t *n = of[g]->size;
            sa_tensor_set(to[g], got, SA_F32, SA_BSHD, n[0], n[1], n[2], n[3]);
            cr_assert_eq(sa_attention_backward(ctx, &c.args, &one), SA_OK, "%s", sa_ctx_last_error(ctx));
            int64_t other = 0;
            for (int64_t i = 0; i < all.count[g]; i++) {
                int64_t d = i % n[3], t = i / n[3] % n[2], h = i / n[3] / n[2];
                other += memcmp(&all.got[g][i], &got[(t * n[1] + h) * n[3] + d], sizeof(float)) != 0;
            }
            cr_expect_eq(other, 0, "%s: %lld numbers of %s have other bits", ways[w].name, (long long)other,
                         gradient_names[g]);
        }
        backward_free(&all);
        unmake(&c);
        sa_ctx_destroy(&ctx);
    }
}

/* Halves are read as the floats that they stand for. */
Test(gradients, of_halves_are_those_of_their_floats) {
    enum { B = 1, H = 2, T = 67, D = 33 };
    for (int32_t dtype = SA_BF16; dtype <= SA_F16; dtype++) {
        sa_ctx *ctx = ctx_open(&(sa_ctx_options){.struct_size = sizeof(sa_ctx_options), .threads = 2});
        struct plain_call c;
        struct backward_call floats, halves;
        uint16_t numbers[3][H * T * D];
        make(&c, B, H, H, T, D);
        for (int i = 0; i < 3; i++)
            for (int64_t n = 0; n < H * T * D; n++) {
                numbers[i][n] = half_nearest((double)c.numbers[i][n], dtype);
                c.numbers[i][n] = (float)half_value(numbers[i][n], dtype);
            }
        backward_make(&floats, &c.args, 1);
        backward_make(&halves, &c.args, 1);
        backward_call_run(&floats, ctx, &c.args, "floats");
        sa_tensor *tensors[] = {&c.args.query, &c.args.key, &c.args.value};
        for (int i = 0; i < 3; i++) tensors[i]->data = numbers[i], tensors[i]->dtype = dtype;
        cr_assert_eq(sa_attention_backward(ctx, &c.args, &halves.args), SA_OK, "%s", sa_ctx_last_error(ctx));
        for (int g = ORACLE_QUERY; g <= ORACLE_VALUE; g++)
            cr_expect(!memcmp(floats.got[g], halves.got[g], (size_t)halves.count[g] * sizeof(float)), "%s",
                      gradient_names[g]);
        backward_free(&floats);
        backward_free(&halves);
        unmake(&c);
        sa_ctx_destroy(&ctx);
    }
}

/* Packed sequences against the same sequences one by one. Which way the work is cut depends on the batch, so the bits
 * differ. */
Test(gradients, of_packed_sequences_are_those_of_each_alone) {
    enum { H = 4, K = 2, D = 32, SEQUENCES = 4 };
    const int64_t starts[SEQUENCES + 1] = {0, 30, 30, 131, 200}, rows = starts[SEQUENCES];
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 2);
        struct plain_call c;
        struct backward_call packed;
        if (!ctx || ways[w].precision != SA_PRECISION_HIGHEST) {
            sa_ctx_destroy(&ctx);
            continue;
        }
        make(&c, 1, H, K, rows, D);
        const sa_masking m = {.struct_size = sizeof m, .causal = 1};
        const sa_packing packing = {sizeof packing, SEQUENCES, starts, NULL};
        c.args.masking = &m;
        c.args.packing = &packing;
        backward_make(&packed, &c.args, 1);
        backward_call_run(&packed, ctx, &c.args, ways[w].name);
        for (int b = 0; b < SEQUENCES; b++) {
            sa_attention_args a = c.args;
            sa_tensor *views[] = {&a.query, &a.key, &a.value, &a.output, &a.lse}, upstream = packed.args.output;
            a.packing = NULL;
            for (int i = 0; i < 5; i++) {
                views[i]->data = (float *)views[i]->data + starts[b] * views[i]->stride[2];
                views[i]->size[2] = starts[b + 1] - starts[b];
            }
            upstream.data = (float *)upstream.data + starts[b] * upstream.stride[2];
            upstream.size[2] = starts[b + 1] - starts[b];
            struct oracle_gradients want = oracle_attention_backward(&a, &upstream);
            for (int g = ORACLE_QUERY; g <= ORACLE_VALUE; g++) {
                const int64_t heads = g == ORACLE_QUERY ? H : K, n = upstream.size[2];
                for (int64_t i = 0; i < want.count[g]; i++) {
                    int64_t h = i / D / n, t = i / D % n;
                    double got = packed.got[g][(h * rows + starts[b] + t) * D + i % D];
                    cr_expect(h < heads && fabs(got - want.value[g][i]) <= 4e-6 * want.size[g][i] + 1e-30,
                              "%s: %s of sequence %d is %g, not %g", ways[w].name, gradient_names[g], b, got,
                              want.value[g][i]);
                }
            }
            oracle_gradients_free(&want);
        }
        backward_free(&packed);
        unmake(&c);
        sa_ctx_destroy(&ctx);
    }
}

/* Nothing of size T x S, whatever the length. */
Test(gradients, take_little_memory) {
    enum { H = 8, D = 64 };
    sa_ctx *ctx = ctx_open(&(sa_ctx_options){.struct_size = sizeof(sa_ctx_options), .threads = 2});
    uint64_t bytes[2];
    for (int i = 0; i < 2; i++) {
        const int64_t n = i ? 1 << 20 : 1 << 13;
        sa_attention_args a = {.struct_size = sizeof a};
        sa_attention_gradients g = {.struct_size = sizeof g};
        sa_tensor *tensors[] = {&a.query, &a.key, &a.value, &a.output, &g.output};
        for (int t = 0; t < 5; t++) sa_tensor_set(tensors[t], NULL, SA_F32, SA_BHSD, 1, H, n, D);
        cr_assert_eq(sa_attention_backward_workspace_size(ctx, &a, &g, &bytes[i]), SA_OK, "%s", sa_ctx_last_error(ctx));
    }
    cr_expect_eq(bytes[0], bytes[1]);
    cr_expect_lt(bytes[0], 8 << 20);
    sa_ctx_destroy(&ctx);
}
