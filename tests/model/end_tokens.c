/* Which tokens end a text: those of config.json and those of generation_config.json.
 * SPDX-License-Identifier: MIT */
#include "support/paths.h"
#include "support/tiny.h"

#include <criterion/criterion.h>
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

TestSuite(end_tokens, .init = make, .fini = clean);

static sa_status open_with(const char *config, const char *generation, sa_model **model) {
    tiny_write_config(&tiny_shape, &folder, config);
    folder_write_text(&folder, "generation_config.json", generation);
    return sa_model_open(ctx, folder.path, model);
}

static void expect_tokens(const char *config, const char *generation, int64_t count, const int32_t *wanted) {
    int32_t ids[16] = {0};
    sa_model *model;
    cr_assert_eq(open_with(config, generation, &model), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_assert_eq(sa_model_end_tokens(model, ids, 16), count, "%s and %s", config, generation);
    cr_expect_arr_eq(ids, wanted, (size_t)count * sizeof *wanted);
    cr_expect_eq(sa_model_get(model, SA_MODEL_END_TOKEN), count ? wanted[0] : -1);
    sa_model_destroy(&model);
}

static void expect_refused(const char *config, const char *generation, sa_status status, const char *words) {
    sa_model *model;
    cr_expect_eq(open_with(config, generation, &model), status, "%s", sa_ctx_last_error(ctx));
    cr_expect(strstr(sa_ctx_last_error(ctx), words) != NULL, "\"%s\" lacks \"%s\"", sa_ctx_last_error(ctx), words);
}

#define IDS(...)                                                                                                       \
    (int32_t[]) {                                                                                                      \
        __VA_ARGS__                                                                                                    \
    }

Test(end_tokens, are_those_of_both_files_each_once) {
    expect_tokens("", "{}", 0, IDS(0));
    expect_tokens("\"eos_token_id\": 2, ", "{}", 1, IDS(2));
    expect_tokens("", "{\"eos_token_id\": 5}", 1, IDS(5));
    expect_tokens("\"eos_token_id\": 2, ", "{\"eos_token_id\": [2, 5]}", 2, IDS(2, 5));
    expect_tokens("\"eos_token_id\": [7, 7, 2], ", "{\"eos_token_id\": [5, 2]}", 3, IDS(7, 2, 5));
    expect_tokens("\"eos_token_id\": null, ", "{\"eos_token_id\": null}", 0, IDS(0));
}

Test(end_tokens, may_be_sixteen) {
    static const char many[] = "{\"eos_token_id\": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]}";
    expect_tokens("\"eos_token_id\": 2, ", many, 16, IDS(2, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16));
    expect_refused("\"eos_token_id\": 17, ", many, SA_ERR_UNSUPPORTED,
                   "generation_config.json: with token 16, eos_token_id names more than the 16 tokens");
}

Test(end_tokens, are_numbers_of_tokens) {
    expect_refused("", "{\"eos_token_id\": [2, \"</s>\"]}", SA_ERR_FORMAT,
                   "generation_config.json: eos_token_id is a string, must be a token number");
    expect_refused("\"eos_token_id\": 4294967296, ", "{}", SA_ERR_FORMAT,
                   "config.json: eos_token_id is 4294967296, must be a token number, at most 2147483647");
    expect_refused("", "{\"eos_token_id\": 2", SA_ERR_FORMAT, "generation_config.json: ");
}

/* config.json has the first word on what there can be one of. */
Test(end_tokens, are_not_all_that_the_second_file_may_add) {
    sa_model *model;
    cr_assert_eq(open_with("\"pad_token_id\": 3, ", "{\"pad_token_id\": 4, \"decoder_start_token_id\": 6}", &model),
                 SA_OK);
    cr_expect_eq(sa_model_get(model, SA_MODEL_PAD_TOKEN), 3);
    cr_expect_eq(sa_model_get(model, SA_MODEL_START_TOKEN), 6);
    sa_model_destroy(&model);
}
