/* Blocks made from numbers: how far they are from them, and whether they are what llama.cpp makes.
 * SPDX-License-Identifier: MIT */
#include "file/quantise/quantise.h"

#include "file/gguf.h"
#include "support/blocks.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { N = 1 << 14 };

/* The root mean square of what is lost, as a part of the numbers' own, of normally distributed numbers: what the header
 * states, in percent. */
static const struct {
    int32_t dtype;
    double most;
} losses[] = {{SA_Q4_0, 9},   {SA_Q4_1, 8},   {SA_Q5_0, 4.5}, {SA_Q5_1, 4},   {SA_Q8_0, 0.6},
              {SA_Q2_K, 31},  {SA_Q3_K, 16},  {SA_Q4_K, 7.5}, {SA_Q5_K, 3.8}, {SA_Q6_K, 1.9},
              {SA_IQ4_NL, 8}, {SA_IQ4_XS, 8}, {SA_MXFP4, 12}};

/* Numbers, quantised and widened again; free() them. */
static float *there_and_back(int32_t dtype, const float *x, int64_t n) {
    unsigned char *blocks = malloc((size_t)weight_bytes(dtype, n));
    float *got = malloc((size_t)n * sizeof *got);
    cr_assert(blocks_quantise(blocks, dtype, x, n));
    blocks_widen(got, blocks, dtype, 0, n);
    free(blocks);
    return got;
}

static double loss(int32_t dtype, const float *x, int64_t n) {
    float *got = there_and_back(dtype, x, n);
    double lost = 0, all = 0;
    for (int64_t i = 0; i < n; i++) {
        lost += pow((double)(got[i] - x[i]), 2);
        all += pow((double)x[i], 2);
    }
    free(got);
    return 100 * sqrt(lost / all);
}

Test(quantise, loses_no_more_than_stated) {
    static float x[N];
    struct rng rng = {91};
    cr_assert_eq(COUNT_OF(losses), BLOCK_TYPES);
    for (int t = 0; t < BLOCK_TYPES; t++)
        for (int size = -6; size <= 12; size += 3) {
            for (int i = 0; i < N; i++) x[i] = ldexpf(rng_normal(&rng), size);
            const double lost = loss(losses[t].dtype, x, N);
            cr_expect(lost <= losses[t].most && lost > losses[t].most / 2, "%s, size 2^%d: %g %%",
                      block_type(losses[t].dtype)->name, size, lost);
        }
}

/* Types of one scale: no number is further away than these steps of its block, and the rounding of the scale. */
Test(quantise, every_number_is_near) {
    static const struct {
        int32_t dtype, of_range;
        float steps; /* of the largest magnitude, or of the range, of 32 */
    } types[] = {{SA_Q4_0, 0, 1.0f / 8},
                 {SA_Q5_0, 0, 1.0f / 16},
                 {SA_Q8_0, 0, 0.5f / 127},
                 {SA_Q4_1, 1, 0.5f / 15},
                 {SA_Q5_1, 1, 0.5f / 31}};
    float x[32];
    struct rng rng = {92};
    for (int t = 0; t < COUNT_OF(types); t++)
        for (int round = 0; round < 500; round++) {
            float least = INFINITY, most = -INFINITY;
            const float shift = 4 * rng_normal(&rng);
            for (int i = 0; i < 32; i++) {
                x[i] = shift + rng_normal(&rng);
                least = fminf(least, x[i]), most = fmaxf(most, x[i]);
            }
            const float magnitude = fmaxf(-least, most);
            const float bound = types[t].steps * (types[t].of_range ? most - least : magnitude) + magnitude * 0x1p-10f;
            float *got = there_and_back(types[t].dtype, x, 32);
            for (int i = 0; i < 32; i++)
                cr_expect(fabsf(got[i] - x[i]) <= bound, "%s: %g became %g", block_type(types[t].dtype)->name,
                          (double)x[i], (double)got[i]);
            free(got);
        }
}

/* Zeros stay zeros, but on the curve, which has none; tiny numbers vanish, large ones stay finite; nothing traps. */
Test(quantise, takes_extreme_numbers) {
    static const float sizes[] = {0, 1e-45f, 1e-38f, 1e-30f, 1e-10f, 65504};
    float x[256];
    struct rng rng = {93};
    for (int t = 0; t < BLOCK_TYPES; t++)
        for (int s = 0; s < COUNT_OF(sizes); s++)
            for (int sparse = 0; sparse < 2; sparse++) {
                for (int i = 0; i < 256; i++) x[i] = sparse && i % 37 ? 0 : sizes[s] * (float)(2 * rng_unit(&rng) - 1);
                float *got = there_and_back(block_types[t], x, 256);
                for (int i = 0; i < 256; i++)
                    cr_expect(fabsf(got[i]) <= 1.2f * sizes[s] + 1e-5f, "%s: %g became %g",
                              block_type(block_types[t])->name, (double)x[i], (double)got[i]);
                free(got);
            }
}

Test(quantise, refuses_what_is_no_number) {
    static const float wrong[] = {NAN, INFINITY, -INFINITY, 65536};
    unsigned char blocks[256];
    float x[256] = {0};
    for (int t = 0; t < BLOCK_TYPES; t++)
        for (int w = 0; w < COUNT_OF(wrong); w++) {
            x[17] = wrong[w];
            cr_expect(!blocks_quantise(blocks, block_types[t], x, block_type(block_types[t])->elements));
        }
}

Test(quantise, takes_another_type_where_rows_do_not_fit) {
    static const int32_t instead[][3] = {{SA_Q2_K, SA_Q4_0, SA_Q2_K}, {SA_Q3_K, SA_Q4_0, SA_Q3_K},
                                         {SA_Q4_K, SA_Q5_0, SA_Q4_K}, {SA_Q5_K, SA_Q5_1, SA_Q5_K},
                                         {SA_Q6_K, SA_Q8_0, SA_Q6_K}, {SA_IQ4_XS, SA_IQ4_NL, SA_IQ4_XS},
                                         {SA_Q8_0, SA_Q8_0, SA_Q8_0}, {SA_BF16, SA_BF16, SA_BF16}};
    for (int i = 0; i < COUNT_OF(instead); i++) {
        cr_expect_eq(quantised_type_for(instead[i][0], 896), instead[i][1]);
        cr_expect_eq(quantised_type_for(instead[i][0], 1024), instead[i][2]);
        cr_expect_eq(quantised_type_for(instead[i][0], 100), is_quantised(instead[i][0]) ? SA_F16 : instead[i][0]);
    }
}

static void open_model(const char *name, struct tensor_file *file) {
    const char *folder = getenv("SELFATTN_QUANTISED");
    char path[4200];
    struct report report = {""};
    struct gguf_settings settings;
    snprintf(path, sizeof path, "%s/llama-%s/model.gguf",
             folder ? folder : SELFATTN_SOURCE_DIR "/../shared/models/quantised", name);
    if (gguf_open(&default_allocator, &report, path, 0, file, &settings) != SA_OK)
        cr_skip_test("%s; set SELFATTN_QUANTISED", report.text);
    gguf_settings_release(&settings);
}

/* How many blocks of a tensor of floats become those of another file. */
static void count_same(const struct tensor *floats, const struct tensor *blocks, int64_t *same, int64_t *all) {
    const int64_t bytes = block_type(blocks->type)->bytes;
    float *x = malloc((size_t)floats->elements * sizeof *x);
    unsigned char *made = malloc((size_t)blocks->bytes);
    tensor_floats(floats, 0, floats->elements, x);
    cr_assert(blocks_quantise(made, blocks->type, x, floats->elements));
    for (int64_t at = 0; at < blocks->bytes; at += bytes, ++*all)
        *same += !memcmp(made + at, blocks->data + at, (size_t)bytes);
    free(made);
    free(x);
}

/* Files that llama.cpp quantised. IQ4_NL's fit depends on the order of sums: a block in a thousand differs. */
Test(quantise, makes_the_blocks_of_llama_cpp) {
    static const struct {
        const char *name;
        int per_mille;
    } files[] = {{"q4_0", 1000}, {"q4_1", 1000}, {"q5_0", 1000}, {"q5_1", 1000}, {"q8_0", 1000}, {"iq4_nl", 995}};
    struct tensor_file floats, blocks;
    open_model("f32", &floats);
    for (int f = 0; f < COUNT_OF(files); f++) {
        int64_t same = 0, all = 0;
        open_model(files[f].name, &blocks);
        for (int64_t i = 0; i < blocks.count; i++)
            if (is_quantised(blocks.tensors[i].type))
                count_same(tensors_find(&floats, blocks.tensors[i].name), &blocks.tensors[i], &same, &all);
        cr_expect(all > 0 && same * 1000 >= all * files[f].per_mille, "%s: %lld of %lld blocks", files[f].name,
                  (long long)same, (long long)all);
        tensors_close(&blocks);
    }
    tensors_close(&floats);
}
