"""What selfattn classify --label says, with small random models of texts and images.

SPDX-License-Identifier: MIT"""
import json
import math
import os
import tempfile
import unittest

import run as program
import tiny

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "architectures")
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "photo", "of", "cat", "dog"]


def tensors_of(name, prefix):
    """Tensors of a file, with this in front of their names, for tiny.write_safetensors()."""
    tensors = tiny.read_safetensors(os.path.join(DATA, name, "model.safetensors"))
    return {prefix + key: tensor for key, tensor in tensors.items()}


def config_of(name, **more):
    with open(os.path.join(DATA, name, "config.json"), encoding="utf-8") as file:
        return dict(json.load(file), **more)


class Pictures(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.model = folder.name
        with open(os.path.join(self.model, "vocab.txt"), "w", encoding="utf-8") as file:
            file.write("\n".join(WORDS) + "\n")
        with open(os.path.join(self.model, "preprocessor_config.json"), "w", encoding="utf-8") as file:
            json.dump({"size": {"height": 8, "width": 8}, "image_mean": [0.5] * 3, "image_std": [0.5] * 3}, file)
        self.images = [os.path.join(self.model, f"{i}.png") for i in range(2)]
        tiny.write_png(self.images[0], [[16 * x + y for x in range(8)] for y in range(8)])
        tiny.write_png(self.images[1], [[30 * y for _ in range(8)] for y in range(8)])

    def write_model(self, config, vision, **numbers):
        """Texts of clip_text and images of `vision` in one file, with these numbers."""
        tensors = {**tensors_of("clip_text", "text_model."), **tensors_of(vision, "vision_model.")}
        for name, values in numbers.items():
            values = values if isinstance(values, list) else [values]
            tensors[name] = [2, len(values) // 2] if name == "classifier.weight" else [len(values)], values
        tiny.write_safetensors(os.path.join(self.model, "model.safetensors"), tensors)
        self.write_json("config.json", config)

    def write_json(self, name, value):
        with open(os.path.join(self.model, name), "w", encoding="utf-8") as file:
            json.dump(value, file)

    def classes(self, *labels, top=9):
        words = [word for label in labels for word in ("--label", label)]
        said = program.run_json("classify", self.model, *self.images, *words, "--top", str(top))["results"]
        self.assertEqual([result["input"] for result in said], self.images)
        return [result["classes"] for result in said]

    def chances(self, *labels):
        """Of each label, for the first image."""
        return [c["probability"] for c in sorted(self.classes(*labels)[0], key=lambda c: c["class"])]


class Clip(Pictures):
    def setUp(self):
        super().setUp()
        self.write_scale(logit_scale=4.6)

    def write_scale(self, **numbers):
        self.write_model({"model_type": "clip", "text_config": config_of("clip_text", eos_token_id=3),
                          "vision_config": config_of("clip_vision")}, "clip_vision", **numbers)

    def test_the_scale_is_the_files(self):
        logs = []
        for scale in (1, 3):
            self.write_scale(logit_scale=math.log(scale))
            first, second = self.chances("a photo of a cat", "of of of")
            logs.append(math.log(first / second))
        self.assertAlmostEqual(logs[1], 3 * logs[0], places=5)
        self.assertGreater(abs(logs[0]), .01)
        self.write_scale()
        refused = program.run("classify", self.model, self.images[0], "--label", "a cat", status=1)
        self.assertIn("the file has no logit_scale", refused)

    def test_texts_share_the_whole(self):
        labels = ("a photo of a cat", "a dog", "of of of")
        both = self.classes(*labels)
        for classes in both:
            chances = [c["probability"] for c in classes]
            self.assertEqual(chances, sorted(chances, reverse=True))
            self.assertAlmostEqual(sum(chances), 1, places=6)
            self.assertEqual({c["class"]: c["label"] for c in classes}, dict(enumerate(labels)))
        self.assertNotEqual(*both)
        self.assertEqual([classes[:1] for classes in both], self.classes(*labels, top=1))

    def test_a_text_given_twice_counts_twice(self):
        for twice, once in zip(self.classes("a cat", "a dog", "a cat"), self.classes("a cat", "a dog")):
            chance = {c["class"]: c["probability"] for c in twice}
            alone = {c["class"]: c["probability"] for c in once}
            self.assertEqual(chance[0], chance[2])
            self.assertAlmostEqual(chance[0] / chance[1], alone[0] / alone[1], delta=1e-5 * alone[0] / alone[1])

    def test_a_part_is_named(self):
        self.assertIn('part has to be one of "text", "vision"', program.run("info", self.model, status=1))
        self.assertIn("clip_text_model", program.run("info", self.model, "--part", "text"))
        self.assertIn("clip_vision_model", program.run("info", self.model, "--part", "vision"))
        self.assertEqual(len(program.run_json("look", self.model, self.images[0], "--part", "vision")["weights"]), 2)
        refused = program.run("classify", self.model, self.images[0], "--label", "a " * 40, status=1)
        self.assertIn("1 of the texts are longer than the model reads", refused)
        for words, sentence in ((["--adapter", "a"], "compares two models"), (["--several"], "are for texts")):
            refused = program.run("classify", self.model, self.images[0], "--label", "a", *words, status=2)
            self.assertIn(sentence, refused)


class Siglip(Pictures):
    def setUp(self):
        super().setUp()
        self.write_json("tokenizer_config.json", {"pad_token": "[PAD]"})
        self.write_numbers(1, 0)

    def write_numbers(self, scale, bias, **text):
        text = config_of("clip_text", model_type="siglip_text_model", hidden_act="gelu_pytorch_tanh", **text)
        self.write_model({"model_type": "siglip", "text_config": text, "vision_config": config_of("siglip_vision")},
                         "siglip_vision", logit_scale=math.log(scale), logit_bias=bias)

    def logits(self, *labels):
        return [math.log(chance / (1 - chance)) for chance in self.chances(*labels)]

    def test_each_text_is_judged_for_itself(self):
        labels = ("a photo of a cat", "a dog", "of of of")
        first = self.logits(*labels)
        self.assertEqual(self.logits(labels[1]), first[1:2])
        for logit in first:
            self.assertLess(abs(logit), 1.00001)  # a cosine
        self.write_numbers(3, -2)
        for one, other in zip(first, self.logits(*labels)):
            self.assertAlmostEqual(other, 3 * one - 2, places=5)

    def test_its_own_classes(self):
        self.write_model({"model_type": "siglip", "text_config": {}, "id2label": {"0": "cat", "1": "dog"},
                          "vision_config": config_of("siglip_vision")}, "siglip_vision",
                         **{"classifier.weight": [0] * 32, "classifier.bias": [0, math.log(3)]})
        said = program.run_json("classify", self.model, self.images[0], "--part", "vision")["results"][0]["classes"]
        self.assertEqual([c["label"] for c in said], ["dog", "cat"])
        self.assertAlmostEqual(said[0]["probability"], .75, places=6)
        refused = program.run("classify", self.model, self.images[0], "--part", "text", "--label", "a", status=2)
        self.assertIn("there is no --part beside it", refused)

    def test_texts_are_padded(self):
        first = self.logits("a cat")
        self.write_json("tokenizer_config.json", {"pad_token": {"content": "[MASK]"}})
        self.assertNotEqual(self.logits("a cat"), first)
        self.write_json("tokenizer_config.json", {})
        self.write_numbers(1, 0, pad_token_id=0)
        self.assertEqual(self.logits("a cat"), first)
        self.write_json("tokenizer_config.json", {"pad_token": "[pad]"})
        refused = program.run("classify", self.model, self.images[0], "--label", "a cat", status=1)
        self.assertIn('there is no pad_token "[pad]"', refused)


class Texts(unittest.TestCase):
    """A decoder that classifies by its last token."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.model = folder.name
        source = os.path.join(DATA, "mistral_classifier")
        with open(os.path.join(source, "reference.json"), encoding="utf-8") as file:
            reference = json.load(file)
        self.texts = [" ".join(f"w{i}" for i in ids[:length])
                      for ids, length in zip(reference["input_ids"], reference["lengths"])]
        _, self.logits = tiny.read_safetensors(os.path.join(source, "reference.safetensors"))["logits"]
        with open(os.path.join(self.model, "vocab.txt"), "w", encoding="utf-8") as file:
            file.write("\n".join(["<unk>"] + [f"w{i}" for i in range(1, 31)]) + "\n")

    def classes(self, count=3, **more):
        """What is said of each text, in the order of the classes."""
        tensors = tensors_of("mistral_classifier", "")
        (_, width), numbers = tensors["score.weight"]
        tensors["score.weight"] = [count, width], numbers[:count * width]
        tiny.write_safetensors(os.path.join(self.model, "model.safetensors"), tensors)
        config = config_of("mistral_classifier", **more)
        with open(os.path.join(self.model, "config.json"), "w", encoding="utf-8") as file:
            json.dump(config, file)
        results = json.loads(program.run("classify", self.model, *self.texts, "--json"))["results"]
        return [sorted(result["classes"], key=lambda one: one["class"]) for result in results]

    def test_what_logits_mean(self):
        sums = [sum(math.exp(x) for x in self.logits[3 * i:3 * i + 3]) for i in range(2)]
        for more, name, wanted in (({}, "probability", lambda i, x: math.exp(x) / sums[i]),
                                   ({"problem_type": "multi_label_classification"}, "probability",
                                    lambda i, x: 1 / (1 + math.exp(-x))),
                                   ({"problem_type": "regression"}, "value", lambda i, x: x)):
            for i, classes in enumerate(self.classes(**more)):
                self.assertEqual([one["label"] for one in classes], ["LABEL_0", "LABEL_1", "LABEL_2"])
                for one, logit in zip(classes, self.logits[3 * i:3 * i + 3], strict=True):
                    self.assertAlmostEqual(one[name], wanted(i, logit), places=4)
        self.assertRegex(program.run("classify", self.model, self.texts[0]), r"^ *-?\d\.\d{4}  LABEL_0\n")

    def test_the_only_class_is_true_or_not(self):
        for i, (one,) in enumerate(self.classes(1, id2label={})):
            self.assertAlmostEqual(one["probability"], 1 / (1 + math.exp(-self.logits[3 * i])), places=4)
            self.assertEqual(one["label"], "LABEL_0")


if __name__ == "__main__":
    unittest.main()
