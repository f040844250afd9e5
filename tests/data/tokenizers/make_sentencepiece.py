#!/usr/bin/env python3
"""Writes sentencepiece.json: the pieces of small models, and digests of what SentencePiece makes of the texts of hostile.py
(those without the names of control tokens, which it does not find in a text), of what it decodes them to, and of what
it decodes token numbers to that are drawn.
   sentencepiece 0.1.97; python3 make_sentencepiece.py
SPDX-License-Identifier: MIT"""
import base64
import json
import pathlib
import struct
import tempfile

import sentencepiece

from hostile import FRAGMENTS, GROUP, digest, drawn, texts

HERE = pathlib.Path(__file__).parent
IDENTITY = {"normalization_rule_name": "identity", "remove_extra_whitespaces": False}
RULES = {"\u00a0": " ", "\u3000": " ", "\t": " ", "\n": " ", "\r\n": " ", "\u200b": "", "\ufb01": "fi", "\uff21\uff42": "AB",
         "e\u0301": "\u00e9", "\u2026": "...", "\u0001": "", "\u0344": "\u0308 \u0301"}
KINDS = {
    "unigram": {"model_type": "unigram"},
    "unigram_bytes": {"model_type": "unigram", "byte_fallback": True, "vocab_size": 480, "add_dummy_prefix": False},
    "suffix": {"model_type": "unigram", "treat_whitespace_as_suffix": True, "unk_surface": "<?>"},
    "bpe": {"model_type": "bpe"},
    "bpe_bytes": {"model_type": "bpe", "byte_fallback": True, "vocab_size": 480, **IDENTITY,
                  "user_defined_symbols": ["\u2581\u2581", "ing", "caf\u00e9"]},
}


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 128:
            return value, at


def fields(data):
    """The fields of a message: number, value."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        elif key & 7 == 5:
            value, at = data[at:at + 4], at + 4
        else:
            length, at = varint(data, at)
            value, at = data[at:at + length], at + length
        yield key >> 3, value


def parts(model):
    pieces, charsmap = [], b""
    for number, value in fields(model):
        if number == 1:
            piece = dict(fields(value))
            pieces.append([piece[1].decode(), struct.unpack("<f", piece[2])[0], piece.get(3, 1)])
        elif number == 3:
            charsmap = dict(fields(value)).get(2, b"")
    return pieces, base64.b64encode(charsmap).decode()


def train(folder, options):
    corpus = ["".join(FRAGMENTS[(i * 7 + k * k) % len(FRAGMENTS)] for k in range(9)) for i in range(400)]
    corpus += ["the cat sat on the mat, the other cats sat there", "a new test of the newest tests: 1 12 123 1234"] * 20
    lines = "\n".join(line.replace("\0", "").replace("\n", " ") for line in corpus)
    (folder / "corpus.txt").write_text(lines, encoding="utf-8")
    rules = ["%s\t%s" % tuple(" ".join("%X" % ord(c) for c in text) for text in rule) for rule in RULES.items()]
    (folder / "rules.tsv").write_text("\n".join(rules) + "\n", encoding="utf-8")
    if "normalization_rule_name" not in options:
        options = {"normalization_rule_tsv": str(folder / "rules.tsv"), **options}
    sentencepiece.SentencePieceTrainer.train(input=str(folder / "corpus.txt"), model_prefix=str(folder / "m"),
                                             **{"vocab_size": 240, "character_coverage": 0.98, "minloglevel": 2, **options})
    return (folder / "m.model").read_bytes()


def main():
    result = {}
    for name, options in KINDS.items():
        with tempfile.TemporaryDirectory() as folder:
            model = train(pathlib.Path(folder), options)
        processor = sentencepiece.SentencePieceProcessor(model_proto=model)
        hash_ = decoded = 0xCBF29CE484222325
        digests, decodings = [], []
        # With this seed no control token stands between two bytes of a character: SentencePiece then shows none, the
        # library does.
        for i, (text, ids) in enumerate(zip(texts(), drawn(4, processor.get_piece_size()))):
            if not any(control in text for control in ("<s>", "</s>", "<unk>")):
                encoded = processor.encode(text)
                hash_ = digest(hash_, b"".join(struct.pack("<i", n) for n in encoded) + b"\n")
                decoded = digest(decoded, processor.decode(encoded).encode() + b"\n")
            decoded = digest(decoded, processor.decode(ids).encode() + b"\n")
            if i % GROUP == GROUP - 1:
                digests.append("%016x" % hash_)
                decodings.append("%016x" % decoded)
        pieces, charsmap = parts(model)
        known = {"unigram": 1, "bpe": 2}[options["model_type"]]
        flags = {key: options.get(key, usual) for key, usual in (
            ("byte_fallback", False), ("treat_whitespace_as_suffix", False), ("add_dummy_prefix", True),
            ("remove_extra_whitespaces", True))}
        if "unk_surface" in options:
            flags["unk_surface"] = options["unk_surface"]
        result[name] = {"model_type": known, **flags, "precompiled_charsmap": charsmap, "pieces": pieces,
                        "digests": digests, "decodings": decodings}
    lines = [json.dumps(name) + ": " + json.dumps(value, separators=(",", ":")) for name, value in result.items()]
    (HERE / "sentencepiece.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


main()
