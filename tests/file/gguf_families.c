/* Models of several families under GGUF's names: the same states as under those of Hugging Face.
 * SPDX-License-Identifier: MIT */
#include "gguf_pair.h"

#include <criterion/criterion.h>
#include <stdio.h>

enum { E = 16, H = 4, K = 2, D = E / H, F = 24, f = 10, S = 12, V = 31, X = 3 };

/* Without a norm. */
static void begin_bare(struct pair *p, const char *architecture) {
    pair_begin(p, architecture);
    pair_integer(p, "embedding_length", E);
    pair_integer(p, "block_count", 1);
    pair_integer(p, "feed_forward_length", F);
    pair_integer(p, "attention.head_count", H);
    pair_integer(p, "attention.head_count_kv", K);
    pair_integer(p, "attention.key_length", D);
    pair_integer(p, "context_length", 64);
    pair_put(p, "model.embed_tokens.weight", "token_embd.weight", V, E, 0);
    pair_put(p, "lm_head.weight", "output.weight", V, E, 0);
    pair_put(p, "model.layers.0.self_attn.q_proj.weight", "blk.0.attn_q.weight", H * D, E, 0);
    pair_put(p, "model.layers.0.self_attn.k_proj.weight", "blk.0.attn_k.weight", K * D, E, 0);
    pair_put(p, "model.layers.0.self_attn.v_proj.weight", "blk.0.attn_v.weight", K * D, E, 0);
    pair_put(p, "model.layers.0.self_attn.o_proj.weight", "blk.0.attn_output.weight", E, H * D, 0);
}

static void begin(struct pair *p, const char *architecture) {
    begin_bare(p, architecture);
    pair_real(p, "attention.layer_norm_rms_epsilon", 1e-5f);
    pair_put(p, "model.norm.weight", "output_norm.weight", 0, E, 0);
}

static void put_norms_before(struct pair *p) {
    pair_put(p, "model.layers.0.input_layernorm.weight", "blk.0.attn_norm.weight", 0, E, 0);
    pair_put(p, "model.layers.0.post_attention_layernorm.weight", "blk.0.ffn_norm.weight", 0, E, 0);
}

static void put_dense(struct pair *p) {
    pair_put(p, "model.layers.0.mlp.gate_proj.weight", "blk.0.ffn_gate.weight", F, E, 0);
    pair_put(p, "model.layers.0.mlp.up_proj.weight", "blk.0.ffn_up.weight", F, E, 0);
    pair_put(p, "model.layers.0.mlp.down_proj.weight", "blk.0.ffn_down.weight", E, F, 0);
}

static void put_experts(struct pair *p) {
    pair_integer(p, "expert_count", X);
    pair_integer(p, "expert_used_count", 2);
    pair_integer(p, "expert_feed_forward_length", f);
    pair_put(p, "model.layers.0.mlp.gate.weight", "blk.0.ffn_gate_inp.weight", X, E, 0);
    pair_put(p, "model.layers.0.mlp.experts.%.gate_proj.weight", "blk.0.ffn_gate_exps.weight", f, E, X);
    pair_put(p, "model.layers.0.mlp.experts.%.up_proj.weight", "blk.0.ffn_up_exps.weight", f, E, X);
    pair_put(p, "model.layers.0.mlp.experts.%.down_proj.weight", "blk.0.ffn_down_exps.weight", E, f, X);
}

static void put_shared(struct pair *p) {
    pair_integer(p, "expert_shared_feed_forward_length", S);
    pair_put(p, "model.layers.0.mlp.shared_expert.gate_proj.weight", "blk.0.ffn_gate_shexp.weight", S, E, 0);
    pair_put(p, "model.layers.0.mlp.shared_expert.up_proj.weight", "blk.0.ffn_up_shexp.weight", S, E, 0);
    pair_put(p, "model.layers.0.mlp.shared_expert.down_proj.weight", "blk.0.ffn_down_shexp.weight", E, S, 0);
    pair_put(p, "model.layers.0.mlp.shared_expert_gate.weight", "blk.0.ffn_gate_inp_shexp.weight", 1, E, 0);
    pair_put(p, "model.layers.0.self_attn.q_proj.bias", "blk.0.attn_q.bias", 0, H * D, 0);
    pair_put(p, "model.layers.0.self_attn.k_proj.bias", "blk.0.attn_k.bias", 0, K * D, 0);
    pair_put(p, "model.layers.0.self_attn.v_proj.bias", "blk.0.attn_v.bias", 0, K * D, 0);
}

static void put_head_norms(struct pair *p, int64_t query, int64_t key) {
    pair_put(p, "model.layers.0.self_attn.q_norm.weight", "blk.0.attn_q_norm.weight", 0, query, 0);
    pair_put(p, "model.layers.0.self_attn.k_norm.weight", "blk.0.attn_k_norm.weight", 0, key, 0);
}

/* `more` are settings of this family. */
static void compare(struct pair *p, const char *more) {
    char config[1000];
    snprintf(config, sizeof config,
             "{\"hidden_size\": %d, \"num_hidden_layers\": 1, \"intermediate_size\": %d, \"num_attention_heads\": %d, "
             "\"num_key_value_heads\": %d, \"head_dim\": %d, \"max_position_embeddings\": 64, \"rms_norm_eps\": 1e-5, "
             "\"vocab_size\": %d, \"num_experts\": %d, \"num_experts_per_tok\": 2, \"moe_intermediate_size\": %d, %s}",
             E, F, H, K, D, V, X, f, more);
    pair_compare(p, config, E);
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
    pair_real(&p, "attention.scale", 0.25f);
    pair_real(&p, "embedding_scale", 3);
    pair_real(&p, "residual_scale", 0.5f);
    pair_real(&p, "logit_scale", 2);
    compare(&p, "\"model_type\": \"granite\", \"rope_interleave\": true, \"attention_multiplier\": 0.25, "
                "\"embedding_multiplier\": 3, \"residual_multiplier\": 0.5, \"logits_scaling\": 2");
}

Test(gguf_families, olmo) {
    struct pair p;
    begin_bare(&p, "olmo");
    pair_real(&p, "attention.layer_norm_epsilon", 1e-5f);
    pair_real(&p, "attention.clamp_kqv", 0.5f);
    put_dense(&p);
    compare(&p, "\"model_type\": \"olmo\", \"rope_interleave\": true, \"clip_qkv\": 0.5");
}

/* Norms of queries and keys have weights for each head. */
Test(gguf_families, command_r) {
    struct pair p;
    begin_bare(&p, "command-r");
    pair_real(&p, "attention.layer_norm_epsilon", 1e-5f);
    pair_real(&p, "logit_scale", 0.5f);
    put_dense(&p);
    pair_put(&p, "model.norm.weight", "output_norm.weight", 0, E, 0);
    pair_put(&p, "model.layers.0.input_layernorm.weight", "blk.0.attn_norm.weight", 0, E, 0);
    pair_put(&p, "model.layers.0.self_attn.q_norm.weight", "blk.0.attn_q_norm.weight", H, D, 0);
    pair_put(&p, "model.layers.0.self_attn.k_norm.weight", "blk.0.attn_k_norm.weight", K, D, 0);
    compare(&p, "\"model_type\": \"cohere\", \"logit_scale\": 0.5, \"use_qk_norm\": true, "
                "\"tie_word_embeddings\": false");
}

/* StableLM 2 12B. */
Test(gguf_families, stablelm) {
    struct pair p;
    begin_bare(&p, "stablelm");
    pair_real(&p, "attention.layer_norm_epsilon", 1e-5f);
    pair_integer(&p, "rope.dimension_count", 2);
    pair_flag(&p, "use_parallel_residual", 1);
    put_dense(&p);
    pair_put_both(&p, "model.norm", "output_norm", 0, E);
    pair_put_both(&p, "model.layers.0.input_layernorm", "blk.0.attn_norm", 0, E);
    pair_put(&p, "model.layers.0.self_attn.q_layernorm.weight", "blk.0.attn_q_norm.weight", H, D, 0);
    pair_put(&p, "model.layers.0.self_attn.k_layernorm.weight", "blk.0.attn_k_norm.weight", K, D, 0);
    compare(&p, "\"model_type\": \"stablelm\", \"qk_layernorm\": true, \"use_parallel_residual\": true, "
                "\"partial_rotary_factor\": 0.5");
}

Test(gguf_families, olmo2) {
    struct pair p;
    begin(&p, "olmo2");
    put_dense(&p);
    put_head_norms(&p, H * D, K * D);
    pair_put(&p, "model.layers.0.post_attention_layernorm.weight", "blk.0.post_attention_norm.weight", 0, E, 0);
    pair_put(&p, "model.layers.0.post_feedforward_layernorm.weight", "blk.0.post_ffw_norm.weight", 0, E, 0);
    compare(&p, "\"model_type\": \"olmo2\"");
}
