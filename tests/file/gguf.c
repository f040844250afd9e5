/* The reader of GGUF files: tensors, settings, and files that are cut, lie or ask for what there is not.
 * SPDX-License-Identifier: MIT */
#include "file/gguf.h"

#include "base/quantised.h"
#include "support/allocator.h"
#include "support/blocks.h"
#include "support/folder.h"
#include "support/gguf_writer.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { U8, I8, U16, I16, U32, I32, F32, BOOL, TEXT, ARRAY, U64, I64 };

static struct folder folder;

static void make_folder(void) {
    folder = folder_make();
}

static void remove_folder(void) {
    folder_remove(&folder);
}

TestSuite(gguf, .init = make_folder, .fini = remove_folder);

/* Settings of a small llama. */
static struct gguf_writer settings_of(const char *architecture) {
    static const struct {
        const char *key;
        uint32_t type, value;
    } integers[] = {{"context_length", U32, 64},      {"embedding_length", U64, 32},
                    {"block_count", I32, 2},          {"feed_forward_length", U16, 48},
                    {"attention.head_count", U32, 4}, {"attention.head_count_kv", U8, 2},
                    {"rope.dimension_count", U32, 8}};
    struct gguf_writer w = {0};
    char key[80];
    gguf_put_text(&w, "general.architecture", architecture);
    gguf_put_text(&w, "general.name", "a name");
    for (size_t i = 0; i < sizeof integers / sizeof integers[0]; i++) {
        snprintf(key, sizeof key, "%s.%s", architecture, integers[i].key);
        gguf_put_integer(&w, key, integers[i].type, integers[i].value);
    }
    snprintf(key, sizeof key, "%s.attention.layer_norm_rms_epsilon", architecture);
    gguf_put_float(&w, key, 0x1p-16f);
    snprintf(key, sizeof key, "%s.rope.freq_base", architecture);
    gguf_put_float(&w, key, 500000);
    return w;
}

static void put_words(struct gguf_writer *w) {
    static const float words[96] = {1, 2, 3};
    const uint64_t size[2] = {32, 3};
    gguf_put_tensor(w, "token_embd.weight", 2, size, 0, words, sizeof words);
}

static struct bytes small_file(void) {
    struct gguf_writer w = settings_of("llama");
    put_words(&w);
    return gguf_finish(&w, 3);
}

static sa_status open_bytes(const struct bytes *b, struct tensor_file *file, json_t **config, struct report *report) {
    folder_write(&folder, "x.gguf", b->at, b->size);
    struct gguf_settings settings;
    sa_status status = gguf_open(&default_allocator, report, folder_path(&folder, "x.gguf"), 0, file, &settings);
    *config = json_incref(settings.config);
    gguf_settings_release(&settings);
    return status;
}

static json_t *config_of(struct gguf_writer *w) {
    struct tensor_file file;
    struct report report = {""};
    json_t *config;
    put_words(w);
    struct bytes b = gguf_finish(w, 3);
    cr_assert_eq(open_bytes(&b, &file, &config, &report), SA_OK, "%s", report.text);
    tensors_close(&file);
    free(b.at);
    return config;
}

/* Of thousands of files: an assertion that holds is a message to another process, and costs more than opening one. */
static void assert_cut_is_refused(const struct bytes *b) {
    struct tensor_file file;
    struct report report = {""};
    json_t *config;
    if (open_bytes(b, &file, &config, &report) != SA_ERR_FORMAT || file.tensors || config || !strstr(report.text, "x."))
        cr_assert_fail("%zu bytes: \"%s\"", b->size, report.text);
}

static void expect_refused_bytes(const struct bytes *b, sa_status status, const char *words) {
    struct tensor_file file;
    struct report report = {""};
    json_t *config = (json_t *)&file;
    cr_expect_eq(open_bytes(b, &file, &config, &report), status, "want \"%s\", got \"%s\"", words, report.text);
    cr_expect(strstr(report.text, words) != NULL, "\"%s\" lacks \"%s\"", report.text, words);
    cr_expect(strstr(report.text, "x.gguf") != NULL, "\"%s\" does not name the file", report.text);
    cr_expect_null(file.tensors);
    cr_expect_null(file.file.bytes);
    cr_expect_null(config);
}

static void expect_refused(struct gguf_writer *w, sa_status status, const char *words) {
    struct bytes b = gguf_finish(w, 3);
    expect_refused_bytes(&b, status, words);
    free(b.at);
}

static int64_t number(const json_t *config, const char *key) {
    return json_integer_value(json_object_get(config, key));
}

static void expect_end_tokens(const json_t *config, size_t count, const int64_t *tokens) {
    const json_t *list = json_object_get(config, "eos_token_id");
    cr_assert_eq(json_array_size(list), count);
    for (size_t i = 0; i < count; i++) cr_expect_eq(json_integer_value(json_array_get(list, i)), tokens[i]);
}

Test(gguf, translates_settings) {
    struct gguf_writer w = settings_of("llama");
    gguf_put_integer(&w, "tokenizer.ggml.bos_token_id", U32, 1);
    gguf_put_integer(&w, "tokenizer.ggml.eos_token_id", U32, 2);
    json_t *config = config_of(&w);
    cr_expect_str_eq(json_string_value(json_object_get(config, "model_type")), "llama");
    cr_expect_eq(number(config, "max_position_embeddings"), 64);
    cr_expect_eq(number(config, "hidden_size"), 32);
    cr_expect_eq(number(config, "num_hidden_layers"), 2);
    cr_expect_eq(number(config, "intermediate_size"), 48);
    cr_expect_eq(number(config, "num_attention_heads"), 4);
    cr_expect_eq(number(config, "num_key_value_heads"), 2);
    cr_expect_eq(number(config, "vocab_size"), 3);
    cr_expect_eq(number(config, "bos_token_id"), 1);
    expect_end_tokens(config, 1, (int64_t[]){2});
    cr_expect_eq(json_real_value(json_object_get(config, "rms_norm_eps")), 0x1p-16);
    cr_expect_eq(json_real_value(json_object_get(config, "rope_theta")), 500000);
    cr_expect(json_is_true(json_object_get(config, "rope_interleave")));
    cr_expect(json_is_true(json_object_get(config, "tie_word_embeddings")));
    cr_expect_null(json_object_get(config, "rope_scaling"));
    json_decref(config);
}

/* The ends of a text, of a turn and of a message; 2^32 - 1 is how some files say that there is none. */
Test(gguf, takes_all_tokens_that_end_a_text) {
    struct gguf_writer w = settings_of("llama");
    gguf_put_integer(&w, "tokenizer.ggml.eos_token_id", U32, 2);
    gguf_put_integer(&w, "tokenizer.ggml.eot_token_id", U32, 5);
    gguf_put_integer(&w, "tokenizer.ggml.eom_token_id", U32, 7);
    json_t *config = config_of(&w);
    expect_end_tokens(config, 3, (int64_t[]){2, 5, 7});
    json_decref(config);
    w = settings_of("llama");
    gguf_put_integer(&w, "tokenizer.ggml.bos_token_id", U32, UINT32_MAX);
    gguf_put_integer(&w, "tokenizer.ggml.eos_token_id", U32, UINT32_MAX);
    gguf_put_integer(&w, "tokenizer.ggml.eot_token_id", U32, 5);
    config = config_of(&w);
    expect_end_tokens(config, 1, (int64_t[]){5});
    cr_expect_null(json_object_get(config, "bos_token_id"));
    json_decref(config);
}

Test(gguf, tells_architectures_apart) {
    static const char *const names[] = {"qwen2", "qwen3"};
    for (int i = 0; i < 2; i++) {
        struct gguf_writer w = settings_of(names[i]);
        json_t *config = config_of(&w);
        cr_expect_str_eq(json_string_value(json_object_get(config, "model_type")), names[i]);
        cr_expect_null(json_object_get(config, "rope_interleave"));
        json_decref(config);
    }
    struct gguf_writer w = settings_of("mamba");
    expect_refused(&w, SA_ERR_UNSUPPORTED, "general.architecture is \"mamba\"; supported: arcee, bert, bloom");
    gguf_put_text(&w, "general.name", "nothing else");
    expect_refused(&w, SA_ERR_FORMAT, "the setting \"general.architecture\" is missing");
}

Test(gguf, translates_scaled_rotation) {
    struct gguf_writer w = settings_of("llama");
    gguf_put_text(&w, "llama.rope.scaling.type", "yarn");
    gguf_put_float(&w, "llama.rope.scaling.factor", 4);
    gguf_put_integer(&w, "llama.rope.scaling.original_context_length", U32, 16);
    gguf_put_integer(&w, "llama.rope.scaling.finetuned", BOOL, 1);
    json_t *config = config_of(&w), *scaling = json_object_get(config, "rope_scaling");
    cr_expect_str_eq(json_string_value(json_object_get(scaling, "rope_type")), "yarn");
    cr_expect_eq(json_real_value(json_object_get(scaling, "factor")), 4);
    cr_expect_eq(number(scaling, "original_max_position_embeddings"), 16);
    json_decref(config);
    w = settings_of("llama");
    gguf_put_text(&w, "llama.rope.scaling.type", "none");
    config = config_of(&w);
    cr_expect_null(json_object_get(config, "rope_scaling"));
    json_decref(config);
    w = settings_of("llama");
    gguf_put_text(&w, "llama.rope.scaling.type", "su");
    put_words(&w);
    expect_refused(&w, SA_ERR_UNSUPPORTED,
                   "\"llama.rope.scaling.type\" is \"su\"; linear, yarn and longrope are supported");
}

/* In config.json the factor of scores includes that of YaRN. */
Test(gguf, translates_factors_of_scores) {
    struct gguf_writer w = settings_of("llama");
    gguf_put_text(&w, "llama.rope.scaling.type", "yarn");
    gguf_put_float(&w, "llama.rope.scaling.factor", 4);
    gguf_put_float(&w, "llama.rope.scaling.attn_factor", 0.5f);
    gguf_put_float(&w, "llama.rope.scaling.yarn_attn_factor", 3);
    gguf_put_integer(&w, "llama.rope.scaling.yarn_truncate", BOOL, 0);
    json_t *config = config_of(&w), *scaling = json_object_get(config, "rope_scaling");
    cr_expect(fabs(json_real_value(json_object_get(scaling, "attention_factor")) - 1.5 * (0.1 * log(4) + 1)) < 1e-12);
    cr_expect(json_is_false(json_object_get(scaling, "truncate")));
    json_decref(config);
    w = settings_of("llama");
    gguf_put_float(&w, "llama.rope.scaling.attn_factor", 2);
    put_words(&w);
    expect_refused(&w, SA_ERR_UNSUPPORTED, "scores have a factor 2 (\"llama.rope.scaling.attn_factor\")");
}

/* Files of GPT-OSS do not say that its YaRN does not round. */
Test(gguf, families_know_their_yarn) {
    struct gguf_writer w = settings_of("gpt-oss");
    gguf_put_text(&w, "gpt-oss.rope.scaling.type", "yarn");
    gguf_put_float(&w, "gpt-oss.rope.scaling.factor", 32);
    json_t *config = config_of(&w), *scaling = json_object_get(config, "rope_scaling");
    cr_expect(json_is_false(json_object_get(scaling, "truncate")));
    json_decref(config);
    w = settings_of("llama");
    gguf_put_text(&w, "llama.rope.scaling.type", "yarn");
    gguf_put_float(&w, "llama.rope.scaling.factor", 32);
    config = config_of(&w), scaling = json_object_get(config, "rope_scaling");
    cr_expect(scaling && !json_object_get(scaling, "truncate"));
    json_decref(config);
}

Test(gguf, translates_factors_of_frequencies) {
    const float factors[4] = {1, 1, 2.5f, 8}, wrong[4] = {1, NAN, 1, 1};
    const uint64_t size[1] = {4};
    struct gguf_writer w = settings_of("llama");
    gguf_put_tensor(&w, "rope_freqs.weight", 1, size, 0, factors, sizeof factors);
    json_t *config = config_of(&w), *scaling = json_object_get(config, "rope_scaling");
    cr_expect_str_eq(json_string_value(json_object_get(scaling, "rope_type")), "longrope");
    cr_expect_eq(json_real_value(json_object_get(scaling, "attention_factor")), 1);
    cr_expect_eq(number(scaling, "original_max_position_embeddings"), 64);
    for (size_t i = 0; i < 4; i++) {
        cr_expect_eq(json_real_value(json_array_get(json_object_get(scaling, "short_factor"), i)), (double)factors[i]);
        cr_expect_eq(json_real_value(json_array_get(json_object_get(scaling, "long_factor"), i)), (double)factors[i]);
    }
    json_decref(config);
    w = settings_of("llama");
    gguf_put_tensor(&w, "rope_freqs.weight", 1, size, 0, wrong, sizeof wrong);
    expect_refused(&w, SA_ERR_FORMAT, "\"rope_freqs.weight\" must be a vector of finite F32");
    w = settings_of("llama");
    gguf_put_text(&w, "llama.rope.scaling.type", "linear");
    gguf_put_float(&w, "llama.rope.scaling.factor", 2);
    gguf_put_tensor(&w, "rope_freqs.weight", 1, size, 0, factors, sizeof factors);
    expect_refused(&w, SA_ERR_UNSUPPORTED, "has both a tensor \"rope_freqs.weight\" and a scaled rotation");
}

/* A file of Gemma 3 with a pattern of windows: an array of `count` items of this type, or an integer. */
static struct gguf_writer with_windows(uint32_t type, uint64_t count, uint64_t integer) {
    struct gguf_writer w = settings_of("gemma3");
    if (count) {
        gguf_put_array(&w, "gemma3.attention.sliding_window_pattern", type, count);
        for (uint64_t i = 0; i < count; i++) put_number(&w.settings, i % 2 == 0, type == BOOL ? 1 : 4);
    } else {
        gguf_put_integer(&w, "gemma3.attention.sliding_window_pattern", type, integer);
    }
    return w;
}

static void expect_layer_types(struct gguf_writer w, const char *first, const char *second) {
    json_t *config = config_of(&w), *list = json_object_get(config, "layer_types");
    cr_assert_eq(json_array_size(list), 2);
    cr_expect_str_eq(json_string_value(json_array_get(list, 0)), first);
    cr_expect_str_eq(json_string_value(json_array_get(list, 1)), second);
    json_decref(config);
}

Test(gguf, reads_which_blocks_have_a_window) {
    static const char window[] = "sliding_attention", full[] = "full_attention";
    expect_layer_types(with_windows(BOOL, 2, 0), window, full);
    expect_layer_types(with_windows(U32, 0, 2), window, full);
    expect_layer_types(with_windows(U32, 0, 1), full, full);
    struct gguf_writer w = with_windows(BOOL, 3, 0);
    expect_refused(&w, SA_ERR_FORMAT, "sliding_window_pattern\" has 3 items, there are 2 blocks");
    w = with_windows(U32, 2, 0);
    expect_refused(&w, SA_ERR_FORMAT, "sliding_window_pattern\" is a 32-bit integer, must be a flag");
    w = with_windows(U32, 0, 0);
    expect_refused(&w, SA_ERR_FORMAT, "sliding_window_pattern\" is 0, must be 1 to");
    w = settings_of("llama");
    gguf_put_integer(&w, "llama.attention.sliding_window_pattern", U32, 2);
    expect_refused(&w, SA_ERR_UNSUPPORTED, "sliding_window_pattern\" is not supported");
}

Test(gguf, refuses_what_an_architecture_cannot_have) {
    const float factors[4] = {1, 1, 2, 8};
    const uint64_t size[1] = {4};
    struct gguf_writer w = settings_of("bert");
    gguf_put_integer(&w, "bert.attention.causal", BOOL, 1);
    expect_refused(&w, SA_ERR_UNSUPPORTED, "\"bert.attention.layer_norm_rms_epsilon\" is not supported");
    w = settings_of("phi3");
    gguf_put_tensor(&w, "rope_factors_long.weight", 1, size, 0, factors, sizeof factors);
    expect_refused(&w, SA_ERR_FORMAT,
                   "of tensors \"rope_factors_short.weight\" and \"rope_factors_long.weight\" only one is there");
    w = settings_of("llama");
    gguf_put_integer(&w, "llama.pooling_type", U32, 5);
    expect_refused(&w, SA_ERR_FORMAT, "\"llama.pooling_type\" is 5, must be 0 to 4");
    w = (struct gguf_writer){0};
    gguf_put_text(&w, "general.architecture", "bert");
    gguf_put_integer(&w, "bert.attention.causal", BOOL, 1);
    expect_refused(&w, SA_ERR_UNSUPPORTED, "\"bert.attention.causal\" is true, which is not supported");
}

Test(gguf, refuses_settings_that_it_does_not_have_by_name) {
    struct gguf_writer w = settings_of("llama");
    gguf_put_integer(&w, "llama.expert_group_count", U32, 8);
    put_words(&w);
    expect_refused(&w, SA_ERR_UNSUPPORTED, "the setting \"llama.expert_group_count\" is not supported");
    w = settings_of("llama");
    gguf_put_integer(&w, "llama.attention.value_length", U32, 16);
    put_words(&w);
    expect_refused(&w, SA_ERR_UNSUPPORTED, "\"llama.attention.value_length\" is 16; only the head size 8 is supported");
    w = settings_of("llama");
    gguf_put_integer(&w, "split.count", U16, 3);
    put_words(&w);
    expect_refused(&w, SA_ERR_UNSUPPORTED, "is one of 3 files of a model");
    w = settings_of("llama");
    gguf_put_integer(&w, "llamas.expert_count", U32, 8);
    gguf_put_integer(&w, "split.count", U16, 1);
    json_decref(config_of(&w));
}

Test(gguf, refuses_settings_of_wrong_types) {
    static const struct {
        const char *key;
        uint32_t type;
        uint64_t value;
        const char *words;
    } wrong[] = {
        {"llama.vocab_size", F32, 0, "\"llama.vocab_size\" is a 32-bit float, must be an integer"},
        {"llama.vocab_size", U32, 0, "\"llama.vocab_size\" is 0, must be 1 to 2147483647"},
        {"llama.vocab_size", U64, UINT64_MAX, "\"llama.vocab_size\" is 9223372036854775807, must be"},
        {"llama.vocab_size", I8, 0xff, "\"llama.vocab_size\" is -1, must be"},
        {"llama.vocab_size", I16, 0x8000, "\"llama.vocab_size\" is -32768, must be"},
        {"llama.vocab_size", I64, UINT64_MAX, "\"llama.vocab_size\" is -1, must be"},
        {"llama.rope.scaling.type", U32, 1, "\"llama.rope.scaling.type\" is a 32-bit integer, must be a text"},
        {"split.count", BOOL, 1, "\"split.count\" is a flag, must be an integer"},
        {"general.alignment", U32, 0, "\"general.alignment\" is 0, must be 1 to 65536"},
        {"general.alignment", U32, 65537, "\"general.alignment\" is 65537, must be 1 to 65536"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct gguf_writer w = settings_of("llama");
        gguf_put_integer(&w, wrong[i].key, wrong[i].type, wrong[i].value);
        put_words(&w);
        expect_refused(&w, SA_ERR_FORMAT, wrong[i].words);
    }
    struct gguf_writer w = settings_of("llama");
    gguf_put_array(&w, "llama.vocab_size", U32, 1);
    put_number(&w.settings, 3, 4);
    put_words(&w);
    expect_refused(&w, SA_ERR_FORMAT,
                   "\"llama.vocab_size\" is an array, of which an item is a 32-bit integer, must be");
    w = settings_of("llama");
    gguf_put_float(&w, "llama.rope.scaling.factor", INFINITY);
    gguf_put_text(&w, "llama.rope.scaling.type", "linear");
    put_words(&w);
    expect_refused(&w, SA_ERR_FORMAT, "\"llama.rope.scaling.factor\" is inf");
    w = settings_of("llama");
    gguf_put_integer(&w, "general.name", U8, 1);
    expect_refused(&w, SA_ERR_FORMAT, "the setting \"general.name\" is there twice");
}

/* Every kind of value can be skipped. */
Test(gguf, walks_over_settings_that_it_does_not_know) {
    struct gguf_writer w = settings_of("llama");
    char key[20];
    for (uint32_t type = 0; type < 13; type++) {
        if (type == TEXT || type == ARRAY) continue;
        snprintf(key, sizeof key, "other.%u", (unsigned)type);
        gguf_put_integer(&w, key, type, 1);
    }
    gguf_put_array(&w, "other.texts", TEXT, 3);
    for (int i = 0; i < 3; i++) gguf_put_item(&w, i == 1 ? "" : "text");
    gguf_put_array(&w, "other.numbers", I64, 2);
    put_number(&w.settings, 0, 8);
    put_number(&w.settings, 0, 8);
    gguf_put_array(&w, "other.nothing", F32, 0);
    json_decref(config_of(&w));
    w = settings_of("llama");
    gguf_put_array(&w, "other.arrays", ARRAY, 0);
    expect_refused(&w, SA_ERR_UNSUPPORTED, "the setting \"other.arrays\" is an array of arrays");
    w = settings_of("llama");
    gguf_put_array(&w, "other.x", 13, 0);
    expect_refused(&w, SA_ERR_FORMAT, "a setting has the unknown type 13");
}

Test(gguf, names_its_tensors) {
    static const struct {
        const char *theirs, *ours, *architecture;
    } pairs[] = {
        {"output_norm.weight", "model.norm.weight", "llama"},
        {"output.weight", "lm_head.weight", "llama"},
        {"blk.0.attn_norm.weight", "model.layers.0.input_layernorm.weight", "llama"},
        {"blk.12.attn_q.weight", "model.layers.12.self_attn.q_proj.weight", "llama"},
        {"blk.4095.attn_k.weight", "model.layers.4095.self_attn.k_proj.weight", "llama"},
        {"blk.1.attn_v.weight", "model.layers.1.self_attn.v_proj.weight", "llama"},
        {"blk.1.attn_output.weight", "model.layers.1.self_attn.o_proj.weight", "llama"},
        {"blk.1.ffn_norm.weight", "model.layers.1.post_attention_layernorm.weight", "llama"},
        {"blk.1.ffn_gate.weight", "model.layers.1.mlp.gate_proj.weight", "llama"},
        {"blk.1.ffn_up.weight", "model.layers.1.mlp.up_proj.weight", "llama"},
        {"blk.1.ffn_down.weight", "model.layers.1.mlp.down_proj.weight", "llama"},
        {"blk.1.attn_q.bias", "model.layers.1.self_attn.q_proj.bias", "qwen2"},
        {"blk.1.attn_k.bias", "model.layers.1.self_attn.k_proj.bias", "qwen2"},
        {"blk.1.attn_v.bias", "model.layers.1.self_attn.v_proj.bias", "qwen2"},
        {"blk.1.attn_q_norm.weight", "model.layers.1.self_attn.q_norm.weight", "qwen3"},
        {"blk.1.attn_k_norm.weight", "model.layers.1.self_attn.k_norm.weight", "qwen3"},
        {"blk.1.attn_q.bias", "model.layers.1.self_attn.q_proj.bias", "llama"},
        {"blk.1.ffn_gate_exps.bias", "model.layers.1.mlp.experts.gate_proj.bias", "gpt-oss"},
        {"blk.1.attn_sinks.weight", "model.layers.1.self_attn.sinks", "gpt-oss"},
        {"dec.blk.11.cross_attn_rel_b.weight",
         "decoder.block.11.layer.1.EncDecAttention.relative_attention_bias.weight", "t5"},
        {"blk.1.ffn_gate.weight", NULL, "phi3"},
        {"rope_freqs.weight", NULL, "gpt-oss"},
        {"blk.1.attn_sinks.bias", NULL, "llama"},
        {"blk.1.attn_q_norm.weight", NULL, "qwen2"},
        {"blk..attn_q.weight", NULL, "llama"},
        {"blk.01.attn_q.weight", NULL, "llama"},
        {"blk.10000.attn_q.weight", NULL, "llama"},
        {"blk.1.attn_q.weights", NULL, "llama"},
        {"blk.1.attn_q.weigh", NULL, "llama"},
        {"", NULL, "llama"},
    };
    const float value = 1.5f;
    const uint64_t size[1] = {1};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct gguf_writer w = settings_of(pairs[i].architecture);
        gguf_put_tensor(&w, pairs[i].theirs, 1, size, 0, &value, sizeof value);
        if (!pairs[i].ours) {
            expect_refused(&w, SA_ERR_UNSUPPORTED, "is not among the supported tensors of the architecture");
            continue;
        }
        struct tensor_file file;
        struct report report = {""};
        json_t *config;
        struct bytes b = gguf_finish(&w, 2);
        cr_assert_eq(open_bytes(&b, &file, &config, &report), SA_OK, "%s", report.text);
        cr_expect_not_null(tensors_find(&file, pairs[i].ours), "%s", pairs[i].ours);
        cr_expect_eq(json_is_false(json_object_get(config, "tie_word_embeddings")), i == 1);
        json_decref(config);
        tensors_close(&file);
        free(b.at);
    }
}

/* Two rows of two blocks: scales 0.5, -2, 1 and 0, quants counting up. */
static void write_q8_0(unsigned char data[4 * 34]) {
    const uint16_t scales[4] = {0x3800, 0xc000, 0x3c00, 0};
    for (int b = 0; b < 4; b++) {
        data[34 * b] = (unsigned char)scales[b];
        data[34 * b + 1] = (unsigned char)(scales[b] >> 8);
        for (int i = 0; i < 32; i++) data[34 * b + 2 + i] = (unsigned char)(32 * b + i - 64);
    }
}

static float q8_0_value(int i) {
    static const float scales[4] = {0.5f, -2, 1, 0};
    return scales[i / 32] * (float)(i - 64);
}

Test(gguf, reads_types_of_tensors) {
    static const float f32[6] = {0, 1, -2.5f, 3, 4, 5};
    static const uint16_t f16[2] = {0x3c00, 0xc100}, bf16[2] = {0x3f80, 0xc020};
    unsigned char q8_0[4 * 34], q8_k[292] = {0};
    const uint64_t three_two[2] = {3, 2}, two[1] = {2}, rows[2] = {64, 2};
    struct gguf_writer w = settings_of("llama");
    struct tensor_file file;
    struct report report = {""};
    json_t *config;
    float got[128];
    write_q8_0(q8_0);
    gguf_put_tensor(&w, "token_embd.weight", 2, three_two, 0, f32, sizeof f32);
    gguf_put_tensor(&w, "output_norm.weight", 1, two, 1, f16, sizeof f16);
    gguf_put_tensor(&w, "blk.0.attn_norm.weight", 1, two, 30, bf16, sizeof bf16);
    gguf_put_tensor(&w, "output.weight", 2, rows, 8, q8_0, sizeof q8_0);
    gguf_put_tensor(&w, "blk.0.attn_q.weight", 2, (uint64_t[]){256, 1}, 15, q8_k, sizeof q8_k);
    struct bytes b = gguf_finish(&w, 3);
    cr_assert_eq(open_bytes(&b, &file, &config, &report), SA_OK, "%s", report.text);
    const struct tensor *t = tensors_find(&file, "model.embed_tokens.weight");
    cr_assert(t && t->axes == 2 && t->size[0] == 2 && t->size[1] == 3 && t->type == SA_F32);
    tensor_floats(t, 0, 6, got);
    cr_expect_arr_eq(got, f32, sizeof f32);
    t = tensors_find(&file, "model.norm.weight");
    tensor_floats(t, 0, 2, got);
    cr_expect(t->type == SA_F16 && got[0] == 1 && got[1] == -2.5f);
    t = tensors_find(&file, "model.layers.0.input_layernorm.weight");
    tensor_floats(t, 0, 2, got);
    cr_expect(t->type == SA_BF16 && got[0] == 1 && got[1] == -2.5f);
    t = tensors_find(&file, "lm_head.weight");
    cr_assert(t->type == SA_Q8_0 && t->size[0] == 2 && t->size[1] == 64 && t->bytes == 136);
    for (int first = 0; first < 128; first += 7) {
        tensor_floats(t, first, 128 - first, got);
        for (int i = first; i < 128; i++)
            if (got[i - first] != q8_0_value(i))
                cr_assert_fail("element %d from %d on: %g", i, first, (double)got[i - first]);
    }
    t = tensors_find(&file, "model.layers.0.self_attn.q_proj.weight");
    cr_expect(t->type == -1);
    cr_expect_str_eq(t->dtype, "Q8_K");
    json_decref(config);
    tensors_close(&file);
    free(b.at);
}

static void expect_tensor_refused(uint32_t axes, const uint64_t *size, uint32_t type, sa_status status,
                                  const char *words) {
    const float zeros[8] = {0};
    struct gguf_writer w = settings_of("llama");
    gguf_put_tensor(&w, "output.weight", axes, size, type, zeros, sizeof zeros);
    expect_refused(&w, status, words);
}

/* Rows that are no whole number of blocks, data that end within a block, and sizes whose bytes do not fit. */
Test(gguf, refuses_quantised_tensors_that_lie) {
    for (int t = 0; t < BLOCK_TYPES; t++) {
        const uint32_t number = (uint32_t)block_types[t] - 32;
        const struct block_type *type = block_type(block_types[t]);
        const uint64_t n = (uint64_t)type->elements;
        char words[100];
        snprintf(words, sizeof words, "of type %s has rows of %d elements, no multiple of %d", type->name, (int)n - 1,
                 (int)n);
        expect_tensor_refused(2, (uint64_t[]){n - 1, 1}, number, SA_ERR_FORMAT, words);
        snprintf(words, sizeof words, "of type %s has rows of 1 elements", type->name);
        expect_tensor_refused(2, (uint64_t[]){1, n}, number, SA_ERR_FORMAT, words);
        snprintf(words, sizeof words, "%d elements of type %s at byte 0, does not fit into 32 bytes of data",
                 (int)n * 2, type->name);
        expect_tensor_refused(2, (uint64_t[]){n, 2}, number, SA_ERR_FORMAT, words);
        expect_tensor_refused(2, (uint64_t[]){n, (uint64_t)INT64_MAX / n}, number, SA_ERR_FORMAT, "does not fit");
        expect_tensor_refused(2, (uint64_t[]){n << 40, 1ull << 40}, number, SA_ERR_FORMAT, "more than 2^63 elements");
    }
}

Test(gguf, refuses_tensors_that_lie) {
    expect_tensor_refused(1, (uint64_t[]){9}, 0, SA_ERR_FORMAT,
                          "tensor \"output.weight\", 9 elements of type F32 at byte 0, does not fit into 32 bytes");
    expect_tensor_refused(2, (uint64_t[]){UINT64_MAX, 1}, 0, SA_ERR_FORMAT, "more than 2^63 elements");
    expect_tensor_refused(2, (uint64_t[]){1ull << 32, 1ull << 31}, 0, SA_ERR_FORMAT, "more than 2^63 elements");
    expect_tensor_refused(1, (uint64_t[]){INT64_MAX}, 0, SA_ERR_FORMAT, "does not fit");
    expect_tensor_refused(1, (uint64_t[]){INT64_MAX}, 1, SA_ERR_FORMAT, "does not fit");
    expect_tensor_refused(5, (uint64_t[]){1, 1, 1, 1, 1}, 0, SA_ERR_FORMAT, "has 5 axes, at most 4 are allowed");
    expect_tensor_refused(1, (uint64_t[]){31}, 8, SA_ERR_FORMAT, "has rows of 31 elements, no multiple of 32");
    expect_tensor_refused(1, (uint64_t[]){1}, 99, SA_ERR_UNSUPPORTED, "is of type number 99, which is unknown");
    struct gguf_writer w = settings_of("llama");
    put_words(&w);
    put_words(&w);
    expect_refused(&w, SA_ERR_FORMAT, "tensor \"token_embd.weight\" is there twice");
}

/* The place of the only tensor is the last number before the data. */
Test(gguf, refuses_places_outside_the_data) {
    static const uint64_t places[] = {32, 64, 1ull << 63, UINT64_MAX - 31, (uint64_t)INT64_MAX - 31};
    struct bytes b = small_file();
    size_t at = b.size - 96 * 4 - 8;
    while (memcmp(b.at + at - 4 - 16, (const unsigned char[]){32, 0, 0, 0, 0, 0, 0, 0, 3}, 9) != 0) at--;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        set_number(&b, at, places[i], 8);
        expect_refused_bytes(&b, SA_ERR_FORMAT, "does not fit into 384 bytes of data");
    }
    set_number(&b, at, 1, 8);
    expect_refused_bytes(&b, SA_ERR_FORMAT, "begins at 1, no multiple of the alignment 32");
    free(b.at);
}

Test(gguf, names_what_is_no_file_of_its_kind) {
    struct bytes b = small_file();
    b.at[0] = 'g';
    expect_refused_bytes(&b, SA_ERR_FORMAT, "is not a GGUF file");
    b.at[0] = 'G';
    set_number(&b, 4, 1, 4);
    expect_refused_bytes(&b, SA_ERR_UNSUPPORTED, "is version 1 of GGUF; 2 and 3, little-endian, are supported");
    set_number(&b, 4, 0x03000000, 4);
    expect_refused_bytes(&b, SA_ERR_UNSUPPORTED, "is version 50331648 of GGUF");
    free(b.at);
}

Test(gguf, refuses_counts_that_lie) {
    static const uint64_t counts[] = {1000, 65537, 1u << 31, 1ull << 62, 1ull << 63, UINT64_MAX};
    struct bytes b = small_file();
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        set_number(&b, 8, counts[i], 8);
        expect_refused_bytes(&b, SA_ERR_FORMAT, " tensors; at most 65536, and what fits into ");
        set_number(&b, 8, 1, 8);
        set_number(&b, 16, counts[i], 8);
        expect_refused_bytes(&b, SA_ERR_FORMAT, " settings; at most 65536, and what fits into ");
        set_number(&b, 16, 11, 8);
    }
    free(b.at);
}

/* Lengths of texts and arrays that reach behind the end. */
Test(gguf, refuses_lengths_that_lie) {
    static const uint64_t counts[] = {1000, 1ull << 32, 1ull << 60, 1ull << 61, 1ull << 62, 1ull << 63, UINT64_MAX};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct gguf_writer w = settings_of("llama");
        gguf_put_array(&w, "other.texts", TEXT, counts[i]);
        expect_refused(&w, SA_ERR_FORMAT, "the file ends at");
        w = settings_of("llama");
        gguf_put_array(&w, "other.numbers", U64, counts[i]);
        expect_refused(&w, SA_ERR_FORMAT, "the file ends at");
        struct bytes b = small_file();
        set_number(&b, 24, counts[i], 8);
        expect_refused_bytes(&b, SA_ERR_FORMAT, "the file ends at");
        free(b.at);
    }
}

Test(gguf, refuses_a_file_cut_anywhere) {
    struct bytes b = small_file();
    while (b.size) {
        b.size--;
        assert_cut_is_refused(&b);
    }
    free(b.at);
}

/* No byte before the data can be changed into something that crashes or takes memory without bound. */
Test(gguf, survives_every_changed_byte) {
    static const unsigned char with[] = {0, 1, 9, 0x20, 0x7f, 0x80, 0xff};
    struct bytes b = small_file();
    for (size_t at = 0; at < b.size - 96 * 4; at++)
        for (size_t i = 0; i < sizeof with; i++) {
            struct test_allocator allocator = test_allocator_make();
            sa_ctx_options options = {0};
            struct tensor_file file;
            struct report report = {""};
            struct gguf_settings settings;
            test_allocator_use(&allocator, &options);
            const struct allocator memory = {options.allocate, options.release, options.allocator_user};
            unsigned char right = b.at[at];
            allocator.most_bytes = 100000;
            b.at[at] = with[i];
            folder_write(&folder, "x.gguf", b.at, b.size);
            sa_status status = gguf_open(&memory, &report, folder_path(&folder, "x.gguf"), 0, &file, &settings);
            if (status != SA_OK && status != SA_ERR_FORMAT && status != SA_ERR_UNSUPPORTED)
                cr_assert_fail("byte %zu is %d: %s", at, with[i], report.text);
            for (int64_t t = 0; t < file.count; t++)
                if (file.tensors[t].data + file.tensors[t].bytes > file.file.bytes + file.file.size)
                    cr_assert_fail("byte %zu is %d", at, with[i]);
            gguf_settings_release(&settings);
            tensors_close(&file);
            if (allocator.live) cr_assert_fail("byte %zu is %d: %d blocks are left", at, with[i], (int)allocator.live);
            b.at[at] = right;
        }
    free(b.at);
}

Test(gguf, gives_back_what_it_took_when_an_allocation_fails) {
    struct bytes b = small_file();
    folder_write(&folder, "x.gguf", b.at, b.size);
    for (int64_t n = 0, failed = 1; failed; n++) {
        struct test_allocator allocator = test_allocator_make();
        sa_ctx_options options = {0};
        struct tensor_file file;
        struct report report = {""};
        struct gguf_settings settings;
        test_allocator_use(&allocator, &options);
        const struct allocator memory = {options.allocate, options.release, options.allocator_user};
        allocator.fail_at = n;
        sa_status status = gguf_open(&memory, &report, folder_path(&folder, "x.gguf"), 0, &file, &settings);
        failed = allocator.failures > 0;
        cr_expect_eq(status, failed ? SA_ERR_MEMORY : SA_OK, "allocation %d: %s", (int)n, report.text);
        gguf_settings_release(&settings);
        tensors_close(&file);
        cr_expect_eq(allocator.live, 0, "allocation %d", (int)n);
        cr_expect_eq(allocator.faults, 0);
    }
    free(b.at);
}
