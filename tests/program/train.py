"""selfattn train: a model of nonsense learns a text by heart, goes on where it stopped; one of random weights learns a
text or pairs with a tokenizer of its own; what makes no sense is refused.

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

    def write_config(self, **settings):
        path = os.path.join(self.model, "config.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(settings, file)
        return path

    def write_decoder(self):
        return self.write_config(model_type="llama", hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
                                 intermediate_size=64, max_position_embeddings=64, rms_norm_eps=1e-5,
                                 tie_word_embeddings=True, vocab_size=999)

    def test_from_nothing_but_a_text(self):
        arguments = ["train", self.write_decoder(), "--text", self.text, "--output", os.path.join(self.model, "new"),
                     "--vocabulary", "280", "--batch", "4", "--tokens", "16"]
        answer = json.loads(run(*arguments, "--updates", "120", "--every", "60", "--rate", "0.01", "--json"))
        self.assertAlmostEqual(answer["losses"][0]["test_loss"], math.log(280), delta=0.1)
        self.assertLess(answer["losses"][-1]["test_loss"], 1.5)
        written = json.loads(run("generate", os.path.join(self.model, "new"), "the cat", "--max-tokens", "4", "--json"))
        self.assertIn("the cat" + written["text"], TEXT)
        self.assertEqual(json.loads(run("tokens", os.path.join(self.model, "new"), "the", "--json"))["ids"][0], 0)
        told = run(*arguments, "--updates", "120", "--every", "120", "--rate", "0.01", "--sample", "the cat")
        self.assertTrue(told.startswith("the cat "))
        self.assertEqual(answer["losses"][0], json.loads(run(*arguments, "--updates", "1", "--json"))["losses"][0])

    def test_pairs_of_texts(self):
        words = ["one", "two", "six", "ten", "red", "sun"]
        pairs = [f"{a} {b}\t{b.upper()} {a.upper()}" for a in words for b in words] * 4
        with open(self.text, "w", encoding="utf-8") as file:
            file.write("\n".join(pairs))
        config = self.write_config(model_type="marian", d_model=32, encoder_layers=1, decoder_layers=1,
                                   encoder_attention_heads=4, decoder_attention_heads=4, encoder_ffn_dim=64,
                                   decoder_ffn_dim=64, max_position_embeddings=32, scale_embedding=True,
                                   activation_function="relu", init_std=0.1, vocab_size=999)
        output = os.path.join(self.model, "new")
        answer = json.loads(run("train", config, "--pairs", self.text, "--output", output, "--vocabulary", "300",
                                "--batch", "12", "--updates", "200", "--every", "100", "--rate", "0.01", "--json"))
        self.assertLess(answer["losses"][-1]["test_loss"], 0.2)
        right = sum(json.loads(run("translate", output, pair.split("\t")[0], "--json"))["text"] == pair.split("\t")[1]
                    for pair in pairs[:12])
        self.assertGreaterEqual(right, 10)
        self.assertIn("is no pair", run("train", config, "--pairs", os.path.join(self.model, "config.json"),
                                        "--output", output, "--vocabulary", "300", status=1))
        self.assertIn("learns pairs", run("train", self.write_decoder(), "--pairs", self.text, "--output", output,
                                          "--vocabulary", "300", status=1))

    def test_what_makes_no_sense(self):
        for arguments, words in ((["--updates", "0"], "--updates is 0"), (["--rate", "0"], "--rate is 0"),
                                 (["--resume", "--scratch"], "--resume and --scratch are given"),
                                 (["--pairs", self.text], "--text and --pairs are given"),
                                 (["--vocabulary", "300"], "--vocabulary needs --scratch")):
            self.assertIn(words, self.train("out", *arguments, status=2))
        self.assertIn("optimizer.safetensors", self.train("out", "--resume", status=1))
        self.assertIn("config.json", self.train("out", "--scratch", status=1))
        with open(self.text, "w", encoding="utf-8") as file:
            file.write("the cat")
        self.assertIn("are needed for one window to learn", self.train("out", status=1))


if __name__ == "__main__":
    unittest.main()
