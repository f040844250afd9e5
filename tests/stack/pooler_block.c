/* SigLIP's images: the pooled state of SiglipMultiheadAttentionPoolingHead (modeling_siglip.py of Transformers),
 * written here in double over the model's last hidden states.
 * SPDX-License-Identifier: MIT */
#include "ends.h"
#include "support/allocator.h"
#include "support/paths.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { PATCHES = 4, HEADS = 2, D = E / HEADS, F = 24 };

static double dot(const double *a, const double *b, int count) {
    double sum = 0;
    for (int i = 0; i < count; i++) sum += a[i] * b[i];
    return sum;
}

/* y [E] = attention of a query [E] over keys and values [PATCHES][E]. */
static void attend(const double *query, double key[][E], double value[][E], double *y) {
    for (int h = 0; h < HEADS; h++) {
        double weight[PATCHES], sum = 0;
        for (int t = 0; t < PATCHES; t++) sum += weight[t] = exp(dot(query + h * D, key[t] + h * D, D) / sqrt(D));
        for (int i = h * D; i < (h + 1) * D; i++) {
            y[i] = 0;
            for (int t = 0; t < PATCHES; t++) y[i] += weight[t] / sum * value[t][i];
        }
    }
}

static double gelu_tanh(double x) {
    return 0.5 * x * (1 + tanh(sqrt(2 / acos(-1)) * (x + 0.044715 * x * x * x)));
}

/* x + mlp(norm(x)). */
static void add_feed_forward(const struct folder *folder, double *x) {
    const struct numbers down = ends_tensor(folder, "head.mlp.fc2.weight"),
                         bias = ends_tensor(folder, "head.mlp.fc2.bias");
    double y[E], inner[F];
    memcpy(y, x, sizeof y);
    ends_norm(folder, "head.layernorm.weight", "head.layernorm.bias", 1e-6, y);
    ends_apply(folder, "head.mlp.fc1.weight", "head.mlp.fc1.bias", F, y, inner);
    for (int i = 0; i < F; i++) inner[i] = gelu_tanh(inner[i]);
    for (int i = 0; i < E; i++) x[i] += dot(down.value + i * F, inner, F) + bias.value[i];
}

static void pool(const struct folder *folder, float hidden[][E], double *pooled) {
    const struct numbers probe = ends_tensor(folder, "head.probe");
    double q[3 * E], key[PATCHES][E], value[PATCHES][E];
    ends_apply(folder, "head.attention.in_proj_weight", "head.attention.in_proj_bias", 3 * E, probe.value, q);
    for (int t = 0; t < PATCHES; t++) {
        double x[E], all[3 * E];
        ends_take(hidden[t], x);
        ends_apply(folder, "head.attention.in_proj_weight", "head.attention.in_proj_bias", 3 * E, x, all);
        memcpy(key[t], all + E, sizeof key[t]);
        memcpy(value[t], all + 2 * E, sizeof value[t]);
    }
    attend(q, key, value, pooled);
    ends_apply(folder, "head.attention.out_proj.weight", "head.attention.out_proj.bias", E, pooled, pooled);
    add_feed_forward(folder, pooled);
}

static const struct added nothing[] = {{NULL, 0, 0}};

Test(pooler_block, images_of_siglip) {
    struct folder folder = folder_make();
    ends_copy(&folder, "siglip_vision", NULL, nothing, 1);
    for (int w = 0; w < ways_count; w++)
        for (int32_t threads = 1; threads <= 3; threads += 2) {
            sa_ctx *ctx = way_open(&ways[w], threads);
            if (!ctx) continue;
            struct outputs out = ends_run(ctx, &folder, 1, 1);
            for (int b = 0; b < B; b++) {
                double x[E];
                pool(&folder, out.hidden[b], x);
                ends_expect(out.pooled[b], x, E, ways[w].name);
                ends_expect_embedding(&folder, NULL, out.embedding[b], x, ways[w].name);
            }
            sa_ctx_destroy(&ctx);
        }
    folder_remove(&folder);
}

/* Converted weights lie in the model, in one type; the pooled state stays near. */
Test(pooler_block, converted_weights) {
    sa_ctx *ctx = ctx_open(NULL);
    struct folder folder = folder_make();
    float pooled[2][E], pixels[3 * 8 * 8];
    double square = 0, error = 0;
    ends_copy(&folder, "siglip_vision", NULL, nothing, 1);
    for (int i = 0; i < 3 * 8 * 8; i++) pixels[i] = (float)(i % 17) / 9 - 1;
    for (int converted = 0; converted < 2; converted++) {
        const sa_model_options options = {
            .struct_size = sizeof options, .convert = converted, .weights = converted ? SA_BF16 : 0};
        const sa_encode_args args = {
            .struct_size = sizeof args, .batch = 1, .features = pixels, .pooled = pooled[converted]};
        sa_model *model;
        cr_assert_eq(sa_model_open_with(ctx, folder.path, &options, &model), SA_OK, "%s", sa_ctx_last_error(ctx));
        cr_expect(!converted || sa_model_weights(model, SA_F32) == 0);
        cr_assert_eq(sa_model_encode(ctx, model, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
        sa_model_destroy(&model);
    }
    for (int i = 0; i < E; i++) {
        const double a = (double)pooled[0][i], b = (double)pooled[1][i];
        square += a * a, error += (a - b) * (a - b);
    }
    cr_expect(error < 1e-3 * square && error > 0, "%g of %g", error, square);
    folder_remove(&folder);
    sa_ctx_destroy(&ctx);
}

/* Files that lack a tensor of the block, or have one of another shape. Without a query there is no pooled state. */
Test(pooler_block, files_that_miss_a_part) {
    static const char *const descriptions[][2] = {
        {"{\"like\": \"siglip_vision_model\", \"pooler_block\": {\"tensors\": {\"up\": \"head.mlp.fc9\"}}}",
         "tensor \"head.mlp.fc9.weight\" is missing"},
        {"{\"like\": \"siglip_vision_model\", \"pooler_block\": {\"tensors\": {\"qkv\": \"head.mlp.fc1\"}}}",
         "tensor \"head.mlp.fc1.weight\" has the shape [24, 16], config.json says [48, 16]"},
        {"{\"like\": \"siglip_vision_model\", \"pooler_block\": {\"tensors\": {\"probe\": \"head.query\"}}}",
         "11 tensors have no role in the model: \"head"},
        {"{\"like\": \"siglip_vision_model\", \"pooler_block\": {\"tensors\": {\"probe\": \"head.query\"}}, "
         "\"ignore\": [\"head.*\"]}",
         NULL}};
    sa_ctx *ctx = ctx_open(NULL);
    struct folder folder = folder_make();
    ends_copy(&folder, "siglip_vision", NULL, nothing, 1);
    for (size_t i = 0; i < sizeof descriptions / sizeof descriptions[0]; i++) {
        sa_model *model;
        folder_write_text(&folder, "architecture.json", descriptions[i][0]);
        const sa_status status = sa_model_open(ctx, folder.path, &model);
        if (!descriptions[i][1]) {
            cr_expect_eq(status, SA_OK, "%s", sa_ctx_last_error(ctx));
            cr_expect_eq(sa_model_get(model, SA_MODEL_POOLED), 0);
        } else {
            cr_expect_eq(status, i == 2 ? SA_ERR_UNSUPPORTED : SA_ERR_FORMAT);
            cr_expect(strstr(sa_ctx_last_error(ctx), descriptions[i][1]) != NULL, "%s", sa_ctx_last_error(ctx));
        }
        sa_model_destroy(&model);
    }
    folder_remove(&folder);
    sa_ctx_destroy(&ctx);
}

Test(pooler_block, every_allocation_may_fail) {
    struct folder folder = folder_make();
    ends_copy(&folder, "siglip_vision", NULL, nothing, 1);
    int64_t n = 0;
    for (int failed = 1; failed; n++) {
        struct test_allocator allocator = test_allocator_make();
        sa_ctx_options options = {.struct_size = sizeof options, .threads = 2};
        float pooled[E], pixels[3 * 8 * 8] = {0};
        const sa_encode_args args = {.struct_size = sizeof args, .batch = 1, .features = pixels, .pooled = pooled};
        sa_model *model;
        test_allocator_use(&allocator, &options);
        sa_ctx *ctx = ctx_open(&options);
        allocator.fail_at = allocator.calls + n;
        sa_status status = sa_model_open(ctx, folder.path, &model);
        if (status == SA_OK) status = sa_model_encode(ctx, model, &args);
        failed = allocator.failures > 0;
        cr_expect_eq(status, failed ? SA_ERR_MEMORY : SA_OK, "allocation %d: %s", (int)n, sa_ctx_last_error(ctx));
        sa_model_destroy(&model);
        sa_ctx_destroy(&ctx);
        cr_expect_eq(allocator.live, 0, "allocation %d: %d blocks are left", (int)n, (int)allocator.live);
    }
    cr_expect_gt(n, 20);
    folder_remove(&folder);
}
