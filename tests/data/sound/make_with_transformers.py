#!/usr/bin/env python3
"""Writes small random models that hear sound, as Transformers saves them, each with its feature extractor and with what
Transformers makes of a sound: make_with_transformers.py [DIR [NAME...]], DIR by default where this file is.

reference.json has, for sounds of some lengths, their features (float32, by the extractor; not of waves) and the logits
of a classifier, or the tokens that generate() writes (the model in double precision).

Written with Transformers 5.12.1 on PyTorch 2.14, without torchaudio.

SPDX-License-Identifier: MIT"""
import json
import pathlib
import sys

import torch
import transformers
from formula import sound

E, H, F, V, L = 16, 2, 24, 31, 2
MODELS = {
    "ast": (transformers.ASTForAudioClassification,
            {"hidden_size": E, "num_attention_heads": H, "intermediate_size": F, "num_hidden_layers": L,
             "patch_size": 4, "frequency_stride": 4, "time_stride": 4, "num_mel_bins": 12, "max_length": 24,
             "num_labels": 4},
            transformers.ASTFeatureExtractor(num_mel_bins=12, max_length=24), (3200, 8000, 400)),
    "moonshine": (transformers.MoonshineForConditionalGeneration,
                  {"hidden_size": E, "encoder_num_attention_heads": H, "decoder_num_attention_heads": H,
                   "encoder_num_key_value_heads": H, "decoder_num_key_value_heads": H, "intermediate_size": F,
                   "encoder_num_hidden_layers": L, "decoder_num_hidden_layers": L, "vocab_size": V,
                   "max_position_embeddings": 64, "bos_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 1,
                   "pad_token_id": 2, "pad_head_dim_to_multiple_of": 5},  # as published: zeros beside queries and keys
                  transformers.Wav2Vec2FeatureExtractor(do_normalize=False), (8000, 20000, 40000)),
    "speech_to_text": (transformers.Speech2TextForConditionalGeneration,
                       {"d_model": E, "encoder_attention_heads": H, "decoder_attention_heads": H, "encoder_ffn_dim": F,
                        "decoder_ffn_dim": F, "encoder_layers": L, "decoder_layers": L, "vocab_size": V,
                        "max_source_positions": 2000, "max_target_positions": 64, "conv_channels": 12,
                        "input_feat_per_channel": 10, "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2,
                        "decoder_start_token_id": 2, "tie_word_embeddings": False},
                       transformers.Speech2TextFeatureExtractor(feature_size=10, num_mel_bins=10), (4000, 8000, 5000)),
}
# A seed and a spread of parameters for which texts differ and end.
DRAWN = {"ast": (328, 0.3), "moonshine": (976, 0.3), "speech_to_text": (2, 0.4)}
# The published models write so.
WRITING = {"speech_to_text": {"num_beams": 5, "max_length": 20, "early_stopping": True}}


def answer(model, extractor, count):
    heard = extractor(sound(count), sampling_rate=extractor.sampling_rate, return_tensors="pt")
    heard = {name: value.double() if value.is_floating_point() else value for name, value in heard.items()}
    features = next(value for name, value in heard.items() if name.startswith("input"))
    told = {"samples": count}
    if features.dim() == 3:
        told["features"] = [round(x, 6) for x in features.flatten().tolist()]
    with torch.no_grad():
        if not model.can_generate():
            told["logits"] = [round(x, 6) for x in model(**heard).logits[0].tolist()]
        else:
            # Moonshine's card limits texts so; its generation_config.json says nothing.
            limits = {"max_length": int(count * 6.5 / 16000)} if model.config.model_type == "moonshine" else {}
            told["ids"] = model.generate(**heard, **limits)[0].tolist()
    return told


def make(folder, name):
    kind, settings, extractor, counts = MODELS[name]
    seed, spread = DRAWN[name]
    torch.manual_seed(seed)
    model = kind(kind.config_class(**settings)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * (spread if parameter.dim() > 1 else 0.2))
    if name in WRITING:
        model.generation_config.update(**WRITING[name])
    model.save_pretrained(folder)
    extractor.save_pretrained(folder)
    model.double()
    reference = [answer(model, extractor, count) for count in counts]
    (folder / "reference.json").write_text(json.dumps(reference) + "\n")


if __name__ == "__main__":
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent
    for model_name in sys.argv[2:] or MODELS:
        make(root / model_name, model_name)
