"""selfattn finetune: adapters learn a text or pairs of texts, go on where they stopped, and become part of a model.

SPDX-License-Identifier: MIT"""
import json
import os
import shutil
import tempfile
import unittest

import run as program
import tiny


TEXT = "the cat sat on a mat and the dog sat on the cat. " * 40
ANIMALS = ["cat", "dog", "cow", "hen", "fox", "owl", "pig", "ant"]
PLACES = ["mat", "log", "bed", "hut", "den", "oak", "sty", "hill"]


def run(*arguments, **options):
    """One thread: this model is too small for more."""
    return program.run(*arguments, "--threads", "1", **options)


class Finetune(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        tiny.write_llama(self.folder.name)
        self.tokenizer = self.path("tokenizer.bin")
        self.text, self.pairs, self.model = self.path("text.txt"), self.path("pairs.tsv"), self.path("base")
        with open(self.text, "w", encoding="utf-8") as file:
            file.write(TEXT)
        with open(self.pairs, "w", encoding="utf-8") as file:
            for i in range(64):
                animal, place = ANIMALS[i % 8], PLACES[i % 8]
                file.write(f"a {animal} and a {ANIMALS[i // 8]}\t{place} of a {ANIMALS[i // 8]}\n")
        run("train", self.folder.name, "--text", self.text, "--output", self.model, "--tokenizer", self.tokenizer,
            "--updates", "1", "--rate", "1e-9", "--tokens", "32")

    def tearDown(self):
        self.folder.cleanup()

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def finetune(self, output, *arguments, model=None, learns="--text", **options):
        return run("finetune", model or self.model, learns, self.text if learns == "--text" else self.pairs,
                   "--output", self.path(output), "--tokenizer", self.tokenizer, "--tokens", "32", *arguments,
                   **options)

    def losses(self, *arguments, **options):
        return json.loads(self.finetune(*arguments, "--json", **options))

    def test_adapters_learn_a_text_and_are_merged(self):
        learning = ["--updates", "60", "--every", "60", "--rate", "0.02", "--rank", "4", "--targets", "*"]
        answer = self.losses("adapter", *learning)
        first, last = answer["losses"][0], answer["losses"][-1]
        self.assertLess(last["test_loss"], first["test_loss"] / 1.5)
        with open(self.path("adapter/adapter_config.json"), encoding="utf-8") as file:
            config = json.load(file)
        self.assertEqual((config["peft_type"], config["r"], config["lora_alpha"]), ("LORA", 4, 8))
        self.assertEqual(len(config["target_modules"]), 2 * 7)
        merged = self.losses("merged", *learning, "--merge")
        self.assertEqual(merged["losses"], answer["losses"])
        again = self.losses("again", "--updates", "1", "--rate", "1e-9", model=self.path("merged"))
        self.assertAlmostEqual(again["losses"][0]["test_loss"], last["test_loss"], delta=1e-3)

    def test_commands_take_an_adapter(self):
        """A model with its adapter beside it is the merged one."""
        learning = ["--updates", "40", "--every", "40", "--rate", "0.02", "--targets", "*"]
        self.losses("adapter", *learning)
        self.losses("merged", *learning, "--merge")
        beside, merged = [self.model, "--adapter", self.path("adapter")], [self.path("merged")]
        for folder in (self.model, self.path("merged")):
            shutil.copy(self.tokenizer, folder)
        for command in ("score", "generate"):
            plain, *both = (json.loads(run(command, *words, "the cat sat", "--json"))
                            for words in ([self.model], beside, merged))
            for number in ("perplexity", "text"):
                if number in plain:
                    self.assertEqual(both[0][number], both[1][number])
                    self.assertNotEqual(both[0][number], plain[number])

    def test_an_adapter_that_is_none(self):
        shutil.copy(self.tokenizer, self.model)
        for command, *words in (["generate", "a"], ["chat"], ["score", "a"], ["search", "--query", "a", "b"],
                                ["classify", "a"], ["fill", "a"], ["attend", "a"], ["summarize", self.text],
                                ["translate", "a"]):
            self.assertIn("adapter_config.json", run(command, self.model, *words, "--adapter", self.path("none"),
                                                     status=1))
        self.assertIn("is a second model", run("search", self.model, "--query", "a", "b", "--rerank", self.model,
                                               "--adapter", self.path("none"), status=2))

    def test_a_folder_with_one_text_is_that_text(self):
        alone = self.losses("adapter", "--updates", "3")
        os.mkdir(self.path("texts"))
        os.rename(self.text, self.path("texts/a"))
        self.text = self.path("texts")
        self.assertEqual(self.losses("adapter", "--updates", "3"), alone)

    def test_a_stopped_training_goes_on(self):
        self.losses("half", "--updates", "10")
        answer = self.losses("half", "--updates", "20", "--resume", self.path("half"))
        self.assertEqual(answer["updates"], 20)
        self.assertEqual(answer["losses"][0]["update"], 10)

    def test_embeddings_learn_pairs(self):
        picture = self.path("losses.svg")
        answer = self.losses("pairs", "--updates", "60", "--every", "30", "--rate", "0.02", "--targets", "*",
                             "--recompute", "--picture", picture, learns="--pairs")
        self.assertEqual([point["update"] for point in answer["losses"]], [0, 30, 60])
        self.assertLess(answer["losses"][-1]["loss"], answer["losses"][0]["test_loss"] / 2)
        self.assertTrue(os.path.getsize(picture) > 0)

    def test_what_makes_no_sense(self):
        os.mkdir(self.path("out"))
        with open(self.path("out/adapter_config.json"), "w", encoding="utf-8") as file:
            file.write("{}")
        for arguments, words in ((["--rank", "0"], "--rank is 0"), (["--temperature", "0"], "--temperature is 0"),
                                 (["--pairs", self.pairs], "--text and --pairs are given"),
                                 (["--merge"], "a whole model into " + self.path("out") + ", beside its adapter")):
            self.assertIn(words, self.finetune("out", *arguments, status=2))
        self.assertIn("\"head\" is no matrix", self.finetune("out", "--targets", "head", status=1))
        self.assertIn("adapter_config.json", self.finetune("out", "--resume", self.path("none"), status=1))
        with open(self.pairs, "w", encoding="utf-8") as file:
            file.write("a cat\tmat\na dog")
        self.assertIn("line 2 is no pair", self.finetune("out", learns="--pairs", status=1))
        with open(self.pairs, "w", encoding="utf-8") as file:
            file.write("a cat\tmat\n")
        self.assertIn("there are 1 pairs; more than 8", self.finetune("out", learns="--pairs", status=1))


if __name__ == "__main__":
    unittest.main()
