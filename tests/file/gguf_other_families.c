/* Families whose GGUF files have other matrices or norms than those of Hugging Face, or other names than Llama.
 * SPDX-License-Identifier: MIT */
#include "gguf_pair.h"

#include <criterion/criterion.h>
#include <stdio.h>

enum { E = 16, H = 4, K = 2, D = E / H, F = 24, V = 31, X = 3, P = 64 };

static void put_sizes(struct pair *p, const char *architecture, int kv_heads) {
    pair_begin(p, architecture);
    pair_integer(p, "embedding_length", E);
    pair_integer(p, "block_count", 1);
    pair_integer(p, "feed_forward_length", F);
    pair_integer(p, "attention.head_count", H);
    pair_integer(p, "context_length", P);
    if (kv_heads) pair_integer(p, "attention.head_count_kv", (uint64_t)kv_heads);
}

#define B "model.layers.0."

static void put_attention(struct pair *p) {
    pair_put(p, B "self_attn.q_proj.weight", "blk.0.attn_q.weight", H * D, E, 0);
    pair_put(p, B "self_attn.k_proj.weight", "blk.0.attn_k.weight", K * D, E, 0);
    pair_put(p, B "self_attn.v_proj.weight", "blk.0.attn_v.weight", K * D, E, 0);
    pair_put(p, B "self_attn.o_proj.weight", "blk.0.attn_output.weight", E, H * D, 0);
}

static void put_gated(struct pair *p) {
    pair_put(p, B "mlp.gate_proj.weight", "blk.0.ffn_gate.weight", F, E, 0);
    pair_put(p, B "mlp.up_proj.weight", "blk.0.ffn_up.weight", F, E, 0);
    pair_put(p, B "mlp.down_proj.weight", "blk.0.ffn_down.weight", E, F, 0);
}

static void put_plus_one(struct pair *p, const char *ours, const char *theirs, int64_t width) {
    pair_put_changed(p, ours, theirs, 0, width, PLUS_ONE, 0, 0, 0);
}

/* Norms of Gemma have 1 added, the scale of scores follows from the size of a head, and a window is in every second
 * block, the first one included. */
Test(gguf_families, gemma2) {
    struct pair p;
    put_sizes(&p, "gemma2", K);
    pair_integer(&p, "attention.key_length", D);
    pair_integer(&p, "attention.sliding_window", 4);
    pair_real(&p, "attention.layer_norm_rms_epsilon", 1e-6f);
    pair_real(&p, "attn_logit_softcapping", 8);
    pair_put(&p, "model.embed_tokens.weight", "token_embd.weight", V, E, 0);
    put_plus_one(&p, "model.norm.weight", "output_norm.weight", E);
    put_plus_one(&p, B "input_layernorm.weight", "blk.0.attn_norm.weight", E);
    put_plus_one(&p, B "post_attention_layernorm.weight", "blk.0.post_attention_norm.weight", E);
    put_plus_one(&p, B "pre_feedforward_layernorm.weight", "blk.0.ffn_norm.weight", E);
    put_plus_one(&p, B "post_feedforward_layernorm.weight", "blk.0.post_ffw_norm.weight", E);
    put_attention(&p);
    put_gated(&p);
    pair_compare(
        &p,
        "{\"model_type\": \"gemma2\", \"hidden_size\": 16, \"num_hidden_layers\": 1, \"intermediate_size\": 24, "
        "\"num_attention_heads\": 4, \"num_key_value_heads\": 2, \"head_dim\": 4, \"vocab_size\": 31, "
        "\"max_position_embeddings\": 64, \"rms_norm_eps\": 1e-6, \"query_pre_attn_scalar\": 4, "
        "\"sliding_window\": 4, \"attn_logit_softcapping\": 8}",
        E);
}

/* Gemma 3 gives which blocks have a window, and two bases of rotation. */
Test(gguf_families, gemma3) {
    struct pair p;
    put_sizes(&p, "gemma3", K);
    pair_integer(&p, "attention.key_length", D);
    pair_integer(&p, "attention.sliding_window", 4);
    pair_integer(&p, "attention.sliding_window_pattern", 1);
    pair_real(&p, "attention.layer_norm_rms_epsilon", 1e-6f);
    pair_real(&p, "rope.freq_base", 1000000);
    pair_put(&p, "model.embed_tokens.weight", "token_embd.weight", V, E, 0);
    put_plus_one(&p, "model.norm.weight", "output_norm.weight", E);
    put_plus_one(&p, B "input_layernorm.weight", "blk.0.attn_norm.weight", E);
    put_plus_one(&p, B "post_attention_layernorm.weight", "blk.0.post_attention_norm.weight", E);
    put_plus_one(&p, B "pre_feedforward_layernorm.weight", "blk.0.ffn_norm.weight", E);
    put_plus_one(&p, B "post_feedforward_layernorm.weight", "blk.0.post_ffw_norm.weight", E);
    put_plus_one(&p, B "self_attn.q_norm.weight", "blk.0.attn_q_norm.weight", D);
    put_plus_one(&p, B "self_attn.k_norm.weight", "blk.0.attn_k_norm.weight", D);
    put_attention(&p);
    put_gated(&p);
    pair_compare(&p,
                 "{\"model_type\": \"gemma3_text\", \"hidden_size\": 16, \"num_hidden_layers\": 1, "
                 "\"intermediate_size\": 24, \"num_attention_heads\": 4, \"num_key_value_heads\": 2, \"head_dim\": 4, "
                 "\"vocab_size\": 31, \"max_position_embeddings\": 64, \"rms_norm_eps\": 1e-6, "
                 "\"query_pre_attn_scalar\": 4, \"sliding_window\": 4, \"rope_theta\": 1000000, "
                 "\"layer_types\": [\"full_attention\"]}",
                 E);
}

/* Frequencies are divided by factors for short and for long texts; queries, keys and values are one matrix, gate and up
 * another one; half of a head is rotated. */
Test(gguf_families, phi3) {
    static const float near[] = {1.25f}, far[] = {4};
    const uint64_t one[] = {1};
    struct pair p;
    put_sizes(&p, "phi3", K);
    pair_integer(&p, "rope.dimension_count", D / 2);
    pair_integer(&p, "rope.scaling.original_context_length", 32);
    pair_real(&p, "rope.scaling.attn_factor", 1.5f);
    pair_integer(&p, "attention.sliding_window", 0);
    pair_real(&p, "attention.layer_norm_rms_epsilon", 1e-5f);
    pair_put(&p, "model.embed_tokens.weight", "token_embd.weight", V, E, 0);
    pair_put(&p, "lm_head.weight", "output.weight", V, E, 0);
    pair_put(&p, "model.norm.weight", "output_norm.weight", 0, E, 0);
    pair_put(&p, B "input_layernorm.weight", "blk.0.attn_norm.weight", 0, E, 0);
    pair_put(&p, B "post_attention_layernorm.weight", "blk.0.ffn_norm.weight", 0, E, 0);
    pair_put(&p, B "self_attn.qkv_proj.weight", "blk.0.attn_qkv.weight", (H + 2 * K) * D, E, 0);
    pair_put(&p, B "self_attn.o_proj.weight", "blk.0.attn_output.weight", E, E, 0);
    pair_put(&p, B "mlp.gate_up_proj.weight", "blk.0.ffn_up.weight", 2 * F, E, 0);
    pair_put(&p, B "mlp.down_proj.weight", "blk.0.ffn_down.weight", E, F, 0);
    gguf_put_tensor(&p.theirs, "rope_factors_short.weight", 1, one, 0, near, sizeof near);
    gguf_put_tensor(&p.theirs, "rope_factors_long.weight", 1, one, 0, far, sizeof far);
    pair_compare(&p,
                 "{\"model_type\": \"phi3\", \"hidden_size\": 16, \"num_hidden_layers\": 1, \"intermediate_size\": 24, "
                 "\"num_attention_heads\": 4, \"num_key_value_heads\": 2, \"vocab_size\": 31, \"rms_norm_eps\": 1e-5, "
                 "\"max_position_embeddings\": 64, \"partial_rotary_factor\": 0.5, \"rope_scaling\": {\"rope_type\": "
                 "\"longrope\", \"short_factor\": [1.25], \"long_factor\": [4], \"attention_factor\": 1.5, "
                 "\"original_max_position_embeddings\": 32}}",
                 E);
}

#undef B
#define B "transformer.h.0."

/* GPT-2's matrices have a row per input. */
Test(gguf_families, gpt2) {
    static const struct {
        const char *ours, *theirs;
        int64_t rows, width;
    } matrices[] = {{B "attn.c_attn", "blk.0.attn_qkv", 3 * E, E},
                    {B "attn.c_proj", "blk.0.attn_output", E, E},
                    {B "mlp.c_fc", "blk.0.ffn_up", F, E},
                    {B "mlp.c_proj", "blk.0.ffn_down", E, F}};
    struct pair p;
    put_sizes(&p, "gpt2", 0);
    pair_real(&p, "attention.layer_norm_epsilon", 1e-5f);
    pair_put(&p, "transformer.wte.weight", "token_embd.weight", V, E, 0);
    pair_put(&p, "transformer.wpe.weight", "position_embd.weight", P, E, 0);
    pair_put_both(&p, "transformer.ln_f", "output_norm", 0, E);
    pair_put_both(&p, B "ln_1", "blk.0.attn_norm", 0, E);
    pair_put_both(&p, B "ln_2", "blk.0.ffn_norm", 0, E);
    for (int i = 0; i < 4; i++) {
        char ours[60], theirs[60];
        snprintf(ours, sizeof ours, "%s.weight", matrices[i].ours);
        snprintf(theirs, sizeof theirs, "%s.weight", matrices[i].theirs);
        pair_put_changed(&p, ours, theirs, matrices[i].rows, matrices[i].width, TURNED, 0, 0, 0);
        snprintf(ours, sizeof ours, "%s.bias", matrices[i].ours);
        snprintf(theirs, sizeof theirs, "%s.bias", matrices[i].theirs);
        pair_put(&p, ours, theirs, 0, matrices[i].rows, 0);
    }
    pair_compare(&p,
                 "{\"model_type\": \"gpt2\", \"n_embd\": 16, \"n_layer\": 1, \"n_inner\": 24, \"n_head\": 4, "
                 "\"vocab_size\": 31, \"n_positions\": 64}",
                 E);
}

/* A group of heads after the other becomes all queries, all keys, all values; two norms are named the other way round.
 */
Test(gguf_families, falcon_of_groups) {
    struct pair p;
    put_sizes(&p, "falcon", K);
    gguf_put_text(&p.theirs, "falcon.tensor_data_layout", "jploski");
    pair_real(&p, "attention.layer_norm_epsilon", 1e-5f);
    pair_put(&p, "transformer.word_embeddings.weight", "token_embd.weight", V, E, 0);
    pair_put_both(&p, "transformer.ln_f", "output_norm", 0, E);
    pair_put_both(&p, B "ln_attn", "blk.0.attn_norm_2", 0, E);
    pair_put_both(&p, B "ln_mlp", "blk.0.attn_norm", 0, E);
    pair_put_changed(&p, B "self_attention.query_key_value.weight", "blk.0.attn_qkv.weight", (H + 2 * K) * D, E,
                     BY_KIND, K, H / K, D);
    pair_put(&p, B "self_attention.dense.weight", "blk.0.attn_output.weight", E, E, 0);
    pair_put(&p, B "mlp.dense_h_to_4h.weight", "blk.0.ffn_up.weight", F, E, 0);
    pair_put(&p, B "mlp.dense_4h_to_h.weight", "blk.0.ffn_down.weight", E, F, 0);
    pair_compare(&p,
                 "{\"model_type\": \"falcon\", \"new_decoder_architecture\": true, \"hidden_size\": 16, "
                 "\"num_hidden_layers\": 1, \"ffn_hidden_size\": 24, \"num_attention_heads\": 4, \"num_kv_heads\": 2, "
                 "\"vocab_size\": 31, \"max_position_embeddings\": 64}",
                 E);
}

#undef B
#define B "gpt_neox.layers.0."

Test(gguf_families, gptneox) {
    struct pair p;
    put_sizes(&p, "gptneox", 0);
    pair_integer(&p, "rope.dimension_count", D / 2);
    pair_flag(&p, "use_parallel_residual", 1);
    pair_real(&p, "attention.layer_norm_epsilon", 1e-5f);
    pair_put(&p, "gpt_neox.embed_in.weight", "token_embd.weight", V, E, 0);
    pair_put(&p, "embed_out.weight", "output.weight", V, E, 0);
    pair_put_both(&p, "gpt_neox.final_layer_norm", "output_norm", 0, E);
    pair_put_both(&p, B "input_layernorm", "blk.0.attn_norm", 0, E);
    pair_put_both(&p, B "post_attention_layernorm", "blk.0.ffn_norm", 0, E);
    pair_put_changed(&p, B "attention.query_key_value.weight", "blk.0.attn_qkv.weight", 3 * E, E, BY_KIND, H, 1, D);
    pair_put_changed(&p, B "attention.query_key_value.bias", "blk.0.attn_qkv.bias", 0, 3 * E, BY_KIND, H, 1, D);
    pair_put_both(&p, B "attention.dense", "blk.0.attn_output", E, E);
    pair_put_both(&p, B "mlp.dense_h_to_4h", "blk.0.ffn_up", F, E);
    pair_put_both(&p, B "mlp.dense_4h_to_h", "blk.0.ffn_down", E, F);
    pair_compare(&p,
                 "{\"model_type\": \"gpt_neox\", \"hidden_size\": 16, \"num_hidden_layers\": 1, "
                 "\"intermediate_size\": 24, \"num_attention_heads\": 4, \"vocab_size\": 31, \"rotary_pct\": 0.5, "
                 "\"max_position_embeddings\": 64}",
                 E);
}

#undef B
#define B "encoder.layer.0."

/* An encoder; and how its states become one vector. */
Test(gguf_families, bert) {
    struct pair p;
    put_sizes(&p, "bert", 0);
    pair_flag(&p, "attention.causal", 0);
    pair_integer(&p, "pooling_type", 2);
    pair_real(&p, "attention.layer_norm_epsilon", 1e-12f);
    pair_put(&p, "embeddings.word_embeddings.weight", "token_embd.weight", V, E, 0);
    pair_put(&p, "embeddings.position_embeddings.weight", "position_embd.weight", P, E, 0);
    pair_put(&p, "embeddings.token_type_embeddings.weight", "token_types.weight", 2, E, 0);
    pair_put_both(&p, "embeddings.LayerNorm", "token_embd_norm", 0, E);
    pair_put_both(&p, B "attention.self.query", "blk.0.attn_q", E, E);
    pair_put_both(&p, B "attention.self.key", "blk.0.attn_k", E, E);
    pair_put_both(&p, B "attention.self.value", "blk.0.attn_v", E, E);
    pair_put_both(&p, B "attention.output.dense", "blk.0.attn_output", E, E);
    pair_put_both(&p, B "attention.output.LayerNorm", "blk.0.attn_output_norm", 0, E);
    pair_put_both(&p, B "intermediate.dense", "blk.0.ffn_up", F, E);
    pair_put_both(&p, B "output.dense", "blk.0.ffn_down", E, F);
    pair_put_both(&p, B "output.LayerNorm", "blk.0.layer_output_norm", 0, E);
    pair_compare(&p,
                 "{\"model_type\": \"bert\", \"hidden_size\": 16, \"num_hidden_layers\": 1, \"intermediate_size\": 24, "
                 "\"num_attention_heads\": 4, \"vocab_size\": 31, \"type_vocab_size\": 2, "
                 "\"max_position_embeddings\": 64}",
                 E);
}

#undef B

static void put_t5_attention(struct pair *p, const char *ours, const char *theirs) {
    static const char letters[] = "qkvo";
    for (int i = 0; i < 4; i++) {
        char one[90], other[60];
        snprintf(one, sizeof one, "%s.%c.weight", ours, letters[i]);
        snprintf(other, sizeof other, "%s_%c.weight", theirs, letters[i]);
        pair_put(p, one, other, E, E, 0);
    }
}

static void put_t5_feed_forward(struct pair *p, const char *ours, const char *theirs) {
    char one[90], other[60];
    snprintf(one, sizeof one, "%s.layer_norm.weight", ours);
    snprintf(other, sizeof other, "%s_norm.weight", theirs);
    pair_put(p, one, other, 0, E, 0);
    snprintf(one, sizeof one, "%s.DenseReluDense.wi.weight", ours);
    snprintf(other, sizeof other, "%s_up.weight", theirs);
    pair_put(p, one, other, F, E, 0);
    snprintf(one, sizeof one, "%s.DenseReluDense.wo.weight", ours);
    snprintf(other, sizeof other, "%s_down.weight", theirs);
    pair_put(p, one, other, E, F, 0);
}

/* Both stacks, without gates: their activation is relu then. */
Test(gguf_families, t5) {
    struct pair p;
    put_sizes(&p, "t5", 0);
    pair_integer(&p, "attention.relative_buckets_count", 8);
    pair_integer(&p, "decoder_start_token_id", 0);
    pair_real(&p, "attention.layer_norm_epsilon", 1e-6f);
    pair_real(&p, "attention.layer_norm_rms_epsilon", 1e-6f);
    pair_put(&p, "shared.weight", "token_embd.weight", V, E, 0);
    pair_put(&p, "encoder.final_layer_norm.weight", "enc.output_norm.weight", 0, E, 0);
    pair_put(&p, "decoder.final_layer_norm.weight", "dec.output_norm.weight", 0, E, 0);
    pair_put(&p, "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight", "enc.blk.0.attn_rel_b.weight",
             8, H, 0);
    pair_put(&p, "decoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight", "dec.blk.0.attn_rel_b.weight",
             8, H, 0);
    pair_put(&p, "encoder.block.0.layer.0.layer_norm.weight", "enc.blk.0.attn_norm.weight", 0, E, 0);
    pair_put(&p, "decoder.block.0.layer.0.layer_norm.weight", "dec.blk.0.attn_norm.weight", 0, E, 0);
    pair_put(&p, "decoder.block.0.layer.1.layer_norm.weight", "dec.blk.0.cross_attn_norm.weight", 0, E, 0);
    put_t5_attention(&p, "encoder.block.0.layer.0.SelfAttention", "enc.blk.0.attn");
    put_t5_attention(&p, "decoder.block.0.layer.0.SelfAttention", "dec.blk.0.attn");
    put_t5_attention(&p, "decoder.block.0.layer.1.EncDecAttention", "dec.blk.0.cross_attn");
    put_t5_feed_forward(&p, "encoder.block.0.layer.1", "enc.blk.0.ffn");
    put_t5_feed_forward(&p, "decoder.block.0.layer.2", "dec.blk.0.ffn");
    pair_compare(&p,
                 "{\"model_type\": \"t5\", \"d_model\": 16, \"num_layers\": 1, \"d_ff\": 24, \"num_heads\": 4, "
                 "\"d_kv\": 4, \"vocab_size\": 31, \"relative_attention_num_buckets\": 8, "
                 "\"decoder_start_token_id\": 0}",
                 E);
}
