/* sa_speech_open(): files that are malformed, hostile, or of another model.
 * SPDX-License-Identifier: MIT */
#include "scripted.h"
#include "support/paths.h"
#include "support/tiny.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct line nothing[] = {{0}};

static sa_ctx *any_ctx(void) {
    const sa_ctx_options options = {.struct_size = sizeof options, .threads = 1};
    return ctx_open(&options);
}

static void expect_refused(sa_ctx *ctx, const sa_model *model, const char *path, sa_status want, const char *words) {
    sa_speech *speech = (sa_speech *)ctx;
    cr_expect_eq(sa_speech_open(ctx, model, path, &speech), want, "%s: %s", words, sa_ctx_last_error(ctx));
    cr_expect(strstr(sa_ctx_last_error(ctx), words) != NULL, "want %s: %s", words, sa_ctx_last_error(ctx));
    cr_expect_null(speech);
}

Test(files, rules_that_are_refused) {
    const struct {
        const char *rules, *words;
    } cases[] = {
        {"", "no_timestamps_token_id is missing"},
        {"\"no_timestamps_token_id\": \"x\",", "no_timestamps_token_id has a string"},
        {"\"no_timestamps_token_id\": -1,", "no_timestamps_token_id is -1, must be 0 to 61"},
        {"\"no_timestamps_token_id\": 61,", "must be above the end token 40 and below 61"},
        {"\"no_timestamps_token_id\": 39,", "must be above the end token"},
        {"\"no_timestamps_token_id\": 50, \"prev_sot_token_id\": 62,", "prev_sot_token_id is 62"},
        {"\"no_timestamps_token_id\": 50, \"suppress_tokens\": 3,", "suppress_tokens is an integer"},
        {"\"no_timestamps_token_id\": 50, \"suppress_tokens\": [1, 1e9],", "suppress_tokens has a real number"},
        {"\"no_timestamps_token_id\": 50, \"suppress_tokens\": [1, 999],", "suppress_tokens is 999, must be 0 to 61"},
        {"\"no_timestamps_token_id\": 50, \"suppress_tokens\": [-1],", "suppress_tokens is -1"},
        {"\"no_timestamps_token_id\": 50, \"begin_suppress_tokens\": [[]],", "begin_suppress_tokens has an array"},
        {"\"no_timestamps_token_id\": 50, \"max_initial_timestamp_index\": -1,", "index is negative"},
        {"\"no_timestamps_token_id\": 50, \"max_initial_timestamp_index\": \"a\",", "index is a string"},
        {"\"no_timestamps_token_id\": 50, \"lang_to_id\": [],", "lang_to_id is an array"},
        {"\"no_timestamps_token_id\": 50, \"lang_to_id\": {\"en\": 42},", "lang_to_id has \"en\""},
        {"\"no_timestamps_token_id\": 50, \"lang_to_id\": {\"<|a very long code|>\": 42},", "a very long code"},
        {"\"no_timestamps_token_id\": 50, \"lang_to_id\": {\"<|en|>\": 62},", "lang_to_id is 62"},
        {"\"no_timestamps_token_id\": 50, \"lang_to_id\": {\"<|en|>\": 42},", "no token for \"transcribe\""},
        {"\"no_timestamps_token_id\": 50, \"task_to_id\": {\"transcribe\": 99},", "task_to_id is 99"},
        {"\"no_timestamps_token_id\": 50, \"no_timestamps_token_id\": 50,", "duplicate"},
        {"[", "generation_config.json: line"},
    };
    struct folder folder = folder_make();
    sa_ctx *ctx = any_ctx();
    sa_model *model;
    scripted_write(&folder, nothing, scripted_rules);
    cr_assert_eq(sa_model_open(ctx, folder.path, &model), SA_OK, "%s", sa_ctx_last_error(ctx));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[500];
        snprintf(text, sizeof text, "{%s \"max_length\": 32}", cases[i].rules);
        folder_write_text(&folder, "generation_config.json", text);
        expect_refused(ctx, model, folder.path, SA_ERR_FORMAT, cases[i].words);
    }
    sa_model_destroy(&model);
    folder_remove(&folder);
    sa_ctx_destroy(&ctx);
}

/* A tokenizer with the names of Whisper's tokens. */
static void write_names(const struct folder *folder) {
    static const char *const names[] = {"<|endoftext|>",   "<|startoftranscript|>", "<|en|>",          "<|de|>",
                                        "<|ja|>",          "<|translate|>",         "<|transcribe|>",  "<|startoflm|>",
                                        "<|startofprev|>", "<|nospeech|>",          "<|notimestamps|>"};
    char text[1000] = "";
    for (int i = 0; i < END; i++) snprintf(text + strlen(text), sizeof text - strlen(text), "word%d\n", i);
    for (int i = 0; i < 11; i++) snprintf(text + strlen(text), sizeof text - strlen(text), "%s\n", names[i]);
    folder_write_text(folder, "vocab.txt", text);
}

/* The language of a window of sound: the script says "en". */
static int32_t language_heard(sa_ctx *ctx, const sa_model *model, const sa_speech *speech) {
    struct scripted s = {.ctx = ctx};
    struct told t = {0};
    int32_t found = -1;
    cr_assert_eq(sa_session_create(ctx, model, NULL, &s.session), SA_OK);
    sa_transcribe_args a = scripted_args(&s, &t, 100);
    a.speech = speech, a.language_found = &found;
    cr_assert_eq(sa_transcribe(ctx, s.session, &a), SA_OK, "%s", sa_ctx_last_error(ctx));
    sa_session_destroy(&s.session);
    return found;
}

/* Older files have forced_decoder_ids in place of languages and tasks; the tokenizer has the names. */
Test(files, of_older_models) {
    static const struct line lines[] = {{0, FIRST_LANGUAGE, 1}, {0}};
    const struct {
        const char *forced;
        int languages;
        int32_t heard;
    } cases[] = {
        {"[[1, 43], [2, 46], [3, 50]]", 3, 1}, {"[[1, null], [2, 45]]", 3, 0}, {"[[1, 50]]", 0, -1}, {"null", 0, -1}};
    struct folder folder = folder_make();
    sa_ctx *ctx = any_ctx();
    sa_model *model;
    scripted_write(&folder, lines, scripted_rules);
    write_names(&folder);
    cr_assert_eq(sa_model_open(ctx, folder.path, &model), SA_OK, "%s", sa_ctx_last_error(ctx));
    for (int i = 0; i < 4; i++) {
        static const char *const codes[] = {"en", "de", "ja"};
        char text[200];
        sa_speech *speech;
        snprintf(text, sizeof text, "{\"forced_decoder_ids\": %s}", cases[i].forced);
        folder_write_text(&folder, "generation_config.json", text);
        cr_assert_eq(sa_speech_open(ctx, model, folder.path, &speech), SA_OK, "%s", sa_ctx_last_error(ctx));
        for (int n = 0; n < cases[i].languages; n++) cr_expect_str_eq(sa_speech_language(speech, n), codes[n]);
        cr_expect_null(sa_speech_language(speech, cases[i].languages));
        cr_expect_eq(language_heard(ctx, model, speech), cases[i].heard, "%s", cases[i].forced);
        sa_speech_destroy(&speech);
    }
    folder_remove_file(&folder, "generation_config.json");
    sa_speech *speech;
    cr_expect_eq(sa_speech_open(ctx, model, folder.path, &speech), SA_OK, "%s", sa_ctx_last_error(ctx));
    sa_speech_destroy(&speech);
    sa_model_destroy(&model);
    folder_remove(&folder);
    sa_ctx_destroy(&ctx);
}

Test(files, of_older_models_that_are_refused) {
    const struct {
        const char *forced, *words;
        int has_names;
    } cases[] = {{"[[1]]", "forced_decoder_ids[0] must be a place and a token", 1},
                 {"[[\"1\", 42]]", "must be a place and a token", 1},
                 {"[[2, 62]]", "forced_decoder_ids is 62, must be 0 to 61", 1},
                 {"[[2, 47]]", "calls it otherwise", 1},
                 {"[[1, 46], [2, 46]]", "has the token 46, which names none of 3 languages", 1},
                 {"[[2, 46]]",
                  "has the token 46 as the task, and the tokenizer, which would name languages and tasks, "
                  "calls it nothing: there is none",
                  0}};
    struct folder folder = folder_make();
    sa_ctx *ctx = any_ctx();
    sa_model *model;
    scripted_write(&folder, nothing, scripted_rules);
    cr_assert_eq(sa_model_open(ctx, folder.path, &model), SA_OK, "%s", sa_ctx_last_error(ctx));
    write_names(&folder);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[200];
        if (!cases[i].has_names) folder_remove_file(&folder, "vocab.txt");
        snprintf(text, sizeof text, "{\"no_timestamps_token_id\": 50, \"forced_decoder_ids\": %s}", cases[i].forced);
        folder_write_text(&folder, "generation_config.json", text);
        expect_refused(ctx, model, folder.path, SA_ERR_FORMAT, cases[i].words);
    }
    sa_model_destroy(&model);
    folder_remove(&folder);
    sa_ctx_destroy(&ctx);
}

/* Every prefix of the file, and every byte of it changed, is refused or opened; nothing worse happens. */
Test(files, damaged_rules) {
    struct folder folder = folder_make();
    sa_ctx *ctx = any_ctx();
    sa_model *model;
    size_t size;
    scripted_write(&folder, nothing, scripted_rules);
    cr_assert_eq(sa_model_open(ctx, folder.path, &model), SA_OK, "%s", sa_ctx_last_error(ctx));
    char *bytes = file_bytes(folder_path(&folder, "generation_config.json"), &size);
    cr_assert_gt(size, 0);
    for (size_t i = 0; i < 2 * size; i++) {
        sa_speech *speech;
        const size_t at = i % size, length = i < size ? at : size;
        const char before = bytes[at];
        if (i >= size) bytes[at] = (char)(before ^ (1 << i % 7));
        folder_write(&folder, "generation_config.json", bytes, length);
        const sa_status status = sa_speech_open(ctx, model, folder.path, &speech);
        cr_expect(status == SA_OK || status == SA_ERR_FORMAT, "%d: %s", (int)i, sa_ctx_last_error(ctx));
        sa_speech_destroy(&speech);
        bytes[at] = before;
    }
    free(bytes);
    sa_model_destroy(&model);
    folder_remove(&folder);
    sa_ctx_destroy(&ctx);
}

Test(files, that_are_missing_or_of_another_model) {
    struct folder folder = folder_make(), bert = tiny_folder_make();
    sa_ctx *ctx = any_ctx();
    sa_model *model, *other;
    sa_speech *speech;
    char weights[600];
    scripted_write(&folder, nothing, scripted_rules);
    cr_assert_eq(sa_model_open(ctx, folder.path, &model), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_assert_eq(sa_model_open(ctx, bert.path, &other), SA_OK, "%s", sa_ctx_last_error(ctx));
    snprintf(weights, sizeof weights, "%s", folder_path(&folder, "model.safetensors"));
    cr_expect_eq(sa_speech_open(ctx, model, weights, &speech), SA_OK, "%s", sa_ctx_last_error(ctx));
    sa_speech_destroy(&speech);
    sa_speech_destroy(&speech);
    expect_refused(ctx, other, folder.path, SA_ERR_UNSUPPORTED, "sound");
    expect_refused(ctx, NULL, folder.path, SA_ERR_NULL, "model is NULL");
    expect_refused(ctx, model, NULL, SA_ERR_NULL, "path is NULL");
    expect_refused(ctx, model, "", SA_ERR_FILE, "empty");
    expect_refused(ctx, model, "/nonexistent", SA_ERR_FILE, "/nonexistent");
    cr_expect_eq(sa_speech_open(ctx, model, folder.path, NULL), SA_ERR_NULL);
    folder_write_text(&folder, "preprocessor_config.json", "{\"n_samples\": 160, \"hop_length\": 8, \"n_fft\": 16}");
    expect_refused(ctx, model, folder.path, SA_ERR_UNSUPPORTED, "20 frames of 80 bins, the model takes 20 of 4");
    folder_remove_file(&folder, "generation_config.json");
    folder_write_text(&folder, "preprocessor_config.json",
                      "{\"n_samples\": 160, \"hop_length\": 8, \"n_fft\": 16, \"feature_size\": 4}");
    expect_refused(ctx, model, folder.path, SA_ERR_FORMAT, "no_timestamps_token_id is missing, and no tokenizer has");
    folder_remove_file(&folder, "preprocessor_config.json");
    expect_refused(ctx, model, folder.path, SA_ERR_FILE, "preprocessor_config.json");
    sa_model_destroy(&other);
    sa_model_destroy(&model);
    folder_remove(&bert);
    folder_remove(&folder);
    sa_ctx_destroy(&ctx);
}
