/* Letters: greedy decoding of connectionist temporal classification, and an encoder that classifies every token.
 * SPDX-License-Identifier: MIT */
#include "base/little_endian.h"
#include "selfattn_models.h"
#include "support/paths.h"
#include "support/random.h"
#include "support/reference.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { V = 5, BLANK = 2 };

/* Logits [frames][V] whose largest are these. */
static void make_logits(const int32_t *tokens, int64_t frames, float *logits) {
    struct rng rng = {3};
    for (int64_t i = 0; i < frames * V; i++) logits[i] = rng_normal(&rng);
    for (int64_t t = 0; t < frames; t++) logits[t * V + tokens[t]] = 9;
}

Test(ctc, repeated_tokens_count_once_and_blanks_not_at_all) {
    static const struct {
        int32_t frames[12];
        int64_t count;
        int32_t want[6];
        int64_t places[6], wanted;
    } cases[] = {
        {{0}, 0, {0}, {0}, 0},
        {{2, 2, 2}, 3, {0}, {0}, 0},
        {{1, 1, 1}, 3, {1}, {0}, 1},
        {{1, 1, 2, 1}, 4, {1, 1}, {0, 3}, 2},
        {{2, 0, 0, 3, 2, 2, 3, 3, 4, 0, 2}, 11, {0, 3, 3, 4, 0}, {1, 3, 6, 8, 9}, 5},
    };
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        float logits[12 * V];
        int32_t ids[12];
        int64_t places[12], count;
        make_logits(cases[c].frames, cases[c].count, logits);
        cr_assert_eq(sa_ctc_decode(cases[c].count ? logits : NULL, cases[c].count, V, BLANK, ids, places, 12, &count),
                     SA_OK);
        cr_assert_eq(count, cases[c].wanted);
        for (int64_t i = 0; i < count; i++) {
            cr_expect_eq(ids[i], cases[c].want[i]);
            cr_expect_eq(places[i], cases[c].places[i]);
        }
        cr_expect_eq(sa_ctc_decode(logits, cases[c].count, V, BLANK, NULL, NULL, 0, &count), SA_OK);
        cr_expect_eq(count, cases[c].wanted);
        const sa_status too_many = count > 1 ? SA_ERR_TEXT : SA_OK;
        cr_expect_eq(sa_ctc_decode(logits, cases[c].count, V, BLANK, ids, NULL, 1, &count), too_many);
        cr_expect_eq(count, cases[c].wanted);
    }
}

Test(ctc, equal_logits_and_nan) {
    const float logits[] = {1,   1,   0,   0,   0,   /* the lower */
                            NAN, 0,   NAN, 3,   NAN, /* no NaN */
                            NAN, NAN, NAN, NAN, NAN};
    int32_t ids[3];
    int64_t count;
    cr_expect_eq(sa_ctc_decode(logits, 2, V, BLANK, ids, NULL, 3, &count), SA_OK);
    cr_expect_eq(count, 2);
    cr_expect_eq(ids[0], 0);
    cr_expect_eq(ids[1], 3);
    cr_expect_eq(sa_ctc_decode(logits, 3, V, BLANK, ids, NULL, 3, &count), SA_OK);
}

Test(ctc, calls_that_make_no_sense) {
    float logits[V] = {0};
    int32_t id;
    int64_t count;
    cr_expect_eq(sa_ctc_decode(NULL, 1, V, 0, &id, NULL, 1, &count), SA_ERR_NULL);
    cr_expect_eq(sa_ctc_decode(logits, 1, V, 0, NULL, NULL, 1, &count), SA_ERR_NULL);
    cr_expect_eq(sa_ctc_decode(logits, 1, V, 0, &id, NULL, 1, NULL), SA_ERR_NULL);
    cr_expect_eq(sa_ctc_decode(logits, -1, V, 0, &id, NULL, 1, &count), SA_ERR_VALUE);
    cr_expect_eq(sa_ctc_decode(logits, 1, 0, 0, &id, NULL, 1, &count), SA_ERR_VALUE);
    cr_expect_eq(sa_ctc_decode(logits, 1, (int64_t)1 << 40, 0, &id, NULL, 1, &count), SA_ERR_VALUE);
    cr_expect_eq(sa_ctc_decode(logits, 1, V, V, &id, NULL, 1, &count), SA_ERR_VALUE);
    cr_expect_eq(sa_ctc_decode(logits, 1, V, -1, &id, NULL, 1, &count), SA_ERR_VALUE);
    cr_expect_eq(sa_ctc_decode(logits, 1, V, 0, &id, NULL, -1, &count), SA_ERR_VALUE);
}

enum { LETTERS = 7, WIDTH = 16, SAMPLES = 100 };

/* The tiny wav2vec 2.0 of tests/data with a matrix that makes letters: its file with two more tensors. */
static void add_letters(const struct folder *folder, const float *weight, const float *bias) {
    size_t size;
    char *file = architecture_bytes("wav2vec2", "model.safetensors", &size);
    const size_t old = (size_t)load_little((const unsigned char *)file, 8);
    const size_t data = size - 8 - old, more = LETTERS * WIDTH * sizeof(float), last = LETTERS * sizeof(float);
    json_t *header = json_loadb(file + 8, old, 0, NULL);
    json_object_set_new(header, "lm_head.weight",
                        json_pack("{ss s[ii] s[ii]}", "dtype", "F32", "shape", LETTERS, WIDTH, "data_offsets",
                                  (int)data, (int)(data + more)));
    json_object_set_new(header, "lm_head.bias",
                        json_pack("{ss s[i] s[ii]}", "dtype", "F32", "shape", LETTERS, "data_offsets",
                                  (int)(data + more), (int)(data + more + last)));
    const size_t bytes = json_dumpb(header, NULL, 0, JSON_COMPACT);
    char *whole = malloc(8 + bytes + data + more + last);
    store_little((unsigned char *)whole, bytes, 8);
    json_dumpb(header, whole + 8, bytes, JSON_COMPACT);
    memcpy(whole + 8 + bytes, file + 8 + old, data);
    memcpy(whole + 8 + bytes + data, weight, more);
    memcpy(whole + 8 + bytes + data + more, bias, last);
    folder_write(folder, "model.safetensors", whole, 8 + bytes + data + more + last);
    free(whole);
    json_decref(header);
    free(file);
}

Test(ctc, logits_of_every_token_of_an_encoder) {
    enum { B = 2 };
    float weight[LETTERS * WIDTH], bias[LETTERS], sound[B * SAMPLES];
    struct rng rng = {5};
    for (int i = 0; i < LETTERS * WIDTH; i++) weight[i] = rng_normal(&rng);
    for (int i = 0; i < LETTERS; i++) bias[i] = rng_normal(&rng);
    for (int i = 0; i < B * SAMPLES; i++) sound[i] = rng_normal(&rng);
    struct folder folder = folder_make();
    architecture_copy("wav2vec2", "config.json", &folder);
    add_letters(&folder, weight, bias);
    sa_ctx *ctx = ctx_open(NULL);
    sa_model *model;
    cr_assert_eq(sa_model_open(ctx, folder.path, &model), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_expect_eq(sa_model_get(model, SA_MODEL_OUTPUTS), LETTERS);
    cr_expect_eq(sa_model_get(model, SA_MODEL_TOKEN_LOGITS), 1);
    const int64_t T = sa_model_feature_tokens(model, SAMPLES);
    cr_assert(T > 2 && T <= SAMPLES);
    float hidden[B * SAMPLES * WIDTH], logits[B * SAMPLES * LETTERS];
    const sa_encode_args args = {.struct_size = sizeof args,
                                 .batch = B,
                                 .features = sound,
                                 .feature_width = SAMPLES,
                                 .hidden = hidden,
                                 .logits = logits};
    cr_assert_eq(sa_model_encode(ctx, model, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
    for (int64_t t = 0; t < B * T; t++)
        for (int v = 0; v < LETTERS; v++) {
            double want = (double)bias[v];
            for (int e = 0; e < WIDTH; e++) want += (double)hidden[t * WIDTH + e] * (double)weight[v * WIDTH + e];
            cr_expect_float_eq((double)logits[t * LETTERS + v], want, 1e-4); /* 17 roundings of numbers below 50 */
        }
    sa_model_destroy(&model);
    sa_ctx_destroy(&ctx);
    folder_remove(&folder);
}
