/* tokenizer.json: every section that can be missing, of another kind or malformed.
 * SPDX-License-Identifier: MIT */
#include "support/paths.h"
#include "support/reference.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct folder folder;
static sa_ctx *ctx;
static json_t *root;

static void make(void) {
    folder = folder_make();
    ctx = ctx_open(NULL);
    root = json_of(data_path("tokenizer/tokenizer.json"));
}

static void clean(void) {
    json_decref(root);
    sa_ctx_destroy(&ctx);
    folder_remove(&folder);
}

TestSuite(tokenizer_file, .init = make, .fini = clean);

static void expect_json(const json_t *json, sa_status wanted, const char *words) {
    sa_tokenizer *t;
    cr_assert_eq(json_dump_file(json, folder_path(&folder, "tokenizer.json"), JSON_ENCODE_ANY), 0);
    cr_expect_eq(sa_tokenizer_open(ctx, folder_path(&folder, "tokenizer.json"), &t), wanted, "want \"%s\", got \"%s\"",
                 words, sa_ctx_last_error(ctx));
    if (wanted != SA_OK)
        cr_expect(strstr(sa_ctx_last_error(ctx), words) != NULL, "\"%s\" lacks \"%s\"", sa_ctx_last_error(ctx), words);
    sa_tokenizer_destroy(&t);
}

/* The member at a path ("model.vocab", "added_tokens.0.id") becomes `text`, parsed as JSON; NULL removes it. */
static void expect_with(const char *path, const char *text, sa_status wanted, const char *words) {
    json_t *copy = json_deep_copy(root), *at = copy;
    char key[100];
    for (size_t n; path[n = strcspn(path, ".")]; path += n + 1) {
        snprintf(key, sizeof key, "%.*s", (int)n, path);
        at = json_is_array(at) ? json_array_get(at, (size_t)atoi(key)) : json_object_get(at, key);
        cr_assert_not_null(at, "%s", key);
    }
    json_t *value = text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
    cr_assert(!text || value, "%s", text);
    if (!text)
        json_object_del(at, path);
    else if (json_is_array(at))
        json_array_set_new(at, (size_t)atoi(path), value);
    else
        json_object_set_new(at, path, value);
    expect_json(copy, wanted, words);
    json_decref(copy);
}

#define ROBERTA(trim, lead)                                                                                            \
    "{\"type\": \"RobertaProcessing\", \"sep\": [\"[SEP]\", 3], \"cls\": [\"[CLS]\", 2], \"trim_offsets\": " trim      \
    ", \"add_prefix_space\": " lead "}"

Test(tokenizer_file, takes_sections_that_do_not_matter) {
    expect_with("truncation", "{\"max_length\": 3, \"strategy\": \"LongestFirst\", \"stride\": 0}", SA_OK, "");
    expect_with("padding", "{\"strategy\": {\"Fixed\": 128}}", SA_OK, "");
    expect_with("normalizer", "null", SA_OK, "");
    expect_with("pre_tokenizer", NULL, SA_OK, "");
    expect_with("decoder", NULL, SA_OK, "");
    expect_with("decoder", "null", SA_OK, "");
    expect_with("added_tokens", NULL, SA_OK, "");
    expect_with("added_tokens", "null", SA_OK, "");
    expect_with("post_processor", "null", SA_OK, "");
    expect_with("normalizer.strip_accents", NULL, SA_OK, "");
}

Test(tokenizer_file, names_kinds_that_it_does_not_have) {
    expect_with("model.type", "\"Tree\"", SA_ERR_UNSUPPORTED,
                "tokenizer.json: model is of type \"Tree\"; WordPiece, BPE, Unigram or WordLevel is supported");
    expect_with("normalizer.type", "\"Upper\"", SA_ERR_UNSUPPORTED,
                "normalizer is of type \"Upper\"; BertNormalizer, NFC, ");
    expect_with("pre_tokenizer.type", "\"UnicodeScripts\"", SA_ERR_UNSUPPORTED,
                "pre_tokenizer is of type \"UnicodeScripts\"; ByteLevel, ");
    expect_with("decoder.type", "\"Upper\"", SA_ERR_UNSUPPORTED, "decoder is of type \"Upper\"; ByteLevel, ");
    expect_with("decoder.prefix", "\"12345678901234567890123456789012\"", SA_ERR_UNSUPPORTED, "has more than 31 bytes");
    expect_with("decoder", "{\"type\": \"Metaspace\", \"replacement\": \"_\", \"prepend_scheme\": 3}", SA_ERR_FORMAT,
                "decoder.prepend_scheme is an integer");
    expect_with("model", NULL, SA_ERR_UNSUPPORTED, "there is no model");
    expect_with(
        "post_processor.type", "\"PairProcessing\"", SA_ERR_UNSUPPORTED,
        "post_processor is of type \"PairProcessing\"; TemplateProcessing, BertProcessing, RobertaProcessing, ");
    expect_with("post_processor.single.0.SpecialToken.type_id", "1", SA_ERR_UNSUPPORTED, "type_id is 1");
}

Test(tokenizer_file, refuses_members_of_wrong_types) {
    static const char *const texts[] = {"model.unk_token",
                                        "model.continuing_subword_prefix",
                                        "normalizer.type",
                                        "pre_tokenizer.type",
                                        "added_tokens.0.content",
                                        "post_processor.type",
                                        "post_processor.single.1.Sequence.id",
                                        "decoder.type",
                                        "decoder.prefix"};
    static const char *const flags[] = {
        "normalizer.clean_text",      "normalizer.handle_chinese_chars", "normalizer.lowercase",
        "added_tokens.0.normalized",  "added_tokens.0.lstrip",           "added_tokens.0.rstrip",
        "added_tokens.0.single_word", "added_tokens.0.special",          "decoder.cleanup"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        expect_with(texts[i], "3", SA_ERR_FORMAT, "is an integer, must be a string");
        expect_with(texts[i], NULL, SA_ERR_FORMAT, "is missing");
    }
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        expect_with(flags[i], "3", SA_ERR_FORMAT, "is an integer, must be true or false");
        expect_with(flags[i], NULL, SA_ERR_FORMAT, "is missing");
    }
    expect_with("model.type", "3", SA_ERR_FORMAT, "model.type is an integer, must be a string");
    expect_with("model.type", "null", SA_ERR_FORMAT, "model.type is null, must be a string");
    expect_with("normalizer.strip_accents", "3", SA_ERR_FORMAT, "normalizer.strip_accents is an integer");
    expect_with("model", "[]", SA_ERR_FORMAT, "model is an array, must be an object");
    expect_with("model.vocab", "[]", SA_ERR_FORMAT, "model.vocab is an array, must be an object");
    expect_with("added_tokens", "{}", SA_ERR_FORMAT, "added_tokens is an object, must be an array");
    expect_with("added_tokens.1", "7", SA_ERR_FORMAT, "an added token is an integer");
    expect_with("added_tokens.0.id", "\"0\"", SA_ERR_FORMAT, "id is a string");
    expect_with("post_processor.single", "{}", SA_ERR_FORMAT, "post_processor.single is an object");
    expect_with("post_processor.special_tokens", "[]", SA_ERR_FORMAT, "post_processor.special_tokens is an array");
    expect_with("post_processor.single.0", "{}", SA_ERR_FORMAT, "SpecialToken is missing");
    expect_with("post_processor.single.0", "3", SA_ERR_FORMAT, "SpecialToken is missing");
    expect_json(json_array_get(json_object_get(root, "added_tokens"), 0), SA_ERR_UNSUPPORTED, "there is no model");
}

Test(tokenizer_file, refuses_vocabularies_that_contradict_themselves) {
    expect_with("model.vocab.the", "-1", SA_ERR_FORMAT, "model.vocab.the is -1");
    expect_with("model.vocab.the", "2147483647", SA_ERR_FORMAT, "model.vocab.the is 2147483647");
    expect_with("model.vocab.the", "1.5", SA_ERR_FORMAT, "model.vocab.the is a real number");
    expect_with("model.vocab.the", "4", SA_ERR_FORMAT, "have the same number 4");
    expect_with("added_tokens.0.id", "5000", SA_ERR_FORMAT, "token \"[PAD]\" has two numbers, 0 and 5000");
    expect_with("added_tokens.0.content", "\"new\"", SA_ERR_FORMAT, "have the same number 0");
    expect_with("model.unk_token", "\"[NONE]\"", SA_ERR_FORMAT, "model.unk_token \"[NONE]\" is not in the vocabulary");
    expect_with("model.max_input_chars_per_word", "-1", SA_ERR_FORMAT, "max_input_chars_per_word is -1");
}

Test(tokenizer_file, refuses_post_processors_that_make_no_sense) {
    expect_with("post_processor.single.1.Sequence.id", "\"B\"", SA_ERR_FORMAT, "must be \"A\"");
    expect_with("post_processor.single", "[]", SA_ERR_FORMAT, "has the text 0 times");
    expect_with("post_processor.single.0", "{\"Sequence\": {\"id\": \"A\", \"type_id\": 0}}", SA_ERR_FORMAT,
                "has the text 2 times");
    expect_with("post_processor.single.0.SpecialToken.id", "\"[X]\"", SA_ERR_FORMAT,
                "post_processor.special_tokens.[X] is missing");
    expect_with("post_processor.special_tokens.[CLS].ids", "[99999]", SA_ERR_FORMAT,
                "a token that is not in the vocabulary");
    expect_with("post_processor.special_tokens.[CLS].ids", "[\"x\"]", SA_ERR_FORMAT,
                "a token that is not in the vocabulary");
    expect_with("post_processor.special_tokens.[CLS].ids", "[1,1,1,1,1,1,1,1,1]", SA_ERR_UNSUPPORTED,
                "more than 8 tokens");
    expect_with("post_processor", ROBERTA("\"no\"", "true"), SA_ERR_FORMAT, "post_processor.trim_offsets is a string");
    expect_with("post_processor", ROBERTA("true", "null"), SA_ERR_FORMAT, "post_processor.add_prefix_space is null");
    expect_with("post_processor", "{\"type\": \"RobertaProcessing\", \"cls\": [\"x\", 2]}", SA_ERR_FORMAT,
                "post_processor.sep is missing");
    expect_with("post_processor", "{\"type\": \"RobertaProcessing\", \"sep\": [\"x\", 2]}", SA_ERR_FORMAT,
                "post_processor.cls is missing");
}

static int64_t count_of(const sa_tokenizer *t, const char *words, int32_t *ids) {
    int64_t count;
    cr_assert_eq(sa_tokenizer_encode(ctx, t, words, (int64_t)strlen(words), ids, 20, &count), SA_OK);
    return count;
}

/* The file's cases with these changes of post_processor; without the type of the model where `untyped` says so. */
static void expect_cases(const char *path, const char *cases_path, const char *post_processor, int untyped) {
    json_t *json = json_of(data_path(path)), *variants = json_of(data_path(cases_path));
    const json_t *cases = json_object_get(json_array_get(variants, 0), "cases");
    sa_tokenizer *t = NULL;
    if (post_processor) json_object_set_new(json, "post_processor", json_loads(post_processor, 0, NULL));
    if (untyped) json_object_del(json_object_get(json, "model"), "type");
    cr_assert_eq(json_dump_file(json, folder_path(&folder, "tokenizer.json"), 0), 0);
    cr_assert_eq(sa_tokenizer_open(ctx, folder.path, &t), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_expect_gt(expect_ids(ctx, t, cases, post_processor ? post_processor : "without type"), 50);
    sa_tokenizer_destroy(&t);
    json_decref(variants);
    json_decref(json);
}

/* GPT-2's and BERT's own files are older than model.type. */
Test(tokenizer_file, infers_the_type_of_a_model_without_one) {
    expect_cases("tokenizer/tokenizer.json", "tokenizer/cases.json", NULL, 1);
    expect_cases("byte-level/tokenizer.json", "byte-level/cases.json", NULL, 1);
}

static void expect_untyped(const char *model, const char *words) {
    json_object_set_new(root, "model", json_loads(model, 0, NULL));
    expect_json(root, words ? SA_ERR_FORMAT : SA_OK, words);
}

Test(tokenizer_file, names_the_type_that_it_infers) {
    json_object_del(root, "added_tokens");
    json_object_del(root, "post_processor");
    expect_untyped("{\"unk_id\": 0, \"vocab\": [[\"a\", -1.5]]}", NULL);
    expect_untyped("{\"unk_token\": \"a\", \"vocab\": {\"a\": 0}}", NULL);
    expect_untyped("{\"unk_token\": \"a\", \"vocab\": {\"a\": 0}, \"continuing_subword_prefix\": \"##\"}", NULL);
    expect_untyped("{\"unk_token\": \"a\", \"vocab\": {\"a\": 0}, \"max_input_chars_per_word\": 9}", NULL);
    expect_untyped("{\"vocab\": {\"a\": 0}}", "model.type is missing, and its members are those of no known type");
    expect_untyped("{\"merges\": []}", "model.type is missing");
    expect_untyped("{}", "model.type is missing");
}

/* RoBERTa's flags say which characters tokens stand for. They change no number. */
Test(tokenizer_file, reads_roberta_processing) {
    static const char *const same[] = {
        ROBERTA("true", "true"),
        ROBERTA("true", "false"),
        ROBERTA("false", "true"),
        ROBERTA("false", "false"),
        "{\"type\": \"RobertaProcessing\", \"sep\": [\"[SEP]\", 3], \"cls\": [\"[CLS]\", 2]}",
        "{\"type\": \"Sequence\", \"processors\": [{\"type\": \"ByteLevel\"}, " ROBERTA("true", "true") "]}",
    };
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        expect_cases("tokenizer/tokenizer.json", "tokenizer/cases.json", same[i], 0);
}

/* What the tokenizers of Hugging Face make of two small files. */
Test(tokenizer_file, reads_files_as_they_were_published) {
    static const int32_t roberta[] = {3, 1, 2, 1, 0, 4};
    int32_t ids[20];
    sa_tokenizer *t;
    folder_write_text(&folder, "tokenizer.json",
                      "{\"version\": \"1.0\", \"truncation\": null, \"padding\": null, \"added_tokens\": [], "
                      "\"normalizer\": {\"type\": \"BertNormalizer\", \"clean_text\": true, "
                      "\"handle_chinese_chars\": true, \"strip_accents\": null, \"lowercase\": true}, "
                      "\"pre_tokenizer\": {\"type\": \"BertPreTokenizer\"}, "
                      "\"post_processor\": {\"type\": \"RobertaProcessing\", \"sep\": [\"</s>\", 4], "
                      "\"cls\": [\"<s>\", 3], \"trim_offsets\": true, \"add_prefix_space\": false}, "
                      "\"decoder\": {\"type\": \"WordPiece\", \"prefix\": \"##\", \"cleanup\": true}, "
                      "\"model\": {\"unk_token\": \"[UNK]\", \"continuing_subword_prefix\": \"##\", "
                      "\"max_input_chars_per_word\": 100, "
                      "\"vocab\": {\"[UNK]\": 0, \"a\": 1, \"##b\": 2, \"<s>\": 3, \"</s>\": 4}}}");
    cr_assert_eq(sa_tokenizer_open(ctx, folder.path, &t), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_expect_eq(count_of(t, "AB a bb", ids), 6);
    cr_expect_arr_eq(ids, roberta, sizeof roberta);
    sa_tokenizer_destroy(&t);
    folder_write_text(&folder, "tokenizer.json",
                      "{\"version\": \"1.0\", \"truncation\": null, \"padding\": null, \"added_tokens\": [], "
                      "\"normalizer\": null, "
                      "\"pre_tokenizer\": {\"type\": \"ByteLevel\", \"add_prefix_space\": false, "
                      "\"trim_offsets\": true}, "
                      "\"post_processor\": {\"type\": \"ByteLevel\", \"add_prefix_space\": true, "
                      "\"trim_offsets\": false}, "
                      "\"decoder\": {\"type\": \"ByteLevel\", \"add_prefix_space\": true, \"trim_offsets\": true}, "
                      "\"model\": {\"dropout\": null, \"unk_token\": null, \"continuing_subword_prefix\": \"\", "
                      "\"end_of_word_suffix\": \"\", \"fuse_unk\": false, "
                      "\"vocab\": {\"a\": 0, \"b\": 1, \"ab\": 2}, \"merges\": [\"a b\"]}}");
    cr_assert_eq(sa_tokenizer_open(ctx, folder.path, &t), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_expect_eq(count_of(t, "abab a", ids), 3);
    cr_expect(ids[0] == 2 && ids[1] == 2 && ids[2] == 0);
    sa_tokenizer_destroy(&t);
}

Test(tokenizer_file, refuses_keys_that_stand_twice) {
    folder_write_text(&folder, "tokenizer.json", "{\"model\": {\"vocab\": {\"a\": 1, \"b\": 2, \"a\": 3}}}");
    sa_tokenizer *t;
    cr_expect_eq(sa_tokenizer_open(ctx, folder.path, &t), SA_ERR_FORMAT);
    cr_expect(strstr(sa_ctx_last_error(ctx), "tokenizer.json: line 1, column 40: duplicate object key near '\"a\"'"),
              "%s", sa_ctx_last_error(ctx));
}

Test(tokenizer_file, reads_the_older_form_of_post_processors_and_gaps_in_numbers) {
    int32_t ids[20];
    sa_tokenizer *t;
    json_t *old = json_pack("{s:s, s:[s,i], s:[s,i]}", "type", "BertProcessing", "cls", "x", 3, "sep", "y", 2);
    json_object_set_new(root, "post_processor", old);
    json_object_set_new(json_object_get(json_object_get(root, "model"), "vocab"), "dog", json_integer(2000000000));
    cr_assert_eq(json_dump_file(root, folder_path(&folder, "tokenizer.json"), 0), 0);
    cr_assert_eq(sa_tokenizer_open(ctx, folder.path, &t), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_expect_eq(count_of(t, "dog", ids), 3);
    cr_expect(ids[0] == 3 && ids[1] == 2000000000 && ids[2] == 2);
    cr_expect_eq(sa_tokenizer_size(t), 2000000001);
    cr_expect_null(sa_tokenizer_token(t, 1999999999));
    cr_expect_str_eq(sa_tokenizer_token(t, 2000000000), "dog");
    sa_tokenizer_destroy(&t);
    json_object_set_new(root, "post_processor", json_null());
    cr_assert_eq(json_dump_file(root, folder_path(&folder, "tokenizer.json"), 0), 0);
    cr_assert_eq(sa_tokenizer_open(ctx, folder.path, &t), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_expect_eq(count_of(t, "dog", ids), 1);
    sa_tokenizer_destroy(&t);
    old = json_pack("{s:s, s:[s,i], s:[s]}", "type", "BertProcessing", "cls", "x", 3, "sep", "y");
    json_object_set_new(root, "post_processor", old);
    expect_json(root, SA_ERR_FORMAT, "a token that is not in the vocabulary");
}

Test(tokenizer_file, refuses_a_text_cut_anywhere) {
    char *text = json_dumps(root, JSON_COMPACT);
    const size_t size = strlen(text);
    for (size_t n = 0; n < size; n += 1 + n / 2000) {
        sa_tokenizer *t;
        folder_write(&folder, "tokenizer.json", text, n);
        cr_expect_eq(sa_tokenizer_open(ctx, folder.path, &t), SA_ERR_FORMAT, "cut at byte %zu of %zu", n, size);
    }
    free(text);
}
