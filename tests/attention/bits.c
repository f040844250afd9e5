/* The same bits for any number of threads, any back end, any repeat, and any batch that a sequence sits in.
 * SPDX-License-Identifier: MIT */
#include "support/paths.h"
#include "support/sample.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static float *output_copy(const struct sample *s, size_t *bytes) {
    const sa_tensor *o = &s->args.output;
    *bytes = (size_t)(o->size[0] * o->size[1] * o->size[2] * o->size[3]) * sizeof(float);
    float *copy = malloc(*bytes), *to = copy;
    for (int64_t b = 0; b < o->size[0]; b++)
        for (int64_t h = 0; h < o->size[1]; h++)
            for (int64_t t = 0; t < o->size[2]; t++)
                for (int64_t d = 0; d < o->size[3]; d++)
                    *to++ =
                        ((float *)o->data)[b * o->stride[0] + h * o->stride[1] + t * o->stride[2] + d * o->stride[3]];
    return copy;
}

/* In the opposite order, one after another: a legal parallel-for. */
static void backwards(void *user, int64_t count, sa_body_fn body, void *arg) {
    (void)user;
    for (int64_t i = count - 1; i >= 0; i--) body(arg, i);
}

Test(bits, do_not_depend_on_threads_or_repeats) {
    const sa_ctx_options settings[] = {
        {.parallel = SA_PARALLEL_SERIAL},
        {.threads = 1},
        {.threads = 2},
        {.threads = 3},
        {.threads = 7},
        {.threads = 7},
        {.threads = 5, .parallel_for = backwards},
    };
    for (int w = 0; w < all_ways_count; w++)
        for (uint64_t seed = 1000; seed < 1040; seed++) {
            float *first = NULL;
            size_t bytes = 0;
            for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
                sa_ctx_options options = settings[i];
                options.struct_size = sizeof options;
                options.path = ways[w].path, options.isa = ways[w].isa, options.precision = ways[w].precision;
                sa_ctx *ctx = ctx_open(&options);
                struct sample s;
                sample_make(&s, seed);
                cr_assert_eq(sa_attention(ctx, &s.args), SA_OK, "%s: %s", s.text, sa_ctx_last_error(ctx));
                float *output = output_copy(&s, &bytes);
                if (!first)
                    first = output;
                else {
                    cr_expect(memcmp(first, output, bytes) == 0, "%s, setting %zu: other bits, %s", ways[w].name, i,
                              s.text);
                    free(output);
                }
                sample_free(&s);
                sa_ctx_destroy(&ctx);
            }
            free(first);
        }
}

enum { HEADS = 4, KV_HEADS = 2, SIZE = 40 };

static float noise(struct rng *rng) {
    return rng_normal(rng) * 2;
}

/* One sequence of `length` tokens alone, or padded to `padded` tokens as the last of a batch of two; its rows of the
 * output. */
static void run_sequence(sa_ctx *ctx, int64_t length, int64_t padded, int causal, float *rows) {
    int64_t B = padded ? 2 : 1, T = padded ? padded : length, lengths[2] = {T, length};
    if (!padded) lengths[0] = length;
    float *memory = malloc((size_t)(B * T * (2 * HEADS + 2 * KV_HEADS) * SIZE) * sizeof(float));
    struct rng rng = {7}, filler = {8};
    for (int64_t i = 0; i < B * T * (2 * HEADS + 2 * KV_HEADS) * SIZE; i++) memory[i] = noise(&filler);
    float *q = memory, *k = q + B * T * HEADS * SIZE, *v = k + B * T * KV_HEADS * SIZE,
          *o = v + B * T * KV_HEADS * SIZE;
    for (int64_t t = 0; t < length; t++) {
        for (int64_t i = 0; i < HEADS * SIZE; i++) q[((B - 1) * T + t) * HEADS * SIZE + i] = noise(&rng);
        for (int64_t i = 0; i < KV_HEADS * SIZE; i++) k[((B - 1) * T + t) * KV_HEADS * SIZE + i] = noise(&rng);
        for (int64_t i = 0; i < KV_HEADS * SIZE; i++) v[((B - 1) * T + t) * KV_HEADS * SIZE + i] = noise(&rng);
    }
    sa_masking masking = {
        .struct_size = sizeof masking, .key_lengths = lengths, .causal = causal, .align = SA_ALIGN_TOP_LEFT};
    sa_attention_args a = {.struct_size = sizeof a, .masking = &masking};
    sa_tensor_set(&a.query, q, SA_F32, SA_BSHD, B, HEADS, T, SIZE);
    sa_tensor_set(&a.key, k, SA_F32, SA_BSHD, B, KV_HEADS, T, SIZE);
    sa_tensor_set(&a.value, v, SA_F32, SA_BSHD, B, KV_HEADS, T, SIZE);
    sa_tensor_set(&a.output, o, SA_F32, SA_BSHD, B, HEADS, T, SIZE);
    cr_assert_eq(sa_attention(ctx, &a), SA_OK, "%s", sa_ctx_last_error(ctx));
    memcpy(rows, o + (B - 1) * T * HEADS * SIZE, (size_t)(length * HEADS * SIZE) * sizeof(float));
    free(memory);
}

Test(bits, do_not_depend_on_the_batch) {
    const int64_t lengths[] = {1, 2, 5, 15, 16, 17, 31, 47, 64, 65, 100, 129, 200, 300};
    const int64_t more[] = {1, 3, 16, 50, 200};
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 2);
        for (size_t l = 0; ctx && l < sizeof lengths / sizeof lengths[0]; l++)
            for (int causal = 0; causal < 2; causal++)
                for (size_t m = 0; m < sizeof more / sizeof more[0]; m++) {
                    static float alone[300 * HEADS * SIZE], padded[300 * HEADS * SIZE];
                    run_sequence(ctx, lengths[l], 0, causal, alone);
                    run_sequence(ctx, lengths[l], lengths[l] + more[m], causal, padded);
                    cr_expect(memcmp(alone, padded, (size_t)lengths[l] * HEADS * SIZE * sizeof(float)) == 0,
                              "%s: %lld tokens have other bits when padded by %lld, causal %d", ways[w].name,
                              (long long)lengths[l], (long long)more[m], causal);
                }
        sa_ctx_destroy(&ctx);
    }
}

/* Writing token by token: the last of `length` queries alone, against the keys so far, has the bits of its row in a causal prefill. */
Test(bits, of_a_decoding_step_are_those_of_the_prefill) {
    enum { LENGTH = 1200 };
    const int64_t steps[] = {1, 2, 63, 64, 65, 200, 511, 512, 513, 600, 1024, 1025, 1199, 1200};
    size_t q_size = LENGTH * HEADS * SIZE, k_size = LENGTH * KV_HEADS * SIZE;
    float *memory = malloc((2 * q_size + 2 * k_size) * sizeof *memory), step[HEADS * SIZE];
    float *q = memory, *o = q + q_size, *k = o + q_size, *v = k + k_size;
    struct rng rng = {9};
    for (size_t i = 0; i < 2 * q_size + 2 * k_size; i++) memory[i] = noise(&rng);
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = ways[w].path == SA_PATH_BLAS ? NULL : way_open(&ways[w], 2); /* a BLAS makes no such promise */
        if (!ctx) continue;
        sa_masking masking = {.struct_size = sizeof masking, .causal = 1};
        sa_attention_args a = {.struct_size = sizeof a, .masking = &masking};
        sa_tensor_set(&a.query, q, SA_F32, SA_BSHD, 1, HEADS, LENGTH, SIZE);
        sa_tensor_set(&a.key, k, SA_F32, SA_BSHD, 1, KV_HEADS, LENGTH, SIZE);
        sa_tensor_set(&a.value, v, SA_F32, SA_BSHD, 1, KV_HEADS, LENGTH, SIZE);
        sa_tensor_set(&a.output, o, SA_F32, SA_BSHD, 1, HEADS, LENGTH, SIZE);
        cr_assert_eq(sa_attention(ctx, &a), SA_OK, "%s", sa_ctx_last_error(ctx));
        for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
            int64_t row = steps[i] - 1;
            sa_attention_args one = {.struct_size = sizeof one};
            sa_tensor_set(&one.query, q + row * HEADS * SIZE, SA_F32, SA_BSHD, 1, HEADS, 1, SIZE);
            sa_tensor_set(&one.key, k, SA_F32, SA_BSHD, 1, KV_HEADS, steps[i], SIZE);
            sa_tensor_set(&one.value, v, SA_F32, SA_BSHD, 1, KV_HEADS, steps[i], SIZE);
            sa_tensor_set(&one.output, step, SA_F32, SA_BSHD, 1, HEADS, 1, SIZE);
            cr_assert_eq(sa_attention(ctx, &one), SA_OK, "%s", sa_ctx_last_error(ctx));
            cr_expect(memcmp(step, o + row * HEADS * SIZE, sizeof step) == 0, "%s: step %lld has other bits",
                      ways[w].name, (long long)steps[i]);
        }
        sa_ctx_destroy(&ctx);
    }
    free(memory);
}
