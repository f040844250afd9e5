#!/usr/bin/env python3
"""Random variations of the models of make_with_transformers.py: vary_with_transformers.py DIR [FIRST [COUNT]].

Each keeps its sizes, but some flags, activations and small numbers of its configuration become others. The program
`architectures DIR`, built with the tests, then has to reproduce each, or to refuse it by the name of a setting. A few of
the largest errors are those of badly conditioned models: an activation like relu2 on random weights.

SPDX-License-Identifier: MIT"""
import copy
import pathlib
import random
import shutil
import sys

import make_with_transformers as maker
import transformers

ACTIVATIONS = ["gelu", "silu", "relu", "gelu_new", "gelu_pytorch_tanh", "quick_gelu", "relu2"]
# What changes nothing that is computed here, or asks for another class.
KEPT = {"use_cache", "return_dict", "is_decoder", "is_encoder_decoder", "add_cross_attention", "apply_spec_augment",
        "use_mask_token", "output_attentions", "output_hidden_states", "do_sample", "add_adapter", "is_folding_model",
        "deterministic_flash_attn", "reference_compile", "repad_logits_with_grad", "alibi", "multi_query"}
SMALL = {"num_hidden_groups": [1, 2], "num_experts_per_tok": [1, 2, 3], "sliding_window": [2, 4, 5],
         "num_register_tokens": [0, 1, 4], "rope_theta": [100.0, 50000.0], "logit_scale": [0.25, 1.0],
         "num_key_value_heads": [1, 2, 4], "layer_norm_eps": [1e-6, 1e-3], "rms_norm_eps": [1e-6, 1e-3],
         "partial_rotary_factor": [0.5, 1.0], "query_pre_attn_scalar": [4, 16], "final_logit_softcapping": [3.0, 30.0],
         "mlp_ratio": [2, 3], "position_buckets": [4, 6], "window_size": [2, 5]}


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


def main(root, first, count):
    originals = dict(maker.MODELS)
    for seed in range(first, first + count):
        for name, (kind, settings, inputs) in originals.items():
            known = getattr(transformers, kind).config_class(**settings).to_dict()
            new = varied(settings, known, random.Random(f"{seed} {name}"))
            maker.MODELS[name] = kind, new, inputs
            folder = root / f"{name}-{seed}"
            try:
                maker.make(folder, name)
            except Exception as problem:  # what Transformers itself cannot make or compute
                shutil.rmtree(folder, ignore_errors=True)
                print(f"{folder.name}: {type(problem).__name__}: {str(problem).splitlines()[0]}", file=sys.stderr)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), *[int(number) for number in (sys.argv[2:] + ["0", "1"])[:2]])
