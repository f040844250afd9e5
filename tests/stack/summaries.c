/* What an encoded text's weights are said to be, against the weights.
 * SPDX-License-Identifier: MIT */
#include "selfattn_models.h"

#include "support/paths.h"
#include "support/reference.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Runs the model, and compares what is said about its weights with the weights. */
static void check_summaries(sa_ctx *ctx, const sa_model *model, const int32_t *ids, const int64_t *lengths, int64_t B,
                            int64_t T) {
    enum { STRONGEST = 4 };
    const int64_t L = sa_model_get(model, SA_MODEL_LAYERS), H = sa_model_get(model, SA_MODEL_QUERY_HEADS);
    const int64_t rows = L * B * H * T;
    float *attention = calloc((size_t)(rows * T), sizeof *attention), *entropy = calloc((size_t)rows, sizeof *entropy),
          *weights = calloc((size_t)(rows * STRONGEST), sizeof *weights);
    int32_t *keys = calloc((size_t)(rows * STRONGEST), sizeof *keys);
    sa_encode_args args = {.struct_size = sizeof args, .batch = B, .tokens = T, .ids = ids, .lengths = lengths};
    args.attention = attention;
    cr_assert_eq(sa_model_encode(ctx, model, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
    args.attention = NULL, args.entropy = entropy;
    args.strongest = STRONGEST, args.strongest_weights = weights, args.strongest_keys = keys;
    cr_assert_eq(sa_model_encode(ctx, model, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
    for (int64_t i = 0; i < rows; i++) {
        if (lengths && i % T >= lengths[i / T / H % B]) continue;
        const float *row = attention + i * T;
        double want = 0;
        for (int64_t s = 0; s < T; s++) want -= row[s] > 0 ? (double)row[s] * log((double)row[s]) : 0;
        cr_expect_float_eq(entropy[i], want, 1e-5, "entropy of row %lld is %g, not %g", (long long)i,
                           (double)entropy[i], want);
        for (int64_t n = 0; n < STRONGEST; n++) {
            const float got = weights[i * STRONGEST + n];
            int64_t larger = 0;
            for (int64_t s = 0; s < T; s++) larger += row[s] > got + 1e-6f;
            cr_expect(larger <= n, "row %lld: %lld weights are above number %lld, %g", (long long)i, (long long)larger,
                      (long long)n, (double)got);
            if (got > 0) cr_expect_float_eq(row[keys[i * STRONGEST + n]], got, 1e-6);
        }
    }
    args.strongest = 0;
    cr_expect_eq(sa_model_encode(ctx, model, &args), SA_ERR_VALUE);
    args.strongest = SA_STRONGEST_MOST + 1;
    cr_expect_eq(sa_model_encode(ctx, model, &args), SA_ERR_VALUE);
    args.strongest = STRONGEST, args.strongest_keys = NULL;
    cr_expect_eq(sa_model_encode(ctx, model, &args), SA_ERR_NULL);
    free(attention), free(entropy), free(weights), free(keys);
}

/* Of every kind of score: plain, with windows and caps, ALiBi, sinks, biases by layer and by sequence. */
Test(summaries, what_is_said_about_weights_is_so) {
    static const char *const models[] = {"llama",   "bert",  "gemma2",          "bloom",
                                         "gpt_oss", "mpnet", "t5_encoder_only", "deberta_v2"};
    static const int64_t lengths[2] = {6, 4};
    sa_model *model;
    sa_ctx *ctx = ctx_open(NULL);
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        char name[64];
        snprintf(name, sizeof name, "architectures/%s", models[i]);
        int32_t ids[12];
        cr_assert_eq(sa_model_open(ctx, data_path(name), &model), SA_OK, "%s", sa_ctx_last_error(ctx));
        for (int n = 0; n < 12; n++) ids[n] = (int32_t)((n * 7 + 1) % sa_model_get(model, SA_MODEL_VOCABULARY));
        check_summaries(ctx, model, ids, NULL, 2, 6);
        check_summaries(ctx, model, ids, lengths, 2, 6);
        sa_model_destroy(&model);
    }
    sa_ctx_destroy(&ctx);
}
