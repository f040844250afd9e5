/* Weights that get another type while a model is opened. That results are right is tested by tests/stack/any.c.
 * SPDX-License-Identifier: MIT */
#include "support/allocator.h"
#include "support/paths.h"
#include "support/tiny.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct folder folder;
static sa_ctx *ctx;
static struct tiny tiny;

/* Rows of 32 and 64. */
static const struct tiny_shape whole_blocks = {.L = 2, .E = 32, .H = 2, .F = 64, .V = 20, .P = 12, .Y = 2};

static void make(void) {
    folder = folder_make();
    ctx = ctx_open(NULL);
    tiny_make(&tiny, &whole_blocks, "F32", 1);
    tiny_write(&tiny, &folder);
}

static void clean(void) {
    tiny_free(&tiny);
    sa_ctx_destroy(&ctx);
    folder_remove(&folder);
}

TestSuite(convert, .init = make, .fini = clean);

static sa_model_options to(int32_t dtype) {
    return (sa_model_options){.struct_size = sizeof(sa_model_options), .convert = 1, .weights = dtype};
}

static void expect_refused(const sa_model_options *options, sa_status wanted, const char *words) {
    sa_model *model = (sa_model *)&folder;
    cr_expect_eq(sa_model_open_with(ctx, folder.path, options, &model), wanted);
    cr_expect_null(model);
    cr_expect(strstr(sa_ctx_last_error(ctx), words) != NULL, "\"%s\" lacks \"%s\"", sa_ctx_last_error(ctx), words);
}

Test(convert, refuses_options_that_make_no_sense) {
    sa_model_options o = to(SA_I8);
    expect_refused(&o, SA_ERR_VALUE, "weights is 4, which is no type of weights");
    o = to(36);
    expect_refused(&o, SA_ERR_VALUE, "weights is 36, which is no type of weights");
    o = to(-1);
    expect_refused(&o, SA_ERR_VALUE, "weights is -1");
    o = to(SA_Q8_0), o.convert = 0;
    expect_refused(&o, SA_ERR_VALUE, "weights is 40, but convert is 0");
    o = to(SA_Q8_0), o.convert = 2;
    expect_refused(&o, SA_ERR_VALUE, "convert is 2, must be 0 or 1");
    o = to(SA_Q8_0), o.struct_size = 3;
    expect_refused(&o, SA_ERR_STRUCT_SIZE, "sa_model_options.struct_size is 3");
}

static sa_model *open_as(const sa_model_options *options) {
    sa_model *model;
    cr_assert_eq(sa_model_open_with(ctx, folder.path, options, &model), SA_OK, "%s", sa_ctx_last_error(ctx));
    return model;
}

/* Query, key, value, output, up and down of two blocks, and the words; other tables stay. */
Test(convert, counts_weights_by_type) {
    const int64_t all = 2 * (4 * 32 * 32 + 2 * 32 * 64) + 20 * 32;
    static const int32_t types[][2] = {{SA_F32, SA_F32},   {SA_BF16, SA_BF16},     {SA_F16, SA_F16},
                                       {SA_Q8_0, SA_Q8_0}, {SA_Q4_K, SA_Q5_0},     {SA_Q2_K, SA_Q4_0},
                                       {SA_Q6_K, SA_Q8_0}, {SA_IQ4_XS, SA_IQ4_NL}, {SA_MXFP4, SA_MXFP4}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        const sa_model_options o = to(types[i][0]);
        sa_model *model = open_as(&o);
        int64_t others = 0;
        for (int32_t dtype = -1; dtype < 80; dtype++)
            if (dtype != types[i][1]) others += sa_model_weights(model, dtype);
        cr_expect_eq(sa_model_weights(model, types[i][1]), all);
        cr_expect_eq(others, 0);
        sa_model_destroy(&model);
    }
    sa_model *model = open_as(NULL);
    cr_expect_eq(sa_model_weights(model, SA_F32), all);
    cr_expect_eq(sa_model_weights(NULL, SA_F32), 0);
    sa_model_destroy(&model);
}

/* Zeros and NULL are sa_model_open(). */
Test(convert, without_a_type_changes_nothing) {
    const sa_model_options zeros = {.struct_size = sizeof zeros};
    sa_model *model = open_as(&zeros);
    cr_expect(sa_model_weights(model, SA_F32) > 0);
    sa_model_destroy(&model);
}

Test(convert, names_a_tensor_that_cannot_be_quantised) {
    static const float wrong[] = {NAN, INFINITY, 1e5f};
    const sa_model_options q8_0 = to(SA_Q8_0), bf16 = to(SA_BF16);
    for (int w = 0; w < 3; w++)
        for (int t = 0; t < tiny.tensors; t++) {
            if (strstr(tiny.tensor[t].name, "encoder.layer.1.output.dense.weight") == NULL) continue;
            size_t bytes;
            tiny.tensor[t].values[33] = wrong[w];
            unsigned char *file = tiny_weights(&tiny, &bytes);
            folder_write(&folder, "model.safetensors", file, bytes);
            free(file);
            expect_refused(&q8_0, SA_ERR_UNSUPPORTED, "encoder.layer.1.output.dense.weight\" cannot be quantised");
            sa_model *model = open_as(&bf16);
            sa_model_destroy(&model);
        }
}

Test(convert, every_allocation_may_fail) {
    const sa_model_options o = to(SA_Q8_0);
    int64_t n = 0;
    for (int failed = 1; failed; n++) {
        struct test_allocator allocator = test_allocator_make();
        sa_ctx_options options = {.struct_size = sizeof options, .threads = 2};
        test_allocator_use(&allocator, &options);
        sa_ctx *own = ctx_open(&options);
        sa_model *model = NULL;
        allocator.fail_at = allocator.calls + n;
        const sa_status status = sa_model_open_with(own, folder.path, &o, &model);
        failed = allocator.failures > 0;
        cr_expect_eq(status, failed ? SA_ERR_MEMORY : SA_OK, "allocation %d: %s", (int)n, sa_ctx_last_error(own));
        sa_model_destroy(&model);
        sa_ctx_destroy(&own);
        cr_expect(allocator.live == 0 && allocator.faults == 0, "allocation %d", (int)n);
    }
    cr_expect_gt(n, 10);
}

enum { TOKENS = 9, MOST_OUTPUTS = 1000 };

static void logits_of(const char *name, const sa_model_options *options, float *logits) {
    static const int32_t ids[TOKENS] = {5, 17, 100, 31, 200, 8, 270, 44, 9};
    const char *root = getenv("SELFATTN_QUANTISED");
    char path[4200];
    sa_model *model;
    snprintf(path, sizeof path, "%s/%s/model.gguf", root ? root : SELFATTN_SOURCE_DIR "/../shared/models/quantised",
             name);
    if (sa_model_open_with(ctx, path, options, &model) != SA_OK)
        cr_skip_test("%s; set SELFATTN_QUANTISED", sa_ctx_last_error(ctx));
    cr_assert(sa_model_get(model, SA_MODEL_OUTPUTS) <= MOST_OUTPUTS);
    const sa_encode_args args = {
        .struct_size = sizeof args, .batch = 1, .tokens = TOKENS, .ids = ids, .logits = logits};
    cr_assert_eq(sa_model_encode(ctx, model, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
    sa_model_destroy(&model);
}

/* A file of floats that is quantised while it is opened computes what llama.cpp's quantised file does. */
Test(convert, computes_like_a_quantised_file) {
    static const struct {
        const char *name;
        int32_t dtype;
    } files[] = {{"llama-f16", SA_F16},   {"llama-bf16", SA_BF16}, {"llama-q4_0", SA_Q4_0}, {"llama-q4_1", SA_Q4_1},
                 {"llama-q5_0", SA_Q5_0}, {"llama-q5_1", SA_Q5_1}, {"llama-q8_0", SA_Q8_0}};
    static float made[TOKENS * MOST_OUTPUTS], read[TOKENS * MOST_OUTPUTS];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        const sa_model_options o = to(files[i].dtype);
        double off = 0;
        logits_of("llama-f32", &o, made);
        logits_of(files[i].name, NULL, read);
        for (int j = 0; j < TOKENS * MOST_OUTPUTS; j++) off = fmax(off, fabs((double)(made[j] - read[j])));
        cr_expect(off <= 1e-5, "%s: %g", files[i].name, off);
    }
}
