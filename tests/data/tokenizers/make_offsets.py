"""Writes offsets.json: where in a few texts the tokens of kinds.json stand, by Hugging Face's tokenizers.
Usage: make_offsets.py (needs the package tokenizers; written by 0.23.1). SPDX-License-Identifier: MIT"""
import json
import pathlib

import tokenizers

HERE = pathlib.Path(__file__).parent
TEXTS = [
    "Hello, world! It's 3.5 km to Zürich.",
    "  two  spaces\tand a line\nbreak ",
    "the naïve CAFÉ — “quoted” … and ½ of it",
    "中文 and 한국어, ภาษาไทย, русский",
    "function(x) { return x + 1000; } // don't",
    "a <mask> here, [MASK] there <s>x</s>",
    "🙂 unknown 🄰 characters ℌ",
]


def offsets(tokenizer, text):
    """The first byte of each token and the one behind it, one behind the other."""
    before = [len(text[:i].encode()) for i in range(len(text) + 1)]
    encoded = tokenizer.encode(text, add_special_tokens=False)
    return [before[at] for span in encoded.offsets for at in span]


def main():
    kinds = json.loads((HERE / "kinds.json").read_text(encoding="utf-8"))
    known = {}
    for name, kind in kinds.items():
        tokenizer = tokenizers.Tokenizer.from_str(json.dumps(kind["tokenizer"]))
        known[name] = [offsets(tokenizer, text) for text in TEXTS]
    lines = ",\n  ".join(f"{json.dumps(name)}: {json.dumps(lists, separators=(',', ':'))}" for name, lists in known.items())
    texts = ",\n  ".join(json.dumps(text, ensure_ascii=False) for text in TEXTS)
    written = f'{{"texts": [\n  {texts}],\n "kinds": {{\n  {lines}}}}}\n'
    (HERE / "offsets.json").write_text(written, encoding="utf-8")


main()
