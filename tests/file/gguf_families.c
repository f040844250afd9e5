/* Models of several families under GGUF's names: the same states as under those of Hugging Face.
 * SPDX-License-Identifier: MIT */
#include "selfattn_models.h"
#include "support/folder.h"
#include "support/gguf_writer.h"
#include "support/paths.h"
#include "support/random.h"
#include "support/writer.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { E = 16, H = 4, K = 2, D = E / H, F = 24, f = 10, S = 12, V = 31, X = 3, TOKENS = 9, NAME = 100 };
enum { TYPE_F32 = 0, TYPE_U32 = 4 };

/* Both files while they are written. */
struct pair {
    struct rng rng;
    struct writer ours;
    struct gguf_writer theirs;
    const char *architecture;
};

/* A random tensor [rows][width] under both names; rows 0: a vector. With experts, ours has '%' and is a tensor each.
 * GGUF has a matrix of one row as a vector. */
static void put(struct pair *p, const char *ours, const char *theirs, int64_t rows, int64_t width, int64_t experts) {
    const int64_t own = (rows ? rows : 1) * width, count = own * (experts ? experts : 1), size[] = {rows, width};
    const uint64_t reversed[] = {(uint64_t)width, (uint64_t)rows, (uint64_t)experts};
    float *values = malloc((size_t)count * sizeof *values);
    for (int64_t i = 0; i < count; i++) values[i] = rng_normal(&p->rng) * (rows ? 0.3f : 0.1f) + (rows ? 0 : 1);
    for (int64_t e = 0; e < (experts ? experts : 1); e++) {
        char name[NAME];
        const char *number = strchr(ours, '%');
        if (number)
            snprintf(name, sizeof name, "%.*s%d%s", (int)(number - ours), ours, (int)e, number + 1);
        else
            snprintf(name, sizeof name, "%s", ours);
        writer_add(&p->ours, name, "F32", rows ? 2 : 1, rows ? size : size + 1, values + e * own);
    }
    gguf_put_tensor(&p->theirs, theirs,
                    experts    ? 3
                    : rows > 1 ? 2
                               : 1,
                    reversed, TYPE_F32, values, (size_t)count * sizeof *values);
    free(values);
}

static void put_integer(struct pair *p, const char *key, uint64_t value) {
    char full[NAME];
    snprintf(full, sizeof full, "%s.%s", p->architecture, key);
    gguf_put_integer(&p->theirs, full, TYPE_U32, value);
}

static void put_real(struct pair *p, const char *key, float value) {
    char full[NAME];
    snprintf(full, sizeof full, "%s.%s", p->architecture, key);
    gguf_put_float(&p->theirs, full, value);
}

static void begin(struct pair *p, const char *architecture) {
    *p = (struct pair){.rng = {7}, .architecture = architecture};
    gguf_put_text(&p->theirs, "general.architecture", architecture);
    put_integer(p, "embedding_length", E);
    put_integer(p, "block_count", 1);
    put_integer(p, "feed_forward_length", F);
    put_integer(p, "attention.head_count", H);
    put_integer(p, "attention.head_count_kv", K);
    put_integer(p, "attention.key_length", D);
    put_integer(p, "context_length", 64);
    put_real(p, "attention.layer_norm_rms_epsilon", 1e-5f);
    put(p, "model.embed_tokens.weight", "token_embd.weight", V, E, 0);
    put(p, "lm_head.weight", "output.weight", V, E, 0);
    put(p, "model.norm.weight", "output_norm.weight", 0, E, 0);
    put(p, "model.layers.0.self_attn.q_proj.weight", "blk.0.attn_q.weight", H * D, E, 0);
    put(p, "model.layers.0.self_attn.k_proj.weight", "blk.0.attn_k.weight", K * D, E, 0);
    put(p, "model.layers.0.self_attn.v_proj.weight", "blk.0.attn_v.weight", K * D, E, 0);
    put(p, "model.layers.0.self_attn.o_proj.weight", "blk.0.attn_output.weight", E, H * D, 0);
}

static void put_norms_before(struct pair *p) {
    put(p, "model.layers.0.input_layernorm.weight", "blk.0.attn_norm.weight", 0, E, 0);
    put(p, "model.layers.0.post_attention_layernorm.weight", "blk.0.ffn_norm.weight", 0, E, 0);
}

static void put_dense(struct pair *p) {
    put(p, "model.layers.0.mlp.gate_proj.weight", "blk.0.ffn_gate.weight", F, E, 0);
    put(p, "model.layers.0.mlp.up_proj.weight", "blk.0.ffn_up.weight", F, E, 0);
    put(p, "model.layers.0.mlp.down_proj.weight", "blk.0.ffn_down.weight", E, F, 0);
}

static void put_experts(struct pair *p) {
    put_integer(p, "expert_count", X);
    put_integer(p, "expert_used_count", 2);
    put_integer(p, "expert_feed_forward_length", f);
    put(p, "model.layers.0.mlp.gate.weight", "blk.0.ffn_gate_inp.weight", X, E, 0);
    put(p, "model.layers.0.mlp.experts.%.gate_proj.weight", "blk.0.ffn_gate_exps.weight", f, E, X);
    put(p, "model.layers.0.mlp.experts.%.up_proj.weight", "blk.0.ffn_up_exps.weight", f, E, X);
    put(p, "model.layers.0.mlp.experts.%.down_proj.weight", "blk.0.ffn_down_exps.weight", E, f, X);
}

static void put_shared(struct pair *p) {
    put_integer(p, "expert_shared_feed_forward_length", S);
    put(p, "model.layers.0.mlp.shared_expert.gate_proj.weight", "blk.0.ffn_gate_shexp.weight", S, E, 0);
    put(p, "model.layers.0.mlp.shared_expert.up_proj.weight", "blk.0.ffn_up_shexp.weight", S, E, 0);
    put(p, "model.layers.0.mlp.shared_expert.down_proj.weight", "blk.0.ffn_down_shexp.weight", E, S, 0);
    put(p, "model.layers.0.mlp.shared_expert_gate.weight", "blk.0.ffn_gate_inp_shexp.weight", 1, E, 0);
    put(p, "model.layers.0.self_attn.q_proj.bias", "blk.0.attn_q.bias", 0, H * D, 0);
    put(p, "model.layers.0.self_attn.k_proj.bias", "blk.0.attn_k.bias", 0, K * D, 0);
    put(p, "model.layers.0.self_attn.v_proj.bias", "blk.0.attn_v.bias", 0, K * D, 0);
}

static void put_head_norms(struct pair *p, int64_t query, int64_t key) {
    put(p, "model.layers.0.self_attn.q_norm.weight", "blk.0.attn_q_norm.weight", 0, query, 0);
    put(p, "model.layers.0.self_attn.k_norm.weight", "blk.0.attn_k_norm.weight", 0, key, 0);
}

static void states_of(sa_ctx *ctx, const char *path, float *states) {
    static const int32_t ids[TOKENS] = {3, 14, 15, 9, 26, 5, 3, 5, 8};
    sa_model *model;
    const sa_encode_args a = {.struct_size = sizeof a, .batch = 1, .tokens = TOKENS, .ids = ids, .hidden = states};
    cr_assert_eq(sa_model_open(ctx, path, &model), SA_OK, "%s: %s", path, sa_ctx_last_error(ctx));
    cr_assert_eq(sa_model_encode(ctx, model, &a), SA_OK, "%s", sa_ctx_last_error(ctx));
    sa_model_destroy(&model);
}

/* Writes both and compares bits. `more` are settings of this family. */
static void compare(struct pair *p, const char *more) {
    static float want[TOKENS * E], got[TOKENS * E];
    const sa_ctx_options options = {.struct_size = sizeof options, .threads = 1};
    sa_ctx *ctx = ctx_open(&options);
    struct folder folder = folder_make();
    char config[1000];
    size_t size;
    snprintf(config, sizeof config,
             "{\"hidden_size\": %d, \"num_hidden_layers\": 1, \"intermediate_size\": %d, \"num_attention_heads\": %d, "
             "\"num_key_value_heads\": %d, \"head_dim\": %d, \"max_position_embeddings\": 64, \"rms_norm_eps\": 1e-5, "
             "\"vocab_size\": %d, \"num_experts\": %d, \"num_experts_per_tok\": 2, \"moe_intermediate_size\": %d, %s}",
             E, F, H, K, D, V, X, f, more);
    unsigned char *ours = writer_finish(&p->ours, &size);
    struct bytes theirs = gguf_finish(&p->theirs, 3);
    folder_write_text(&folder, "config.json", config);
    folder_write(&folder, "model.safetensors", ours, size);
    states_of(ctx, folder.path, want);
    folder_write(&folder, "model.gguf", theirs.at, theirs.size);
    states_of(ctx, folder_path(&folder, "model.gguf"), got);
    for (int i = 0; i < TOKENS * E; i++)
        cr_assert(fabsf(got[i] - want[i]) < 1e-6f, "%s: element %d is %g, want %g", p->architecture, i, (double)got[i],
                  (double)want[i]);
    free(ours);
    free(theirs.at);
    folder_remove(&folder);
    sa_ctx_destroy(&ctx);
}

Test(gguf_families, experts_of_qwen2) {
    struct pair p;
    begin(&p, "qwen2moe");
    put_norms_before(&p);
    put_experts(&p);
    put_shared(&p);
    compare(&p, "\"model_type\": \"qwen2_moe\", \"shared_expert_intermediate_size\": 12");
}

Test(gguf_families, experts_of_qwen3) {
    struct pair p;
    begin(&p, "qwen3moe");
    put_norms_before(&p);
    put_experts(&p);
    put_head_norms(&p, D, D);
    compare(&p, "\"model_type\": \"qwen3_moe\", \"norm_topk_prob\": true");
}

Test(gguf_families, granite) {
    struct pair p;
    begin(&p, "granite");
    put_norms_before(&p);
    put_dense(&p);
    put_real(&p, "attention.scale", 0.25f);
    put_real(&p, "embedding_scale", 3);
    put_real(&p, "residual_scale", 0.5f);
    put_real(&p, "logit_scale", 2);
    compare(&p, "\"model_type\": \"granite\", \"rope_interleave\": true, \"attention_multiplier\": 0.25, "
                "\"embedding_multiplier\": 3, \"residual_multiplier\": 0.5, \"logits_scaling\": 2");
}

Test(gguf_families, olmo2) {
    struct pair p;
    begin(&p, "olmo2");
    put_dense(&p);
    put_head_norms(&p, H * D, K * D);
    put(&p, "model.layers.0.post_attention_layernorm.weight", "blk.0.post_attention_norm.weight", 0, E, 0);
    put(&p, "model.layers.0.post_feedforward_layernorm.weight", "blk.0.post_ffw_norm.weight", 0, E, 0);
    compare(&p, "\"model_type\": \"olmo2\"");
}
