/* How a model's makers generate with it: generation_config.json.
 * SPDX-License-Identifier: MIT */
#include "support/paths.h"
#include "support/tiny.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct folder folder;
static sa_ctx *ctx;

static void make(void) {
    folder = tiny_folder_make();
    ctx = ctx_open(NULL);
}

static void clean(void) {
    sa_ctx_destroy(&ctx);
    folder_remove(&folder);
}

TestSuite(defaults, .init = make, .fini = clean);

static sa_model *open_with(const char *generation) {
    sa_model *model;
    folder_write_text(&folder, "generation_config.json", generation);
    cr_assert_eq(sa_model_open(ctx, folder.path, &model), SA_OK, "%s: %s", generation, sa_ctx_last_error(ctx));
    return model;
}

static sa_sampling sampling_of(const char *generation) {
    sa_sampling s = {.struct_size = sizeof s, .seed = 7};
    sa_model *model = open_with(generation);
    cr_expect_eq(sa_model_sampling(model, &s), SA_OK, "%s", sa_ctx_last_error(NULL));
    cr_expect_eq(s.struct_size, sizeof s);
    sa_model_destroy(&model);
    return s;
}

Test(defaults, of_sampling_are_greedy_unless_the_file_draws) {
    cr_expect_eq(sampling_of("{}").temperature, 0);
    cr_expect_eq(sampling_of("{\"temperature\": 0.6, \"top_k\": 20}").temperature, 0);
    cr_expect_eq(sampling_of("{\"temperature\": 0.6, \"top_k\": 20, \"do_sample\": false}").top_k, 0);
    sa_sampling s = sampling_of("{\"do_sample\": true}");
    cr_expect(s.temperature == 1 && s.top_k == 50 && s.top_p == 0 && s.min_p == 0);
    s = sampling_of("{\"do_sample\": true, \"temperature\": 0.6, \"top_k\": 20, \"top_p\": 0.95, \"min_p\": 0.1}");
    cr_expect(s.temperature == 0.6 && s.top_k == 20 && s.top_p == 0.95 && s.min_p == 0.1);
    s = sampling_of("{\"do_sample\": true, \"temperature\": 0, \"top_k\": 20}");
    cr_expect(s.temperature == 0 && s.top_k == 0);
    s = sampling_of("{\"repetition_penalty\": 1.1, \"top_p\": null}");
    cr_expect(s.temperature == 0 && s.repetition_penalty == 1.1);
}

Test(defaults, of_tokens_are_those_of_the_file) {
    int32_t ids[3] = {-1, -1, -1};
    sa_model *model = open_with("{\"suppress_tokens\": [1, -1], \"bad_words_ids\": [[5]], \"begin_suppress_tokens\": "
                                "[2], \"max_new_tokens\": 9,"
                                " \"forced_bos_token_id\": 4, \"forced_eos_token_id\": 3}");
    cr_expect_eq(sa_model_suppressed_tokens(model, 0, ids, 3), 2);
    cr_expect(ids[0] == 1 && ids[1] == 5 && ids[2] == -1);
    cr_expect_eq(sa_model_suppressed_tokens(model, 1, ids, 1), 1);
    cr_expect_eq(ids[0], 2);
    cr_expect_eq(sa_model_suppressed_tokens(model, 0, NULL, 0), 2);
    cr_expect_eq(sa_model_get(model, SA_MODEL_FORCED_FIRST_TOKEN), 4);
    cr_expect_eq(sa_model_get(model, SA_MODEL_FORCED_LAST_TOKEN), 3);
    cr_expect_eq(sa_model_get(model, SA_MODEL_MAX_NEW_TOKENS), 9);
    sa_model_destroy(&model);
    model = open_with("{}");
    cr_expect_eq(sa_model_suppressed_tokens(model, 0, NULL, 0), 0);
    cr_expect_eq(sa_model_get(model, SA_MODEL_FORCED_FIRST_TOKEN), -1);
    cr_expect_eq(sa_model_get(model, SA_MODEL_MAX_NEW_TOKENS), 0);
    cr_expect_eq(sa_model_get(model, SA_MODEL_UNSUPPORTED), 0);
    sa_model_destroy(&model);
    cr_expect_eq(sa_model_suppressed_tokens(NULL, 0, NULL, 0), 0);
}

/* What sa_sampling does not have is told, and does not keep a model from being opened. */
Test(defaults, that_cannot_be_kept_are_named) {
    static const char *const texts[] = {"\"num_beams\": 4, \"max_length\": 9", "\"diversity_penalty\": 3",
                                        "\"bad_words_ids\": [[3, 4]]", "\"typical_p\": 0.9, \"num_beams\": 4"};
    for (int i = 0; i < 4; i++) {
        char text[100], key[40];
        sa_sampling s = {.struct_size = sizeof s};
        snprintf(text, sizeof text, "{\"repetition_penalty\": 2, %s}", texts[i]);
        snprintf(key, sizeof key, "%.*s", (int)(strchr(texts[i] + 1, '"') - texts[i] - 1), texts[i] + 1);
        sa_model *model = open_with(text);
        cr_expect_eq(sa_model_sampling(model, &s), SA_ERR_UNSUPPORTED);
        cr_expect(strstr(sa_ctx_last_error(NULL), key) != NULL, "%s", sa_ctx_last_error(NULL));
        cr_expect_eq(s.repetition_penalty, 2);
        cr_expect_eq(sa_model_get(model, SA_MODEL_UNSUPPORTED), i != 0, "%s", texts[i]);
        sa_model_destroy(&model);
    }
    sampling_of("{\"num_beams\": 1, \"typical_p\": 1.0, \"bad_words_ids\": [[3]], \"no_repeat_ngram_size\": 2}");
}

/* Older models have their settings in config.json alone; generation_config.json takes its place as a whole. */
Test(defaults, of_older_models_stand_in_config) {
    sa_model *model;
    sa_sampling s = {.struct_size = sizeof s};
    tiny_write_config(&tiny_shape, &folder,
                      "\"suppress_tokens\": [1], \"do_sample\": true, \"top_k\": 7, \"num_beams\": 4,");
    cr_assert_eq(sa_model_open(ctx, folder.path, &model), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_expect_eq(sa_model_suppressed_tokens(model, 0, NULL, 0), 1);
    cr_expect_eq(sa_model_sampling(model, &s), SA_ERR_UNSUPPORTED);
    cr_expect(strstr(sa_ctx_last_error(NULL), "num_beams") != NULL, "%s", sa_ctx_last_error(NULL));
    cr_expect_eq(s.top_k, 7);
    sa_model_destroy(&model);
    model = open_with("{}");
    cr_expect_eq(sa_model_suppressed_tokens(model, 0, NULL, 0), 0);
    sa_model_destroy(&model);
}

Test(defaults, that_are_malformed_are_refused) {
    static const char *const wrong[][2] = {
        {"{\"do_sample\": 1}", "do_sample is 1, must be true or false"},
        {"{\"temperature\": \"hot\"}", "temperature is \"hot\", must be a number from 0 to 1e+09"},
        {"{\"top_p\": 1.5}", "top_p is 1.5, must be a number from 0 to 1"},
        {"{\"top_k\": -1}", "top_k is -1, must be a number from 0 to 1e+09"},
        {"{\"max_new_tokens\": 0}", "max_new_tokens is 0, must be a number from 1 to"},
        {"{\"suppress_tokens\": 3}", "suppress_tokens is 3, must be a list of token numbers"},
        {"{\"suppress_tokens\": [1.5]}", "suppress_tokens is 1.5, must be a token number"},
        {"{\"begin_suppress_tokens\": [-2]}", "begin_suppress_tokens is -2, must be a token number"},
        {"{\"bad_words_ids\": 3}", "bad_words_ids is 3, must be a list of lists of token numbers"},
        {"{\"bad_words_ids\": [3]}", "bad_words_ids is 3, must be lists of token numbers"},
        {"{\"bad_words_ids\": [[]]}", "bad_words_ids is an array, must be lists of token numbers"},
        {"{\"bad_words_ids\": [[-1]]}", "bad_words_ids is -1, must be token numbers"},
        {"{\"min_length\": 1.5}", "min_length is 1.5, must be an integer from 0 to 2147483647"},
        {"{\"min_new_tokens\": -1}", "min_new_tokens is -1, must be an integer from 0 to 2147483647"},
        {"{\"no_repeat_ngram_size\": 1e12}", "no_repeat_ngram_size is 1e+12, must be an integer from"},
        {"{\"forced_bos_token_id\": \"x\"}", "forced_bos_token_id is a string, must be a token number"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        sa_model *model;
        folder_write_text(&folder, "generation_config.json", wrong[i][0]);
        cr_expect_eq(sa_model_open(ctx, folder.path, &model), SA_ERR_FORMAT, "%s", wrong[i][0]);
        cr_expect(strstr(sa_ctx_last_error(ctx), wrong[i][1]) != NULL, "%s: %s", wrong[i][0], sa_ctx_last_error(ctx));
    }
}

Test(defaults, need_a_model_and_a_struct) {
    sa_sampling s = {.struct_size = sizeof s};
    sa_model *model = open_with("{}");
    cr_expect_eq(sa_model_sampling(NULL, &s), SA_ERR_NULL);
    cr_expect_eq(sa_model_sampling(model, NULL), SA_ERR_NULL);
    s.struct_size = 4;
    cr_expect_eq(sa_model_sampling(model, &s), SA_ERR_STRUCT_SIZE);
    sa_model_destroy(&model);
}
