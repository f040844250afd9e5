"""Two texts as one input: classify --pairs and --label, and search --rerank, with a tiny BERT of random weights.

SPDX-License-Identifier: MIT"""
import json
import math
import os
import random
import tempfile
import unittest

import run as program
import tiny

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "architectures")
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"] + [f"w{i}" for i in range(4, 31)]
WIDTH, POSITIONS = 16, 20
INFERENCE = {"0": "Contradiction", "1": "neutral", "2": "ENTAILMENT"}


class Models(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name

    def write_model(self, name, classes, types=2, **more):
        """A BERT with a classifier whose weights are drawn from its name. Its problem_type is regression, so that the
        program shows logits."""
        draw, model = random.Random(name), os.path.join(self.root, name)
        os.makedirs(model, exist_ok=True)
        tensors = tiny.read_safetensors(os.path.join(DATA, "bert_mlm", "model.safetensors"))
        tensors = {key: tensor for key, tensor in tensors.items() if not key.startswith("cls.")}
        key = "bert.embeddings.token_type_embeddings.weight"
        tensors[key] = [types, WIDTH], [draw.gauss(0, 1) for _ in range(types * WIDTH)]
        tensors["bert.pooler.dense.weight"] = [WIDTH, WIDTH], [draw.gauss(0, .5) for _ in range(WIDTH * WIDTH)]
        tensors["bert.pooler.dense.bias"] = [WIDTH], [0] * WIDTH
        tensors["classifier.weight"] = [classes, WIDTH], [draw.gauss(0, 1) for _ in range(classes * WIDTH)]
        tensors["classifier.bias"] = [classes], [draw.gauss(0, 1) for _ in range(classes)]
        tiny.write_safetensors(os.path.join(model, "model.safetensors"), tensors)
        with open(os.path.join(DATA, "bert_mlm", "config.json"), encoding="utf-8") as file:
            config = json.load(file)
        config.update(architectures=["BertForSequenceClassification"], type_vocab_size=types,
                      **{"problem_type": "regression", **more})
        with open(os.path.join(model, "config.json"), "w", encoding="utf-8") as file:
            json.dump(config, file)
        with open(os.path.join(model, "vocab.txt"), "w", encoding="utf-8") as file:
            file.write("\n".join(WORDS) + "\n")
        return model

    def logits(self, model, *texts, pairs=True):
        results = program.run_json("classify", model, *texts, *(["--pairs"] if pairs else []))["results"]
        ordered = (sorted(result["classes"], key=lambda one: one["class"]) for result in results)
        return [[one["value"] for one in classes] for classes in ordered]


class Pairs(Models):
    def test_a_pair_has_its_types(self):
        """With one type, [SEP] written in a single text is the same input; with two it is not."""
        first, second = "w4 w5 w6", "w7 w8"
        whole = f"{first} [SEP] {second}"
        model = self.write_model("one", 3, types=1)
        self.assertEqual(self.logits(model, f"{first}\t{second}"), self.logits(model, whole, pairs=False))
        model = self.write_model("two", 3)
        self.assertNotEqual(self.logits(model, f"{first}\t{second}"), self.logits(model, whole, pairs=False))
        self.assertNotEqual(*self.logits(model, f"{first}\t{second}", f"{second}\t{first}"))

    def test_long_pairs_are_cut(self):
        model = self.write_model("cut", 3)
        words = [f"w{4 + i % 20}" for i in range(30)]
        room = POSITIONS - 3
        cases = ((30, 5, room - 5, 5), (2, 30, 2, room - 2), (30, 30, room // 2, room // 2 + 1))
        for first, second, kept, other in cases:
            long = " ".join(words[:first]) + "\t" + " ".join(words[:second])
            short = " ".join(words[:kept]) + "\t" + " ".join(words[:other])
            self.assertEqual(self.logits(model, long), self.logits(model, short))

    def test_labels_are_judged_by_inference(self):
        model, text = self.write_model("inference", 3, id2label=INFERENCE), "w4 w5 w6 w7"
        labels = ["w8", "w9 w10", "w11"]

        def chances(*more):
            words = [word for label in labels for word in ("--label", label)]
            classes = program.run_json("classify", model, text, *words, *more)["results"][0]["classes"]
            found = [c["probability"] for c in classes]
            self.assertEqual(found, sorted(found, reverse=True))
            self.assertEqual({c["class"]: c["label"] for c in classes}, dict(enumerate(labels)))
            return [c["probability"] for c in sorted(classes, key=lambda c: c["class"])]

        def wanted(template):
            return self.logits(model, *(f"{text}\t{template.replace('{}', label)}" for label in labels))

        for template, more in (("This example is {}.", []), ("w12 {} w13", ["--hypothesis", "w12 {} w13"])):
            logits = wanted(template)
            shares = [math.exp(x[2]) for x in logits]
            for got, share in zip(chances(*more), shares, strict=True):
                self.assertAlmostEqual(got, share / sum(shares), places=5)
            for got, x in zip(chances("--several", *more), logits, strict=True):
                self.assertAlmostEqual(got, math.exp(x[2]) / (math.exp(x[2]) + math.exp(x[0])), places=5)

    def test_of_two_classes_the_other_contradicts(self):
        model = self.write_model("binary", 2, id2label={"0": "entailment", "1": "not_entailment"})
        (yes, no), = self.logits(model, "w4\tThis example is w5.")
        for more in ([], ["--several"]):  # of a single label it is the same
            said = program.run_json("classify", model, "w4", "--label", "w5", *more)["results"][0]["classes"]
            self.assertAlmostEqual(said[0]["probability"], 1 / (1 + math.exp(no - yes)), places=5)

    def test_what_is_refused(self):
        model = self.write_model("refused", 3, id2label={"0": "entailment", "1": "neutral", "2": "other"})
        for words, status, sentence in (
                (["w4", "--pairs"], 1, "two texts with a tab between them"),
                (["w4\tw5\tw6", "--pairs"], 1, "two texts with a tab between them"),
                (["w4\tw5", "--pairs", "--label", "w6"], 2, "--label makes pairs itself"),
                (["w4", "--several"], 2, "--hypothesis and --several need --label"),
                (["w4", "--label", "w5"], 1, "a single label, needs a class \"contradiction\""),
                (["w4", "--label", "w5", "--label", ""], 2, "a --label is empty"),
                (["w4", "--label", "w5", "--hypothesis", "{} {}"], 1, "has to have {} once"),
                (["w4", "--label", "w5", "--hypothesis", "none"], 1, "has to have {} once")):
            self.assertIn(sentence, program.run("classify", model, *words, status=status))
        other = self.write_model("other", 2, id2label={"0": "good", "1": "bad"})
        self.assertIn("need a model of inference", program.run("classify", other, "w4", "--label", "w5", status=1))


class Rerank(Models):
    def search(self, embedder, *more):
        return program.run_json("search", embedder, "--query", "w4 w5", *more)["results"]

    def embedder(self):
        model = os.path.join(self.root, "embedder")
        os.makedirs(model)
        for name in ("config.json", "model.safetensors"):
            os.symlink(os.path.join(DATA, "bert", name), os.path.join(model, name))
        with open(os.path.join(model, "vocab.txt"), "w", encoding="utf-8") as file:
            file.write("\n".join(WORDS + [f"x{i}" for i in range(97 - len(WORDS))]) + "\n")
        return model

    def test_the_best_are_sorted_again(self):
        embedder, model = self.embedder(), self.write_model("reranker", 1)
        texts = [f"w{i} w{i + 3} w4" for i in range(6, 16)]
        first = self.search(embedder, *texts)
        said = self.logits(model, *(f"w4 w5\t{text}" for text in texts))
        logits = {text: x[0] for text, x in zip(texts, said, strict=True)}
        for candidates in (10, 4):
            said = self.search(embedder, *texts, "--rerank", model, "--candidates", str(candidates))
            kept = [hit["sentence"] for hit in first[:candidates]]
            self.assertEqual([hit["sentence"] for hit in said], sorted(kept, key=lambda text: -logits[text]))
            for hit in said:
                self.assertAlmostEqual(hit["score"], 1 / (1 + math.exp(-logits[hit["sentence"]])), places=5)
        self.assertEqual(self.search(embedder, *texts, "--rerank", model, "-n", "3"),
                         self.search(embedder, *texts, "--rerank", model)[:3])
        os.mkdir(os.path.join(self.root, "texts"))
        for i, text in enumerate(texts):
            with open(os.path.join(self.root, "texts", f"{i}.txt"), "w", encoding="utf-8") as file:
                file.write(text + "\n")
        found = self.search(embedder, "--rerank", model, "--index", os.path.join(self.root, "index"), "--folder",
                            os.path.join(self.root, "texts"))
        self.assertEqual([hit["text"] for hit in found], sorted(texts, key=lambda text: -logits[text]))

    def test_what_is_refused(self):
        embedder = self.embedder()
        for words, status, sentence in (
                (["w4", "--candidates", "3"], 2, "--candidates needs --rerank"),
                (["w4", "--rerank", self.write_model("three", 3)], 1, "a reranker has one class of two texts"),
                (["w4", "--rerank", embedder], 1, "a reranker has one class of two texts"),
                (["w4", "--rerank", embedder, "--candidates", "0"], 2, "--candidates is 0")):
            self.assertIn(sentence, program.run("search", embedder, "--query", "w5", *words, status=status))


if __name__ == "__main__":
    unittest.main()
