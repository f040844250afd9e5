/* Every setting of a description: with values that it cannot have, and where it has no effect.
 * SPDX-License-Identifier: MIT */
#include "support/paths.h"
#include "support/reference.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

TestSuite(settings, .init = make, .fini = clean);

static void expect(const char *description, sa_status wanted, const char *words) {
    sa_model *model;
    folder_write_text(&folder, "architecture.json", description);
    cr_expect_eq(sa_model_open(ctx, folder.path, &model), wanted, "%s: want \"%s\", got \"%s\"", description, words,
                 sa_ctx_last_error(ctx));
    if (wanted != SA_OK)
        cr_expect(strstr(sa_ctx_last_error(ctx), words) != NULL, "%s: \"%s\" lacks \"%s\"", description,
                  sa_ctx_last_error(ctx), words);
    sa_model_destroy(&model);
}

/* "decoder.norm.kind" with a value as a description that is else like `like`. */
static void write_with(char text[1000], const char *like, const char *path, const char *value) {
    int depth = 0, at = snprintf(text, 1000, "{\"like\": \"%s\", ", like);
    for (const char *key = path; *key; depth++) {
        const int length = (int)strcspn(key, ".");
        at += snprintf(text + at, 1000 - (size_t)at, "%s\"%.*s\": ", depth ? "{" : "", length, key);
        key += length + (key[length] == '.');
    }
    snprintf(text + at, 1000 - (size_t)at, "%s%.*s", value, depth, "}}}}}}");
}

/* What a setting may be: an integer, a number, a flag, one of some words, names of tensors, a section, a text. */
enum kind { INTEGER, NUMBER, FLAG, WORD, NAMES, SECTION, TEXT };

static const struct {
    const char *path, *like;
    enum kind kind;
} all[] = {
    {"paper", "llama", TEXT},
    {"prefixes", "llama", NAMES},
    {"require", "llama", SECTION},
    {"require.hidden_size", "llama", SECTION},
    {"encoder", "vit", SECTION},
    {"decoder", "llama", SECTION},
    {"output", "llama", SECTION},
    {"output.tied", "llama", WORD},
    {"output.tensor", "llama", NAMES},
    {"output.bias", "llama", NAMES},
    {"output.scale_states", "llama", FLAG},
    {"output.bias_optional", "llama", FLAG},
    {"output.has_bias", "bert", FLAG},
    {"output.dense", "bert", NAMES},
    {"output.norm", "bert", NAMES},
    {"output.dense_bias", "bert", FLAG},
    {"output.activation", "bert", WORD},
    {"output.softcap", "llama", NUMBER},
    {"output.multiplier", "llama", NUMBER},
    {"output.divisor", "llama", NUMBER},
    {"pooler", "vit", NAMES},
    {"pooler_activation", "vit", WORD},
    {"pooler_width", "vit", INTEGER},
    {"pooler_of", "vit", WORD},
    {"pooler_norm", "vit", NAMES},
    {"classifier_dense_bias", "vit", FLAG},
    {"classifier_dense_of_tokens", "vit", FLAG},
    {"classifier_mixes", "vit", FLAG},
    {"classifier_layers", "vit", NAMES},
    {"classifier_norm", "vit", NAMES},
    {"likeness", "vit", SECTION},
    {"likeness.kind", "vit", WORD},
    {"padded_to", "bert", INTEGER},
    {"pooler_block", "vit", SECTION},
    {"pooler_block.tensors", "vit", SECTION},
    {"pooler_block.tensors.probe", "vit", NAMES},
    {"classifier", "vit", NAMES},
    {"classifier_of", "vit", WORD},
    {"classifier_dense", "vit", NAMES},
    {"classifier_activation", "esm", WORD},
    {"embedding_of", "vit", WORD},
    {"projection", "vit", NAMES},
    {"decoder.layers", "llama", INTEGER},
    {"decoder.width", "llama", INTEGER},
    {"decoder.heads", "llama", INTEGER},
    {"decoder.kv_heads", "llama", INTEGER},
    {"decoder.head_size", "llama", INTEGER},
    {"decoder.inner", "llama", INTEGER},
    {"decoder.groups", "llama", INTEGER},
    {"decoder.layer_scale", "llama", FLAG},
    {"encoder.causal", "bert", FLAG},
    {"decoder.matrices", "llama", WORD},
    {"decoder.parallel", "llama", FLAG},
    {"decoder.one_norm", "llama", FLAG},
    {"decoder.biases", "llama", FLAG},
    {"decoder.biases.query", "llama", FLAG},
    {"decoder.biases.gate", "llama", FLAG},
    {"decoder.biases.else", "llama", FLAG},
    {"decoder.input", "llama", SECTION},
    {"decoder.input.kind", "llama", WORD},
    {"decoder.input.vocabulary", "llama", INTEGER},
    {"decoder.input.types", "llama", INTEGER},
    {"decoder.input.scale_words", "llama", FLAG},
    {"decoder.input.norm", "llama", FLAG},
    {"decoder.input.multiplier", "llama", NUMBER},
    {"decoder.input.embedding", "llama", INTEGER},
    {"decoder.input.matrix_first", "opt", FLAG},
    {"decoder.input.matrix_always", "llama", FLAG},
    {"encoder.input.norm_of", "bert", WORD},
    {"encoder.input.mask_token", "bert", INTEGER},
    {"encoder.input.mask_share", "esm", NUMBER},
    {"encoder.input.channels", "vit", INTEGER},
    {"encoder.input.height", "vit", INTEGER},
    {"encoder.input.width", "vit", INTEGER},
    {"encoder.input.patch", "vit", INTEGER},
    {"encoder.input.row_stride", "vit", INTEGER},
    {"encoder.input.column_stride", "vit", INTEGER},
    {"encoder.input.bias", "vit", FLAG},
    {"encoder.input.transposed", "vit", FLAG},
    {"encoder.input.special_tokens", "vit", INTEGER},
    {"encoder.input.registers", "vit", INTEGER},
    {"encoder.input.convolutions", "wav2vec2", SECTION},
    {"encoder.input.convolutions.kernels", "wav2vec2", INTEGER},
    {"encoder.input.convolutions.strides", "wav2vec2", INTEGER},
    {"encoder.input.convolutions.norm", "wav2vec2", WORD},
    {"encoder.input.convolutions.activation", "wav2vec2", WORD},
    {"encoder.input.convolutions.first_activation", "wav2vec2", WORD},
    {"encoder.input.embedding", "wav2vec2", INTEGER},
    {"encoder.positions.kernel", "wav2vec2", INTEGER},
    {"encoder.positions.groups", "wav2vec2", INTEGER},
    {"decoder.positions", "llama", SECTION},
    {"decoder.positions.kind", "llama", WORD},
    {"decoder.positions.count", "llama", INTEGER},
    {"decoder.positions.offset", "opt", INTEGER},
    {"decoder.positions.rows", "opt", INTEGER},
    {"decoder.positions.buckets", "opt", INTEGER},
    {"decoder.positions.style", "llama", WORD},
    {"decoder.positions.theta", "llama", NUMBER},
    {"decoder.positions.fraction", "llama", NUMBER},
    {"decoder.positions.elements", "llama", INTEGER},
    {"decoder.positions.scaling", "llama", SECTION},
    {"decoder.positions.window", "llama", SECTION},
    {"decoder.positions.window.theta", "llama", NUMBER},
    {"decoder.positions.blocks", "llama", SECTION},
    {"decoder.positions.blocks.layers", "llama", SECTION},
    {"decoder.positions.blocks.except", "llama", INTEGER},
    {"decoder.positions.blocks.windows", "llama", FLAG},
    {"decoder.positions.exponent", "bloom", NUMBER},
    {"decoder.positions.scaled", "bloom", FLAG},
    {"decoder.norm", "llama", SECTION},
    {"decoder.norm.kind", "llama", WORD},
    {"decoder.norm.place", "llama", WORD},
    {"decoder.norm.epsilon", "llama", NUMBER},
    {"decoder.norm.weights", "llama", FLAG},
    {"decoder.norm.residual", "llama", WORD},
    {"decoder.norm.biases", "opt", FLAG},
    {"decoder.norm.multiplier", "llama", NUMBER},
    {"decoder.norm.first", "llama", FLAG},
    {"decoder.norm.final", "llama", FLAG},
    {"decoder.attention", "llama", SECTION},
    {"decoder.attention.packing", "llama", WORD},
    {"decoder.attention.scale", "llama", NUMBER},
    {"decoder.attention.scale_from", "llama", NUMBER},
    {"decoder.attention.scale_by_block", "llama", FLAG},
    {"decoder.attention.softcap", "llama", NUMBER},
    {"decoder.attention.head_norms", "llama", FLAG},
    {"decoder.attention.norm_each_head", "llama", FLAG},
    {"decoder.attention.clip", "llama", NUMBER},
    {"decoder.attention.norm_all_heads", "qwen3", FLAG},
    {"decoder.attention.window", "llama", SECTION},
    {"decoder.attention.window.size", "mistral", INTEGER},
    {"decoder.attention.window.if", "mistral", FLAG},
    {"decoder.attention.window.layers", "mistral", SECTION},
    {"decoder.attention.window.first", "mistral", INTEGER},
    {"decoder.attention.window.period", "mistral", INTEGER},
    {"decoder.attention.window.except", "mistral", INTEGER},
    {"decoder.feed_forward", "llama", SECTION},
    {"decoder.feed_forward.activation", "llama", WORD},
    {"decoder.feed_forward.gated", "llama", FLAG},
    {"decoder.feed_forward.packing", "llama", WORD},
    {"decoder.feed_forward.clamp", "llama", NUMBER},
    {"decoder.feed_forward.up_plus_one", "llama", FLAG},
    {"decoder.feed_forward.experts", "llama", SECTION},
    {"decoder.feed_forward.experts.count", "llama", INTEGER},
    {"decoder.attention.sinks", "llama", FLAG},
    {"decoder.tensors", "llama", SECTION},
    {"decoder.tensors.words", "llama", NAMES},
    {"decoder.tensors.query", "llama", NAMES},
    {"decoder.tensors.qkv", "gpt2", NAMES},
    {"decoder.tensors.final_norm", "llama", NAMES},
};

Test(settings, refuse_values_that_they_cannot_have) {
    static const char *const wrong[][8] = {
        [INTEGER] = {"\"x\"", "true", "{}", "-1", "1.5", "9000000000000000000", "\"3*$model_type\""},
        [NUMBER] = {"\"x\"", "true", "{}", "-1", "1e30", "\"3*$model_type\""},
        [FLAG] = {"\"x\"", "1", "0", "1.0", "\"2*$use_cache\""},
        [WORD] = {"\"x\"", "7", "{}", "\"\"", "\"4*$model_type\""},
        [NAMES] = {"7", "true", "{}", "[]", "[7]", "[\"a\", 7]", "[[\"a\"]]"},
        [SECTION] = {"\"x\"", "7", "true"},
        [TEXT] = {"7", "true", "{}", "[]"},
    };
    char text[1000];
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        const char *name = strrchr(all[i].path, '.');
        architecture_take(all[i].like, &folder);
        for (int v = 0; v < 8 && wrong[all[i].kind][v]; v++) {
            sa_model *model;
            if (!strcmp(all[i].like, "vit") && strstr(wrong[all[i].kind][v], "use_cache")) continue; /* has it not */
            write_with(text, all[i].like, all[i].path, wrong[all[i].kind][v]);
            folder_write_text(&folder, "architecture.json", text);
            sa_status status = sa_model_open(ctx, folder.path, &model);
            const char *error = sa_ctx_last_error(ctx);
            cr_expect(status == SA_ERR_FORMAT || status == SA_ERR_UNSUPPORTED, "%s: %d", text, (int)status);
            cr_expect(strstr(error, name ? name + 1 : all[i].path) || strstr(error, "model_type") ||
                          strstr(error, "use_cache"),
                      "%s: \"%s\"", text, error);
            sa_model_destroy(&model);
        }
    }
}

Test(settings, refuse_members_that_there_are_not) {
    char text[1000], path[100], words[200];
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (all[i].kind != SECTION || !strncmp(all[i].path, "require", 7) || strstr(all[i].path, "layers") ||
            strstr(all[i].path, "scaling"))
            continue;
        architecture_take(all[i].like, &folder);
        snprintf(path, sizeof path, "%s.extra", all[i].path);
        snprintf(words, sizeof words, "architecture.json: there is no setting %s", path);
        write_with(text, all[i].like, path, "1");
        expect(text, SA_ERR_UNSUPPORTED, words);
    }
}

/* Settings that are overruled by another one, which is told. */
Test(settings, refuse_to_stand_where_they_have_no_effect) {
    static const struct {
        const char *like, *path, *value, *words;
    } idle[] = {
        {"llama", "pooler", "\"p\"", "pooler has no effect without encoder"},
        {"llama", "classifier", "\"c\"", "classifier has no effect without encoder"},
        {"llama", "pooler_of", "\"last\"", "pooler_of has no effect without encoder"},
        {"llama", "embedding_of", "\"pooled\"", "embedding_of has no effect without encoder"},
        {"vit", "projection", "\"p\"", "projection has no effect without embedding_of"},
        {"vit", "classifier_activation", "\"relu\"", "classifier_activation has no effect without classifier_dense"},
        {"llama", "classifier_norm", "\"n\"", "classifier_norm has no effect without classifier"},
        {"vit", "classifier_dense_bias", "true", "classifier_dense_bias has no effect without classifier_dense"},
        {"vit", "classifier_dense_of_tokens", "true", "dense_of_tokens has no effect without classifier_dense"},
        {"bert", "classifier_of", "\"patches\"", "classifier_of is \"patches\", but the model has none"},
        {"bert", "classifier_of", "\"first_and_patches\"", "is \"first_and_patches\", but the model has none"},
        {"bert", "classifier_of", "\"special_tokens\"", "is \"special_tokens\", but the model has none"},
        {"bert", "classifier_of", "\"decoder_end\"", "is \"decoder_end\", but the model is no encoder with a decoder"},
        {"bert", "classifier_start", "\"last\"", "classifier_start has no effect"},
        {"bert", "pooler_of", "\"patches\"", "pooler_of is \"patches\", but the model has none"},
        {"vit", "padded_to", "64", "padded_to has no effect without texts"},
        {"llama", "padded_to", "64", "padded_to has no effect without texts"},
        {"llama", "likeness", "{\"kind\": \"softmax\", \"scale\": \"s\"}", "likeness has no effect without encoder"},
        {"vit", "likeness", "{\"kind\": \"softmax\"}", "likeness needs a name of its scale"},
        {"vit", "likeness", "{\"kind\": \"sigmoid\", \"scale\": \"s\"}", "likeness needs a name of its scale"},
        {"vit", "likeness", "{\"kind\": \"softmax\", \"scale\": \"s\", \"bias\": \"b\"}", "likeness needs a name"},
        {"vit", "pooler_block", "{}", "pooler_block has no effect without pooler_of"},
        {"vit", "pooler_of", "\"attention\"", "pooler_of is \"attention\", but pooler_block is missing"},
        {"vit", "encoder.tensors.probe", "\"p\"", "tensors.probe has no effect where encoder.input.kind is"},
        {"llama", "pooler_activation", "\"tanh\"", "pooler_activation has no effect without pooler"},
        {"llama", "pooler_width", "4", "pooler_width has no effect without pooler"},
        {"vit", "classifier_mixes", "true", "classifier_mixes has no effect without classifier_layers"},
        {"vit", "output", "{\"tied\": true}", "output has no effect without decoder"},
        {"llama", "output.bias_optional", "true", "output.bias_optional has no effect without output.bias"},
        {"bert", "output.bias_optional", "true", "output.bias_optional has no effect without decoder"},
        {"llama", "output.has_bias", "false", "output.has_bias has no effect without output.bias"},
        {"llama", "output.norm", "\"n\"", "output.norm has no effect without output.dense"},
        {"llama", "output.activation", "\"gelu\"", "output.activation has no effect without output.dense"},
        {"llama", "output.dense_bias", "true", "output.dense_bias has no effect without output.dense"},
        {"bert", "encoder.input.mask_share", "0.1", "mask_share has no effect without encoder.input.mask_token"},
        {"llama", "decoder.input.channels", "3",
         "decoder.input.channels has no effect where decoder.input.kind is \"tok"},
        {"llama", "decoder.input.height", "3",
         "decoder.input.height has no effect where decoder.input.kind is \"tokens\""},
        {"llama", "decoder.input.width", "3", "decoder.input.width has no effect where"},
        {"llama", "decoder.input.patch", "3", "decoder.input.patch has no effect where"},
        {"vit", "encoder.input.vocabulary", "3",
         "encoder.input.vocabulary has no effect where encoder.input.kind is \"pa"},
        {"vit", "encoder.input.types", "3", "encoder.input.types has no effect where"},
        {"vit", "encoder.input.scale_words", "true", "encoder.input.scale_words has no effect where"},
        {"vit", "encoder.input.embedding", "32", "encoder.input.embedding has no effect where"},
        {"vit", "encoder.input.norm_of", "\"sum\"", "encoder.input.norm_of has no effect where"},
        {"vit", "encoder.input.matrix_first", "true", "encoder.input.matrix_first has no effect where"},
        {"opt", "decoder.input.norm", "true", "input.matrix_first and input.norm are both given"},
        {"llama", "decoder.input.norm_of", "\"sum\"", "decoder.input.norm_of has no effect without decoder.input.norm"},
        {"llama", "decoder.input.row_stride", "4", "decoder.input.row_stride has no effect where decoder.input.kind"},
        {"llama", "decoder.input.column_stride", "4", "decoder.input.column_stride has no effect where"},
        {"llama", "decoder.input.bias", "true", "decoder.input.bias has no effect where"},
        {"llama", "decoder.input.transposed", "true", "decoder.input.transposed has no effect where"},
        {"llama", "decoder.input.special_tokens", "1", "decoder.input.special_tokens has no effect where"},
        {"llama", "decoder.input.convolutions", "{}", "decoder.input.convolutions has no effect where"},
        {"vit", "encoder.input.convolutions", "{}", "encoder.input.convolutions has no effect where"},
        {"wav2vec2", "encoder.input.vocabulary", "3", "encoder.input.vocabulary has no effect where"},
        {"wav2vec2", "encoder.input.patch", "3", "encoder.input.patch has no effect where"},
        {"wav2vec2", "encoder.input.convolutions", "{\"halved\": true, \"activation\": \"gelu\"}",
         "encoder.input.convolutions.activation has no effect where encoder.input.convolutions.halved is true"},
        {"llama", "decoder.positions.terms", "\"c2p\"", "decoder.positions.terms has no effect where"},
        {"deberta_v2", "encoder.positions.terms", "\"c2p\"",
         "positions.terms is \"c2p\"; supported: \"c2p\" and \"p2c\" together"},
        {"deberta_v2", "encoder.causal", "true", "positions.kind is \"disentangled\", which only encoders of tokens"},
        {"llama", "decoder.input.registers", "4", "decoder.input.registers has no effect where"},
        {"vit", "encoder.tensors.registers", "\"r\"",
         "tensors.registers has no effect without encoder.input.registers"},
        {"bert", "encoder.positions.kind", "\"plane\"", "positions.kind is \"plane\", which only encoders of images"},
        {"vit", "encoder.positions.theta", "100", "encoder.positions.theta has no effect where"},
        {"beit", "encoder.input.special_tokens", "0", "positions.kind is \"grid\", which only encoders of images"},
        {"bert", "encoder.positions.kind", "\"grid\"", "positions.kind is \"grid\", which only encoders of images"},
        {"llama", "decoder.tensors.bucket_vectors", "\"a\"", "tensors.bucket_vectors has no effect where"},
        {"llama", "decoder.tensors.bucket_norm", "\"a\"", "tensors.bucket_norm has no effect where"},
        {"llama", "decoder.positions.kernel", "3", "decoder.positions.kernel has no effect where"},
        {"llama", "decoder.positions.groups", "3", "decoder.positions.groups has no effect where"},
        {"llama", "decoder.positions.batch_norm", "true", "decoder.positions.batch_norm has no effect where"},
        {"llama", "decoder.positions.norm", "true", "decoder.positions.norm has no effect where"},
        {"llama", "decoder.tensors.convolution", "\"a\"", "tensors.convolution has no effect where decoder.input.kind"},
        {"llama", "decoder.tensors.convolution_norm", "\"a\"", "tensors.convolution_norm has no effect where"},
        {"llama", "decoder.tensors.position_kernel", "\"a\"", "tensors.position_kernel has no effect where"},
        {"llama", "decoder.tensors.position_gain", "\"a\"", "tensors.position_gain has no effect where"},
        {"llama", "decoder.tensors.position_bias", "\"a\"", "tensors.position_bias has no effect where"},
        {"llama", "decoder.tensors.position_norm", "\"a\"",
         "tensors.position_norm has no effect without decoder.positions.norm"},
        {"llama", "decoder.causal", "true", "decoder.causal has no effect: a decoder is"},
        {"vit", "encoder.positions.count", "17", "encoder.positions.count has no effect where encoder.input.kind is"},
        {"llama", "decoder.positions.offset", "2",
         "decoder.positions.offset has no effect where decoder.positions.kind is"},
        {"llama", "decoder.positions.rows", "64",
         "decoder.positions.rows has no effect where decoder.positions.kind is"},
        {"vit", "encoder.positions.rows", "17", "encoder.positions.rows has no effect where encoder.input.kind is"},
        {"opt", "decoder.positions.rows", "64", "decoder.positions.count and decoder.positions.rows are both given"},
        {"opt", "decoder.positions.distance", "64",
         "decoder.positions.distance has no effect without decoder.positions.buckets"},
        {"gpt2", "decoder.feed_forward.packing", "\"gate_up\"", "feed_forward.packing has no effect without"},
        {"gpt2", "decoder.feed_forward.clamp", "7", "feed_forward.clamp has no effect without"},
        {"gpt2", "decoder.feed_forward.up_plus_one", "true", "feed_forward.up_plus_one has no effect without"},
        {"llama", "decoder.feed_forward.experts", "{\"used\": 2}", "experts.used has no effect without"},
        {"llama", "decoder.feed_forward.experts", "{\"count\": 2, \"used\": 1, \"shared_gate\": true}",
         "experts.shared_gate has no effect without"},
        {"llama", "decoder.tensors.router", "\"a\"",
         "tensors.router has no effect without decoder.feed_forward.experts"},
        {"llama", "decoder.tensors.expert_up", "\"a\"", "tensors.expert_up has no effect without"},
        {"llama", "decoder.tensors.shared_down", "\"a\"", "tensors.shared_down has no effect without"},
        {"llama", "decoder.tensors.gate_up", "\"a\"", "tensors.gate_up has no effect without decoder.feed_forward.pac"},
        {"llama", "decoder.tensors.sinks", "\"a\"", "tensors.sinks has no effect without decoder.attention.sinks"},
        {"llama", "decoder.positions.exponent", "8", "decoder.positions.exponent has no effect where"},
        {"llama", "decoder.positions.scaled", "true", "decoder.positions.scaled has no effect where"},
        {"opt", "decoder.positions.window", "{}", "decoder.positions.window has no effect where"},
        {"opt", "decoder.positions.blocks", "{\"except\": 2}", "decoder.positions.blocks has no effect where"},
        {"llama", "decoder.attention.groups", "2", "attention.groups has no effect without decoder.attention.packing"},
        {"gpt2", "decoder.attention.order", "\"query_value_key\"",
         "attention.order has no effect where decoder.attention.packing is \"concatenated\""},
        {"gpt2", "decoder.attention", "{\"packing\": \"grouped\", \"groups\": 2}",
         "decoder.attention.packing is \"grouped\", which needs matrices \"out_in\""},
        {"llama", "decoder.attention.window", "{\"except\": 2}", "window.except has no effect without"},
        {"llama", "decoder.positions.buckets", "32", "decoder.positions.buckets has no effect where"},
        {"llama", "decoder.positions.distance", "128", "decoder.positions.distance has no effect where"},
        {"opt", "decoder.positions.theta", "10000", "decoder.positions.theta has no effect where"},
        {"opt", "decoder.positions.style", "\"half\"", "decoder.positions.style has no effect where"},
        {"opt", "decoder.positions.fraction", "0.5", "decoder.positions.fraction has no effect where"},
        {"opt", "decoder.positions.elements", "4", "decoder.positions.elements has no effect where"},
        {"opt", "decoder.positions.scaling", "{}", "decoder.positions.scaling has no effect where"},
        {"bloom", "decoder.positions.offset", "2", "decoder.positions.offset has no effect where"},
        {"bloom", "decoder.positions.theta", "2", "decoder.positions.theta has no effect where"},
        {"gpt_neox", "decoder.positions.elements", "4",
         "decoder.positions.fraction and decoder.positions.elements are both"},
        {"gemma2", "decoder.attention.scale", "1", "decoder.attention.scale and decoder.attention.scale_from are both"},
        {"bert", "encoder.norm.residual", "\"norm\"",
         "encoder.norm.residual has no effect where encoder.norm.place is"},
        {"llama", "decoder.norm.biases", "true",
         "decoder.norm.biases has no effect where decoder.norm.kind is \"rms\""},
        {"llama", "decoder.one_norm", "true", "decoder.one_norm has no effect without decoder.parallel"},
        {"llama", "output", "{\"multiplier\": 2, \"divisor\": 2}", "output.multiplier and output.divisor are both"},
        {"vit", "encoder.input.multiplier", "2", "encoder.input.multiplier has no effect where encoder.input.kind is"},
        {"llama", "decoder.norm", "{\"place\": \"results\", \"residual\": \"norm\"}",
         "decoder.norm.residual has no effect where decoder.norm.place is \"results\""},
        {"bert", "encoder.norm.first", "false", "encoder.norm.first has no effect where encoder.norm.place is"},
        {"bert", "encoder.norm.final", "false", "encoder.norm.final has no effect where encoder.norm.place is"},
        {"llama", "decoder.attention.norm_all_heads", "true",
         "decoder.attention.norm_all_heads has no effect without decoder.attention.head_norms"},
        {"llama", "decoder.attention.norm_each_head", "true",
         "decoder.attention.norm_each_head has no effect without decoder.attention.head_norms"},
        {"olmo3", "decoder.attention.norm_each_head", "true",
         "decoder.attention.norm_each_head has no effect where decoder.attention.norm_all_heads is true"},
        {"vit", "encoder.input.matrix_always", "true", "encoder.input.matrix_always has no effect where"},
        {"llama", "decoder.attention.window", "{\"period\": 2}",
         "decoder.attention.window.period has no effect without decoder.attention.window.size"},
        {"mistral", "decoder.attention.window.span", "8",
         "decoder.attention.window.size and decoder.attention.window.span are both given"},
        {"llama", "decoder.attention.window", "{\"all\": 2}", "window.all has no effect without"},
        {"llama", "decoder.attention.window", "{\"first\": 2}", "window.first has no effect without"},
        {"llama", "decoder.attention.window", "{\"if\": true}", "window.if has no effect without"},
        {"llama", "decoder.attention.window", "{\"layers\": \"$layer_types\"}", "window.layers has no effect without"},
        {"llama", "decoder.biases.qkv", "true", "decoder.biases.qkv has no effect without decoder.attention.packing"},
        {"llama", "decoder.biases.cross_key", "true", "decoder.biases.cross_key has no effect without an encoder"},
        {"gpt2", "decoder.biases", "{\"query\": true}", "decoder.biases.query has no effect where"},
        {"gpt2", "decoder.biases", "{\"gate\": true}", "biases.gate has no effect without decoder.feed_forward.gated"},
        {"llama", "decoder.tensors.qkv", "\"a\"", "tensors.qkv has no effect without decoder.attention.packing"},
        {"llama", "decoder.tensors.cross_query", "\"a\"", "tensors.cross_query has no effect without an encoder"},
        {"llama", "decoder.tensors.cross_norm_after", "\"a\"",
         "tensors.cross_norm_after has no effect without an encoder"},
        {"gpt2", "decoder.tensors.gate", "\"a\"", "tensors.gate has no effect without decoder.feed_forward.gated"},
        {"gpt2", "decoder.tensors.key", "\"a\"", "tensors.key has no effect where decoder.attention.packing is \"conc"},
        {"llama", "decoder.tensors.attention_norm_after", "\"a\"",
         "has no effect where decoder.norm.place is \"before\""},
        {"llama", "decoder.tensors.query_norm", "\"a\"",
         "query_norm has no effect without decoder.attention.head_norms"},
        {"llama", "decoder.tensors.types", "\"a\"", "tensors.types has no effect without decoder.input.types"},
        {"llama", "decoder.tensors.positions", "\"a\"",
         "positions has no effect where decoder.positions.kind is \"rot"},
        {"llama", "decoder.tensors.relative_bias", "\"a\"", "tensors.relative_bias has no effect where"},
        {"llama", "decoder.tensors.class_token", "\"a\"", "tensors.class_token has no effect where decoder.input.kind"},
        {"vit", "encoder.tensors.distillation_token", "\"a\"",
         "tensors.distillation_token has no effect without encoder.input.special_tokens"},
        {"llama", "decoder.tensors.embedding", "\"a\"",
         "tensors.embedding has no effect without decoder.input.embedding"},
        {"llama", "decoder.tensors.attention_scale", "\"a\"",
         "tensors.attention_scale has no effect without decoder.layer_scale"},
        {"llama", "decoder.tensors.feed_forward_scale", "\"a\"",
         "tensors.feed_forward_scale has no effect without decoder.layer_scale"},
        {"llama", "decoder.tensors.convolution_1", "\"a\"", "tensors.convolution_1 has no effect where"},
        {"llama", "decoder.tensors.patches", "\"a\"", "tensors.patches has no effect where decoder.input.kind is"},
        {"llama", "decoder.tensors.input_norm", "\"a\"", "tensors.input_norm has no effect without decoder.input.norm"},
        {"bert", "encoder.tensors.final_norm", "\"a\"", "tensors.final_norm has no effect where encoder.norm.place is"},
        {"vit", "encoder.tensors.words", "\"a\"",
         "tensors.words has no effect where encoder.input.kind is \"patches\""},
        {"llama", "decoder.tensors.words", "\"a.#\"", "decoder.tensors.words has a \"#\", but belongs to no block"},
    };
    char text[1000];
    for (size_t i = 0; i < sizeof idle / sizeof idle[0]; i++) {
        architecture_take(idle[i].like, &folder);
        const int is_deberta = !strcmp(idle[i].like, "deberta_v2"); /* its model type has a hyphen */
        write_with(text, is_deberta ? "deberta-v2" : idle[i].like, idle[i].path, idle[i].value);
        expect(text, SA_ERR_UNSUPPORTED + (strstr(idle[i].words, "\"#\"") ? SA_ERR_FORMAT - SA_ERR_UNSUPPORTED : 0),
               idle[i].words);
    }
}

/* Convolutions whose numbers do not fit each other, or the file. */
/* What an encoder needs to fill in masked words. */
Test(settings, of_masked_words_have_to_fit) {
    architecture_take("bert_mlm", &folder);
    expect("{\"like\": \"bert\"}", SA_OK, "");
    expect("{\"like\": \"bert\", \"output\": {\"bias\": null}}", SA_ERR_FORMAT, "output.bias is missing");
    expect("{\"like\": \"bert\", \"output\": {\"has_bias\": false, \"dense\": null, \"norm\": null}}", SA_ERR_FORMAT,
           "output.dense is missing");
    expect("{\"like\": \"bert\", \"output\": {\"norm\": null}}", SA_ERR_FORMAT,
           "output.dense is given, but output.norm is missing");
    expect("{\"like\": \"bert\", \"output\": {\"norm\": \"none\"}}", SA_ERR_FORMAT, "\"none.weight\" is missing");
    expect("{\"like\": \"bert\", \"output\": {\"tied\": null, \"tensor\": null}}", SA_ERR_FORMAT,
           "output.tensor is missing");
    expect("{\"like\": \"bert\", \"output\": {\"bias\": \"none\"}}", SA_OK, "");
    architecture_take("opt", &folder);
    expect("{\"like\": \"opt\", \"output\": {\"norm\": \"n\"}}", SA_ERR_FORMAT,
           "output.norm is too, beside input.matrix_first");
    architecture_take("llama", &folder);
    expect("{\"like\": \"llama\", \"decoder\": {\"input\": {\"mask_token\": 3}}}", SA_ERR_UNSUPPORTED,
           "decoder.input.mask_token: only an encoder");
}

Test(settings, of_convolutions_have_to_fit) {
    static const struct {
        const char *path, *value, *words;
    } wrong[] = {
        {"encoder.input.convolutions.kernels", "\"4 3 2\"", "there are 3 convolutions, but 2 strides"},
        {"encoder.input.convolutions.kernels", "\"4 x\"", "kernels is a string, must be a list of integers"},
        {"encoder.input.convolutions.kernels", "\"\"", "kernels is an array, must be a list of integers"},
        {"encoder.input.convolutions.kernels", "\"5 3\"", "has the shape [6, 1, 4], config.json says [6, 1, 5]"},
        {"encoder.input.convolutions.strides", "\"0 1\"", "strides is 0, must be 1 to 32767"},
        {"encoder.input.convolutions.strides", "\"1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\"", "a list of integers, not too"},
        {"encoder.input.embedding", "\"6 9\"", "has the shape [16, 8], config.json says [16, 9]"},
        {"encoder.input.channels", "2", "has the shape [6, 1, 4], config.json says [6, 2, 4]"},
        {"encoder.positions.groups", "3", "a width of 16 cannot be split into 3 groups"},
        {"encoder.positions.kernel", "7", "has the shape [16, 8, 6], config.json says [16, 8, 7]"},
        {"encoder.causal", "true", "only encoders of sound have"},
    };
    char text[1000];
    architecture_take("wav2vec2", &folder);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        sa_model *model;
        write_with(text, "wav2vec2", wrong[i].path, wrong[i].value);
        folder_write_text(&folder, "architecture.json", text);
        cr_expect_neq(sa_model_open(ctx, folder.path, &model), SA_OK, "%s", text);
        cr_expect(strstr(sa_ctx_last_error(ctx), wrong[i].words), "%s: \"%s\" lacks \"%s\"", text,
                  sa_ctx_last_error(ctx), wrong[i].words);
        sa_model_destroy(&model);
    }
}

/* Sound of any length says how wide it is. */
Test(settings, of_convolutions_take_sound_of_any_length) {
    static float sound[80];
    sa_model *model;
    architecture_take("wav2vec2", &folder);
    cr_assert_eq(sa_model_open(ctx, folder.path, &model), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_expect_eq(sa_model_get(model, SA_MODEL_FEATURE_CHANNELS), 1);
    cr_expect_eq(sa_model_get(model, SA_MODEL_FEATURE_WIDTH), 0);
    cr_expect_eq(sa_model_feature_tokens(model, 80), 12);
    cr_expect_eq(sa_model_feature_tokens(model, 10), 1);
    cr_expect_eq(sa_model_feature_tokens(model, 9), 0);
    cr_expect_eq(sa_model_feature_tokens(model, 0), 0);
    cr_expect_eq(sa_model_feature_tokens(NULL, 80), 0);
    sa_encode_args a = {.struct_size = sizeof a, .batch = 1, .features = sound, .feature_width = 80};
    cr_expect_eq(sa_model_encode(ctx, model, &a), SA_OK, "%s", sa_ctx_last_error(ctx));
    a.feature_width = 0;
    cr_expect_eq(sa_model_encode(ctx, model, &a), SA_ERR_VALUE);
    cr_expect(strstr(sa_ctx_last_error(ctx), "feature_width is 0, must be 1 to"), "%s", sa_ctx_last_error(ctx));
    a.feature_width = 9;
    cr_expect_eq(sa_model_encode(ctx, model, &a), SA_ERR_SHAPE);
    cr_expect(strstr(sa_ctx_last_error(ctx), "feature_width is 9, which is too short"), "%s", sa_ctx_last_error(ctx));
    sa_model_destroy(&model);
}

Test(settings, without_weights_of_norms_need_no_names_for_them) {
    architecture_take("llama", &folder);
    expect("{\"like\": \"llama\", \"decoder\": {\"norm\": {\"weights\": false}, \"tensors\": {\"final_norm\": \"a\"}}}",
           SA_ERR_UNSUPPORTED, "decoder.tensors.final_norm has no effect where decoder.norm.weights is false");
    expect("{\"like\": \"llama\", \"ignore\": [\"*norm.weight\"], \"decoder\": {\"norm\": {\"weights\": "
           "[\"$none\", false]}, \"tensors\": {\"final_norm\": \"a\"}}}",
           SA_OK, "");
    expect("{\"like\": \"llama\", \"ignore\": [\"*norm.weight\"], \"decoder\": {\"norm\": {\"weights\": false}}}",
           SA_OK, "");
}

/* What config.json decides may leave a setting idle, and so may what a description is like. */
Test(settings, may_be_idle_where_the_author_cannot_know) {
    architecture_take("llama", &folder);
    expect("{\"like\": \"llama\", \"decoder\": {\"attention\": {\"head_norms\": [\"$qk_norm\", false], "
           "\"norm_all_heads\": true}, \"tensors\": {\"query_norm\": \"q\", \"key_norm\": \"k\"}}}",
           SA_OK, "");
    expect("{\"like\": \"llama\", \"decoder\": {\"positions\": {\"kind\": {\"of\": [\"$alibi\", true], \"true\": "
           "\"alibi\", "
           "\"false\": \"rotary\"}, \"theta\": 10000}}}",
           SA_OK, "");
    expect("{\"like\": \"llama\", \"decoder\": {\"positions\": {\"kind\": \"none\"}}}", SA_OK, "");
    architecture_take("gpt_neox", &folder);
    expect("{\"like\": \"gpt_neox\", \"decoder\": {\"positions\": {\"fraction\": null, \"elements\": 4}}}", SA_OK, "");
    architecture_take("gemma2", &folder);
    expect("{\"like\": \"gemma2\", \"decoder\": {\"attention\": {\"scale_from\": null, \"scale\": 1}}}", SA_OK, "");
}

/* null removes what a description is like, sections too. */
Test(settings, are_removed_by_null) {
    architecture_take("llama", &folder);
    expect("{\"like\": \"llama\", \"decoder\": {\"norm\": null}}", SA_ERR_FORMAT, "decoder.norm.kind is missing");
    expect("{\"like\": \"llama\", \"decoder\": {\"positions\": null}}", SA_OK, "");
    expect("{\"like\": \"llama\", \"decoder\": {\"tensors\": {\"query\": null}}}", SA_ERR_FORMAT,
           "decoder.tensors.query is missing");
    expect("{\"like\": \"llama\", \"output\": null, \"paper\": null, \"prefixes\": null}", SA_ERR_UNSUPPORTED,
           "1 tensor has no role in the model: \"lm_head.weight\"");
    expect("{\"like\": \"llama\", \"paper\": null, \"prefixes\": null}", SA_OK, "");
    expect("{\"like\": \"llama\", \"decoder\": {\"input\": {\"types\": null}, \"like\": null}}", SA_OK, "");
    expect("{\"like\": null}", SA_ERR_FORMAT, "has neither encoder nor decoder");
    architecture_take("opt", &folder);
    architecture_copy("opt", "config.json", &folder);
    expect("{\"like\": \"opt\", \"require\": {\"word_embed_proj_dim\": [1]}}", SA_ERR_UNSUPPORTED, "supported: 1");
    expect("{\"like\": \"opt\", \"require\": {\"word_embed_proj_dim\": null}}", SA_OK, "");
}

Test(settings, of_requirements_are_paths_and_values) {
    architecture_take("llama", &folder);
    expect("{\"like\": \"llama\", \"require\": {\"rope_parameters.rope_type\": [\"linear\"]}}", SA_ERR_UNSUPPORTED,
           "config.json: rope_parameters.rope_type is \"default\"; supported: \"linear\"");
    expect("{\"like\": \"llama\", \"require\": {\"hidden_size\": [64.0]}}", SA_OK, "");
    expect("{\"like\": \"llama\", \"require\": {\"hidden_size\": \"on\"}}", SA_ERR_FORMAT,
           "architecture.json: require.hidden_size must be \"off\" or a list of values");
    expect("{\"like\": \"llama\", \"require\": {\"hidden_size\": []}}", SA_ERR_FORMAT, "require.hidden_size must be");
    expect("{\"like\": \"llama\", \"require\": {\"nothing\": [{}]}}", SA_ERR_FORMAT, "require.nothing must be");
}

/* config.json with one stretch of its text replaced. */
static void expect_config(const char *model, const char *from, const char *to, sa_status wanted, const char *words) {
    char path[100], changed[3000];
    sa_model *opened;
    snprintf(path, sizeof path, "architectures/%s/config.json", model);
    char *text = file_bytes(data_path(path), NULL), *at = strstr(text, from);
    cr_assert_not_null(at, "%s", from);
    snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    folder_write_text(&folder, "config.json", changed);
    cr_expect_eq(sa_model_open(ctx, folder.path, &opened), wanted, "%s: %s", to, sa_ctx_last_error(ctx));
    if (wanted != SA_OK)
        cr_expect(strstr(sa_ctx_last_error(ctx), words) != NULL, "\"%s\" lacks \"%s\"", sa_ctx_last_error(ctx), words);
    sa_model_destroy(&opened);
    free(text);
}

Test(settings, of_sides_may_be_lists_of_two) {
    architecture_take("vit", &folder);
    expect_config("vit", "\"image_size\": 32", "\"image_size\": [32, 32]", SA_OK, "");
    expect_config("vit", "\"image_size\": 32", "\"image_size\": [32.0, 32]", SA_OK, "");
    expect_config("vit", "\"image_size\": 32", "\"image_size\": [16, 64]", SA_OK, "");
    expect_config("vit", "\"image_size\": 32", "\"image_size\": [16, 32]", SA_ERR_FORMAT, "config.json says [9, 64]");
    expect_config("vit", "\"image_size\": 32", "\"image_size\": [32]", SA_ERR_FORMAT,
                  "image_size is an array, must be an integer or a list of two");
    expect_config("vit", "\"image_size\": 32", "\"image_size\": [32, 32, 3]", SA_ERR_FORMAT, "must be an integer or a");
    expect_config("vit", "\"image_size\": 32", "\"image_size\": [32, \"a\"]", SA_ERR_FORMAT,
                  "image_size is a string, must be an integer");
    expect_config("vit", "\"patch_size\": 8", "\"patch_size\": [8, 8]", SA_OK, "");
    expect_config("vit", "\"patch_size\": 8", "\"patch_size\": [8, 4]", SA_ERR_UNSUPPORTED,
                  "config.json: patches of 8 x 4 are not supported, only squares");
    expect_config("vit", "\"hidden_size\": 64", "\"hidden_size\": [64, 64]", SA_ERR_FORMAT, "hidden_size is an array");
    expect_config("vit", "\"pooler_act\": \"tanh\"", "\"pooler_act\": \"mish\"", SA_ERR_UNSUPPORTED,
                  "config.json: pooler_act is \"mish\"; supported: \"relu\"");
}

/* rope_parameters may repeat what stands elsewhere, but not contradict it, and nothing in it is passed over. */
Test(settings, of_rotary_positions_do_not_contradict_each_other) {
    static const char from[] = "\"rope_type\": \"default\"";
    architecture_take("llama", &folder);
    expect_config("llama", from, "\"rope_type\": \"default\", \"partial_rotary_factor\": 1.0", SA_OK, "");
    expect_config("llama", from, "\"rope_type\": \"default\", \"factor\": 1.0", SA_OK, "");
    expect_config("llama", from, "\"rope_type\": \"default\", \"partial_rotary_factor\": 0.5", SA_ERR_UNSUPPORTED,
                  "config.json: rope_parameters.partial_rotary_factor is 0.5, and another share of a head is rotated");
    expect_config("llama", from, "\"rope_type\": \"default\", \"factor\": 4.0", SA_ERR_UNSUPPORTED,
                  "config.json: rope_parameters.factor is 4, which has no effect");
    expect_config("llama", from, "\"rope_type\": \"default\", \"beta_fast\": 32", SA_ERR_UNSUPPORTED,
                  "config.json: rope_parameters.beta_fast is 32, which has no effect");
    expect_config("llama", from, "\"rope_type\": \"linear\", \"factor\": 2, \"long_factor\": [2]", SA_ERR_UNSUPPORTED,
                  "rope_parameters.long_factor has no effect where rope_type is not longrope");
    expect_config("llama", "\"rope_parameters\"", "\"rope_theta\": 5000, \"rope_parameters\"", SA_OK, "");
    architecture_take("llama", &folder);
    expect("{\"like\": \"llama\", \"decoder\": {\"positions\": {\"scaling\": {\"type\": \"spiral\"}}}}",
           SA_ERR_UNSUPPORTED, "architecture.json: decoder.positions.scaling.type is \"spiral\"");
    expect("{\"like\": \"llama\", \"decoder\": {\"positions\": {\"theta\": 5000}}}", SA_ERR_UNSUPPORTED,
           "config.json: rope_parameters.rope_theta is 10000, and another theta is given elsewhere");
}

Test(settings, of_experts_fit_the_file) {
    architecture_take("mixtral", &folder);
    expect_config("mixtral", "\"num_local_experts\": 3", "\"num_local_experts\": 4", SA_ERR_FORMAT,
                  "config.json says [4, 16]");
    expect_config("mixtral", "\"num_local_experts\": 3", "\"num_local_experts\": 1000000", SA_ERR_FORMAT,
                  "num_local_experts is 1000000, must be 0 to 1024");
    expect_config("mixtral", "\"num_local_experts\": 3", "\"num_local_experts\": 0", SA_ERR_FORMAT,
                  "decoder.tensors.up is missing");
    expect_config("mixtral", "\"num_experts_per_tok\": 2", "\"num_experts_per_tok\": 4", SA_ERR_FORMAT,
                  "num_experts_per_tok is 4, must be 1 to 3");
    architecture_take("qwen2_moe", &folder);
    expect_config("qwen2_moe", "\"norm_topk_prob\": false", "\"norm_topk_prob\": 2", SA_ERR_FORMAT,
                  "norm_topk_prob is an integer, must be true or false");
    expect_config("qwen2_moe", "\"decoder_sparse_step\": 1", "\"decoder_sparse_step\": 2", SA_ERR_FORMAT,
                  "mlp.up_proj.weight\" is missing");
    expect_config("qwen2_moe", "\"moe_intermediate_size\": 10", "\"moe_intermediate_size\": 11", SA_ERR_FORMAT,
                  "config.json says [11, 16]");
    expect_config("qwen2_moe", "\"shared_expert_intermediate_size\": 12", "\"shared_expert_intermediate_size\": 0",
                  SA_ERR_UNSUPPORTED, "no role in the model");
    expect_config("qwen2_moe", "\"mlp_only_layers\": [\n    1\n  ]", "\"mlp_only_layers\": true", SA_ERR_FORMAT,
                  "mlp_only_layers is true, must be a list of block numbers");
    expect_config("qwen2_moe", "\"mlp_only_layers\": [\n    1\n  ]", "\"mlp_only_layers\": [1.5]", SA_ERR_FORMAT,
                  "must be a list of block numbers");
    architecture_take("gpt_oss", &folder);
    expect_config("gpt_oss", "\"num_local_experts\": 3", "\"num_local_experts\": 2", SA_ERR_FORMAT,
                  "config.json says [2, 16]");
    expect_config("gpt_oss", "\"hidden_act\": \"silu\"", "\"hidden_act\": \"gelu\"", SA_ERR_UNSUPPORTED,
                  "hidden_act is \"gelu\"; supported: \"silu\"");
    expect_config("gpt_oss", "\"hidden_act\": \"silu\"", "\"quantization_config\": {\"quant_method\": \"awq\"}",
                  SA_ERR_UNSUPPORTED, "quantization_config.quant_method is \"awq\"; supported: \"mxfp4\"");
}

/* Lists with a member for each block. */
Test(settings, of_blocks_are_lists_of_their_kind) {
    architecture_take("smollm3", &folder);
    expect_config("smollm3", "\"no_rope_layers\": [\n    1,\n    0\n  ]", "\"no_rope_layers\": [1]", SA_ERR_FORMAT,
                  "no_rope_layers is null, must be 0 or 1 for each layer");
    expect_config("smollm3", "\"no_rope_layers\": [\n    1,\n    0\n  ]", "\"no_rope_layers\": [1, 2]", SA_ERR_FORMAT,
                  "must be 0 or 1 for each layer");
    expect_config("smollm3", "\"no_rope_layers\": [\n    1,\n    0\n  ]", "\"no_rope_layers\": [true, false]", SA_OK,
                  "");
    architecture_take("gpt_neo", &folder);
    expect_config("gpt_neo", "\"attention_layers\": [\n    \"global\",\n    \"local\"\n  ]",
                  "\"attention_layers\": [\"global\", \"loco\"]", SA_ERR_UNSUPPORTED, "attention_layers is \"loco\"");
    expect_config("gpt_neo", "\"attention_layers\": [\n    \"global\",\n    \"local\"\n  ],", "", SA_OK, "");
    architecture_take("falcon_new", &folder);
    expect_config("falcon_new", "\"num_kv_heads\": 2", "\"num_kv_heads\": 1", SA_ERR_FORMAT, "config.json says");
    expect_config("falcon_new", "\"num_ln_in_parallel_attn\": 2", "\"num_ln_in_parallel_attn\": 3", SA_ERR_UNSUPPORTED,
                  "num_ln_in_parallel_attn is 3");
}

static void states_of(float states[8 * 64]) {
    static const int32_t ids[8] = {5, 17, 3, 80, 44, 2, 91, 60};
    sa_model *model;
    const sa_encode_args a = {.struct_size = sizeof a, .batch = 1, .tokens = 8, .ids = ids, .hidden = states};
    cr_assert_eq(sa_model_open(ctx, folder.path, &model), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_assert_eq(sa_model_encode(ctx, model, &a), SA_OK, "%s", sa_ctx_last_error(ctx));
    sa_model_destroy(&model);
}

/* Transformers writes what a model was made with beside rope_parameters, and reads only these. */
Test(settings, of_rope_parameters_go_before_those_beside_them) {
    static const char *const others[][3] = {{"llama", "rope_theta", "5"},
                                            {"gpt_neox", "rotary_emb_base", "5"},
                                            {"gpt_neox", "rope_theta", "5"},
                                            {"gpt_neox", "rotary_pct", "0.5"},
                                            {"gpt_neox", "partial_rotary_factor", "0.5"}};
    float want[8 * 64], got[8 * 64];
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        char to[100];
        architecture_take(others[i][0], &folder);
        states_of(want);
        snprintf(to, sizeof to, "\"%s\": %s, \"rope_parameters\"", others[i][1], others[i][2]);
        expect_config(others[i][0], "\"rope_parameters\"", to, SA_OK, "");
        states_of(got);
        cr_expect_arr_eq(got, want, sizeof got, "%s", to);
    }
}
