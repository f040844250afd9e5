#!/usr/bin/env python3
"""Random variations of the models of make_with_transformers.py, and of other folders of models, of which the settings
and the kind of inputs are taken: vary_with_transformers.py DIR [FIRST [COUNT [FOLDER...]]].

Each gets other sizes, numbers of layers and rules of rotary positions, some another class of the family, and every
second one also other flags, activations and small numbers. Half are saved as older files are. Models that
Transformers' own single precision does not compute well are left out. The program `architectures DIR`, built with the
tests, then has to reproduce each, or to refuse it by the name of a setting.

SPDX-License-Identifier: MIT"""
import copy
import json
import math
import pathlib
import random
import re
import shutil
import sys

import make_with_transformers as maker
import transformers
from safetensors import safe_open

ACTIVATIONS = ["gelu", "silu", "relu", "gelu_new", "gelu_pytorch_tanh", "quick_gelu", "relu2"]
# What changes nothing that is computed here, or asks for another class.
KEPT = {"use_cache", "return_dict", "is_decoder", "is_encoder_decoder", "add_cross_attention", "apply_spec_augment",
        "use_mask_token", "output_attentions", "output_hidden_states", "do_sample", "add_adapter", "is_folding_model",
        "deterministic_flash_attn", "reference_compile", "repad_logits_with_grad", "alibi", "multi_query",
        "use_bidirectional_attention"}
SMALL = {"num_hidden_groups": [1], "num_experts_per_tok": [1, 2, 3], "sliding_window": [2, 4, 5],
         "num_register_tokens": [0, 1, 4], "rope_theta": [100.0, 50000.0], "logit_scale": [0.25, 1.0],
         "num_key_value_heads": [1, 2, 4], "layer_norm_eps": [1e-6, 1e-3], "rms_norm_eps": [1e-6, 1e-3],
         "partial_rotary_factor": [0.5, 1.0], "query_pre_attn_scalar": [4, 16], "final_logit_softcapping": [3.0, 30.0],
         "mlp_ratio": [2, 3], "position_buckets": [4, 6], "window_size": [2, 5]}

WIDTHS = ["hidden_size", "d_model", "n_embd", "dim"]
HEADS = ["num_attention_heads", "n_head", "n_heads", "num_heads", "encoder_num_attention_heads",
         "decoder_num_attention_heads", "encoder_attention_heads", "decoder_attention_heads"]
KEY_HEADS = ["num_key_value_heads", "num_kv_heads", "encoder_num_key_value_heads", "decoder_num_key_value_heads"]
LAYERS = ["num_hidden_layers", "n_layer", "n_layers", "num_layers", "num_decoder_layers", "encoder_layers",
          "decoder_layers", "encoder_num_hidden_layers", "decoder_num_hidden_layers"]
INNER = ["intermediate_size", "d_ff", "ffn_dim", "encoder_ffn_dim", "decoder_ffn_dim", "hidden_dim", "ffn_hidden_size",
         "n_inner", "moe_intermediate_size", "shared_expert_intermediate_size", "conv_channels"]
LISTED = {"embedding_size": [6, 11, 16, 30], "word_embed_proj_dim": [6, 11, 30], "num_channels": [1, 2, 3, 4],
          "vocab_size": [31, 33, 47, 129], "type_vocab_size": [1, 2, 3], "num_mel_bins": [7, 10, 13],
          "input_feat_per_channel": [5, 6, 9], "relative_attention_num_buckets": [4, 6, 8, 10, 32],
          "relative_attention_max_distance": [20, 64, 128], "num_conv_pos_embeddings": [1, 2, 3, 6, 7, 16],
          "max_length": [9, 12, 17], "frequency_stride": [1, 2, 3, 5], "time_stride": [1, 2, 4, 5],
          "sliding_window": [1, 2, 3, 4, 7, 30], "local_attention": [2, 4, 6, 40], "window_size": [1, 3, 7, 30],
          "local_attention_window": [1, 3, 30], "max_source_positions": [20, 33], "tie_word_embeddings": [False, True],
          "global_attn_every_n_layers": [1, 2, 3], "num_labels": [1, 2, 3, 5], "num_hidden_groups": [1],
          "position_buckets": [4, 7, 32], "logit_scale": [0.25, 1.0]}
# What mostly, or always, is the same as another size.
SAME = {"decoder_vocab_size": "vocab_size", "pooler_output_size": "hidden_size", "projection_size": "hidden_size",
        "encoder_num_attention_heads": "decoder_num_attention_heads"}
# Other classes of a family, and what goes into them.
CLASSES = {"text": {"Model": "text", "ForMaskedLM": "text", "ForSequenceClassification": "text",
                    "ForTokenClassification": "text"},
           "decoder": {"Model": "text", "ForSequenceClassification": "text", "ForTokenClassification": "text"},
           "image": {"Model": "image", "ForImageClassification": "image"},
           "wave": {"ForCTC": "wave", "ForSequenceClassification": "wave", "ForAudioFrameClassification": "wave"},
           "spectrogram": {"ForAudioClassification": "spectrogram"}}
# Others stretch a table of positions, as if it were a square's, or know squares alone.
NOT_SQUARE = {"vit", "deit"}
FEWEST_POSITIONS, ATTEMPTS = 44, 8
SURE = 4e-6  # the largest error of a model that is well conditioned


def varied(settings, known, choose):
    """Other settings, of those that the configuration knows."""
    settings = copy.deepcopy(settings)
    for key, value in sorted(known.items()):
        if key in KEPT or key.startswith("_") or choose.random() > 0.25:
            continue
        if isinstance(value, bool):
            settings[key] = not value
        elif key in SMALL and key in settings | known:
            settings[key] = choose.choice(SMALL[key])
        elif isinstance(value, str) and value in ACTIVATIONS:
            settings[key] = choose.choice(ACTIVATIONS)
    return settings


def divisor(number, choose):
    return choose.choice([n for n in range(1, number + 1) if number % n == 0])


def set_heads(s, choose):
    """Widths that the heads fill, unless these have a size of their own."""
    size, heads = choose.choice([2, 4, 6, 8, 10, 12, 16, 20, 32, 80, 96]), choose.choice([1, 2, 3, 4, 5, 6, 8])
    size = size if size * heads <= 200 else 8
    width = size * heads
    for key in ("head_dim", "d_kv"):
        if s.get(key):
            s[key], width = size, heads * choose.choice([1, 3, 5, 7, 16, 26])
    s |= {key: width for key in WIDTHS if s.get(key)}
    s |= {key: divisor(heads, choose) if "coder" in key else heads for key in HEADS if s.get(key)}
    for key in KEY_HEADS:
        if s.get(key):
            s[key] = divisor(s.get(key.replace("key_value", "attention"), heads), choose)
    if s.get("rotary_dim"):
        s["rotary_dim"] = 2 * choose.randint(1, max(1, size // 2))


def set_layers(s, choose):
    s |= {key: choose.randint(1, 4) for key in LAYERS if s.get(key)}
    layers = next((s[key] for key in LAYERS if s.get(key)), 1)
    for key in ("layer_types", "no_rope_layers"):
        if s.get(key):
            kinds = sorted(set(s[key]))
            s[key] = [choose.choice(kinds) for _ in range(layers)]
    if s.get("mlp_only_layers"):
        s["mlp_only_layers"] = [i for i in range(layers) if choose.random() < 0.3]
    if s.get("attention_types"):
        s.pop("attention_layers", None)
        s["attention_types"] = [[[choose.choice(["global", "local"])], 1] for _ in range(layers)]


def set_inputs(s, choose):
    """Images need not be filled by their patches, nor be squares; layers of convolutions have what each needs."""
    if s.get("image_size"):
        patch = s["patch_size"] = choose.choice([1, 2, 3, 4, 5])
        s["image_size"] = patch * choose.randint(1, 4) + choose.choice([0, 0, 0, 1]) % patch
        if choose.random() < 0.3 and s.get("model_type") in NOT_SQUARE:
            s["image_size"] = [s["image_size"], patch * choose.randint(1, 4)]
    elif s.get("patch_size"):
        s["patch_size"] = choose.choice([2, 4, 5])
    if s.get("conv_dim"):
        count = s["num_feat_extract_layers"] = choose.randint(1, 3)
        s["conv_dim"] = [choose.choice([4, 6, 7, 11]) for _ in range(count)]
        s["conv_kernel"] = [choose.randint(1, 5) for _ in range(count)]
        s["conv_stride"] = [choose.randint(1, 3) for _ in range(count)]
        s["num_conv_pos_embedding_groups"] = divisor(s["hidden_size"], choose)
    if s.get("conv_kernel_sizes"):
        s["conv_kernel_sizes"] = [choose.choice([1, 3, 5, 7]) for _ in range(choose.randint(1, 3))]
        s["num_conv_layers"] = len(s["conv_kernel_sizes"])
    experts = choose.randint(1, 6)
    for key in ("num_experts", "num_local_experts"):
        if s.get(key):
            s |= {key: experts, "num_experts_per_tok": choose.randint(1, experts)}


def sized(settings, choose):
    """Other sizes, each of its own."""
    s = {k: v for k, v in copy.deepcopy(settings).items() if k not in ("out_features", "out_indices", "stage_names")}
    for part in ("text_config", "vision_config"):
        if part in s:
            s[part] = sized(s[part], choose)
    set_heads(s, choose)
    set_layers(s, choose)
    set_inputs(s, choose)
    s |= {key: choose.choice([5, 7, 13, 24, 33, 65]) for key in INNER if s.get(key)}
    s |= {key: choose.choice(values) for key, values in LISTED.items() if s.get(key) is not None}
    for key in ("max_position_embeddings", "n_positions", "max_seq_len", "max_target_positions"):
        if s.get(key):
            s[key] = choose.choice([FEWEST_POSITIONS, 47, 64])
    if "vision_config" in s:  # joined with the texts
        s["vision_config"] |= {key: s["text_config"]["hidden_size"] for key in ("out_hidden_size",)
                               if key in s["vision_config"]}
    s |= {key: s[other] for key, other in SAME.items() if key in s and other in s and choose.random() < 0.9}
    return s


def scaled(rope, rotary, positions, choose):
    """Rotary positions by another rule."""
    kind = choose.choice(["default", "linear", "dynamic", "yarn", "llama3", "longrope"])
    factor, some = choose.choice([1.5, 2.0, 4.0, 8.0]), lambda: choose.random() < 0.4
    new = {"rope_type": kind, "rope_theta": choose.choice([100.0, 10000.0, 500000.0])}
    if kind != "default":
        new["factor"] = factor
    if kind in ("yarn", "llama3", "longrope"):
        new["original_max_position_embeddings"] = choose.choice([FEWEST_POSITIONS, positions])
    if kind == "yarn":
        choices = {"beta_fast": [16, 32.0], "beta_slow": [1, 2], "attention_factor": [0.8, 1.3], "truncate": [False],
                   "mscale": [0.707, 1.0], "mscale_all_dim": [0.5, 1.0]}
        new |= {key: choose.choice(values) for key, values in choices.items() if some()}
    if kind == "llama3":
        new |= {"low_freq_factor": choose.choice([0.5, 1.0]), "high_freq_factor": choose.choice([2.0, 4.0])}
    if kind == "longrope":
        new |= {key: [choose.uniform(1, 4) for _ in range(rotary // 2)] for key in ("short_factor", "long_factor")}
        new |= {"attention_factor": 1.2} if some() else {}
    if "partial_rotary_factor" in rope:
        new["partial_rotary_factor"] = rope["partial_rotary_factor"]
    return new


def rotated(settings, cls, choose):
    """Settings with another share of each head rotated, by other rules."""
    s, config = dict(settings), cls.config_class(**settings)
    rope = getattr(config, "rope_parameters", None)
    if not rope or "text_config" in s:
        return s
    size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    if rope.get("partial_rotary_factor", 1) != 1:
        rope["partial_rotary_factor"] = choose.choice([0.25, 0.4, 0.5, 0.75, 1.0])
        s["partial_rotary_factor"] = rope["partial_rotary_factor"]
    rotary = int(size * rope.get("partial_rotary_factor", 1))
    if not rotary or rotary % 2:
        raise ValueError(f"{rotary} elements of a head are rotated")
    by_kind = {key: value for key, value in rope.items() if isinstance(value, dict)}
    if by_kind:
        s["rope_parameters"] = {key: scaled(value, rotary, config.max_position_embeddings, choose)
                                for key, value in by_kind.items()}
        for value in s["rope_parameters"].values():
            value.pop("truncate", None)  # Transformers looks for it beside these
    else:
        s["rope_parameters"] = scaled(rope, rotary, config.max_position_embeddings, choose)
    return s


def as_before(folder, cls):
    """Settings as older files have them: those alone that are sizes or not the default, and other names of rotations."""
    path = folder / "config.json"
    config, default = json.loads(path.read_text()), cls.config_class().to_dict()
    rope = config.pop("rope_parameters", None) or {}
    if "full_attention" in rope:
        local = "rope_local_base_freq" if "gemma" in config["model_type"] else "local_rope_theta"
        config[local] = rope["sliding_attention"]["rope_theta"]
        if rope["sliding_attention"]["rope_type"] != "default":
            raise ValueError("windows have a rotation that Transformers 4 has no name for")
        rope = rope["full_attention"]
        if local == "local_rope_theta":
            config["global_rope_theta"] = rope.pop("rope_theta")
    for key in ("rope_theta", "partial_rotary_factor"):
        if key in rope:
            config[key] = rope.pop(key)
    if rope.get("rope_type", "default") != "default":
        config["rope_scaling"] = rope
    kept = {"model_type", "architectures", "rope_theta"}
    config = {key: value for key, value in config.items()
              if key in kept or type(value) is int or value != default.get(key, value is None)}
    path.write_text(json.dumps(config, indent=2) + "\n")


def model_of(folder):
    """The class of a folder's model, its settings, and what goes in."""
    settings = json.loads((folder / "config.json").read_text())
    kind = settings.pop("architectures")[0]
    told = json.loads((folder / "reference.json").read_text())
    with safe_open(folder / "reference.safetensors", "pt") as file:
        names = {name: file.get_slice(name).get_shape() for name in file.keys()}
    if "pixel_values" in names:
        inputs = "image"
    elif "input_features" in names:
        inputs = "mel frames" if "num_mel_bins" in settings else "frames"
    elif "input_values" in names:
        inputs = "spectrogram" if len(names["input_values"]) == 3 else "long wave" if "logits" in names else "wave"
    elif "decoder_input_ids" in told:
        inputs = "pair"
    else:
        inputs = "text" if "lengths" in told else "decoder" if "logits" in names else "causal text"
    return kind, settings, inputs


def classed(kind, inputs, choose):
    """Another class of the same family."""
    family = re.sub("(LMHeadModel|Model|For[A-Z][A-Za-z]*)$", "", kind)
    ending, others = choose.choice(sorted(CLASSES.get(inputs, {"": inputs}).items()))
    other = getattr(transformers, family + ending, None)
    is_same = other and other.config_class is getattr(transformers, kind).config_class
    return (family + ending, others) if is_same else (kind, inputs)


def is_sure(folder, cls, inputs, arguments, values):
    """Whether Transformers, which opens the folder, has the same in single precision."""
    config = cls.config_class.from_pretrained(folder)
    config._experts_implementation = "eager"
    model = cls.from_pretrained(folder, config=config, attn_implementation="eager").eval()
    again = maker.compute(model, inputs, arguments)
    return all((again[key] - value).abs().max() < SURE for key, value in values.items())


def vary(folder, name, kind, settings, inputs, seed, attempt, choose):
    """Makes a model; raises where Transformers itself cannot make or compute it."""
    if choose.random() < 0.3:
        kind, inputs = classed(kind, inputs, choose)
    cls = getattr(transformers, kind)
    new = rotated(sized(settings, choose), cls, choose)
    if seed % 2:
        new = varied(new, cls.config_class(**new).to_dict(), choose)
    maker.MODELS[name] = kind, new, inputs
    maker.T = choose.choice([9, 17, FEWEST_POSITIONS - 4])
    maker.LENGTHS = [maker.T, choose.choice([5, maker.T - 3])]
    width = max(maker.E, *[new.get(key, 0) for key in WIDTHS])
    maker.SPREAD = 0.3 * math.sqrt(maker.E / width) * 0.8**attempt
    arguments, values = maker.make(folder, name)
    if choose.random() < 0.5:
        as_before(folder, cls)
    if not is_sure(folder, cls, inputs, arguments, values):
        raise ValueError("badly conditioned")


def main(root, first, count, *folders):
    originals = dict(maker.MODELS) | {f"{folder.name}_other": model_of(folder) for folder in map(pathlib.Path, folders)}
    for seed in range(first, first + count):
        for name, original in originals.items():
            folder, choose = root / f"{name}-{seed}", random.Random(f"{seed} {name}")
            for attempt in range(ATTEMPTS):
                try:
                    vary(folder, name, *original, seed, attempt, choose)
                    break
                except Exception as problem:
                    shutil.rmtree(folder, ignore_errors=True)
                    print(f"{folder.name}: {type(problem).__name__}: {str(problem).splitlines()[0]}", file=sys.stderr)


if __name__ == "__main__":
    arguments = sys.argv[2:4] + ["0", "1"][len(sys.argv[2:4]):]
    main(pathlib.Path(sys.argv[1]), *[int(number) for number in arguments], *sys.argv[4:])
