/* The same bits for any number of threads, any back end, any repeat, and any batch that a sequence sits in.
 * SPDX-License-Identifier: MIT */
#include "support/half.h"
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
    for (int w = 0; w < all_ways_count; w++) {
        if (!way_is_here(&ways[w])) continue;
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
            for (int causal = 0; causal < 2; causal++) {
                static float alone[300 * HEADS * SIZE], padded[300 * HEADS * SIZE];
                run_sequence(ctx, lengths[l], 0, causal, alone);
                for (size_t m = 0; m < sizeof more / sizeof more[0]; m++) {
                    run_sequence(ctx, lengths[l], lengths[l] + more[m], causal, padded);
                    cr_expect(memcmp(alone, padded, (size_t)lengths[l] * HEADS * SIZE * sizeof(float)) == 0,
                              "%s: %lld tokens have other bits when padded by %lld, causal %d", ways[w].name,
                              (long long)lengths[l], (long long)more[m], causal);
                }
            }
        sa_ctx_destroy(&ctx);
    }
}

enum { LENGTH = 1200 };

/* Numbers of one type and the size of a head; outputs are floats. */
struct writing {
    int32_t dtype;
    int64_t size;
    char *q, *k, *v;
    float *o;
};

static int64_t element(const struct writing *w) {
    return w->dtype == SA_F32 ? 4 : 2;
}

static char *numbers(const struct writing *w, int64_t heads, struct rng *rng) {
    int64_t n = LENGTH * heads * w->size;
    float *x = malloc((size_t)n * sizeof *x);
    uint16_t *halves = (uint16_t *)(void *)x;
    for (int64_t i = 0; i < n; i++) {
        float value = noise(rng);
        if (w->dtype == SA_F32)
            x[i] = value;
        else
            halves[i] = half_nearest((double)value, w->dtype);
    }
    return (char *)x;
}

/* `tokens` queries from number `first` on against `keys` keys. */
static void attend(sa_ctx *ctx, const struct writing *w, int64_t first, int64_t tokens, int64_t keys,
                   const sa_masking *masking, float *o) {
    sa_attention_args a = {.struct_size = sizeof a, .masking = masking};
    sa_tensor_set(&a.query, w->q + first * HEADS * w->size * element(w), w->dtype, SA_BSHD, 1, HEADS, tokens, w->size);
    sa_tensor_set(&a.key, w->k, w->dtype, SA_BSHD, 1, KV_HEADS, keys, w->size);
    sa_tensor_set(&a.value, w->v, w->dtype, SA_BSHD, 1, KV_HEADS, keys, w->size);
    sa_tensor_set(&a.output, o, SA_F32, SA_BSHD, 1, HEADS, tokens, w->size);
    cr_assert_eq(sa_attention(ctx, &a), SA_OK, "%s", sa_ctx_last_error(ctx));
}

/* The last of `length` queries alone, or with some before it, against the keys so far, has the bits of its row in a
 * causal prefill. */
static void check_steps(sa_ctx *ctx, const struct writing *w, const char *name) {
    const int64_t lengths[] = {1, 2, 63, 64, 65, 200, 511, 512, 513, 600, 1024, 1025, 1199, 1200}, tokens[] = {1, 8, 9};
    sa_masking causal = {.struct_size = sizeof causal, .causal = 1, .align = SA_ALIGN_BOTTOM_RIGHT};
    float *step = malloc((size_t)(9 * HEADS * w->size) * sizeof *step);
    attend(ctx, w, 0, LENGTH, LENGTH, &causal, w->o);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
        for (size_t t = 0; t < sizeof tokens / sizeof tokens[0]; t++) {
            int64_t first = lengths[i] - tokens[t], row = HEADS * w->size;
            if (first < 0) continue;
            attend(ctx, w, first, tokens[t], lengths[i], &causal, step);
            cr_expect(memcmp(step, w->o + first * row, (size_t)(tokens[t] * row) * sizeof *step) == 0,
                      "%s, type %d, heads of %lld: %lld tokens up to %lld have other bits", name, (int)w->dtype,
                      (long long)w->size, (long long)tokens[t], (long long)lengths[i]);
        }
    free(step);
}

/* Writing token by token, and a few tokens at once, so that a head of keys has at most 16 rows, and more. */
Test(bits, of_a_decoding_step_are_those_of_the_prefill) {
    struct writing all[] = {
        {.dtype = SA_F32, .size = SIZE}, {.dtype = SA_BF16, .size = 64}, {.dtype = SA_F16, .size = SIZE}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct rng rng = {9};
        struct writing *t = &all[i];
        t->q = numbers(t, HEADS, &rng), t->k = numbers(t, KV_HEADS, &rng), t->v = numbers(t, KV_HEADS, &rng);
        t->o = malloc((size_t)(LENGTH * HEADS * t->size) * sizeof *t->o);
        for (int w = 0; w < all_ways_count; w++) {
            sa_ctx *ctx =
                ways[w].path == SA_PATH_BLAS ? NULL : way_open(&ways[w], 2); /* a BLAS makes no such promise */
            if (ctx) check_steps(ctx, t, ways[w].name);
            sa_ctx_destroy(&ctx);
        }
        free(t->q), free(t->k), free(t->v), free(t->o);
    }
}
