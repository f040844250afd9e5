/* Descriptions of architectures: what a model may bring along, and every way in which one can be wrong.
 * SPDX-License-Identifier: MIT */
#include "describe/architecture.h"
#include "support/allocator.h"
#include "support/any.h"
#include "support/paths.h"
#include "support/reference.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { V = 97, T = 8 };

static struct folder folder;
static sa_ctx *ctx;

static void make(void) {
    const sa_ctx_options options = {.struct_size = sizeof options, .threads = 1};
    folder = folder_make();
    ctx = ctx_open(&options);
}

static void clean(void) {
    sa_ctx_destroy(&ctx);
    folder_remove(&folder);
}

TestSuite(description, .init = make, .fini = clean);

static void expect_status(sa_status wanted, const char *words) {
    sa_model *model;
    cr_expect_eq(sa_model_open(ctx, folder.path, &model), wanted, "want \"%s\", got \"%s\"", words,
                 sa_ctx_last_error(ctx));
    if (wanted != SA_OK)
        cr_expect(strstr(sa_ctx_last_error(ctx), words) != NULL, "\"%s\" lacks \"%s\"", sa_ctx_last_error(ctx), words);
    sa_model_destroy(&model);
}

static void expect_description(const char *text, sa_status wanted, const char *words) {
    folder_write_text(&folder, "architecture.json", text);
    expect_status(wanted, words);
}

/* config.json with one stretch of its text replaced. */
static void expect_config(const char *model, const char *from, const char *to, sa_status wanted, const char *words) {
    char *text = architecture_bytes(model, "config.json", NULL), *at = strstr(text, from), changed[3000];
    cr_assert_not_null(at, "%s", from);
    snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    folder_write_text(&folder, "config.json", changed);
    expect_status(wanted, words);
    folder_write_text(&folder, "config.json", text);
    free(text);
}

static void logits_of(const char *path, float logits[T * V]) {
    static const int32_t ids[T] = {5, 17, 3, 80, 44, 2, 91, 60};
    sa_model *model;
    const sa_encode_args a = {.struct_size = sizeof a, .batch = 1, .tokens = T, .ids = ids, .logits = logits};
    cr_assert_eq(sa_model_open(ctx, path, &model), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_assert_eq(sa_model_encode(ctx, model, &a), SA_OK, "%s", sa_ctx_last_error(ctx));
    sa_model_destroy(&model);
}

/* A family of its own, with its own names for sizes, that is otherwise like Llama. */
Test(description, comes_with_a_model) {
    float got[T * V], want[T * V];
    architecture_take("llama", &folder);
    logits_of(folder.path, want);
    folder_write_text(&folder, "config.json",
                      "{\"model_type\": \"mine\", \"deep\": 2, \"sizes\": {\"wide\": 16}, \"heads\": 4, \"shared\": 2, "
                      "\"num_key_value_heads\": \"unused\", \"vocab_size\": 97, \"intermediate_size\": 160, "
                      "\"hidden_act\": \"silu\"}");
    folder_write_text(&folder, "architecture.json",
                      "{\"like\": \"llama\", \"decoder\": {\"layers\": \"$deep\", \"width\": \"4*$sizes.wide\", "
                      "\"heads\": [\"$none\", \"$heads\"], \"kv_heads\": {\"of\": \"$shared\", \"2\": 2, \"4\": 4}}}");
    logits_of(folder.path, got);
    cr_expect_arr_eq(got, want, sizeof got);
}

/* An example of docs/architectures.md; free() it. */
static char *example(int number) {
    char *text = file_bytes(SELFATTN_SOURCE_DIR "/docs/architectures.md", NULL), *begin = text, *end;
    for (int i = 0; i <= number; i++) {
        begin = strstr(begin, "```json\n");
        cr_assert_not_null(begin);
        begin += 8;
    }
    end = strstr(begin, "```");
    cr_assert_not_null(end);
    memmove(text, begin, (size_t)(end - begin));
    text[end - begin] = 0;
    return text;
}

/* The first one says all that it should, and misses the norm that this model has under another name. With the name that
 * the model has, it runs. */
Test(description, is_documented_with_a_small_change) {
    char *text = example(0), changed[1000];
    const char *at = strstr(text, "\"ln_out\"");
    architecture_take("llama", &folder);
    expect_description(text, SA_ERR_FORMAT, "tensor \"model.ln_out.weight\" is missing");
    cr_assert_not_null(at);
    snprintf(changed, sizeof changed, "%.*s\"norm\"%s", (int)(at - text), text, at + 8);
    expect_description(changed, SA_OK, "");
    free(text);
}

/* The second one says what the built-in description says. */
Test(description, is_documented_with_a_whole_one) {
    float got[T * V], want[T * V];
    char *text = example(1);
    architecture_take("llama", &folder);
    logits_of(folder.path, want);
    folder_write_text(&folder, "architecture.json", text);
    logits_of(folder.path, got);
    cr_expect_arr_eq(got, want, sizeof got);
    free(text);
}

/* A description takes precedence, so that a model may correct what is built in. */
Test(description, takes_precedence) {
    float got[T * V], want[T * V];
    architecture_take("llama", &folder);
    logits_of(folder.path, want);
    folder_write_text(&folder, "architecture.json",
                      "{\"like\": \"llama\", \"decoder\": {\"feed_forward\": {\"activation\": \"relu\"}}}");
    logits_of(folder.path, got);
    cr_expect_gt(largest_difference(got, want, T * V), 1e-3);
}

Test(description, that_is_wrong_is_refused_by_name) {
    static const struct {
        const char *text;
        sa_status status;
        const char *words;
    } wrong[] = {
        {"", SA_ERR_FORMAT, "architecture.json: line 1"},
        {"[]", SA_ERR_FORMAT, "architecture.json: the JSON text is an array, must be an object"},
        {"{}", SA_ERR_FORMAT, "architecture.json: has neither encoder nor decoder"},
        {"{\"like\": \"llama\", \"decoder\": {\"layers\": 1, \"layers\": 2}}", SA_ERR_FORMAT,
         "duplicate object key near '\"layers\"'"},
        {"{\"like\": 3}", SA_ERR_FORMAT, "\"like\" must be a string"},
        {"{\"like\": \"mine\"}", SA_ERR_UNSUPPORTED, "like is \"mine\", which is not built in"},
        {"{\"like\": \"llama\", \"decoder\": 7}", SA_ERR_FORMAT, "decoder is an integer, must be an object"},
        {"{\"like\": \"llama\", \"extra\": 7}", SA_ERR_UNSUPPORTED, "there is no setting extra"},
        {"{\"like\": \"llama\", \"decoder\": {\"norm\": {\"eps\": 1}}}", SA_ERR_UNSUPPORTED,
         "there is no setting decoder.norm.eps"},
        {"{\"like\": \"llama\", \"decoder\": {\"norm\": {\"kind\": \"batch\"}}}", SA_ERR_UNSUPPORTED,
         "decoder.norm.kind is \"batch\"; supported: \"layer\", \"rms\", \"rms_plus_one\""},
        {"{\"like\": \"llama\", \"decoder\": {\"norm\": {\"kind\": null}}}", SA_ERR_FORMAT,
         "decoder.norm.kind is missing"},
        {"{\"like\": \"llama\", \"decoder\": {\"tensors\": {\"querry\": \"q\"}}}", SA_ERR_UNSUPPORTED,
         "there is no setting decoder.tensors.querry"},
        {"{\"like\": \"llama\", \"decoder\": {\"tensors\": {\"query\": 7}}}", SA_ERR_FORMAT,
         "decoder.tensors.query must be a name or a list of names"},
        {"{\"like\": \"llama\", \"decoder\": {\"tensors\": {\"query\": null}}}", SA_ERR_FORMAT,
         "decoder.tensors.query is missing"},
        {"{\"like\": \"llama\", \"decoder\": {\"tensors\": {\"query\": \"none.#\"}}}", SA_ERR_FORMAT,
         "tensor \"model.none.0.weight\" is missing"},
        {"{\"like\": \"llama\", \"decoder\": {\"layers\": \"$deep\"}}", SA_ERR_FORMAT, "config.json: deep is missing"},
        {"{\"like\": \"llama\", \"decoder\": {\"layers\": []}}", SA_ERR_FORMAT, "decoder.layers is missing"},
        {"{\"like\": \"llama\", \"decoder\": {\"layers\": {\"of\": \"$hidden_size\", \"65\": 2}}}", SA_ERR_UNSUPPORTED,
         "config.json: hidden_size is 64; supported: \"65\""},
        {"{\"like\": \"llama\", \"decoder\": {\"layers\": {\"of\": \"$none\", \"65\": 2}}}", SA_ERR_FORMAT,
         "config.json: none is missing"},
        {"{\"like\": \"llama\", \"decoder\": {\"width\": \"1048577*$hidden_size\"}}", SA_ERR_FORMAT, "decoder.width"},
        {"{\"like\": \"llama\", \"decoder\": {\"width\": \"$ratio*$hidden_size\"}}", SA_ERR_FORMAT,
         "config.json: ratio*$hidden_size is missing"},
        {"{\"like\": \"llama\", \"decoder\": {\"width\": \"1048576*$hidden_size\"}}", SA_ERR_FORMAT,
         "config.json says [97, 67108864]"},
        {"{\"like\": \"llama\", \"decoder\": {\"heads\": 2147483647, \"kv_heads\": 1}}", SA_ERR_OVERFLOW,
         "are too wide"},
        {"{\"like\": \"llama\", \"decoder\": {\"kv_heads\": 3}}", SA_ERR_FORMAT, "4 heads cannot share 3 heads"},
        {"{\"like\": \"llama\", \"decoder\": {\"attention\": {\"packing\": \"per_head\"}}}", SA_ERR_UNSUPPORTED,
         "decoder.attention.packing is \"per_head\""},
        {"{\"like\": \"llama\", \"decoder\": {\"parallel\": true, \"norm\": {\"place\": \"after\"}}}",
         SA_ERR_UNSUPPORTED, "decoder.parallel needs norms \"before\""},
        {"{\"like\": \"llama\", \"decoder\": {\"like\": \"encoder\"}}", SA_ERR_FORMAT, "decoder.like can only be"},
        {"{\"like\": \"llama\", \"output\": {\"tensor\": null}}", SA_ERR_FORMAT, "output.tensor is missing"},
        {"{\"like\": \"llama\", \"decoder\": {\"input\": {\"kind\": \"sound\", \"channels\": 3, \"width\": 9}}}",
         SA_ERR_UNSUPPORTED, "decoder.input.kind can only be \"tokens\""},
        {"{\"like\": \"llama\", \"prefixes\": [7]}", SA_ERR_FORMAT, "prefixes must be a name or a list of names"},
    };
    architecture_take("llama", &folder);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        expect_description(wrong[i].text, wrong[i].status, wrong[i].words);
}

Test(description, requires_what_it_says) {
    architecture_take("llama", &folder);
    expect_description("{\"like\": \"llama\", \"require\": {\"hidden_size\": [32, \"$vocab_size\"]}}",
                       SA_ERR_UNSUPPORTED, "config.json: hidden_size is 64; supported: 32, \"$vocab_size\"");
    expect_description("{\"like\": \"llama\", \"require\": {\"hidden_size\": [32, 64]}}", SA_OK, "");
    expect_description("{\"like\": \"llama\", \"require\": {\"vocab_size\": [\"$vocab_size\"], \"nothing\": [7]}}",
                       SA_OK, "");
    expect_description("{\"like\": \"llama\", \"require\": {\"attention_bias\": \"off\", \"use_cache\": \"off\"}}",
                       SA_ERR_UNSUPPORTED, "use_cache is set");
}

Test(description, of_names_too_long_is_refused) {
    char name[300], text[500];
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = 0;
    architecture_take("llama", &folder);
    snprintf(text, sizeof text, "{\"like\": \"llama\", \"decoder\": {\"tensors\": {\"query\": \"%s\"}}}", name);
    expect_description(text, SA_ERR_FORMAT, "is too long");
}

Test(description, of_keys_too_long_is_refused) {
    char key[65], text[300];
    memset(key, 'k', sizeof key - 1);
    key[sizeof key - 1] = 0;
    architecture_take("llama", &folder);
    snprintf(text, sizeof text, "{\"like\": \"llama\", \"decoder\": {\"kv_heads\": [\"$a.%s\", 2]}}", key);
    expect_description(text, SA_ERR_UNSUPPORTED, "decoder.kv_heads looks for \"a.kkk");
    snprintf(text, sizeof text, "{\"like\": \"llama\", \"decoder\": {\"kv_heads\": [\"$a.%s\", 2]}}", key + 1);
    expect_description(text, SA_OK, "");
}

/* Options of config.json that the built-in descriptions know, or do not. */
Test(description, knows_options_of_configs) {
    architecture_take("qwen2", &folder);
    expect_config("qwen2", "\"full_attention\"", "\"chunked_attention\"", SA_OK, "");
    expect_config("qwen2", "\"use_sliding_window\": false", "\"use_sliding_window\": true, \"x\": 1", SA_OK, "");
    architecture_take("gemma2", &folder);
    expect_config("gemma2", "\"full_attention\"", "\"chunked_attention\"", SA_ERR_UNSUPPORTED,
                  "config.json: layer_types is \"chunked_attention\"; supported: \"full_attention\"");
    expect_config("gemma2", "\"full_attention\"\n", "7\n", SA_ERR_FORMAT, "layer_types is an integer, must be a text");
    expect_config("gemma2", ",\n    \"full_attention\"\n", "\n", SA_ERR_FORMAT,
                  "layer_types has 1 members, the model has 2");
    expect_config("gemma2", "\"full_attention\"\n", "\"full_attention\", \"full_attention\"\n", SA_ERR_FORMAT,
                  "config.json: layer_types has 3 members, the model has 2 layers");
    expect_config("gemma2", "\"sliding_window\": 4", "\"sliding_window\": null", SA_ERR_FORMAT,
                  "sliding_window is null");
    expect_config("gemma2", "\"use_bidirectional_attention\": null", "\"use_bidirectional_attention\": true",
                  SA_ERR_UNSUPPORTED, "use_bidirectional_attention is set");
    expect_config("gemma2", "\"eos_token_id\": 2", "\"eos_token_id\": [2, 5, 7]", SA_OK, "");
    expect_config("gemma2", "\"eos_token_id\": 2", "\"eos_token_id\": \"</s>\"", SA_ERR_FORMAT,
                  "eos_token_id is a string");
    architecture_take("vit", &folder);
    expect_config("vit", "\"patch_size\": 8", "\"patch_size\": 33", SA_ERR_FORMAT,
                  "an image of 32 x 32 cannot be cut into patches of 33");
    expect_config("vit", "\"image_size\": 32", "\"image_size\": [39, 33]", SA_OK, "");
    expect_config("vit", "\"image_size\": 32", "\"image_size\": 40", SA_ERR_FORMAT, "config.json says [26, 64]");
    architecture_take("opt", &folder);
    expect_config("opt", "\"word_embed_proj_dim\": 64", "\"word_embed_proj_dim\": 32", SA_ERR_FORMAT,
                  "config.json says [97, 32]");
}

Test(description, knows_ways_to_stretch_positions) {
    static const char from[] = "\"rope_type\": \"default\"";
    architecture_take("llama", &folder);
    expect_config("llama", from, "\"rope_type\": \"linear\", \"factor\": 2.0", SA_OK, "");
    expect_config("llama", from, "\"type\": \"dynamic\", \"factor\": 2.0", SA_OK, "");
    expect_config("llama", from, "\"rope_type\": \"yarn\", \"factor\": 4.0, \"original_max_position_embeddings\": 64",
                  SA_OK, "");
    expect_config("llama", from,
                  "\"rope_type\": \"llama3\", \"factor\": 8.0, \"low_freq_factor\": 1.0, \"high_freq_factor\": 4.0, "
                  "\"original_max_position_embeddings\": 64",
                  SA_OK, "");
    expect_config("llama", from,
                  "\"rope_type\": \"longrope\", \"short_factor\": [1, 1, 1, 1, 1, 1, 1, 1], "
                  "\"long_factor\": [2, 2, 2, 2, 2, 2, 2, 2], \"original_max_position_embeddings\": 64",
                  SA_OK, "");
    expect_config("llama", from, "\"rope_type\": \"longrope\", \"short_factor\": [1]", SA_ERR_FORMAT,
                  "rope_parameters.short_factor has 1 factors, must have 8");
    expect_config("llama", from, "\"rope_type\": \"linear\"", SA_ERR_FORMAT,
                  "config.json: rope_parameters.factor is 0");
    expect_config("llama", from, "\"rope_type\": \"spiral\"", SA_ERR_UNSUPPORTED,
                  "rope_parameters.rope_type is \"spiral\"");
    expect_config("llama", from, "\"rope_type\": \"default\", \"twist\": 3", SA_ERR_UNSUPPORTED,
                  "there is no setting rope_parameters.twist");
    expect_config("llama", "\"max_position_embeddings\": 128",
                  "\"rope_scaling\": {\"type\": \"dynamic\", \"factor\": 2}", SA_ERR_FORMAT,
                  "config.json: rope_scaling.original_max_position_embeddings is missing");
    expect_config("llama", "\"rope_theta\": 10000.0", "\"rope_theta\": -1", SA_ERR_FORMAT,
                  "rope_parameters.rope_theta is -1");
}

/* Files of Transformers 4 have rope_theta and rope_scaling in place of rope_parameters. */
Test(description, knows_older_names_of_rotations) {
    static const char sizes[] = "\"hidden_size\": 64, \"num_attention_heads\": 4, \"num_key_value_heads\": 2, "
                                "\"num_hidden_layers\": 2, \"intermediate_size\": 160, \"vocab_size\": 97, "
                                "\"max_position_embeddings\": 128, \"type_vocab_size\": 2, "
                                "\"layer_types\": [\"full_attention\", \"full_attention\"], \"sliding_window\": 4";
    static const char *const types[] = {"arcee",     "cohere",     "ernie4_5", "exaone4", "gemma",    "gemma2",
                                        "glm",       "glm4",       "granite",  "helium",  "llama",    "mistral",
                                        "ministral", "nomic_bert", "nemotron", "olmo",    "olmo2",    "phi",
                                        "phi3",      "qwen2",      "smollm3",  "qwen3",   "stablelm", "starcoder2"};
    architecture_take("llama", &folder);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        char config[1000];
        snprintf(config, sizeof config, "{\"model_type\": \"%s\", %s, \"rope_theta\": -7}", types[i], sizes);
        folder_write_text(&folder, "config.json", config);
        expect_status(SA_ERR_FORMAT, "rope_theta is -7");
        snprintf(config, sizeof config, "{\"model_type\": \"%s\", %s, \"rope_scaling\": {\"type\": \"spiral\"}}",
                 types[i], sizes);
        folder_write_text(&folder, "config.json", config);
        expect_status(SA_ERR_UNSUPPORTED, "rope_scaling.type is \"spiral\"");
    }
}

/* Where frequencies would change with the length, sequences end before they do. */
Test(description, does_not_stretch_positions_while_it_runs) {
    static const int32_t ids[129];
    sa_model *model;
    char *text = architecture_bytes("llama", "config.json", NULL), *at = strstr(text, "\"default\""), changed[2000];
    snprintf(changed, sizeof changed, "%.*s\"dynamic\", \"factor\": 2.0%s", (int)(at - text), text, at + 9);
    free(text);
    architecture_take("llama", &folder);
    folder_write_text(&folder, "config.json", changed);
    sa_encode_args a = {.struct_size = sizeof a, .batch = 1, .tokens = 128, .ids = ids};
    cr_assert_eq(sa_model_open(ctx, folder.path, &model), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_expect_eq(sa_model_encode(ctx, model, &a), SA_OK);
    a.tokens = 129;
    cr_expect_eq(sa_model_encode(ctx, model, &a), SA_ERR_SHAPE);
    sa_model_destroy(&model);
}

/* Random damage: any answer will do, but not a crash, and not much memory. */
static void damage(struct rng *rng, char *text, size_t size) {
    static const char signs[] = "{}[]\",:$*#@.-+0123456789eE truefalsn";
    for (int64_t i = 1 + rng_below(rng, 4); i > 0; i--) {
        char *at = text + rng_below(rng, (int64_t)size);
        if (rng_chance(rng, 0.3) && at + 8 < text + size)
            memmove(at, at + 4, size - (size_t)(at - text) - 4);
        else
            *at = signs[rng_below(rng, (int64_t)sizeof signs - 1)];
    }
}

Test(description, survives_damage) {
    static const char *const files[] = {"config.json", "architecture.json"};
    struct test_allocator allocator = test_allocator_make();
    sa_ctx_options options = {.struct_size = sizeof options, .threads = 1};
    allocator.most_bytes = 64 << 20;
    test_allocator_use(&allocator, &options);
    sa_ctx *own = ctx_open(&options);
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct rng rng = {seed};
        struct any any;
        any_make(&any, seed);
        any_write(&any, &folder);
        for (int i = 0; i < 20; i++) {
            size_t size;
            sa_model *model;
            const char *file = files[i % 2];
            char *right = file_bytes(folder_path(&folder, file), &size), *wrong = malloc(size);
            memcpy(wrong, right, size);
            damage(&rng, wrong, size);
            folder_write(&folder, file, wrong, size);
            sa_status status = sa_model_open(own, folder.path, &model);
            cr_expect(status == SA_OK || sa_ctx_last_error(own)[0]);
            sa_model_destroy(&model);
            folder_write(&folder, file, right, size);
            free(right);
            free(wrong);
        }
        any_free(&any);
    }
    sa_ctx_destroy(&own);
    cr_expect_eq(allocator.live, 0);
    cr_expect_eq(allocator.failures, 0);
}

/* As they are embedded: without papers, which are for readers of the pages. */
Test(description, built_in_pages_are_json) {
    int count = 0;
    for (const struct built_in *page = built_in_architectures; page->name; page++, count++) {
        json_error_t error;
        json_t *object = json_loads(page->text, JSON_REJECT_DUPLICATES, &error);
        cr_expect(json_is_object(object), "%s: line %d: %s", page->name, error.line, error.text);
        cr_expect_null(json_object_get(object, "paper"), "%s", page->name);
        json_decref(object);
    }
    cr_expect_gt(count, 60);
}
