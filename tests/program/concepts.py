"""docs/concepts.md says what the model computes: its pictures are those that tools/draw_concepts.py draws, and its
numbers those of selfattn. README's picture has the words and numbers of the page.

SPDX-License-Identifier: MIT"""
import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import browser
from run import MODEL, PROGRAM, run_json

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TIRED = "The animal didn't cross the street because it was too tired."
WIDE = "The animal didn't cross the street because it was too wide."
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def looks(sentence, layer, head):
    answer = run_json("attend", MODEL, sentence, "--layer", str(layer), "--head", str(head))
    return answer["words"], answer["weights"]


def row(sentence, layer, head, word):
    """The weights of a word, by the words that it looks at."""
    words, weights = looks(sentence, layer, head)
    return dict(zip(words, weights[words.index(word)]))


class Concepts(unittest.TestCase):
    def setUp(self):
        self.page = " ".join((ROOT / "docs" / "concepts.md").read_text(encoding="utf-8").split())

    def says(self, words, *values):
        """The page has these words, with these numbers in place of #, as they are rounded there."""
        found = re.search(re.escape(words).replace(r"\#", r"(\d+(?:\.\d+)?)"), self.page)
        self.assertIsNotNone(found, words)
        for text, value in zip(found.groups(), values, strict=True):
            unit = 10.0 ** -len(text.partition(".")[2])
            self.assertAlmostEqual(float(text), value, delta=0.51 * unit, msg=found[0])

    def test_pictures(self):
        with tempfile.TemporaryDirectory() as folder:
            environment = dict(os.environ, PYTHONPATH=str(ROOT / "bindings" / "python"))
            subprocess.run([sys.executable, "-B", ROOT / "tools" / "draw_concepts.py", MODEL, folder],
                           env=environment, check=True)
            drawn = sorted(pathlib.Path(folder).iterdir())
            self.assertGreater(len(drawn), 5)
            for path in drawn:
                text, kept = path.read_text("utf-8"), (ROOT / "docs" / "images" / path.name).read_text("utf-8")
                self.assertEqual(NUMBER.split(text), NUMBER.split(kept), path.name)
                for ours, theirs in zip(NUMBER.findall(text), NUMBER.findall(kept)):
                    self.assertAlmostEqual(float(ours), float(theirs), delta=1, msg=path.name)
                self.assertIn(path.name, self.page)

    @unittest.skipUnless(browser.PROGRAM, "SKIPPED: needs chromium")
    def test_picture_of_the_page(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "page.svg"
            subprocess.run([sys.executable, "-B", ROOT / "tools" / "draw_page.py", PROGRAM, MODEL, path], check=True)
            drawn, kept = (re.findall(r">([^<]+)</text>", file.read_text("utf-8"))
                           for file in (path, ROOT / "docs" / "images" / "page.svg"))
        self.assertEqual([NUMBER.sub("#", text) for text in drawn], [NUMBER.sub("#", text) for text in kept])
        for ours, theirs in zip(NUMBER.findall(" ".join(drawn)), NUMBER.findall(" ".join(kept))):
            self.assertAlmostEqual(float(ours), float(theirs), delta=1)

    def test_what_it_looks_at(self):
        tired, wide = row(TIRED, 3, 1, "it"), row(WIDE, 3, 1, "it")
        self.says("*animal* falls from # to # per cent, and *street* rises from # to #",
                  *(100 * weights[word] for word in ("animal", "street") for weights in (tired, wide)))
        tired, wide = row(TIRED, 4, 0, "it"), row(WIDE, 4, 0, "it")
        self.says("from # per cent at *animal* and # at *street* to # and #",
                  *(100 * weights[word] for weights in (tired, wide) for word in ("animal", "street")))

    def test_other_heads(self):
        self.says("looks at [CLS], with # per cent", 100 * row(TIRED, 3, 5, "it")["[CLS]"])
        _, weights = looks(TIRED, 0, 2)
        before = [weights[i][i - 1] for i in range(2, len(weights) - 1)]
        self.assertGreater(sum(before) / len(before), 0.999)

    def test_search(self):
        results = run_json("search", MODEL, "--query", "the grassy edge of a stream",
                           "We sat on the bank of the river.", "The bank raised its interest rate.")["results"]
        self.says("answers # for the river and # for the interest rate", *(result["score"] for result in results))

    def test_without_the_division(self):
        powers = {word: weight ** math.sqrt(32) for word, weight in row(TIRED, 3, 1, "it").items()}
        total = sum(powers.values())
        self.assertGreater(powers["animal"] / total, 0.9999)
        self.assertLess(powers["street"] / total, 0.0001)


if __name__ == "__main__":
    if not os.path.isdir(MODEL):
        print(f"SKIPPED program.concepts: {MODEL} is absent; scripts/test fetches it, SELFATTN_MINILM names its place")
        sys.exit(77)
    unittest.main()
