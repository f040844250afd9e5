"""What selfattn fill says, with small random models whose logits tests/architectures compares with Transformers'.

SPDX-License-Identifier: MIT"""
import json
import math
import os
import shutil
import tempfile
import unittest

import run as program
import tiny

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "architectures")
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "paris", "is", "the", "of", "france", ".", "##s"]
RESIDUES = "<cls> <pad> <eos> <unk> L A G V S E R T I D P N K Q F Y M H W C X B U Z O . <mask>".split()


def words(count):
    return WORDS + [chr(ord("a") + i) for i in range(count - len(WORDS))]


class Fill(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def make(self, name, vocabulary):
        for file in ("config.json", "model.safetensors"):
            shutil.copy(os.path.join(DATA, name, file), self.folder.name)
        with open(os.path.join(self.folder.name, "vocab.txt"), "w", encoding="utf-8") as file:
            file.write("\n".join(vocabulary) + "\n")
        return self.folder.name

    def test_every_gap_gets_its_words(self):
        model = self.make("bert_mlm", words(31))
        said = program.run_json("fill", model, "Paris is the [MASK] of [MASK] .", "--top", "31")["results"][0]
        self.assertEqual(len(said["gaps"]), 2)
        for gap in said["gaps"]:
            chances = [word["probability"] for word in gap]
            self.assertEqual(sorted(word["id"] for word in gap), list(range(31)))
            self.assertEqual(chances, sorted(chances, reverse=True))
            self.assertAlmostEqual(sum(chances), 1, places=6)
        self.assertEqual(program.run_json("fill", model, "Paris is the ____ of <mask> .", "--top", "31")["results"][0]
                         ["gaps"], said["gaps"])
        first, second = (gap[0] for gap in said["gaps"])
        shown = program.run("fill", model, "Paris is the ___ of ___ .", "--top", "1").splitlines()
        self.assertEqual((shown[0], shown[2], len(shown)), ("gap 1", "gap 2", 5))
        self.assertTrue(shown[1].endswith("%  " + first["word"]), shown)
        self.assertTrue(shown[3].endswith("%  " + second["word"]), shown)
        both = program.run("fill", model, "--file", "-", "--top", "1", given="is ___\nthe ___\n")
        self.assertEqual(both.count("gap"), 2)

    def test_residues_of_a_protein(self):
        model = self.make("esm", RESIDUES)
        said = program.run_json("fill", model, "MKT<mask>YIAK", "--top", "3")["results"][0]
        self.assertEqual([len(gap) for gap in said["gaps"]], [3])
        self.assertIn(said["gaps"][0][0]["word"], RESIDUES)

    def test_classes_of_texts(self):
        model = self.make("bert_mlm", words(31))
        zeros = [0] * 16
        tiny.add_tensors(os.path.join(model, "model.safetensors"),
                         {"bert.pooler.dense.weight": ([16, 16], zeros * 16), "bert.pooler.dense.bias": ([16], zeros),
                          "classifier.weight": ([2, 16], zeros * 2), "classifier.bias": ([2], [0, math.log(3)])})
        path = os.path.join(model, "config.json")
        with open(path, encoding="utf-8") as file:
            config = json.load(file)
        for problem, chances in [(None, [0.75, 0.25]), ("multi_label_classification", [0.75, 0.5])]:
            with open(path, "w", encoding="utf-8") as file:
                json.dump(dict(config, problem_type=problem, id2label={"0": "bad", "1": "good"}), file)
            classes = program.run_json("classify", model, "Paris is")["results"][0]["classes"]
            self.assertEqual([c["label"] for c in classes], ["good", "bad"])
            for c, chance in zip(classes, chances):
                self.assertAlmostEqual(c["probability"], chance, places=6)

    def test_models_and_texts_without_gaps(self):
        model = self.make("bert_mlm", words(31))
        self.assertIn('"Paris" has no gap: write ___ or [MASK]', program.run("fill", model, "Paris", status=1))
        self.assertIn("is no classifier", program.run("classify", model, "Paris", status=1))
        self.assertIn("no token for a gap", program.run("fill", self.make("bert_mlm", RESIDUES[:-1] + ["x"]), "a",
                                                        status=1))
        self.assertIn("fills no gaps", program.run("fill", self.make("mpnet", words(31)), "is ___", status=1))


if __name__ == "__main__":
    unittest.main()
