/* Greedy texts of models that others trained or made, token for token. Where a model's files are absent its test is
 * skipped.
 * SPDX-License-Identifier: MIT */
#include "../architectures/sample.h"
#include "support/reference.h"
#include "writer_model.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MOST = 400 };

static int64_t numbers_of(const json_t *json, const char *key, int32_t *numbers) {
    const json_t *array = json_object_get(json, key);
    size_t count = json_array_size(array);
    cr_assert(count > 0 && count <= MOST);
    for (size_t i = 0; i < count; i++) numbers[i] = (int32_t)json_integer_value(json_array_get(array, i));
    return (int64_t)count;
}

/* All prompts of a reference as one batch: they are of different lengths. */
static void expect_texts(sa_ctx *ctx, const sa_model *model, const json_t *cases) {
    enum { CASES = 8 };
    static int32_t prompts[CASES][MOST], want[CASES][MOST], got[CASES][MOST];
    int64_t lengths[CASES], wanted[CASES], counts[CASES], B = (int64_t)json_array_size(cases);
    cr_assert(B > 0 && B <= CASES);
    for (int64_t b = 0; b < B; b++) {
        lengths[b] = numbers_of(json_array_get(cases, (size_t)b), "prompt_ids", prompts[b]);
        wanted[b] = numbers_of(json_array_get(cases, (size_t)b), "greedy_ids", want[b]);
    }
    sa_session *session = session_of(ctx, model, B);
    const sa_generate_args args = {.struct_size = sizeof args,
                                   .tokens = MOST,
                                   .ids = prompts[0],
                                   .lengths = lengths,
                                   .max_tokens = MOST,
                                   .generated = got[0],
                                   .counts = counts};
    EXPECT_GENERATE(ctx, session, &args, SA_OK);
    for (int64_t b = 0; b < B; b++) {
        cr_expect(counts[b] >= wanted[b]);
        for (int64_t t = 0; t < wanted[b]; t++)
            cr_expect_eq(got[b][t], want[b][t], "text %d, token %d is %d, want %d", (int)b, (int)t, (int)got[b][t],
                         (int)want[b][t]);
    }
    sa_session_destroy(&session);
}

static void expect_reference(const char *path, const char *name) {
    char file[60];
    sa_ctx *ctx = one_thread();
    sa_model *model;
    snprintf(file, sizeof file, "%s/reference.json", name);
    json_t *cases = json_of(data_path(file));
    cr_assert_eq(sa_model_open(ctx, path, &model), SA_OK, "%s", sa_ctx_last_error(ctx));
    expect_texts(ctx, model, cases);
    sa_model_destroy(&model);
    json_decref(cases);
    sa_ctx_destroy(&ctx);
}

Test(references, minimind) {
    expect_reference(model_folder("SELFATTN_MINIMIND", "minimind", "config.json"), "minimind");
}

Test(references, stories15M) {
    expect_reference(model_folder("SELFATTN_STORIES15M", "stories15M", "model.bin"), "stories15M");
}

Test(references, stories260K) {
    char path[1000];
    if (!getenv("SELFATTN_STORIES260K"))
        setenv("SELFATTN_STORIES260K", SELFATTN_SOURCE_DIR "/../shared/models/stories260K", 1);
    snprintf(path, sizeof path, "%s/stories260K.bin",
             model_folder("SELFATTN_STORIES260K", "stories260K", "stories260K.bin"));
    expect_reference(path, "stories260K");
}

/* How many tokens of the reference are its prompt: those that the inputs begin with too; behind an encoder the first.
 */
static int64_t prompt_of(const struct sample *s) {
    int64_t common = s->U ? 1 : s->greedy_length;
    for (int64_t b = 0; !s->U && b < s->B; b++) {
        int64_t t = 0;
        while (t < s->T && t < common && s->greedy[b * s->greedy_length + t] == s->ids[b * s->T + t]) t++;
        common = t;
    }
    return common;
}

static void expect_sample(sa_ctx *ctx, const struct sample *s, const char *name) {
    int64_t n = s->greedy_length, prompt = prompt_of(s), counts[8], lengths[8];
    int32_t got[8 * MOST] = {0}, ids[8 * MOST], none[1] = {0};
    cr_assert(s->B <= 8 && n <= MOST && prompt > 0 && prompt < n);
    for (int64_t b = 0; b < s->B; b++) {
        lengths[b] = prompt;
        memcpy(ids + b * n, s->greedy + b * n, (size_t)n * sizeof *ids);
    }
    sa_session *session = session_of(ctx, s->model, s->B);
    const sa_encode_args inputs = {.struct_size = sizeof inputs,
                                   .batch = s->B,
                                   .tokens = s->T,
                                   .ids = s->ids,
                                   .lengths = s->features ? NULL : s->lengths,
                                   .features = s->features};
    if (s->U) cr_assert_eq(sa_session_encode(ctx, session, &inputs), SA_OK, "%s", sa_ctx_last_error(ctx));
    const sa_generate_args args = {.struct_size = sizeof args,
                                   .tokens = n,
                                   .ids = ids,
                                   .lengths = lengths,
                                   .max_tokens = n - prompt,
                                   .generated = got,
                                   .counts = counts,
                                   .stop_tokens = none}; /* a list without any: the references go on behind them */
    EXPECT_GENERATE(ctx, session, &args, SA_OK);
    for (int64_t b = 0; b < s->B; b++)
        for (int64_t t = prompt; t < n; t++) {
            int32_t token = got[b * (n - prompt) + t - prompt], want = s->greedy[b * n + t];
            cr_expect_eq(token, want, "%s: text %d, token %d is %d, want %d", name, (int)b, (int)t, (int)token,
                         (int)want);
        }
    sa_session_destroy(&session);
}

/* 1 if there was a text to compare with. */
static int check_folder(sa_ctx *ctx, const char *folder, const char *name) {
    char why[REASON_BYTES];
    struct sample sample;
    sa_model *model;
    cr_assert_eq(sa_model_open(ctx, folder, &model), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_assert(sample_read(&sample, model, folder, why), "%s", why);
    int has_text = sample.greedy != NULL;
    if (has_text) expect_sample(ctx, &sample, name);
    sample_free(&sample);
    sa_model_destroy(&model);
    return has_text;
}

/* `but` is a folder that is left out, or NULL. */
static void check_folders(const char *root, const char *but) {
    int texts = 0;
    DIR *listing = opendir(root);
    if (!listing) {
        fprintf(stderr, "SKIPPED architectures: there is no %s\n", root);
        cr_skip_test("there is no %s", root);
    }
    sa_ctx *ctx = one_thread();
    for (const struct dirent *item; (item = readdir(listing));) {
        char folder[2000], config[2100];
        struct stat facts;
        snprintf(folder, sizeof folder, "%s/%s", root, item->d_name);
        snprintf(config, sizeof config, "%s/config.json", folder);
        if (item->d_name[0] == '.' || stat(config, &facts) || (but && !strcmp(item->d_name, but))) continue;
        texts += check_folder(ctx, folder, item->d_name);
    }
    cr_expect(texts > 0, "%s has no texts to compare with", root);
    sa_ctx_destroy(&ctx);
    closedir(listing);
}

Test(references, architectures) {
    check_folders(SELFATTN_SOURCE_DIR "/tests/data/architectures", NULL);
}

Test(references, other_architectures) {
    const char *given = getenv("SELFATTN_ARCHITECTURES");
    /* Its Marian was computed with position tables that are not in its file. */
    check_folders(given ? given : SELFATTN_SOURCE_DIR "/../shared/models/architectures", "marian");
}
