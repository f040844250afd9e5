"""Trained models, where scripts/test has fetched them.

SPDX-License-Identifier: MIT"""
import json
import os
import pathlib
import struct
import unittest

from support import MODELS, ROOT, flat, selfattn

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "selfattn"
DATA = ROOT / "tests" / "data"


def model(name):
    path = pathlib.Path(os.environ.get("SELFATTN_" + name.upper()) or CACHE / name)
    if not MODELS or not path.exists() or not DATA.is_dir():
        raise unittest.SkipTest(f"SKIPPED: {name} is not on this machine")
    return path


def tensor(path, name):
    """Float32 numbers of a tensor in a safetensors file."""
    raw = path.read_bytes()
    (size,) = struct.unpack("<Q", raw[:8])
    begin, end = json.loads(raw[8:8 + size])[name]["data_offsets"]
    return struct.unpack(f"<{(end - begin) // 4}f", raw[8 + size + begin:8 + size + end])


class Trained(unittest.TestCase):
    def test_sentences(self):
        ours = selfattn.SentenceTransformer(model("minilm"))
        cases = json.loads((DATA / "minilm" / "reference.json").read_text(encoding="utf-8"))
        texts = [case["text"] for case in cases]
        self.assertEqual([ours.model.ids(text) for text in texts], [case["ids"] for case in cases])
        found = ours.encode(texts, batch_size=2)
        for i, row in enumerate(found):
            want = tensor(DATA / "minilm" / "reference.safetensors", f"s{i}.embedding")
            self.assertLess(max(abs(a - b) for a, b in zip(flat(row), want)), 1e-5)

    def test_a_story(self):
        ours = selfattn.Model(model("stories15M"))
        case = json.loads((DATA / "stories15M" / "reference.json").read_text(encoding="utf-8"))[0]
        text = ours.generate(case["prompt"], len(case["greedy_ids"]))
        said = "".join(text)
        self.assertEqual(text.ids, case["greedy_ids"])
        self.assertEqual(said, case["greedy_text"].replace("<0x0A>", "\n"))


if __name__ == "__main__":
    unittest.main()
