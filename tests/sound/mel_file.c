/* Features from preprocessor_config.json, well-formed or not.
 * SPDX-License-Identifier: MIT */
#include "selfattn_models.h"
#include "support/folder.h"
#include "support/paths.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static const char name[] = "preprocessor_config.json";

static sa_ctx *any_ctx(void) {
    const sa_ctx_options options = {.struct_size = sizeof options, .threads = 1};
    return ctx_open(&options);
}

Test(mel_file, numbers) {
    struct folder folder = folder_make();
    sa_ctx *ctx = any_ctx();
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
        {"{\"feature_extractor_type\": \"ASTFeatureExtractor\"}", "ASTFeatureExtractor", SA_ERR_UNSUPPORTED},
        {"{\"dither\": 0.5}", "dither is 0.5", SA_ERR_UNSUPPORTED},
        {"{\"padding_value\": 1}", "padding_value is 1", SA_ERR_UNSUPPORTED},
    };
    struct folder folder = folder_make();
    sa_ctx *ctx = any_ctx();
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
