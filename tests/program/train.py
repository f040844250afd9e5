"""selfattn train: a model of nonsense learns a text by heart, goes on where it stopped, refuses what makes no sense.

SPDX-License-Identifier: MIT"""
import json
import math
import os
import tempfile
import unittest

import run as program
import tiny


TEXT = "the cat sat on a mat and the dog sat on the cat. " * 40


def run(*arguments, **options):
    """One thread: this model is too small for more."""
    return program.run(*arguments, "--threads", "1", **options)


class Train(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.model = self.folder.name
        tiny.write_llama(self.model)
        self.tokenizer = os.path.join(self.model, "tokenizer.bin")
        self.text = os.path.join(self.model, "text.txt")
        with open(self.text, "w", encoding="utf-8") as file:
            file.write(TEXT)

    def tearDown(self):
        self.folder.cleanup()

    def train(self, output, *arguments, model=None, **options):
        return run("train", model or self.model, "--text", self.text, "--output", os.path.join(self.model, output),
                   "--tokenizer", self.tokenizer, "--batch", "4", "--tokens", "32", *arguments, **options)

    def losses(self, *arguments, **options):
        return json.loads(self.train(*arguments, "--json", **options))

    def test_the_loss_falls_and_the_model_writes_the_text(self):
        picture = os.path.join(self.model, "losses.svg")
        answer = self.losses("out", "--updates", "300", "--every", "100", "--rate", "0.01", "--picture", picture)
        first, last = answer["losses"][0], answer["losses"][-1]
        self.assertEqual([point["update"] for point in answer["losses"]], [0, 100, 200, 300])
        self.assertLess(last["test_loss"], first["test_loss"] / 5)
        self.assertEqual(answer["updates"], 300)
        with open(picture, encoding="utf-8") as file:
            self.assertIn("<svg", file.read())
        written = json.loads(run("generate", os.path.join(self.model, "out"), "the cat", "--tokenizer", self.tokenizer,
                                 "--max-tokens", "8", "--json"))
        self.assertIn("the cat" + written["text"], TEXT)

    def test_a_stopped_training_goes_on(self):
        self.losses("half", "--updates", "10")
        answer = self.losses("half", "--updates", "20", "--resume", model=os.path.join(self.model, "half"))
        self.assertEqual(answer["updates"], 20)
        self.assertEqual(answer["losses"][0]["update"], 10)

    def test_from_scratch_it_knows_nothing(self):
        answer = self.losses("new", "--scratch", "--updates", "1", "--rate", "1e-9")
        vocabulary = 3 + 256 + 95 + len(tiny.PIECES)
        self.assertAlmostEqual(answer["losses"][0]["test_loss"], math.log(vocabulary), delta=0.1)
        self.assertEqual(answer, self.losses("new", "--scratch", "--updates", "1", "--rate", "1e-9"))

    def test_what_makes_no_sense(self):
        for arguments, words in ((["--updates", "0"], "--updates is 0"), (["--rate", "0"], "--rate is 0"),
                                 (["--resume", "--scratch"], "--resume and --scratch are given")):
            self.assertIn(words, self.train("out", *arguments, status=2))
        self.assertIn("optimizer.safetensors", self.train("out", "--resume", status=1))
        with open(self.text, "w", encoding="utf-8") as file:
            file.write("the cat")
        self.assertIn("are needed for one window to learn", self.train("out", status=1))


if __name__ == "__main__":
    unittest.main()
