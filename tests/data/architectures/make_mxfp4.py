#!/usr/bin/env python3
"""Writes a small random GPT-OSS with experts in MXFP4, as safetensors in the form of the published files and as a GGUF
file, each with inputs and what Transformers computes in double precision of the weights that its own function widens:
make_mxfp4.py [DIR] (default: here).

Written with Transformers 5.12.1 on PyTorch 2.14.

SPDX-License-Identifier: MIT"""
import json
import pathlib
import struct
import sys

import torch
import transformers
from safetensors.torch import save_file
from transformers.integrations.mxfp4 import convert_moe_packed_tensors

E, F, V, L, X, HEADS, KV, D, B, T = 32, 32, 31, 2, 3, 4, 2, 4, 2, 9
SETTINGS = {"hidden_size": E, "intermediate_size": F, "vocab_size": V, "num_hidden_layers": L, "num_local_experts": X,
            "num_experts_per_tok": 2, "num_attention_heads": HEADS, "num_key_value_heads": KV, "head_dim": D,
            "max_position_embeddings": 20, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
            "tie_word_embeddings": False, "sliding_window": 3,
            "layer_types": ["sliding_attention", "full_attention"]}
METHOD = {"quant_method": "mxfp4", "modules_to_not_convert": ["model.layers.*.self_attn", "lm_head"]}
NAMES = {"embed_tokens": "token_embd", "lm_head": "output", "input_layernorm": "attn_norm",
         "post_attention_layernorm": "post_attention_norm", "q_proj": "attn_q", "k_proj": "attn_k",
         "v_proj": "attn_v", "o_proj": "attn_output", "router": "ffn_gate_inp"}


def make_model():
    torch.manual_seed(39)
    model = transformers.GptOssForCausalLM(transformers.GptOssConfig(**SETTINGS, attn_implementation="eager"))
    model.config._experts_implementation = "eager"
    packed = {}
    with torch.no_grad():
        for parameter in model.parameters():
            noise = torch.randn_like(parameter) * (0.3 if parameter.dim() > 1 else 0.2)
            parameter.copy_((parameter + noise).bfloat16())
        model.double()
        for layer, block in enumerate(model.model.layers):
            for name, rows in ("gate_up_proj", 2 * F), ("down_proj", E):
                blocks = torch.randint(0, 256, (X, rows, 1, 16), dtype=torch.uint8)
                scales = torch.randint(122, 127, (X, rows, 1), dtype=torch.uint8)
                wide = convert_moe_packed_tensors(blocks, scales, dtype=torch.float64)
                getattr(block.mlp.experts, name).copy_(wide)
                packed[f"model.layers.{layer}.mlp.experts.{name}"] = blocks, scales
    return model.eval(), packed


def write_safetensors(folder, model, packed):
    tensors = {k: v.bfloat16().contiguous() for k, v in model.state_dict().items() if k not in packed}
    for name, (blocks, scales) in packed.items():
        tensors |= {name + "_blocks": blocks, name + "_scales": scales}
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    config = model.config.to_dict() | {"architectures": ["GptOssForCausalLM"], "quantization_config": METHOD,
                                       "dtype": "bfloat16"}
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")


def ggml_blocks(blocks, scales):
    """A scale, then elements i and i + 16 in a byte."""
    values = torch.stack([blocks & 15, blocks >> 4], -1).flatten(-2)
    return torch.cat([scales[..., None], values[..., :16] | values[..., 16:] << 4], -1)


def gguf_tensors(model, packed):
    """Name, axes of GGUF's order, type number and bytes."""
    for name, value in model.state_dict().items():
        if name in packed:
            continue
        part = name.split(".")
        ours = f"blk.{part[2]}." if part[1] == "layers" else ""
        if "experts" not in name:
            key = part[-1] if part[-1] == "sinks" else part[-2]
            ours += {"norm": "output_norm", "sinks": "attn_sinks"}.get(key) or NAMES[key]
            ours += "." + ("weight" if key == "sinks" else part[-1])
            yield ours, value.shape[::-1], 0, value.float().numpy().tobytes()
        elif "gate_up" in name:
            for i, which in enumerate(("gate", "up")):
                half = value[:, i::2].contiguous()
                yield f"{ours}ffn_{which}_exps.bias", half.shape[::-1], 0, half.float().numpy().tobytes()
        else:
            yield f"{ours}ffn_down_exps.bias", value.shape[::-1], 0, value.float().numpy().tobytes()
    for name, pair in packed.items():
        all_blocks, ours = ggml_blocks(*pair), f"blk.{name.split('.')[2]}."
        for i, which in enumerate(("gate", "up")) if "gate_up" in name else ((None, "down"),):
            b = all_blocks if i is None else all_blocks[:, i::2]
            yield f"{ours}ffn_{which}_exps.weight", (b.shape[2] * 32, b.shape[1], X), 39, b.contiguous().numpy().tobytes()


def text(s):
    return struct.pack("<Q", len(s)) + s.encode()


def write_gguf(path, model, packed):
    c, p = model.config, model.config.rope_parameters
    ints = {"block_count": L, "context_length": 20, "embedding_length": E, "feed_forward_length": F,
            "expert_feed_forward_length": F, "attention.head_count": HEADS, "attention.head_count_kv": KV,
            "attention.key_length": D, "attention.value_length": D, "expert_count": X, "expert_used_count": 2,
            "attention.sliding_window": c.sliding_window,
            "rope.scaling.original_context_length": p["original_max_position_embeddings"]}
    floats = {"attention.layer_norm_rms_epsilon": c.rms_norm_eps, "rope.freq_base": p["rope_theta"],
              "rope.scaling.factor": p["factor"]}
    settings = [text("general.architecture") + struct.pack("<I", 8) + text("gpt-oss"),
                text("gpt-oss.rope.scaling.type") + struct.pack("<I", 8) + text("yarn"),
                text("gpt-oss.rope.scaling.yarn_truncate") + struct.pack("<IB", 7, 0)]
    settings += [text("gpt-oss." + k) + struct.pack("<II", 4, v) for k, v in ints.items()]
    settings += [text("gpt-oss." + k) + struct.pack("<If", 6, v) for k, v in floats.items()]
    heads, data = [], b""
    for name, size, number, value in gguf_tensors(model, packed):
        heads.append(text(name) + struct.pack(f"<I{len(size)}QIQ", len(size), *size, number, len(data)))
        data += value + bytes(-len(value) % 32)
    head = b"GGUF" + struct.pack("<IQQ", 3, len(heads), len(settings)) + b"".join(settings + heads)
    path.write_bytes(head + bytes(-len(head) % 32) + data)


def compute(folder, model):
    torch.manual_seed(40)
    ids = torch.randint(3, V, (B, T))
    out = model(input_ids=ids, output_attentions=True)
    values = {"logits": out.logits, "attention_weights": torch.stack(list(out.attentions))}
    save_file({k: v.detach().float().contiguous() for k, v in values.items()}, folder / "reference.safetensors")
    (folder / "reference.json").write_text(json.dumps({"input_ids": ids.tolist()}) + "\n")


if __name__ == "__main__":
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent
    made, blocks_of = make_model()
    for folder_name in "gpt_oss_mxfp4", "gpt_oss_mxfp4_gguf":
        (root / folder_name).mkdir(parents=True, exist_ok=True)
        compute(root / folder_name, made)
    write_safetensors(root / "gpt_oss_mxfp4", made, blocks_of)
    write_gguf(root / "gpt_oss_mxfp4_gguf" / "model.gguf", made, blocks_of)
