"""selfattn train --classes with a folder of images: a model of images becomes a classifier of them.

SPDX-License-Identifier: MIT"""
import json
import os
import random
import shutil
import subprocess
import tempfile
import unittest

import run as program
import tiny

MODELS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "architectures")
SIDE = 32


def picture(name, seed):
    """Noise, brighter by day."""
    noise = random.Random(seed)
    return [[noise.randrange(60) + (150 if name == "day" else 0) for _ in range(SIDE)] for _ in range(SIDE)]


class TrainImages(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.model, self.out, self.images = self.path("model"), self.path("out"), self.path("images")
        self.take_model("vit", SIDE)
        for number in range(60):
            self.draw("day", number)
            self.draw("night", 100 + number)

    def take_model(self, name, side):
        """A model of tests/data whose images are prepared with this side."""
        shutil.rmtree(self.model, ignore_errors=True)
        shutil.copytree(os.path.join(MODELS, name), self.model)
        with open(os.path.join(self.model, "preprocessor_config.json"), "w", encoding="utf-8") as file:
            json.dump({"size": {"height": side, "width": side}, "image_mean": [0.3] * 3}, file)

    def path(self, name):
        return os.path.join(self.folder, name)

    def draw(self, name, number):
        """An image of this class, in a folder in that of the class."""
        folder = os.path.join(self.images, name, str(number % 3))
        os.makedirs(folder, exist_ok=True)
        tiny.write_png(os.path.join(folder, f"{number}.PNG"), picture(name, number))

    def arguments(self, *arguments, model=None):
        return ["train", model or self.model, "--classes", self.images, "--output", self.out, "--batch", "4",
                *arguments]

    def refused(self, *arguments, status=1, **options):
        return program.run(*self.arguments("--updates", "1", *arguments, **options), status=status)

    def test_a_model_of_images_becomes_a_classifier(self):
        """What is told is what classify says; a checkpoint goes on."""
        for name in ("notes.txt", ".hidden.png"):
            with open(os.path.join(self.images, "day", name), "w", encoding="utf-8") as file:
                file.write("no image\n")
        done = subprocess.run([program.PROGRAM, *self.arguments("--updates", "40", "--every", "20", "--rate", "0.003"),
                               "--json"], capture_output=True, timeout=300, check=True)
        self.assertIn("images: 120 images of 2 classes; left out: neither PNG nor JPEG 1, hidden 1\n",
                      done.stderr.decode())
        answer = json.loads(done.stdout)
        self.assertLess(answer["test_loss"], answer["losses"][0]["test_loss"] / 3)
        self.assertEqual(answer["test_accuracy"], 1)
        for name in ("day", "night"):
            tiny.write_png(self.path("new.png"), picture(name, 1000))
            told = program.run_json("classify", self.out, self.path("new.png"))["results"][0]["classes"]
            self.assertEqual(told[0]["label"], name)
            self.assertEqual(len(told), 2)
        with open(os.path.join(self.out, "config.json"), encoding="utf-8") as file:
            config = json.load(file)
        self.assertEqual((config["architectures"], config["id2label"]),
                         (["ViTForImageClassification"], {"0": "day", "1": "night"}))
        again = program.run_json(*self.arguments("--updates", "41", "--rate", "1e-9", "--resume", model=self.out))
        self.assertEqual((again["losses"][0]["update"], again["losses"][0]["test_loss"]), (40, answer["test_loss"]))

    def test_images_of_another_size_than_the_settings_name(self):
        """As DINOv2's: the model learns what its image processor makes, and classify says the same of it."""
        self.take_model("dinov2_gated", 20)
        answer = program.run_json(*self.arguments("--updates", "60", "--every", "60", "--rate", "0.003"))
        self.assertLess(answer["test_loss"], answer["losses"][0]["test_loss"] / 3)
        self.assertEqual(answer["test_accuracy"], 1)
        for name in ("day", "night"):
            tiny.write_png(self.path("new.png"), picture(name, 1000))
            told = program.run_json("classify", self.out, self.path("new.png"))["results"][0]["classes"]
            self.assertEqual(told[0]["label"], name)
        with open(os.path.join(self.out, "config.json"), encoding="utf-8") as file:
            self.assertEqual(json.load(file)["image_size"], 8)
        again = program.run_json(*self.arguments("--updates", "61", "--rate", "1e-9", "--resume", model=self.out))
        self.assertEqual(again["losses"][0]["test_loss"], answer["test_loss"])
        self.assertIn("layer scale cannot be drawn", self.refused("--scratch"))
        self.take_model("dinov2_gated", 21)
        self.assertIn("image_size is 21, which patches of 4 pixels do not fill", self.refused())

    def test_from_nothing(self):
        answer = program.run_json(*self.arguments("--updates", "1", "--scratch"))
        self.assertAlmostEqual(answer["losses"][0]["test_loss"], 0.69, delta=0.3)

    def test_what_makes_no_sense(self):
        for option in ("tokens", "tokenizer"):
            self.assertIn(f"--{option} is given, but --classes is a folder of images",
                          self.refused(f"--{option}", "7", status=2))
        self.assertIn("does not take photographs", self.refused(model=os.path.join(MODELS, "bert")))
        self.assertIn("there are 120 examples; 122 are needed", self.refused("--batch", "61"))
        broken = os.path.join(self.images, "night", "x.jpg")
        with open(broken, "w", encoding="utf-8") as file:
            file.write("no image\n")
        self.assertIn(broken, self.refused())
        os.remove(broken)
        loose = os.path.join(self.images, "loose.png")
        shutil.copy(os.path.join(self.images, "day", "0", "0.PNG"), loose)
        self.assertIn(f"{loose}: is in no folder of a class", self.refused())
        os.remove(loose)
        shutil.rmtree(os.path.join(self.images, "day"))
        self.assertIn("all examples are of the class night", self.refused())
        shutil.rmtree(os.path.join(self.images, "night"))
        self.assertIn("has no image in it", self.refused())


if __name__ == "__main__":
    unittest.main()
