/* Features from preprocessor_config.json, well-formed or not.
 * SPDX-License-Identifier: MIT */
#include "mels.h"
#include "support/folder.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static const char name[] = "preprocessor_config.json";

Test(mel_file, numbers) {
    struct folder folder = folder_make();
    sa_ctx *ctx = threads(1);
    sa_mel *m;
    char path[600];
    folder_write_text(
        &folder, name,
        "{\"feature_extractor_type\": \"WhisperFeatureExtractor\", \"sampling_rate\": 8000, \"n_fft\": 200,"
        " \"hop_length\": 80, \"feature_size\": 40, \"n_samples\": 80000, \"chunk_length\": 10,"
        " \"padding_value\": 0.0, \"dither\": 0.0, \"mel_filters\": [[1, 2]]}");
    folder_write_text(&folder, "weights.safetensors", "");
    snprintf(path, sizeof path, "%s", folder_path(&folder, name));
    const char *const paths[] = {folder.path, path, NULL};
    for (int w = 0; w < 3; w++) {
        const char *from = paths[w] ? paths[w] : folder_path(&folder, "weights.safetensors");
        cr_assert_eq(sa_mel_open(ctx, from, &m), SA_OK, "%s", sa_ctx_last_error(ctx));
        cr_expect_eq(sa_mel_get(m, SA_MEL_RATE), 8000);
        cr_expect_eq(sa_mel_get(m, SA_MEL_FRAME), 200);
        cr_expect_eq(sa_mel_get(m, SA_MEL_STEP), 80);
        cr_expect_eq(sa_mel_get(m, SA_MEL_BINS), 40);
        cr_expect_eq(sa_mel_get(m, SA_MEL_WINDOW), 80000);
        sa_mel_destroy(&m);
    }
    folder_write_text(&folder, name, "{}");
    cr_assert_eq(sa_mel_open(ctx, folder.path, &m), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_expect_eq(sa_mel_get(m, SA_MEL_WINDOW), 480000);
    sa_mel_destroy(&m);
    folder_remove(&folder);
    sa_ctx_destroy(&ctx);
}

#define AST "\"feature_extractor_type\": \"ASTFeatureExtractor\""
#define S2T "\"feature_extractor_type\": \"Speech2TextFeatureExtractor\""

/* The features of the file are those of the numbers. */
Test(mel_file, kaldi) {
    enum { COUNT = 2000, FRAMES = 12 };
    static float samples[COUNT], got[128 * FRAMES], want[128 * FRAMES];
    const struct {
        const char *text;
        sa_mel_config config;
    } cases[] = {
        {"{" AST "}", {.bins = 128, .window = 163840, .mean = -4.2677393, .deviation = 9.1379948}},
        {"{" AST ", \"do_normalize\": false, \"mean\": 3, \"std\": 2}", {.bins = 128, .window = 163840}},
        {"{" AST ", \"mean\": 3, \"std\": 2, \"num_mel_bins\": 9, \"max_length\": 50, \"sampling_rate\": 8000,"
         " \"feature_size\": 1, \"padding_value\": 0.0}",
         {.rate = 8000, .bins = 9, .window = 4000, .mean = 3, .deviation = 4}},
        {"{" S2T "}", {.scale = 32768, .window_power = 0.85, .by_bin = SA_MEL_MEANS + SA_MEL_DEVIATIONS}},
        {"{\"num_mel_bins\": 7, \"feature_size\": 7, \"normalize_vars\": false}",
         {.bins = 7, .scale = 32768, .window_power = 0.85, .by_bin = SA_MEL_MEANS}},
        {"{" S2T ", \"normalize_means\": false}", {.scale = 32768, .window_power = 0.85, .by_bin = SA_MEL_DEVIATIONS}},
        {"{" S2T ", \"do_ceptral_normalize\": false}", {.scale = 32768, .window_power = 0.85}},
    };
    struct folder folder = folder_make();
    sa_ctx *ctx = threads(1);
    for (int i = 0; i < COUNT; i++) samples[i] = (float)(i * i % 101 - 50) / 400;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sa_mel *m, *n;
        sa_mel_config c = cases[i].config;
        c.struct_size = sizeof c;
        c.kind = SA_MEL_KALDI;
        folder_write_text(&folder, name, cases[i].text);
        cr_assert_eq(sa_mel_open(ctx, folder.path, &m), SA_OK, "%s", sa_ctx_last_error(ctx));
        cr_assert_eq(sa_mel_create(ctx, &c, &n), SA_OK, "%s", sa_ctx_last_error(ctx));
        for (int32_t what = SA_MEL_RATE; what <= SA_MEL_KIND; what++)
            cr_expect_eq(sa_mel_get(m, what), sa_mel_get(n, what), "%s: %d", cases[i].text, (int)what);
        const int64_t there = sa_mel_frames(m, COUNT);
        cr_assert_eq(sa_mel_features(ctx, m, samples, COUNT, got, there), SA_OK, "%s", sa_ctx_last_error(ctx));
        cr_assert_eq(sa_mel_features(ctx, n, samples, COUNT, want, there), SA_OK, "%s", sa_ctx_last_error(ctx));
        cr_expect_arr_eq(got, want, (size_t)(there * sa_mel_get(m, SA_MEL_BINS)) * sizeof *got, "%s", cases[i].text);
        sa_mel_destroy(&m);
        sa_mel_destroy(&n);
    }
    folder_remove(&folder);
    sa_ctx_destroy(&ctx);
}

/* Transformers writes one file since version 5; its section goes before the other file. */
Test(mel_file, one_file_for_all) {
    static const char whole[] = "processor_config.json";
    struct folder folder = folder_make();
    sa_ctx *ctx = threads(1);
    const struct {
        const char *text;
        int64_t bins;
        sa_status status;
        const char *words;
    } cases[] = {
        {"{\"feature_extractor\": {" AST ", \"num_mel_bins\": 9}, \"processor_class\": \"X\"}", 9, SA_OK, ""},
        {"{\"processor_class\": \"X\"}", 40, SA_OK, ""},
        {"{\"feature_extractor\": \"X\"}", 40, SA_OK, ""},
        {"{\"feature_extractor\": {\"n_fft\": 0}}", 0, SA_ERR_FORMAT, "processor_config.json: n_fft is 0, must be 1"},
        {"{\"feature_extractor\": {\"n_fft\": 70000}}", 0, SA_ERR_FORMAT, "processor_config.json: frame is 70000"},
        {"{", 0, SA_ERR_FORMAT, "processor_config.json: line 1"},
    };
    folder_write_text(&folder, name, "{\"feature_size\": 40}");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sa_mel *m;
        folder_write_text(&folder, whole, cases[i].text);
        cr_expect_eq(sa_mel_open(ctx, folder.path, &m), cases[i].status, "%s: %s", cases[i].text,
                     sa_ctx_last_error(ctx));
        if (m) cr_expect_eq(sa_mel_get(m, SA_MEL_BINS), cases[i].bins, "%s", cases[i].text);
        if (!m) cr_expect_eq(strncmp(sa_ctx_last_error(ctx), cases[i].words, strlen(cases[i].words)), 0);
        sa_mel_destroy(&m);
    }
    folder_write_text(&folder, whole, cases[0].text);
    char path[600];
    snprintf(path, sizeof path, "%s", folder_path(&folder, whole));
    sa_mel *m;
    cr_assert_eq(sa_mel_open(ctx, path, &m), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_expect_eq(sa_mel_get(m, SA_MEL_BINS), 9);
    sa_mel_destroy(&m);
    folder_remove(&folder);
    sa_ctx_destroy(&ctx);
}

Test(mel_file, files_that_are_refused) {
    const struct {
        const char *text, *words;
        sa_status status;
    } cases[] = {
        {"", "preprocessor_config.json: line 1", SA_ERR_FORMAT},
        {"[1]", "must be an object", SA_ERR_FORMAT},
        {"{\"n_fft\": 400, \"n_fft\": 400}", "duplicate", SA_ERR_FORMAT},
        {"{\"n_fft\": \"x\"}", "n_fft is a string", SA_ERR_FORMAT},
        {"{\"n_fft\": 0}", "n_fft is 0, must be 1 to", SA_ERR_FORMAT},
        {"{\"n_fft\": 99999999999}", "n_fft is 99999999999", SA_ERR_FORMAT},
        {"{\"n_fft\": 70000}", "preprocessor_config.json: frame is 70000, must be 2 to 65536", SA_ERR_FORMAT},
        {"{\"hop_length\": 161}", "multiple of step = 161", SA_ERR_FORMAT},
        {"{\"feature_size\": 2000000000}", "bins is 2000000000", SA_ERR_FORMAT},
        {"{\"feature_extractor_type\": \"ClapFeatureExtractor\"}", "ClapFeatureExtractor", SA_ERR_UNSUPPORTED},
        {"{" AST ", \"padding_value\": 1}", "padding_value is 1", SA_ERR_UNSUPPORTED},
        {"{" AST ", \"num_mel_bins\": 0}", "num_mel_bins is 0, must be 1 to", SA_ERR_FORMAT},
        {"{" AST ", \"num_mel_bins\": 5000}", "bins is 5000", SA_ERR_FORMAT},
        {"{" AST ", \"max_length\": -1}", "max_length is -1", SA_ERR_FORMAT},
        {"{" AST ", \"max_length\": 2000000000}", "window is 320000000000", SA_ERR_FORMAT},
        {"{" AST ", \"sampling_rate\": 2000000000, \"max_length\": 2000000000}", "rate is 2000000000", SA_ERR_FORMAT},
        {"{" AST ", \"sampling_rate\": 50}", "frame is 1", SA_ERR_FORMAT},
        {"{" AST ", \"mean\": \"x\"}", "mean is a string, must be a number", SA_ERR_FORMAT},
        {"{" AST ", \"mean\": 1e300}", "mean is 1e+300", SA_ERR_FORMAT},
        {"{" AST ", \"std\": 0}", "std is 0, must be above 0", SA_ERR_FORMAT},
        {"{" AST ", \"std\": -2}", "std is -2", SA_ERR_FORMAT},
        {"{" AST ", \"std\": 1e300}", "deviation is 2e+300", SA_ERR_FORMAT},
        {"{" AST ", \"do_normalize\": 1}", "do_normalize is an integer, must be true or false", SA_ERR_FORMAT},
        {"{" S2T ", \"normalize_vars\": \"no\"}", "normalize_vars is a string", SA_ERR_FORMAT},
        {"{" S2T ", \"dither\": 1}", "dither is 1", SA_ERR_UNSUPPORTED},
        {"{\"dither\": 0.5}", "dither is 0.5", SA_ERR_UNSUPPORTED},
        {"{\"padding_value\": 1}", "padding_value is 1", SA_ERR_UNSUPPORTED},
    };
    struct folder folder = folder_make();
    sa_ctx *ctx = threads(1);
    sa_mel *m;
    cr_expect_eq(sa_mel_open(ctx, folder.path, &m), SA_ERR_FILE);
    cr_expect(strstr(sa_ctx_last_error(ctx), name) != NULL, "%s", sa_ctx_last_error(ctx));
    cr_expect_eq(sa_mel_open(ctx, "", &m), SA_ERR_FILE);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        folder_write_text(&folder, name, cases[i].text);
        cr_expect_eq(sa_mel_open(ctx, folder.path, &m), cases[i].status, "%s", cases[i].text);
        cr_expect(strstr(sa_ctx_last_error(ctx), cases[i].words) != NULL, "%s", sa_ctx_last_error(ctx));
        cr_expect_null(m);
    }
    folder_remove(&folder);
    sa_ctx_destroy(&ctx);
}
