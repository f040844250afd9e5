#!/usr/bin/env python3
"""Writes marian/: a small random Marian translator (names as Transformers has them) and what it computes, in double precision from the formulas.

The other folders here were written and computed by Transformers. Its own file of such a model lacks the positions, so that a
random one cannot be compared.

SPDX-License-Identifier: MIT"""
import json
import math
import pathlib
import struct

import numpy

E, H, F, V, L, B, T, U, WRITTEN = 32, 4, 48, 41, 2, 2, 11, 6, 12
D = E // H
LENGTHS = [11, 7]
CONFIG = {
    "activation_function": "swish", "d_model": E, "decoder_attention_heads": H, "decoder_ffn_dim": F, "decoder_layers": L,
    "decoder_start_token_id": 0, "decoder_vocab_size": V, "encoder_attention_heads": H, "encoder_ffn_dim": F,
    "encoder_layers": L, "eos_token_id": 2, "is_encoder_decoder": True, "max_position_embeddings": 20,
    "model_type": "marian", "pad_token_id": 0, "scale_embedding": True, "share_encoder_decoder_embeddings": True,
    "tie_word_embeddings": True, "vocab_size": V}
random = numpy.random.default_rng(20)
weights = {}


def make(name, *size, mean=0.0, spread=None):
    spread = spread or 1.5 / math.sqrt(size[-1])
    weights[name] = (mean + spread * random.standard_normal(size)).astype("<f4")


def make_model():
    make("model.shared.weight", V, E, spread=0.2)
    make("final_logits_bias", 1, V, spread=0.3)
    for stack, attentions in (("encoder", ["self_attn"]), ("decoder", ["self_attn", "encoder_attn"])):
        for layer in range(L):
            block = f"model.{stack}.layers.{layer}."
            for attention in attentions:
                for part in "qkv":
                    make(f"{block}{attention}.{part}_proj.weight", E, E)
                    make(f"{block}{attention}.{part}_proj.bias", E, spread=0.2)
                make(f"{block}{attention}.out_proj.weight", E, E)
                make(f"{block}{attention}.out_proj.bias", E, spread=0.2)
            for name, rows, columns in (("fc1", F, E), ("fc2", E, F)):
                make(f"{block}{name}.weight", rows, columns)
                make(f"{block}{name}.bias", rows, spread=0.2)
            for norm in [a + "_layer_norm" for a in attentions] + ["final_layer_norm"]:
                make(f"{block}{norm}.weight", E, mean=1, spread=0.2)
                make(f"{block}{norm}.bias", E, spread=0.2)


def value(name):
    return weights[name].astype(numpy.float64)


def linear(x, name):
    return x @ value(name + ".weight").T + value(name + ".bias")


def norm(x, name):
    x = x - x.mean(-1, keepdims=True)
    return x / numpy.sqrt((x * x).mean(-1, keepdims=True) + 1e-5) * value(name + ".weight") + value(name + ".bias")


def attend(x, context, name, mask):
    q, k, v = (linear(c, f"{name}.{part}_proj").reshape(-1, H, D) for c, part in ((x, "q"), (context, "k"), (context, "v")))
    scores = numpy.where(mask, numpy.einsum("ihd,jhd->hij", q, k) / math.sqrt(D), -numpy.inf)
    p = numpy.exp(scores - scores.max(-1, keepdims=True))
    p /= p.sum(-1, keepdims=True)
    return linear(numpy.einsum("hij,jhd->ihd", p, v).reshape(-1, E), name + ".out_proj"), p


def embed(ids):
    angles = numpy.arange(len(ids))[:, None] / 10000 ** (2 * numpy.arange(E // 2) / E)
    return value("model.shared.weight")[ids] * math.sqrt(E) + numpy.concatenate([numpy.sin(angles), numpy.cos(angles)], 1)


def feed_forward(x, block):
    inner = linear(x, block + "fc1")
    return norm(x + linear(inner / (1 + numpy.exp(-inner)), block + "fc2"), block + "final_layer_norm")


def encode(ids):
    x, seen = embed(ids), []
    for layer in range(L):
        block = f"model.encoder.layers.{layer}."
        y, p = attend(x, x, block + "self_attn", True)
        seen.append(p)
        x = feed_forward(norm(x + y, block + "self_attn_layer_norm"), block)
    return x, seen


def decode(ids, source):
    x, own, cross = embed(ids), [], []
    past = numpy.tril(numpy.ones((len(ids), len(ids)), bool))
    for layer in range(L):
        block = f"model.decoder.layers.{layer}."
        y, p = attend(x, x, block + "self_attn", past)
        own.append(p)
        x = norm(x + y, block + "self_attn_layer_norm")
        y, p = attend(x, source, block + "encoder_attn", True)
        cross.append(p)
        x = feed_forward(norm(x + y, block + "encoder_attn_layer_norm"), block)
    return x @ value("model.shared.weight").T + value("final_logits_bias")[0], own, cross


def greedy(source):
    ids = [0]
    while len(ids) < WRITTEN:
        ids.append(int(decode(ids, source)[0][-1].argmax()))
    return ids


def write_tensors(path, tensors):
    header, data = {}, b""
    for name, array in tensors.items():
        array = array.astype("<f4")
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [len(data), len(data) + array.nbytes]}
        data += array.tobytes()
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def main():
    make_model()
    folder = pathlib.Path(__file__).resolve().parent / "marian"
    ids = random.integers(3, V, (B, T))
    targets = numpy.concatenate([numpy.zeros((B, 1), int), random.integers(3, V, (B, U - 1))], 1)
    out = {"encoder_last_hidden_state": numpy.zeros((B, T, E)), "encoder_weights": numpy.zeros((L, B, H, T, T)),
           "decoder_weights": numpy.zeros((L, B, H, U, U)), "cross_weights": numpy.zeros((L, B, H, U, T)),
           "logits": numpy.zeros((B, U, V))}
    written = []
    for b, n in enumerate(LENGTHS):
        ids[b, n:] = 0
        source, seen = encode(ids[b, :n])
        logits, own, cross = decode(targets[b], source)
        out["encoder_last_hidden_state"][b, :n], out["logits"][b] = source, logits
        for layer in range(L):
            out["encoder_weights"][layer, b, :, :n, :n] = seen[layer]
            out["decoder_weights"][layer, b] = own[layer]
            out["cross_weights"][layer, b, :, :, :n] = cross[layer]
        written.append(greedy(source))
    folder.mkdir(exist_ok=True)
    write_tensors(folder / "model.safetensors", weights)
    write_tensors(folder / "reference.safetensors", out)
    (folder / "config.json").write_text(json.dumps(CONFIG, indent=2) + "\n")
    (folder / "reference.json").write_text(json.dumps({"input_ids": ids.tolist(), "lengths": LENGTHS,
                                                       "decoder_input_ids": targets.tolist(), "greedy": written}) + "\n")


main()
