#!/usr/bin/env python3
"""Writes small random models as Transformers saves them, each with inputs and what Transformers computes of them in
double precision, into folders of a directory (default: here): make_with_transformers.py [DIR [NAME...]].

Written with Transformers 5.12.1 on PyTorch 2.14.

SPDX-License-Identifier: MIT"""
import json
import pathlib
import sys

import torch
import transformers
from safetensors.torch import save_file

E, H, F, V, L, B, T, U, WRITTEN = 16, 2, 24, 31, 2, 2, 9, 5, 9
LENGTHS = [9, 6]
SPREAD = 0.3  # of the weights
TEXT = {"hidden_size": E, "num_attention_heads": H, "intermediate_size": F, "vocab_size": V, "num_hidden_layers": L,
        "max_position_embeddings": 20, "type_vocab_size": 2}
IMAGE = {"hidden_size": E, "num_attention_heads": H, "intermediate_size": F, "num_hidden_layers": L, "image_size": 8,
         "patch_size": 4, "num_channels": 3}
PAIR = {"d_model": E, "encoder_attention_heads": H, "decoder_attention_heads": H, "encoder_ffn_dim": F,
        "decoder_ffn_dim": F, "encoder_layers": L, "decoder_layers": L, "vocab_size": V, "max_position_embeddings": 20,
        "decoder_start_token_id": 2, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
        "forced_eos_token_id": None}
T5 = {"d_model": E, "d_kv": 6, "d_ff": F, "num_heads": H, "num_layers": L, "num_decoder_layers": L, "vocab_size": V,
      "relative_attention_num_buckets": 8, "relative_attention_max_distance": 12, "decoder_start_token_id": 0,
      "pad_token_id": 0, "eos_token_id": 1}
SOUND = {"hidden_size": E, "num_attention_heads": H, "intermediate_size": F, "num_hidden_layers": L, "vocab_size": V,
         "conv_dim": [6, 8], "conv_kernel": [4, 3], "conv_stride": [3, 2], "num_feat_extract_layers": 2,
         "num_conv_pos_embeddings": 6, "num_conv_pos_embedding_groups": 2, "apply_spec_augment": False}
DECODER = {"hidden_size": E, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 4, "intermediate_size": F,
           "vocab_size": V, "num_hidden_layers": L, "max_position_embeddings": 20, "pad_token_id": 0, "bos_token_id": 1,
           "eos_token_id": 2, "tie_word_embeddings": False}
SLIDING = {"sliding_window": 3, "layer_types": ["sliding_attention", "full_attention"]}
EXPERTS = dict(DECODER, num_experts=3, num_local_experts=3, num_experts_per_tok=2, moe_intermediate_size=10)
GPTJ = {"n_embd": E, "n_head": 4, "n_layer": L, "n_positions": 20, "vocab_size": V, "rotary_dim": 2, "bos_token_id": 1,
        "eos_token_id": 2, "tie_word_embeddings": False}
MODERN = {k: v for k, v in TEXT.items() if k != "type_vocab_size"} | {
    "global_attn_every_n_layers": 2, "local_attention": 4, "pad_token_id": 0, "eos_token_id": 2, "bos_token_id": 1,
    "cls_token_id": 1, "sep_token_id": 2}
# Each: the class, its configuration, what goes in.
MODELS = {
    "albert": ("AlbertModel", dict(TEXT, embedding_size=12, num_hidden_groups=2, num_hidden_layers=4), "text"),
    "albert_wide": ("AlbertForMaskedLM", dict(TEXT, embedding_size=E), "text"),
    "mpnet": ("MPNetModel", TEXT, "text"),
    "blenderbot_small": ("BlenderbotSmallForConditionalGeneration", PAIR, "pair"),
    "pegasus": ("PegasusForConditionalGeneration", PAIR, "pair"),
    "umt5": ("UMT5ForConditionalGeneration", T5, "pair"),
    # The decoder reads the text itself; mBART's text ends with its language, which the decoder reads first.
    "bart_classifier": ("BartForSequenceClassification", dict(PAIR, num_labels=3), "ended text"),
    "mbart_classifier": ("MBartForSequenceClassification", dict(PAIR, num_labels=3), "ended text, language"),
    "t5_classifier": ("T5ForSequenceClassification", dict(T5, num_labels=3), "ended text"),
    "umt5_classifier": ("UMT5ForSequenceClassification", dict(T5, num_labels=3), "ended text"),
    # feed_forward_proj says another thing than these two, which go before it.
    "t5_contradicting": ("T5EncoderModel",
                         {"d_model": E, "d_kv": 6, "d_ff": F, "num_heads": H, "num_layers": L, "vocab_size": V,
                          "relative_attention_num_buckets": 8, "relative_attention_max_distance": 12,
                          "pad_token_id": 0, "eos_token_id": 1, "feed_forward_proj": "relu", "dense_act_fn": "silu",
                          "is_gated_act": True}, "text"),
    "clip_text": ("CLIPTextModel", dict(TEXT, eos_token_id=2), "causal text"),
    "clip_vision": ("CLIPVisionModel", IMAGE, "image"),
    "dinov2": ("Dinov2Model",
               {k: v for k, v in IMAGE.items() if k != "intermediate_size"} | {"mlp_ratio": 2}, "image"),
    "dinov2_gated": ("Dinov2WithRegistersModel",
                     {k: v for k, v in IMAGE.items() if k != "intermediate_size"} |
                     {"mlp_ratio": 3, "use_swiglu_ffn": True, "num_register_tokens": 2}, "image"),
    "dinov3_vit": ("DINOv3ViTModel", dict(IMAGE, num_register_tokens=0, use_gated_mlp=True), "image"),
    "siglip_vision": ("SiglipVisionModel", IMAGE, "image"),
    "ast": ("ASTModel", {"hidden_size": E, "num_attention_heads": H, "intermediate_size": F, "num_hidden_layers": L,
                         "num_mel_bins": 10, "max_length": 12, "patch_size": 4, "frequency_stride": 3,
                         "time_stride": 2}, "spectrogram"),
    "wav2vec2": ("Wav2Vec2Model", dict(SOUND, feat_extract_norm="group", do_stable_layer_norm=False), "wave"),
    "hubert": ("HubertModel", dict(SOUND, feat_extract_norm="group", do_stable_layer_norm=False,
                                   feat_proj_layer_norm=False), "wave"),
    "hubert_batch_norm": ("HubertModel",
                          dict(SOUND, hidden_size=8, intermediate_size=10, num_hidden_layers=1,
                               num_conv_pos_embeddings=5, conv_pos_batch_norm=True), "wave"),
    "wav2vec2_stable": ("Wav2Vec2Model", dict(SOUND, feat_extract_norm="layer", do_stable_layer_norm=True,
                                              conv_bias=True), "wave"),
    "wav2vec2_of_layers": ("Wav2Vec2ForSequenceClassification",
                           dict(SOUND, hidden_size=8, intermediate_size=10, feat_extract_norm="layer", num_labels=3,
                                do_stable_layer_norm=True, classifier_proj_size=6, use_weighted_layer_sum=True), "wave"),
    "speech_to_text": ("Speech2TextForConditionalGeneration",
                       {k: v for k, v in PAIR.items() if k not in ("max_position_embeddings", "forced_eos_token_id")} |
                       {"pad_token_id": 1, "bos_token_id": 0, "conv_channels": 12, "conv_kernel_sizes": [5, 3],
                        "input_feat_per_channel": 6, "input_channels": 1, "max_source_positions": 40,
                        "max_target_positions": 20}, "frames"),
    "moonshine": ("MoonshineForConditionalGeneration",
                  {"hidden_size": E, "intermediate_size": F, "vocab_size": V, "encoder_num_hidden_layers": L,
                   "decoder_num_hidden_layers": L, "encoder_num_attention_heads": H,
                   "decoder_num_attention_heads": H, "max_position_embeddings": 64, "bos_token_id": 1,
                   "eos_token_id": 2, "decoder_start_token_id": 1, "pad_token_id": 0}, "long wave"),
    "modernbert": ("ModernBertModel", MODERN, "text"),
    "deberta_v2": ("DebertaV2Model",
                   dict(TEXT, type_vocab_size=0, relative_attention=True, position_buckets=4,
                        norm_rel_ebd="layer_norm", share_att_key=True, pos_att_type="p2c|c2p",
                        position_biased_input=False), "text"),
    "bert_mlm": ("BertForMaskedLM", TEXT, "text"),
    "roberta_mlm": ("RobertaForMaskedLM", TEXT, "text"),
    "distilbert_mlm": ("DistilBertForMaskedLM", {"dim": E, "n_heads": H, "hidden_dim": F, "n_layers": L, "vocab_size": V,
                                                 "max_position_embeddings": 20}, "text"),
    "electra_mlm": ("ElectraForMaskedLM", dict(TEXT, embedding_size=12), "text"),
    "albert_mlm": ("AlbertForMaskedLM", dict(TEXT, embedding_size=12), "text"),
    "mpnet_mlm": ("MPNetForMaskedLM", TEXT, "text"),
    "modernbert_mlm": ("ModernBertForMaskedLM", MODERN, "text"),
    "modernbert_mlm_no_bias": ("ModernBertForMaskedLM", dict(MODERN, decoder_bias=False), "text"),
    "deberta_v2_mlm": ("DebertaV2ForMaskedLM",
                       dict(TEXT, type_vocab_size=0, relative_attention=True, position_buckets=4,
                            norm_rel_ebd="layer_norm", share_att_key=True, pos_att_type="p2c|c2p",
                            position_biased_input=False), "text"),
    "esm": ("EsmForMaskedLM", {k: v for k, v in TEXT.items() if k != "type_vocab_size"} |
            {"position_embedding_type": "rotary", "token_dropout": True, "mask_token_id": 30, "pad_token_id": 1,
             "emb_layer_norm_before": False}, "masked text"),
    "esm_absolute": ("EsmForMaskedLM", {k: v for k, v in TEXT.items() if k != "type_vocab_size"} |
                     {"position_embedding_type": "absolute", "token_dropout": True, "mask_token_id": 30,
                      "pad_token_id": 1, "emb_layer_norm_before": True}, "masked text"),
    "codegen": ("CodeGenForCausalLM", GPTJ, "decoder"),
    "cohere": ("CohereForCausalLM", dict(DECODER, logit_scale=0.25, tie_word_embeddings=True), "decoder"),
    "cohere_norms": ("CohereForCausalLM", dict(DECODER, use_qk_norm=True, tie_word_embeddings=True), "decoder"),
    "exaone4": ("Exaone4ForCausalLM", dict(DECODER, **SLIDING), "decoder"),
    "falcon_new": ("FalconForCausalLM", {"hidden_size": E, "num_attention_heads": 4, "num_kv_heads": 2,
                                         "num_hidden_layers": L, "vocab_size": V, "ffn_hidden_size": F, "bias": True,
                                         "new_decoder_architecture": True, "alibi": False}, "decoder"),
    "gemma3_text": ("Gemma3ForCausalLM", dict(DECODER, query_pre_attn_scalar=6, **SLIDING), "decoder"),
    "gemma3_embedding": ("Gemma3TextModel", dict(DECODER, query_pre_attn_scalar=6, use_bidirectional_attention=True,
                                                 sliding_window=6, layer_types=SLIDING["layer_types"]), "text"),
    "gemma3": ("Gemma3ForConditionalGeneration",
               {"text_config": dict(DECODER, query_pre_attn_scalar=6, model_type="gemma3_text",
                                    tie_word_embeddings=True, **SLIDING),
                "vision_config": dict(IMAGE, model_type="siglip_vision_model"), "mm_tokens_per_image": 4},
               "decoder"),
    "llava": ("LlavaForConditionalGeneration",
              {"text_config": dict(DECODER, model_type="qwen2"),
               "vision_config": dict(IMAGE, model_type="clip_vision_model", projection_dim=E)}, "decoder"),
    "qwen2_5_vl": ("Qwen2_5_VLForConditionalGeneration",
                   {"text_config": {k: v for k, v in DECODER.items() if k != "head_dim"} |
                    {"rope_parameters": {"rope_type": "default", "mrope_section": [1, 1, 0], "rope_theta": 1e4}},
                    "vision_config": {"depth": 1, "hidden_size": E, "intermediate_size": F, "num_heads": H,
                                      "out_hidden_size": E, "patch_size": 2, "spatial_merge_size": 1,
                                      "temporal_patch_size": 1, "fullatt_block_indexes": [0], "window_size": 8},
                    "image_token_id": V, "video_token_id": V + 1, "vision_start_token_id": V + 2,
                    "vision_end_token_id": V + 3}, "decoder"),
    "llama_base": ("LlamaModel", DECODER, "text"),
    "mistral_classifier": ("MistralForSequenceClassification", dict(DECODER, sliding_window=5, num_labels=3), "text"),
    "gpt2_classifier_of_tokens": ("GPT2ForTokenClassification",
                                  {"n_embd": E, "n_head": 4, "n_layer": L, "n_positions": 20, "vocab_size": V,
                                   "pad_token_id": 0, "num_labels": 3}, "text"),
    "glm4": ("Glm4ForCausalLM", dict(DECODER, attention_bias=True), "decoder"),
    "gpt_neo": ("GPTNeoForCausalLM", {"hidden_size": E, "num_heads": 4, "num_layers": L, "intermediate_size": F,
                                      "attention_types": [[["global", "local"], 1]], "window_size": 3, "vocab_size": V,
                                      "max_position_embeddings": 20, "bos_token_id": 1, "eos_token_id": 2}, "decoder"),
    "gpt_oss": ("GptOssForCausalLM", dict(EXPERTS, **SLIDING), "decoder"),
    "granite": ("GraniteForCausalLM", dict(DECODER, embedding_multiplier=3.0, residual_multiplier=0.5,
                                           attention_multiplier=0.3, logits_scaling=2.0), "decoder"),
    "mixtral": ("MixtralForCausalLM", EXPERTS, "decoder"),
    "mpt": ("MptForCausalLM", {"d_model": 12, "n_heads": 3, "n_layers": L, "vocab_size": V, "max_seq_len": 20},
            "decoder"),
    "nemotron": ("NemotronForCausalLM", dict(DECODER, initializer_range=0.15), "decoder"),
    "olmo_clipped": ("OlmoForCausalLM", {k: v for k, v in DECODER.items() if k != "head_dim"} | {"clip_qkv": 0.5},
                     "decoder"),
    "olmo3": ("Olmo3ForCausalLM", dict(DECODER, **SLIDING), "decoder"),
    "opt_narrow": ("OPTForCausalLM", {"hidden_size": E, "word_embed_proj_dim": 12, "num_attention_heads": 4,
                                      "ffn_dim": F, "vocab_size": V, "num_hidden_layers": L,
                                      "max_position_embeddings": 20, "do_layer_norm_before": False,
                                      "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}, "decoder"),
    "phi3": ("Phi3ForCausalLM", {k: v for k, v in DECODER.items() if k != "head_dim"}, "decoder"),
    "qwen2_moe": ("Qwen2MoeForCausalLM", dict(EXPERTS, shared_expert_intermediate_size=12, num_hidden_layers=3,
                                              mlp_only_layers=[1]), "decoder"),
    "qwen3_moe": ("Qwen3MoeForCausalLM", dict(EXPERTS, attention_bias=True, norm_topk_prob=True), "decoder"),
    "stablelm_norms": ("StableLmForCausalLM", {k: v for k, v in DECODER.items() if k != "head_dim"} |
                       {"qk_layernorm": True, "use_parallel_residual": True, "partial_rotary_factor": 0.5}, "decoder"),
    "smollm3": ("SmolLM3ForCausalLM", dict(DECODER, no_rope_layers=[1, 0]), "decoder"),
    "beit_absolute": ("BeitModel", dict(IMAGE, use_absolute_position_embeddings=True, use_mask_token=False), "image"),
    "beit": ("BeitModel", dict(IMAGE, use_relative_position_bias=True, use_mask_token=False), "image"),
}
# Inputs without tokens, and their size for a configuration.
INPUTS = {"image": ("pixel_values", lambda c: (c.num_channels, *pair(c.image_size))),
          "spectrogram": ("input_values", lambda c: (c.max_length, c.num_mel_bins)),
          "wave": ("input_values", lambda c: (80,)), "long wave": ("input_values", lambda c: (2300,)),
          "frames": ("input_features", lambda c: (21, c.input_feat_per_channel)),
          "mel frames": ("input_features", lambda c: (c.num_mel_bins, 2 * c.max_source_positions))}


def pair(size):
    return size if isinstance(size, (list, tuple)) else (size, size)


def make_model(name):
    kind, settings, inputs = MODELS[name]
    cls = getattr(transformers, kind)
    config = cls.config_class(**settings)
    config._attn_implementation = "eager"
    config._experts_implementation = "eager"
    model = cls(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(torch.randn_like(parameter) * (SPREAD if parameter.dim() > 1 else 0.2))
        for module in model.modules():
            if isinstance(module, torch.nn.BatchNorm1d):
                module.running_mean.normal_(0, 0.3)
                module.running_var.uniform_(0.5, 2)
    return model, inputs


def take(outputs, names):
    found = {ours: getattr(outputs, theirs, None) for theirs, ours in names.items()}
    return {ours: value for ours, value in found.items() if value is not None}


def draw(model, inputs):
    """Those inputs that go into reference.json, and all as arguments of the model."""
    told, arguments = {}, {}
    words = getattr(model.config.get_text_config(), "vocab_size", None)
    if inputs in INPUTS:
        name, size = INPUTS[inputs]
        arguments[name] = torch.randn(B, *size(model.config))
    elif inputs == "decoder":
        arguments = {"input_ids": torch.randint(3, words, (B, T))}
        told = {"input_ids": arguments["input_ids"].tolist()}
    else:
        ids = torch.randint(3, words, (B, T))
        lengths = [T] * B if inputs == "causal text" else LENGTHS
        mask = torch.tensor([[int(t < n) for t in range(T)] for n in lengths])
        ids = torch.where(mask.bool(), ids, torch.tensor(model.config.pad_token_id or 0))
        if inputs.startswith("ended text"):
            ends = [n - (2 if inputs.endswith("language") else 1) for n in lengths]
            ids[ids == model.config.eos_token_id] = 3
            for b, end in enumerate(ends):
                ids[b, 2] = ids[b, end] = model.config.eos_token_id
        if inputs == "masked text":
            ids[0, 2] = ids[0, 5] = ids[1, 3] = model.config.mask_token_id
        arguments = {"input_ids": ids, "attention_mask": mask}
        told = {"input_ids": ids.tolist(), "lengths": lengths}
    if inputs != "decoder" and hasattr(model, "generate") and model.can_generate():
        start = model.config.decoder_start_token_id
        targets = torch.cat([torch.full((B, 1), start), torch.randint(3, words, (B, U - 1))], 1)
        arguments["decoder_input_ids"] = targets
        told["decoder_input_ids"] = targets.tolist()
    return told, arguments


def compute(model, inputs, arguments):
    has_logits = inputs == "decoder" or model.__class__.__name__.endswith(("MaskedLM", "Classification", "CTC"))
    precise = {k: v.to(model.dtype) if v.is_floating_point() else v for k, v in arguments.items()}
    outputs = model(**precise, output_attentions=True)
    if "decoder_input_ids" in arguments or inputs.startswith("ended text"):
        results = ["logits", "encoder_last_hidden_state"]
    else:
        results = ["logits" if has_logits else "last_hidden_state"]
    values = take(outputs, {name: name for name in results})
    names = {"encoder_attentions": "encoder_weights", "decoder_attentions": "decoder_weights",
             "cross_attentions": "cross_weights", "attentions": "attention_weights"}
    if inputs.startswith("ended text"):
        names = {"encoder_attentions": "encoder_weights"}
    if inputs not in ("spectrogram", "wave"):
        values |= {name: torch.stack(list(v)) for name, v in take(outputs, names).items() if v}
    return {k: v.detach().float().contiguous() for k, v in values.items()}


def make(folder, name):
    torch.manual_seed(sum(name.encode()))
    model, inputs = make_model(name)
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    if getattr(model.config, "use_bidirectional_attention", False):  # saved halved, and halved again when it is opened
        config = json.loads((folder / "config.json").read_text())
        config["sliding_window"] = MODELS[name][1]["sliding_window"]
        (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    (folder / "generation_config.json").unlink(missing_ok=True)
    told, arguments = draw(model, inputs)
    values = compute(model.double(), inputs, arguments)
    (folder / "reference.json").write_text(json.dumps(told) + "\n")
    features = {k: v.contiguous() for k, v in arguments.items() if v.is_floating_point()}
    save_file(values | features, folder / "reference.safetensors")
    return arguments, values


if __name__ == "__main__":
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent
    for model_name in sys.argv[2:] or MODELS:
        make(root / model_name, model_name)
