/* config.json: what is read, what is refused and with which words.
 * SPDX-License-Identifier: MIT */
#include "support/paths.h"
#include "support/tiny.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
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

TestSuite(config, .init = make, .fini = clean);

static void expect_status(sa_status wanted, const char *words) {
    sa_model *model;
    cr_expect_eq(sa_model_open(ctx, folder.path, &model), wanted, "want \"%s\", got \"%s\"", words,
                 sa_ctx_last_error(ctx));
    if (wanted != SA_OK)
        cr_expect(strstr(sa_ctx_last_error(ctx), words) != NULL, "\"%s\" lacks \"%s\"", sa_ctx_last_error(ctx), words);
    sa_model_destroy(&model);
}

static char *config(void) {
    return file_bytes(folder_path(&folder, "config.json"), NULL);
}

/* The configuration with one stretch of its text replaced. */
static void replace(const char *from, const char *to) {
    char *text = config(), *at = strstr(text, from), changed[1500];
    cr_assert_not_null(at, "%s", from);
    snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    folder_write_text(&folder, "config.json", changed);
    free(text);
}

/* The same, tried and put back. */
static void expect_after(const char *from, const char *to, sa_status wanted, const char *words) {
    char *right = config();
    replace(from, to);
    expect_status(wanted, words);
    folder_write_text(&folder, "config.json", right);
    free(right);
}

static void expect_member(const char *member, sa_status wanted, const char *words) {
    tiny_write_config(&tiny_shape, &folder, member);
    expect_status(wanted, words);
}

Test(config, takes_what_does_not_change_the_result) {
    expect_member("", SA_OK, "");
    expect_member("\"architectures\": [\"BertModel\"], \"hidden_dropout_prob\": 0.1, \"use_cache\": true, ", SA_OK, "");
    expect_member("\"position_embedding_type\": \"absolute\", ", SA_OK, "");
    expect_member("\"position_embedding_type\": null, \"classifier_dropout\": null, ", SA_OK, "");
    expect_member("\"is_decoder\": false, \"add_cross_attention\": false, \"is_encoder_decoder\": false, ", SA_OK, "");
    expect_member("\"pruned_heads\": {}, ", SA_OK, "");
}

/* Some programs write every number as a real one. */
Test(config, takes_whole_numbers_that_are_written_as_real_ones) {
    expect_after("\"hidden_size\": 21", "\"hidden_size\": 21.0", SA_OK, "");
    expect_after("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 2e0", SA_OK, "");
    expect_after("\"hidden_size\": 21", "\"hidden_size\": 24.0", SA_ERR_FORMAT, "config.json says [41, 24]");
    expect_member("\"pad_token_id\": 0.0, \"eos_token_id\": [2.0, 3], ", SA_OK, "");
    expect_member("\"eos_token_id\": [2.5], ", SA_ERR_FORMAT, "eos_token_id is a real number, must be a token number");
    expect_member("\"eos_token_id\": 1e10, ", SA_ERR_FORMAT, "eos_token_id is 10000000000, must be a token number");
}

Test(config, refuses_keys_that_stand_twice) {
    expect_member("\"hidden_size\": 21, ", SA_ERR_FORMAT, "duplicate object key near '\"hidden_size\"'");
    expect_member("\"extra\": {\"a\": 1, \"a\": 1}, ", SA_ERR_FORMAT, "duplicate object key near '\"a\"'");
}

Test(config, refuses_options_that_it_does_not_have_by_name) {
    expect_after("\"gelu\"", "\"mish\"", SA_ERR_UNSUPPORTED,
                 "config.json: hidden_act is \"mish\"; supported: \"relu\", \"gelu\", \"gelu_new\"");
    expect_after("\"bert\"", "\"gpt5\"", SA_ERR_UNSUPPORTED, "config.json: model_type is \"gpt5\"");
    expect_member("\"position_embedding_type\": \"relative_key\", ", SA_ERR_UNSUPPORTED,
                  "position_embedding_type is \"relative_key\"");
    expect_member("\"is_decoder\": true, ", SA_ERR_UNSUPPORTED, "is_decoder is set");
    expect_member("\"is_encoder_decoder\": true, ", SA_ERR_UNSUPPORTED, "is_encoder_decoder is set");
    expect_member("\"add_cross_attention\": true, ", SA_ERR_UNSUPPORTED, "add_cross_attention is set");
    expect_member("\"pruned_heads\": {\"0\": [1]}, ", SA_ERR_UNSUPPORTED, "pruned_heads is set");
    expect_member("\"quantization_config\": {\"bits\": 4}, ", SA_ERR_UNSUPPORTED, "quantization_config is set");
}

Test(config, refuses_members_of_wrong_types) {
    expect_after("\"bert\"", "7", SA_ERR_FORMAT, "config.json: model_type is an integer, must be a string");
    expect_after("\"gelu\"", "true", SA_ERR_FORMAT, "hidden_act is true, must be a string");
    expect_after("\"hidden_size\": 21", "\"hidden_size\": \"21\"", SA_ERR_FORMAT, "hidden_size is a string");
    expect_after("\"hidden_size\": 21", "\"hidden_size\": 21.5", SA_ERR_FORMAT, "hidden_size is a real number");
    expect_after("\"hidden_size\": 21", "\"hidden_size\": 1e300", SA_ERR_FORMAT, "hidden_size is a real number");
    expect_after("\"hidden_size\": 21", "\"hidden_size\": [21, 21]", SA_ERR_FORMAT, "hidden_size is an array");
    expect_after("\"hidden_size\": 21", "\"hidden_size\": null", SA_ERR_FORMAT, "hidden_size is null");
    expect_after("1e-12", "\"small\"", SA_ERR_FORMAT, "layer_norm_eps is a string, must be a number");
    expect_member("\"is_decoder\": 1, ", SA_ERR_UNSUPPORTED, "is_decoder is 1, which is not supported");
    expect_member("\"is_decoder\": 0.25, ", SA_ERR_UNSUPPORTED, "is_decoder is 0.25, which is not supported");
    expect_member("\"is_decoder\": \"x\", ", SA_ERR_UNSUPPORTED, "is_decoder is \"x\", which is not supported");
    expect_member("\"position_embedding_type\": 1, ", SA_ERR_FORMAT, "position_embedding_type is an integer");
}

Test(config, wants_every_size_within_its_range) {
    static const char *const keys[] = {
        "model_type", "num_hidden_layers",       "hidden_size",    "num_attention_heads", "intermediate_size",
        "vocab_size", "max_position_embeddings", "type_vocab_size"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        char from[60], words[80];
        snprintf(from, sizeof from, "\"%s\": ", keys[i]);
        snprintf(words, sizeof words, "config.json: %s is missing", keys[i]);
        expect_after(from, "\"else\": ", SA_ERR_FORMAT, words);
        if (i == 0) continue;
        snprintf(words, sizeof words, "%s is -", keys[i]);
        char to[80];
        snprintf(to, sizeof to, "\"%s\": -", keys[i]);
        expect_after(from, to, SA_ERR_FORMAT, words);
        snprintf(words, sizeof words, "%s is 9", keys[i]);
        snprintf(to, sizeof to, "\"%s\": 900000000000000", keys[i]);
        expect_after(from, to, SA_ERR_FORMAT, words);
    }
    expect_after("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 0", SA_ERR_FORMAT,
                 "num_hidden_layers is 0, must be 1 to 4096");
    expect_after("\"num_attention_heads\": 3", "\"num_attention_heads\": 4", SA_ERR_FORMAT,
                 "a width of 21 cannot be split into 4 heads");
    expect_after("1e-12", "-1e-12", SA_ERR_FORMAT, "layer_norm_eps is -1e-12");
    expect_after("1e-12", "2", SA_ERR_FORMAT, "layer_norm_eps is 2");
    expect_after(", \"layer_norm_eps\": 1e-12", "", SA_OK, "");
}

Test(config, has_to_agree_with_the_weights) {
    expect_after("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3", SA_ERR_FORMAT,
                 "tensor \"encoder.layer.2.attention.self.query.weight\" is missing");
    expect_after("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 4096", SA_ERR_FORMAT, "is missing");
    expect_after("\"hidden_size\": 21", "\"hidden_size\": 24", SA_ERR_FORMAT,
                 "tensor \"embeddings.word_embeddings.weight\" has the shape [41, 21], config.json says [41, 24]");
    expect_after("\"vocab_size\": 41", "\"vocab_size\": 2147483647", SA_ERR_FORMAT,
                 "[41, 21], config.json says [2147483647, 21]");
    expect_after("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1", SA_ERR_UNSUPPORTED,
                 "16 tensors have no role in the model: \"encoder.layer.1.");
}

Test(config, refuses_a_text_cut_anywhere) {
    char *text = config();
    for (size_t n = 0; text[n]; n++) {
        sa_model *model;
        folder_write(&folder, "config.json", text, n);
        cr_expect_eq(sa_model_open(ctx, folder.path, &model), SA_ERR_FORMAT, "cut at byte %zu", n);
        cr_expect(strstr(sa_ctx_last_error(ctx), "config.json: line") != NULL, "%s", sa_ctx_last_error(ctx));
    }
    free(text);
}
