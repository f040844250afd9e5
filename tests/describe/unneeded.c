/* Which tensors do not matter.
 * SPDX-License-Identifier: MIT */
#include "describe/unneeded.h"

#include "describe/architecture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static json_t *parsed(const char *text) {
    json_t *object = json_loads(text, 0, NULL);
    cr_assert_not_null(object, "%s", text);
    return object;
}

/* By the patterns of a description that names one, with '"' already in it. */
static int is_unneeded(const char *pattern, const char *name) {
    char text[200];
    snprintf(text, sizeof text, "{\"ignore\": [\"%s\"]}", pattern);
    json_t *description = parsed(text);
    const struct settings s = {.description = description};
    const int is = tensor_is_unneeded(&s, name);
    json_decref(description);
    return is;
}

Test(unneeded, follows_patterns) {
    static const struct {
        const char *pattern, *name;
        int fits;
    } cases[] = {
        {"a.b", "a.b", 1},      {"a.b", "a.bc", 0},       {"a.b", "xa.b", 0},
        {"a.*", "a.b.c", 1},    {"a.*", "a", 0},          {"*.b", "a.b", 1},
        {"*.b", "a.bb", 0},     {"*a*b*", "xaxbx", 1},    {"*a*b*", "xbxax", 0},
        {"h.#.x", "h.0.x", 1},  {"h.#.x", "h.123.x", 1},  {"h.#.x", "h..x", 0},
        {"h.#.x", "h.1a.x", 0}, {"*h.#.x", "t.h.7.x", 1}, {"h.#", "h.#", 0},
        {"h.#", "h.12", 1},     {"*#", "a12", 1},         {"", "a", 0},
        {"*", "", 1},           {"a**b", "ab", 1},        {"*aab", "aaab", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_expect_eq(is_unneeded(cases[i].pattern, cases[i].name), cases[i].fits, "%s, %s", cases[i].pattern,
                     cases[i].name);
}

static json_t *built_in(const char *model_type) {
    struct report report = {""};
    const struct json_source source = {&report, "config.json"};
    json_t *description, *own;
    cr_assert_eq(architecture_find(&default_allocator, &source, NULL, model_type, NULL, &description, &own), SA_OK,
                 "%s", report.text);
    json_decref(own);
    return description;
}

/* What real files hold beside their models, and what must not be taken for it. */
Test(unneeded, knows_what_files_of_each_family_hold) {
    static const struct {
        const char *model_type, *name;
        int is;
    } cases[] = {
        {"llama", "model.layers.0.self_attn.rotary_emb.inv_freq", 1},
        {"qwen3", "model.layers.31.self_attn.k_proj.k_scale", 1},
        {"llama", "model.layers.0.self_attn.q_proj.bias", 0},
        {"llama", "model.layers.32.self_attn.q_proj.weight", 0},
        {"llama", "lm_head.weight", 0},
        {"gpt2", "h.0.attn.bias", 1},
        {"gpt2", "transformer.h.11.attn.masked_bias", 1},
        {"gpt2", "transformer.h.11.attn.c_attn.bias", 0},
        {"gpt_neox", "gpt_neox.layers.3.attention.bias", 1},
        {"gpt_neox", "gpt_neox.layers.3.attention.masked_bias", 1},
        {"gpt_neox", "gpt_neox.layers.3.attention.rotary_emb.inv_freq", 1},
        {"gpt_neox", "gpt_neox.layers.3.attention.dense.bias", 0},
        {"bert", "bert.embeddings.position_ids", 1},
        {"bert", "cls.seq_relationship.weight", 1},
        {"bert", "encoder.layer.12.output.dense.bias", 0},
        {"t5", "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight", 1},
        {"t5", "decoder.block.7.layer.1.EncDecAttention.k.weight", 0},
        {"marian", "model.encoder.embed_positions.weight", 1},
        {"marian", "model.shared.weight", 1},
        {"t5", "transformer.shared.weight", 1},
        {"t5", "decoder.final_layer_norm.weight", 0},
        {"vit", "vit.embeddings.mask_token", 1},
        {"opt", "model.decoder.layers.0.fc1.bias", 0},
    };
    json_t *config = parsed("{\"architectures\": [\"Any\"]}");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *description = built_in(cases[i].model_type);
        const struct settings s = {.config = config, .description = description};
        cr_expect_eq(tensor_is_unneeded(&s, cases[i].name), cases[i].is, "%s: %s", cases[i].model_type, cases[i].name);
        json_decref(description);
    }
    json_decref(config);
}

Test(unneeded, refuses_what_it_does_not_understand) {
    static const struct {
        const char *text, *words;
        sa_status status;
    } cases[] = {
        {"{\"ignore\": 5}", "d: ignore must be a list of texts", SA_ERR_FORMAT},
        {"{\"ignore\": [\"a\", 5]}", "d: ignore must be a list of texts", SA_ERR_FORMAT},
        {"{\"ignore\": null}", "", SA_OK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct report report = {""};
        json_t *description = parsed(cases[i].text);
        const struct settings s = {.report = &report, .description_name = "d", .description = description};
        const struct section root = section_root(&s);
        cr_expect_eq(unneeded_check(&root), cases[i].status, "%s: %s", cases[i].text, report.text);
        cr_expect_str_eq(report.text, cases[i].words);
        json_decref(description);
    }
}
